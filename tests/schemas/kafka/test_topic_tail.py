"""A topic is read to its end, from where it was asked to begin. Without a broker."""

from datetime import UTC, datetime
from types import SimpleNamespace

import pytest
from kafka import TopicPartition
from kafka.errors import KafkaTimeoutError

from schemas.kafka import clients, topic_tail
from schemas.kafka.clients import NoTopic
from schemas.kafka.sound_consumer import Gap
from schemas.kafka.topic_tail import TopicTail
from schemas.settings import KafkaSettings

SETTINGS = KafkaSettings(bootstrap_servers="127.0.0.1:1", topic_prefix="p.")
NOON = datetime(2026, 11, 30, 12, tzinfo=UTC)


class Client:
    """A consumer of `p.marks`, whose two partitions hold `ends` records; a minute passes at each poll."""

    def __init__(self, ends: tuple[int, int], mute: bool = False, at_once: int = 3) -> None:
        self.ends, self.mute, self.at_once = ends, mute, at_once
        self.at: dict[TopicPartition, int] = {}
        self.gaps: list[Gap] = []
        self.polls = 0

    def partitions_for_topic(self, topic: str) -> set[int] | None:
        return {1, 0} if topic == "p.marks" else None

    def assign(self, places: list[TopicPartition]) -> None:
        assert places == sorted(places)

    def beginning_offsets(self, places: list[TopicPartition]) -> dict[TopicPartition, int]:
        return dict.fromkeys(places, 0)

    def end_offsets(self, places: list[TopicPartition]) -> dict[TopicPartition, int]:
        return {place: self.ends[place.partition] for place in places}

    def offsets_for_times(self, times: dict[TopicPartition, int]) -> dict[TopicPartition, SimpleNamespace | None]:
        assert set(times.values()) == {int(NOON.timestamp() * 1000)}
        return {place: SimpleNamespace(offset=1) if place.partition == 0 else None for place in times}

    def seek(self, place: TopicPartition, offset: int) -> None:
        self.at[place] = offset

    def position(self, place: TopicPartition) -> int:
        return self.at[place]

    def poll(self, timeout_ms: int) -> dict[TopicPartition, list[SimpleNamespace]]:
        self.polls += 1
        if self.mute:
            return {}
        found = {}
        for place, at in self.at.items():
            self.at[place] = min(self.ends[place.partition], at + self.at_once)
            found[place] = [
                SimpleNamespace(offset=n, key=b"k", value=f"{place.partition}-{n}".encode())
                for n in range(at, self.at[place])
            ]
        return {place: records for place, records in found.items() if records}


@pytest.fixture
def made(monkeypatch: pytest.MonkeyPatch):
    def use(client: Client) -> Client:
        monkeypatch.setattr(topic_tail, "consumer", lambda *_, **__: client)
        monkeypatch.setattr(topic_tail.time, "monotonic", lambda: 40.0 * client.polls)
        return client

    return use


def values(tail: TopicTail) -> list[str]:
    rows = list(tail.read())
    assert {topic for topic, _, _ in rows} <= {"marks"}, "without the prefix"
    return sorted((value or b"").decode() for _, _, value in rows)


def test_each_call_reads_to_the_end_as_it_is_then_however_long_it_takes(made) -> None:
    client = made(Client((7, 1)))
    tail = TopicTail(SETTINGS, ["marks"])
    assert values(tail) == [*(f"0-{n}" for n in range(7)), "1-0"]
    assert tail.places == {"p.marks-0": 7, "p.marks-1": 1}
    assert values(tail) == []
    client.ends = (8, 1)
    assert values(tail) == ["0-7"]


def test_it_begins_at_the_end_at_saved_places_or_at_a_time(made) -> None:
    made(Client((4, 2)))
    assert values(TopicTail(SETTINGS, ["marks"], from_end=True)) == []
    assert values(TopicTail(SETTINGS, ["marks"], places={"p.marks-0": 2})) == ["0-2", "0-3", "1-0", "1-1"]
    assert values(TopicTail(SETTINGS, ["marks"], since=NOON)) == ["0-1", "0-2", "0-3"], "nothing later in the second"


def test_a_broker_that_is_silent_about_records_that_are_there_ends_it(made) -> None:
    client = made(Client((1, 0), mute=True))
    with pytest.raises(KafkaTimeoutError, match="no records for 60 s"):
        values(TopicTail(SETTINGS, ["marks"]))
    assert client.polls == 2


def test_what_was_passed_over_is_counted_by_topic_and_told(made) -> None:
    client = made(Client((5, 0)))
    tail = TopicTail(SETTINGS, ["marks"])
    gap = Gap(TopicPartition("p.marks", 0), 5, 8, "changed")
    client.gaps.append(gap)
    values(tail)
    assert tail.damaged == {"marks": 3} and tail.gaps == [gap] and client.gaps == []


def test_a_topic_that_does_not_exist_is_named(made) -> None:
    made(Client((0, 0)))
    with pytest.raises(NoTopic, match="topic p.none does not exist on 127.0.0.1:1"):
        TopicTail(SETTINGS, ["marks", "none"])


def test_every_client_has_the_options_of_the_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("KafkaProducer", "SoundConsumer", "KafkaAdminClient"):
        monkeypatch.setattr(clients, name, lambda **options: SimpleNamespace(options=options, close=lambda: None))
    settings = SETTINGS.model_copy(update={"security_protocol": "SSL"})
    with clients.admin(settings, request_timeout_ms=5) as admin:
        made = [clients.producer(settings, linger_ms=0), clients.consumer(settings, group_id="g"), admin]
    assert {client.options["security_protocol"] for client in made} == {"SSL"}
    assert made[0].options["acks"] == "all" and made[0].options["linger_ms"] == 0
    assert made[1].options["enable_auto_commit"] is False and made[1].options["group_id"] == "g"
