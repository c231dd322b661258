"""Reading partitions through one client: the order of partitions, buffered records, records that Kafka has deleted."""

from collections import defaultdict
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import pytest
import structlog
from hypothesis import given
from hypothesis import strategies as st
from kafka import TopicPartition
from kafka.errors import OffsetOutOfRangeError

from pipelines.kafka import partition_reader as reading
from pipelines.kafka.partition_keys import partition_keys
from pipelines.kafka.partition_reader import ENOUGH, Clients, Reader, Record
from pipelines.kafka.poll_partitions import AT_ONCE, SAME, PollPartition, kept
from schemas.kafka.sound_consumer import Gap
from schemas.settings import Settings

TOPIC = "articles.raw"


class Client:
    """A consumer of partitions that hold the offsets from `first` to `end`; hands out three of each at a time."""

    def __init__(self, first: int, ends: list[int]) -> None:
        self.first, self.ends = first, ends
        self.places: dict[TopicPartition, int] = {}
        self.waits: list[int] = []
        self.gaps: list[Gap] = []
        self.seeks = 0

    def assign(self, places: list[TopicPartition]) -> None:
        self.places = {place: self.places.get(place, -1) for place in places}

    def seek(self, place: TopicPartition, offset: int) -> None:
        self.seeks += 1
        self.places[place] = offset

    def beginning_offsets(self, places: list[TopicPartition]) -> dict[TopicPartition, int]:
        return dict.fromkeys(places, self.first)

    def end_offsets(self, places: list[TopicPartition]) -> dict[TopicPartition, int]:
        return {place: self.ends[place.partition] for place in places}

    def poll(self, timeout_ms: int) -> dict[TopicPartition, list[SimpleNamespace]]:
        self.waits.append(timeout_ms)
        return {place: found for place in self.places if (found := self._next_of(place))}

    def _next_of(self, place: TopicPartition) -> list[SimpleNamespace]:
        at, end = self.places[place], self.ends[place.partition]
        if not self.first <= at <= end:
            raise OffsetOutOfRangeError({place: at})
        offsets = range(at, min(end, at + 3))
        self.places[place] = offsets.stop
        usual = {"topic": TOPIC, "partition": place.partition, "key": b"k", "value": b"v"}
        return [SimpleNamespace(offset=offset, **usual) for offset in offsets]


