"""Two readers of one subtask that take turns, as a bundle finalizer has it, over a real broker."""

import pytest

from pipelines.kafka.poll_partitions import Reader
from schemas.kafka.clients import producer
from tests.support.brokers import broker

pytestmark = [pytest.mark.slow, pytest.mark.light, pytest.mark.timeout(180)]
RECORDS = 700
#: Turns without a record, in a row, after which a partition that has some is starved.
PATIENCE = 40


def test_no_partition_waits_while_it_has_records_whoever_read_it_last(tmp_path) -> None:
    with broker(tmp_path) as (_, settings):
        partitions = range(settings.kafka.partitions)
        client = producer(settings.kafka, compression_type=None)
        for number in range(len(partitions) * RECORDS):
            client.send("articles.raw", partition=number % len(partitions), key=b"k", value=b"x" * 2000)
        client.flush()
        client.close()
        readers = [Reader(settings.kafka, "articles.raw") for _ in range(2)]
        at, idle = dict.fromkeys(partitions, 0), dict.fromkeys(partitions, 0)
        for turn in range(3000):
            reader = readers[turn // 60 % 2]
            for partition in partitions:
                taken = 0
                for raw, _, _ in reader.read(partition, at[partition], 50):
                    assert raw.offset == at[partition]
                    at[partition] += 1
                    taken += 1
                    if taken == 1 + (turn + partition) % 7:
                        break
                idle[partition] = 0 if taken or at[partition] == RECORDS else idle[partition] + 1
                assert idle[partition] < PATIENCE, f"{partition} starves at {at}"
            if set(at.values()) == {RECORDS}:
                return
        pytest.fail(f"not through in {turn} turns: {at}")
