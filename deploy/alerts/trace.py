"""`borderwire trace`: what happened to an article, step by step, from its feed to its alerts or to where it ended."""

from collections.abc import Iterable, Iterator

from kafka import TopicPartition
from kafka.errors import OffsetOutOfRangeError

from connectors.identity import id_of
from connectors.urls import canonical_url
from deploy.output import tell
from schemas.article import RawArticle
from schemas.codec import DecodeError, decode
from schemas.kafka.clients import consumer
from schemas.kafka.topic_tail import TopicTail
from schemas.outcome import DeadLetter, Outcome
from schemas.reason import Term, Verdict
from schemas.settings import Settings
from schemas.statement import LedgerEntry

#: How long to wait for a raw record, in milliseconds.
RAW_MS = 5000
#: An alert is found by the beginning of its id, if it has at least this many characters.
SHORTEST = 6
MARKS = {"new": "NEW", "known": "known", "recorded": "recorded", "off-topic": "off topic"}


class Traced:
    """The records about one article: outcomes and dead letters by raw record, ledger entries by id.

    `wanted` is the article's URL or id, or the id of an alert that it raised, or the beginning of this id.
    """

    def __init__(self, wanted: str) -> None:
        self.alert = wanted if len(wanted) >= SHORTEST and "://" not in wanted else None
        self.names = {wanted} | ({id_of(canonical_url(wanted))} if "://" in wanted else set())
        self.outcomes: dict[str, Outcome] = {}
        self.letters: dict[str, DeadLetter] = {}
        self.entries: dict[str, LedgerEntry] = {}
        #: Article id → URL, to name the article that a story began with.
        self.urls: dict[str, str] = {}

    def feed(self, topic: str, value: bytes | None) -> None:
        """Store a record if it is about the article. Raises DecodeError."""
        if topic == "articles.outcomes":
            outcome = decode(Outcome, value)
            self.urls.setdefault(outcome.article, outcome.url)
            if self.names & {outcome.url, outcome.article} or any(map(self.named, outcome.alerts)):
                self.outcomes[outcome.raw.key] = outcome
        elif topic == "articles.dead-letter":
            letter = decode(DeadLetter, value)
            if letter.article in self.names:
                self.letters[letter.raw.key] = letter
        else:
            entry = decode(LedgerEntry, value)
            if self.named(entry.alert) or any(self.names & {one.url, one.article} for one in entry.sightings):
                self.entries[entry.id] = entry

    def named(self, alert: str | None) -> bool:
        """Whether the alert's id is, or begins with, what is wanted."""
        return alert is not None and self.alert is not None and alert.startswith(self.alert)


def trace(settings: Settings, article: str) -> int:
    """Print what happened to each version of the article with this URL or id, or with an alert of this id.

    Exit code 1 when nothing is known.
    """
    found = Traced(article)
    tail = TopicTail(settings.kafka, ["articles.outcomes", "articles.dead-letter", "statements"])
    for topic, _, value in tail.read():
        try:
            found.feed(topic, value)
        except DecodeError:
            continue
    tail.close()
    for outcome in sorted(found.outcomes.values(), key=lambda o: (o.seen, o.raw.key)):
        tell("\n".join(way(outcome, raw_article(settings, outcome), found)))
    for letter in found.letters.values():
        tell("\n".join(letter_lines(letter)))
    if not found.outcomes and not found.letters:
        tell(f"nothing is known of {article}: it did not come, is not through yet, or its records have expired")
        return 1
    return 0


def raw_article(settings: Settings, outcome: Outcome) -> RawArticle | None:
    """The raw record behind an outcome; None when it has expired or cannot be read."""
    place = TopicPartition(outcome.raw.topic, outcome.raw.partition)
    client = consumer(settings.kafka, max_poll_records=1)
    try:
        client.assign([place])
        client.seek(place, outcome.raw.offset)
        for record in client.poll(timeout_ms=RAW_MS).get(place, ()):
            return decode(RawArticle, record.value) if record.offset == outcome.raw.offset else None
    except (OffsetOutOfRangeError, DecodeError):
        return None
    finally:
        client.close(autocommit=False)
    return None


