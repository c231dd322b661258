"""What happened to an article, from its outcomes and dead letters."""
from pipelines.kafka import TopicTail
from schemas.codec import DecodeError, decode
from schemas.outcome import DeadLetter, Outcome
from schemas.settings import Settings
from schemas.statement import LedgerEntry


def trace(settings: Settings, article: str) -> int:
    """Print the way of the article with this URL or id, version by version; exit code 1 when nothing is known of it."""
    outcomes: dict[str, Outcome] = {}
    letters: dict[str, DeadLetter] = {}
    entries: dict[str, LedgerEntry] = {}
    tail = TopicTail(settings.kafka, ["articles.outcomes", "articles.dead-letter", "statements"])
    for topic, _, value in tail.read():
        try:
            if topic == "articles.outcomes":
                outcome = decode(Outcome, value)
                if article in (outcome.url, outcome.article):
                    outcomes[outcome.raw.key] = outcome
            elif topic == "articles.dead-letter":
                letter = decode(DeadLetter, value)
                if article == letter.article:
                    letters[letter.raw.key] = letter
            else:
                entry = decode(LedgerEntry, value)
                if any(article in (s.url, s.article) for s in entry.sightings):
                    entries[entry.id] = entry
        except DecodeError:
            continue
    for outcome in sorted(outcomes.values(), key=lambda o: o.seen):
        print("\n".join(outcome_lines(outcome)))
    for letter in letters.values():
        print(f"{letter.raw.key}: dead letter at step {letter.step}: {letter.error}")
    for entry in entries.values():
        print("\n".join(entry_lines(entry)))
    if not outcomes and not letters:
        print(f"nothing is known of {article}")
        return 1
    return 0


def outcome_lines(outcome: Outcome) -> list[str]:
    steps = ", ".join(f"{step} {seconds * 1000:.0f} ms" for step, seconds in outcome.seconds.items())
    took = (outcome.at - outcome.seen).total_seconds()
    return [
        f"{outcome.url}",
        f"  article {outcome.article}, version {outcome.version}, {outcome.outlet}, from {outcome.feed}",
        f"  seen {outcome.seen:%Y-%m-%d %H:%M:%S %Z}, record {outcome.raw.key}",
        f"  {outcome.outcome}: {outcome.reason}",
        f"  story {outcome.story or '-'}, topics {', '.join(outcome.topics) or '-'}, {outcome.statements} statements",
        f"  alerts {', '.join(outcome.alerts) or '-'}; {steps}; done {took:.1f} s after it was seen",
    ]


def entry_lines(entry: LedgerEntry) -> list[str]:
    who = entry.speaker.name if entry.speaker else "unnamed"
    first = entry.sightings[0]
    return [
        f"  statement {entry.id} by {who}, on {', '.join(entry.topics)}: {entry.text}",
        f"    {entry.why}; first seen at {first.outlet}, {len(entry.sightings)} sightings; alert {entry.alert or '-'}",
    ]
