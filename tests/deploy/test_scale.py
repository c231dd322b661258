"""Keys are spread evenly over subtasks and partitions; the estimates of resources grow with the number of articles."""

from collections import Counter
from dataclasses import fields

import pytest

from pipelines.kafka.partition_keys import GROUPS, key_group, partition_keys, subtask_of
from schemas.ids import article_id
from tests.bench.bench_scale import Costs, needs

SIZES = [(4, 1), (4, 2), (8, 4), (12, 3), (16, 16), (64, 32), (128, 64)]


@pytest.mark.parametrize(("partitions", "parallelism"), SIZES)
def test_each_subtask_reads_as_many_partitions(partitions: int, parallelism: int) -> None:
    count = Counter(subtask_of(key, parallelism) for key in partition_keys(partitions))
    assert set(count.values()) == {partitions // parallelism}


@pytest.mark.parametrize("partitions", [5, 7, 24, 100])
def test_no_subtask_is_left_out_where_it_does_not_come_out_even(partitions: int) -> None:
    count = Counter(subtask_of(key, 4) for key in partition_keys(partitions))
    assert len(count) == 4
    assert max(count.values()) - min(count.values()) <= 2


def test_beyond_the_number_of_key_groups_keys_still_differ_and_spread() -> None:
    keys = partition_keys(300)
    assert len(set(keys)) == 300
    assert len({key_group(key) for key in keys}) == GROUPS


@pytest.mark.parametrize("parallelism", [2, 4, 16])
def test_articles_spread_over_subtasks(parallelism: int) -> None:
    count = Counter(subtask_of(article_id(f"https://news.example/{n}"), parallelism) for n in range(4000))
    assert len(count) == parallelism
    assert max(count.values()) < 1.5 * 4000 / parallelism


def test_needs_grow_with_the_articles() -> None:
    costs = Costs(**{field.name: 0.01 for field in fields(Costs)})
    assert dict(row[:2] for row in needs(costs, 500_000))["SDK workers"] == "0.3 cores"
    assert dict(row[:2] for row in needs(costs, 5_000_000))["SDK workers"] == "2.9 cores"
