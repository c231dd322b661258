"""Text → statements: run the taggers, add what layout and quotation marks show, correct spans, resolve speakers."""

import datetime

from pipelines.statements.constructions import quotations, transcript
from pipelines.statements.constructions.acts import without_acts
from pipelines.statements.constructions.blocks import dialogue, lists
from pipelines.statements.constructions.by_grammar import constructions
from pipelines.statements.constructions.clauses import part
from pipelines.statements.constructions.cuts import outermost, recut, without_conditions
from pipelines.statements.constructions.mend import mend
from pipelines.statements.constructions.release import release
from pipelines.statements.constructions.said import said_of
from pipelines.statements.constructions.sources import complete
from pipelines.statements.constructions.withheld import withheld
from pipelines.statements.describe import cue_of, kind_of
from pipelines.statements.reading.tokens import Tokens, tokenize
from pipelines.statements.speakers.resolve import Speakers
from pipelines.statements.tagging.features import Columns, Ints
from pipelines.statements.tagging.taggers import Raw, tag
from pipelines.text.language import detect
from schemas.limits import NAME
from schemas.statement import Source, Span, Speaker, Statement

LANGUAGES = ("en", "es")
#: At most this many statements per text. A transcript of three hours has about half as many.
MOST = 1500
#: What the taggers find with a lower probability is left out: of 12 in the folds of the evaluation, 4 were right.
LEAST = 0.15


def extract(
    text: str,
    *,
    lang: str | None = None,
    issuer: str | None = None,
    published: datetime.date | None = None,
) -> list[Statement]:
    """The statements of an article, in text order; none for a text that is neither English nor Spanish.

    Offsets are code points into `text`. `issuer` is the institution that published an official release. `published` is
    the day of publication: dates of speech are computed from it, and an office without a name means its holder on that
    day. Time is linear and bounded: only the first `tokens.MAX_TOKENS` tokens are read and at most MOST statements are
    returned; if something is left out, `why` of the last statement says so. Cue, source, name and role are cut at
    schemas.limits.NAME code points.
    """
    lang = lang or detect(text)
    if lang not in LANGUAGES:
        return []
    tokens = tokenize(text)
    if not len(tokens):
        return []
    raws, columns = find(tokens, lang)
    raws += release(tokens, lang, issuer, raws)
    raws.sort(key=lambda raw: (min(raw.content), max(raw.content)))
    whole = tokens.whole and len(raws) <= MOST
    raws = raws[:MOST]
    who = Speakers(tokens, lang, published)
    found = []
    for raw in raws:
        speaker = who.speaker(raw)
        source = raw.source
        start, end = (tokens.start[source[0]], tokens.end[source[1] - 1]) if source else (0, 0)
        found.append(
            Statement(
                content=tuple(Span(start=tokens.start[a], end=tokens.end[b - 1]) for a, b in sorted(raw.content)),
                cue=cue_of(tokens, columns, raw.cue) if raw.cue else None,
                source=Source(text=text[start:end][:NAME], start=start, end=end) if source else None,
                speaker=_short(speaker),
                said=said_of(tokens, lang, raw, published),
                kind=raw.kind or kind_of(tokens, raw),
                why=raw.why,
                confidence=round(raw.chance, 2) if raw.number >= 0 else None,
            )
        )
    if found and not whole:
        found[-1] = found[-1].model_copy(update={"why": f"{found[-1].why}; text read in part"})
    return found


def _short(speaker: Speaker | None) -> Speaker | None:
    """The speaker with name and role cut to `NAME` code points."""
    if speaker is None or max(len(speaker.name), len(speaker.role or "")) <= NAME:
        return speaker
    short = {"name": speaker.name[:NAME], "role": speaker.role[:NAME] if speaker.role else None}
    return speaker.model_copy(update=short)


def _reported(columns: Columns, headline: Raw, raws: list[Raw], taken: Ints) -> bool:
    """Whether the speaker of a headline is already known from a verb before the colon or from the taggers."""
    first, stop = headline.content[0]
    if columns.cue[:first].any() or columns.tokens.mark[first]:
        return True
    inside = any(raw.cue and first <= raw.cue[0] < stop for raw in raws)
    return inside and quotations.covered(first, stop, taken) >= 0.5


def find(tokens: Tokens, lang: str) -> tuple[list[Raw], Columns]:
    """The statements without resolved speakers, and the token attributes (columns) of the text."""
    raws, columns = tag(tokens, lang)
    raws = without_conditions(tokens, [raw for raw in raws if raw.chance >= LEAST])
    marks = quotations.quotations(tokens)
    turns = transcript.turns(tokens)
    laid_out = turns or transcript.printed_whole(tokens) or transcript.letter(tokens) or dialogue(columns)
    taken = quotations.running(raws, len(tokens))
    for headline in [] if turns else transcript.labelled_headline(tokens):
        if not _reported(columns, headline, raws, taken):
            laid_out.append(headline)
            raws = [raw for raw in raws if not quotations.within(raw, headline.content[0])]
    for headline in [] if turns else transcript.trailing_headline(tokens, lang):
        if not any(first < headline.content[0][1] for raw in [*raws, *laid_out] for first, _ in raw.content):
            laid_out.append(headline)
    quotations.stretch(raws, marks)
    part(columns, raws, lang)
    raws = constructions(columns, raws, laid_out, marks, lang)
    raws += quotations.unclaimed(columns, raws + laid_out, marks)
    found = mend(tokens, columns, raws, laid_out, lang)
    found += lists(columns, found, lang)
    complete(columns, found)
    recut(columns, found, lang)
    found += withheld(tokens, lang, found)
    return outermost(without_acts(tokens, found, lang)), columns
