"""Official releases: headline and lead are a statement by the issuer, even without a verb of speech."""

from pipelines.statements.constructions.transcript import paragraphs
from pipelines.statements.reading.tokens import Tokens
from pipelines.statements.tagging.taggers import Raw


def release(tokens: Tokens, lang: str, issuer: str | None, found: list[Raw]) -> list[Raw]:
    """Headline and first sentence of a release as a statement by its issuer; empty without an issuer."""
    if not issuer:
        return []
    held = [span for raw in found for span in raw.content]
    headline = None
    for first, stop in paragraphs(tokens, 0, len(tokens)):
        if stop - first < 5 or tokens.mark[first]:
            continue
        if any(a < stop and first < b and (min(b, stop) - max(a, first)) > 0.7 * (stop - first) for a, b in held):
            continue
        ended = tokens.words[stop - 1] in {".", "!", "?", "”", '"'}
        if not ended and headline is None and stop - first <= 40:
            headline = (first, stop)
            continue
        if not ended:
            continue
        end = first
        while end < stop and tokens.sentence[end] == tokens.sentence[first]:
            end += 1
        spans = [(first, end)] if headline is None else [headline, (first, end)]
        return [Raw(spans, why="headline and lead of a release", kind="release", speaker=issuer)]
    return [Raw([headline], why="headline of a release", kind="release", speaker=issuer)] if headline else []
