"""The routes file, which says where alerts are delivered (`borderwire deliver`), and dead letters of deliveries."""

import functools
from datetime import time, timedelta
from pathlib import Path
from typing import Annotated, Literal, Self
from zoneinfo import ZoneInfo

from pydantic import BeforeValidator, Field, field_validator, model_validator

from schemas.alert import Alert, AlertKind
from schemas.base import PackedBytes, Record, Time
from schemas.durations import Duration
from schemas.ids import fold
from schemas.persons import person_id
from schemas.settings import Section
from schemas.statement import Speaker


class Filter(Section):
    """Which alerts are wanted. An empty field accepts all alerts; otherwise one of its values must match.

    `topics` may be written with or without `alerts.`; `languages` are ISO 639-1. A value of `speakers` or `outlets`
    matches if all its words are in the name; case and accents are ignored. For `speakers`, another form of the same
    person's name (AMLO) matches too.
    """

    topics: tuple[str, ...] = ()
    """Topics, with or without `alerts.`."""
    speakers: tuple[str, ...] = ()
    """Names; one matches when all its words are in the speaker's name, ignoring case and accents."""
    languages: tuple[Literal["en", "es"], ...] = ()
    """Languages, ISO 639-1."""
    outlets: tuple[str, ...] = ()
    """Names; one matches when all its words are in the outlet's name, ignoring case and accents."""
    kinds: tuple[AlertKind, ...] = ()
    """Kinds of alert."""

    @field_validator("topics")
    @classmethod
    def _short(cls, topics: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(topic.removeprefix("alerts.") for topic in topics)

    def takes(self, alert: Alert) -> bool:
        return (
            (not self.topics or alert.topic in self.topics)
            and (not self.kinds or alert.kind in self.kinds)
            and (not self.languages or alert.lang in self.languages)
            and spoken(self.speakers, alert.speaker)
            and name_wanted(self.outlets, alert.article.outlet)
        )


def spoken(wanted: tuple[str, ...], speaker: Speaker | None) -> bool:
    """Whether one of the wanted speakers, or none is asked for, is this one: by the words of the name, or another form
    of the same person's name."""
    if name_wanted(wanted, speaker.name if speaker else ""):
        return True
    return speaker is not None and speaker.id is not None and any(person_id(one) == speaker.id for one in wanted)


def name_wanted(wanted: tuple[str, ...], name: str) -> bool:
    """Whether `name` contains all words of one of the wanted names. True if no name is wanted."""
    return not wanted or any(_words(name) >= _words(one) for one in wanted)


@functools.lru_cache(maxsize=10_000)
def _words(name: str) -> frozenset[str]:
    return frozenset(fold(name).split())


class Secret(Section):
    """A text given directly, in an environment variable or in a file: exactly one of them. It is read at each use."""

    value: str | None = Field(default=None, repr=False)
    """The text itself."""
    env: str | None = None
    """Name of the environment variable that has it."""
    file: Path | None = None
    """Path of the file that has it."""

    @model_validator(mode="before")
    @classmethod
    def _plain(cls, data: object) -> object:
        return {"value": data} if isinstance(data, str) else data

    @model_validator(mode="after")
    def _one(self) -> Self:
        if sum(x is not None for x in (self.value, self.env, self.file)) != 1:
            raise ValueError("give the text itself, {env: NAME} or {file: PATH}")
        return self


def _clock(value: object) -> object:
    """YAML reads 22:00 as a number to the base of 60, and so as minutes."""
    if isinstance(value, int) and not isinstance(value, bool):
        if not 0 <= value < 24 * 60:
            raise ValueError("no time of day: write it as '22:00'")
        return time(*divmod(value, 60))
    return value


Clock = Annotated[time, BeforeValidator(_clock)]


class Quiet(Section):
    """The hours in which nothing is sent, as clock times in the route's time zone. They may include midnight."""

    after: Clock
    """Clock time from which nothing is sent."""
    until: Clock
    """Clock time from which messages are sent again."""


class Route(Filter):
    """One destination: which alerts are sent, where to, and when. Of the kind `briefing`, it sends instead what
    `borderwire brief` prints, at `times` of each day in the time zone `zone`: what was recorded since the last one.

    `webhook` is a URL that accepts signed POSTs, `secret` its Standard Webhooks secret (`whsec_…`). `apprise` is any
    URL that Apprise supports: mail, Slack, Teams, Telegram, ntfy, Matrix and others. `digest` collects the alerts of an
    hour, or of a day that ends at `at` in the time zone `zone`. At most `per_hour` messages are sent in an hour. A
    message that fails is retried with exponential back-off for `give_up`; then it becomes a dead letter. `start` says
    whether a new route begins with the oldest alerts or with the next one.
    """

    kind: Literal["alerts", "briefing"] = "alerts"
    """What is sent: alerts, or briefings at `times`."""
    webhook: Secret | None = None
    """URL that takes signed POSTs."""
    secret: Secret | None = None
    """Standard Webhooks secret (`whsec_…`) that signs them."""
    apprise: Secret | None = None
    """Any URL that Apprise knows: mail, Slack, Teams, Telegram, ntfy, Matrix and so on."""
    digest: Literal["hourly", "daily"] | None = None
    """Gathers the alerts of an hour or a day; null sends each at once."""
    at: Clock = time(7, 0)
    """When the day of a daily digest ends, in `zone`."""
    quiet: Quiet | None = None
    """When nothing is sent; null for never."""
    zone: str = "UTC"
    """Time zone, by its IANA name."""
    per_hour: int | None = Field(default=None, ge=1, le=100_000)
    """Messages an hour at most; null for no limit."""
    give_up: Duration = Field(default=timedelta(days=3), gt=timedelta(0))
    """How long a message that fails is tried again; then it is a dead letter."""
    start: Literal["latest", "earliest"] = "latest"
    """Where a new route begins: latest, with new alerts; earliest, with all that are in the topic."""

    times: tuple[Clock, ...] = ()
    """Clock times in `zone` at which a briefing is sent each day."""
    lang: Literal["en", "es"] = "en"
    """Language of a briefing."""
    late: Duration = Field(default=timedelta(hours=3), gt=timedelta(0), le=timedelta(hours=24))
    """How late a briefing may be sent, after a downtime or while the destination fails. Later it is skipped, and the
    next one tells its statements too."""
    empty: Literal["send", "skip"] = "send"
    """Whether a briefing is sent when nothing is new."""

    @field_validator("zone")
    @classmethod
    def _known(cls, zone: str) -> str:
        try:
            ZoneInfo(zone)
        except (KeyError, OSError, ValueError):  # ZoneInfoNotFoundError is a KeyError
            raise ValueError("no such time zone: write one such as America/Mexico_City") from None
        return zone

    @model_validator(mode="after")
    def _of_its_kind(self) -> Self:
        if self.kind == "briefing":
            if not self.times:
                raise ValueError("a briefing needs times, such as times: ['07:00', '17:30']")
            if wrong := sorted(_ALERTS_ONLY & self.model_fields_set):
                raise ValueError(f"{', '.join(wrong)}: only for kind: alerts")
        elif wrong := sorted(_BRIEFINGS_ONLY & self.model_fields_set):
            raise ValueError(f"{', '.join(wrong)}: only for kind: briefing")
        return self

    @model_validator(mode="after")
    def _one_way(self) -> Self:
        if (self.webhook is None) == (self.apprise is None):
            raise ValueError("give either webhook or apprise")
        if (self.webhook is None) != (self.secret is None):
            raise ValueError("secret belongs to webhook: both or neither; `borderwire deliver secret` makes one")
        return self


_BRIEFINGS_ONLY = {"times", "lang", "late", "empty"}
_ALERTS_ONLY = {"speakers", "languages", "outlets", "kinds", "digest", "at", "quiet", "per_hour", "give_up", "start"}


class Routes(Section):
    """The routes file: route name → route. Names are part of consumer groups, so a renamed route is a new route."""

    routes: dict[str, Route] = Field(min_length=1)
    """Route by its name. Names are part of consumer groups: a renamed route is a new one."""

    @field_validator("routes")
    @classmethod
    def _names(cls, routes: dict[str, Route]) -> dict[str, Route]:
        for name in routes:
            if not name.replace("-", "").replace("_", "").isalnum() or not name.isascii():
                raise ValueError(f"{name!r}: a route's name is made of letters, digits, - and _")
        return routes


class Undelivered(Record):
    """Topic `deliveries.dead-letter`, key: route, topic and alert id. An alert that a route gave up on, and why.

    `record` is the record of the alert's topic at `partition` and `offset`.
    """

    route: str
    """Name of the route."""
    topic: str
    """Topic of the alert, with its prefix."""
    partition: int
    """Number of the partition."""
    offset: int
    """Offset of the alert in its topic."""
    alert: str | None = None
    """The alert's id; null when it cannot be read."""
    error: str
    """The last error, in one line."""
    tries: int = 0
    """How often it was tried."""
    first_try: Time | None = None
    """When it was first tried; null when it never was."""
    at: Time
    """When it was given up."""
    record: PackedBytes
    """The alert as it is in its topic; in JSON as base64 of a zlib stream."""