def reader_of(client: Client, *begins: int) -> Reader:
    """A reader of `client` that has been told where each partition begins."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(reading, "consumer", lambda *_args, **_options: client)
        reader = Reader(Settings().kafka, TOPIC)
    for partition, offset in enumerate(begins):
        assert offsets(reader.read(partition, offset, 900)) == []
    assert client.waits == [], "a first turn waits for nothing"
    return reader


def offsets(records: Iterator[Record], count: int = 1000) -> list[int]:
    return [raw.offset for _, (raw, _, _) in zip(range(count), records, strict=False)]


@pytest.mark.parametrize(
    ("first", "begins", "event"),
    [
        (7, 2, "records expired before they were read"),
        (7, 90, "the topic was made anew"),
        (0, 2, None),
    ],
)
def test_what_kafka_no_longer_has_is_told_not_skipped_silently(first: int, begins: int, event: str | None) -> None:
    reader = reader_of(Client(first, [12]), begins)
    with structlog.testing.capture_logs() as logs:
        found = offsets(reader.read(0, begins, 100)) or offsets(reader.read(0, begins, 100))
    assert [(entry["event"], entry["log_level"]) for entry in logs][:1] == ([(event, "error")] if event else [])
    assert found == list(range(first if event else begins, 12))


def test_a_wait_ends_with_the_news_of_another_partition_which_are_kept_for_its_turn() -> None:
    client = Client(0, [0, 5])
    reader = reader_of(client, 0, 5)
    assert offsets(reader.read(1, 5, 900)) == []
    client.ends[1] = 7
    assert offsets(reader.read(0, 0, 900)) == []
    asked = len(client.waits)
    assert offsets(reader.read(1, 5, 900), 2) == [5, 6]
    assert len(client.waits) == asked, "they were there already"


def test_with_news_at_hand_for_another_partition_nobody_waits_long() -> None:
    client = Client(0, [0, 0])
    reader = reader_of(client, 0, 0)
    assert offsets(reader.read(1, 0, 900)) == []
    client.ends[1] = 3
    assert offsets(reader.read(0, 0, 900)) == offsets(reader.read(0, 0, 900)) == []
    assert client.waits == [900, 900, 0]


def test_records_that_nobody_asks_for_do_not_pile_up() -> None:
    client = Client(0, [10**6, 10**6])
    reader = reader_of(client, 0, 0)
    offsets(reader.read(1, 0, 900), 1)
    found = offsets(reader.read(0, 0, 900), 3000)
    assert found == list(range(3000))
    assert len(reader._fetched[TopicPartition(TOPIC, 1)]) <= ENOUGH + 3
    assert offsets(reader.read(1, 1, 900), 3000) == list(range(1, 3001))


@given(
    ends=st.lists(st.integers(0, 400), min_size=1, max_size=4),
    turns=st.lists(st.tuples(st.integers(0, 3), st.integers(1, 90), st.booleans()), max_size=60),
)
def test_whatever_the_turns_each_partition_is_read_without_gap_or_repeat(
    ends: list[int], turns: list[tuple[int, int, bool]]
) -> None:
    """A turn: a partition, how many records are taken, and whether they are rolled back (an offset of before)."""
    reader = reader_of(Client(0, ends))
    at: dict[int, int] = defaultdict(int)
    for turn, count, rolled_back in turns:
        partition = turn % len(ends)
        found = offsets(reader.read(partition, at[partition], 100), count)
        assert found == list(range(at[partition], min(ends[partition], at[partition] + len(found))))
        if not rolled_back:
            at[partition] += len(found)
    for partition, end in enumerate(ends):
        rest: list[int] = []
        while at[partition] + len(rest) < end:
            rest += offsets(reader.read(partition, at[partition] + len(rest), 100))
        assert rest == list(range(at[partition], end))


class Cell:
    """State of a key."""

    def __init__(self, value: str | None = None) -> None:
        self.value = value

    def read(self) -> str | None:
        return self.value

    def write(self, value: str) -> None:
        self.value = value


class Timer:
    def __init__(self) -> None:
        self.times: list[Any] = []

    def set(self, when: Any) -> None:
        self.times.append(when)


class Finalizer:
    def __init__(self) -> None:
        self.registered: list[Any] = []

    def register(self, callback: Any) -> None:
        self.registered.append(callback)


class Commits(list[tuple[int, int, float]]):
    """A committer that takes notes; the group had committed offset 2."""

    def commit(self, _topic: str, partition: int, offset: int, ticked: float) -> None:
        self.append((partition, offset, ticked))

    def committed(self, _topic: str, _partition: int) -> int | None:
        return 2


def clients_of(client: Client, *begins: int) -> Clients:
    clients = Clients(Settings().kafka, TOPIC)
    clients.committer = Commits()  # type: ignore[assignment]
    clients.give_back(0, reader_of(client, *begins))
    return clients


def poll_of(clients: Clients) -> PollPartition:
    poll = PollPartition(Settings(), partition_keys(2))
    poll.clients, poll.ticked = clients, {}
    poll.start_bundle()
    return poll


@pytest.fixture
def poll() -> PollPartition:
    return poll_of(clients_of(Client(0, [9, 9])))


def test_a_poll_without_state_begins_at_the_committed_offset_and_sets_the_next(poll: PollPartition) -> None:
    place, again = Cell(), Timer()
    key = partition_keys(2)[1]
    assert list(poll.poll(key, place, again)) == []
    assert (kept(place.value), again.times) == (2, [AT_ONCE])
    found = [raw.offset for raw, _, _ in poll.poll(key, place, again)]
    assert (found, kept(place.value), again.times) == (list(range(2, 9)), 9, [AT_ONCE, AT_ONCE])


def test_what_a_poll_found_does_not_wait_for_the_other_polls_of_its_bundle() -> None:
    client = Client(0, [9, 0])
    poll = poll_of(clients_of(client, 9, 0))
    place, other = Cell("[9]"), Cell("[0]")
    key, next_key = partition_keys(2)
    list(poll.poll(key, place, Timer()))
    assert client.waits == [poll.wait_ms]
    client.ends[0] = 10
    assert len(list(poll.poll(key, place, Timer()))) == 1
    del client.waits[:]
    list(poll.poll(next_key, other, Timer()))
    assert client.waits == [0]
    poll.finish_bundle()
    poll.start_bundle()
    list(poll.poll(next_key, other, Timer()))
    assert client.waits == [0, poll.wait_ms]


def test_a_tick_starts_the_polls_and_commits_what_they_have_read_when_its_bundle_is_final(poll: PollPartition) -> None:
    key, place, again, finalizer = partition_keys(2)[0], Cell(), Timer(), Finalizer()
    poll.process((key, 100.0), place, again, finalizer)
    assert (again.times, finalizer.registered) == ([AT_ONCE], []), "nothing was read yet"
    for _ in range(2):
        list(poll.poll(key, place, again))
    poll.process((key, 100.0 + SAME / 2), place, again, finalizer)
    assert not finalizer.registered, "the tick of another subtask of the source, right after"
    poll.process((key, 105.0), place, again, finalizer)
    list(poll.poll(key, place, again))
    for callback in finalizer.registered:
        callback()
    assert poll.clients.committer == [(0, 9, 105.0)]


def test_dofns_of_one_subtask_that_take_turns_read_on_with_one_reader() -> None:
    """Beam makes a second while a bundle of the first, with a tick, waits to be final."""
    client = Client(0, [3, 0])
    clients = clients_of(client, 0, 0)
    place, key = Cell("[0]"), partition_keys(2)[0]
    found = []
    for turn in range(4):
        poll = poll_of(clients)
        found += [raw.offset for raw, _, _ in poll.poll(key, place, Timer())]
        poll.finish_bundle()
        client.ends[0] += turn
    assert found == list(range(6))
    assert client.seeks == 2, "each partition's first place, no other"


def test_a_reader_is_not_used_by_two_bundles_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """When the job was started anew, a bundle of before may still be polling."""
    clients = clients_of(Client(0, [3, 0]), 0, 0)
    monkeypatch.setattr(reading, "consumer", lambda *_args, **_options: Client(0, [3, 0]))
    key, before, after = partition_keys(2)[0], poll_of(clients), poll_of(clients)
    for poll in (before, after):
        list(poll.poll(key, Cell("[0]"), Timer()))
    assert before.taken and after.taken and before.taken[1] is not after.taken[1]


def test_the_state_of_earlier_versions_is_read() -> None:
    assert (kept(None), kept("[7]"), kept("[7, 1700000000.0, 1700000000.5]")) == (None, 7, 7)