def way(outcome: Outcome, raw: RawArticle | None, found: Traced) -> Iterator[str]:
    """What happened to one version of an article, step by step."""
    yield outcome.url
    yield f"  “{outcome.title}”, {outcome.outlet}; article {outcome.article}, version {outcome.version}"
    yield f"  fetched    {outcome.seen:%Y-%m-%d %H:%M:%S %Z} from {outcome.feed}, {origin(raw)}"
    yield f"  record     {outcome.raw.key}"
    yield f"  cleaned    to {outcome.words} words{spent(outcome, 'clean')}"
    if outcome.outcome == "rejected":
        yield f"  ends as    rejected: {outcome.reason}"
        return
    yield f"  topics     {topics_line(outcome.topics, outcome.terms) or 'none'}{spent(outcome, 'tag')}"
    if outcome.story:
        its_own = outcome.story == outcome.article
        yield f"  story      {'its own' if its_own else 'that of ' + found.urls.get(outcome.story, outcome.story)}"
    if outcome.topics:
        yield f"  statements {outcome.statements}{spent(outcome, 'statements')}"
    for verdict in outcome.verdicts:
        yield from verdict_lines(verdict, found)
    took = (outcome.at - outcome.seen).total_seconds()
    yield f"  ends as    {outcome.outcome}: {outcome.reason}; {took:.1f} s after it was seen"
    for alert in outcome.alerts:
        yield f"  alert      {alert}"


def origin(raw: RawArticle | None) -> str:
    if raw is None:
        return "whose raw record has expired"
    if raw.page is None:
        return f"{raw.origin}, no page fetched"
    if raw.page.error:
        return f"{raw.origin}, page not fetched: {raw.page.error}"
    return f"{raw.origin}, page {raw.page.status}, {raw.page.size / 1024:.0f} KB{', cut' if raw.page.truncated else ''}"


def topics_line(topics: Iterable[str], terms: tuple[Term, ...]) -> str:
    """Each topic with the terms that were found for it, and their positions."""
    return "; ".join(
        f"{topic} by "
        + (", ".join(placed(term) for term in terms if term.topic == topic) or "the words of the whole text")
        for topic in topics
    )


def placed(term: Term) -> str:
    return f"“{term.text}” ({'title ' if term.in_title else ''}{term.start}–{term.end})"


def spent(outcome: Outcome, step: str) -> str:
    return f", in {outcome.seconds[step] * 1000:.0f} ms" if step in outcome.seconds else ""


def verdict_lines(verdict: Verdict, found: Traced) -> Iterator[str]:
    reason = verdict.reason
    said = f" {verdict.verb}" if verdict.verb else ""
    yield f"    {MARKS[verdict.verdict]:<9}  {verdict.speaker or 'unnamed'}{said}: {' '.join(verdict.text.split())}"
    yield f"               {reason.why}"
    if reason.terms:
        yield f"               {topics_line(dict.fromkeys(term.topic for term in reason.terms), reason.terms)}"
    if reason.nearest:
        nearest = reason.nearest
        yield f"               most similar: {nearest.statement}, {nearest.similarity:.2f} alike, {nearest.url}"
    for link in reason.possible:
        yield f"               possible: {link.statement} in {link.lang}, {link.similarity:.2f} alike, {link.url}"
    if reason.age_hours is not None:
        yield f"               {reason.age_hours:.0f} hours old when it was seen"
    entry = found.entries.get(verdict.statement or "")
    if entry and len(entry.sightings) > 1:
        outlets = dict.fromkeys(sighting.outlet for sighting in entry.sightings)
        yield f"               {len(entry.sightings)} sightings so far: {', '.join(outlets)}"
    if verdict.alert:
        yield f"               alert {verdict.alert}"


def letter_lines(letter: DeadLetter) -> Iterator[str]:
    yield f"article {letter.article or 'that cannot be read'}, record {letter.raw.key}"
    yield f"  ends as    dead letter at step {letter.step}, {letter.at:%Y-%m-%d %H:%M:%S %Z}: {letter.error}"
