"""Removes boilerplate around an article: adverts, share buttons, menus, walls. The rules are in data/furniture.yaml."""

import functools
import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import yaml

from pipelines.clean.table_rows import unrowed

_DATA = Path(__file__).parents[1] / "data" / "furniture.yaml"
_LONGEST = 420
"""A line with more code points than this is never boilerplate."""
_LONGEST_LABEL = 160
_LONGEST_WALL = 20_000
"""At most this many code points of a text are searched for the words of a wall."""
_WALL_WORDS = 120
"""A text with more words than this is an article with a consent or login box, so the page is not taken as a wall."""
_ERROR_WORDS = 60
"""The same limit for error pages, which are always rejected."""

_ACCENTS = re.compile("[\u0300-\u036f]+")
_ENDS = re.compile(r"[.!?…:;][\"'”’»)\]*]*$|[”»\"]$")
_MONTH = "(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec|ene|abr|ago|dic)[a-z]*"
_DATE = re.compile(
    r"(?:(?:mon|tues?|wednes|thurs?|fri|satur|sun)(?:day)?|lunes|martes|miercoles|jueves|viernes|sabado|domingo)?"
    rf"[,.]? ?(?:{_MONTH}\.? \d{{1,2}},? \d{{4}}|\d{{1,2}}(?: de)? {_MONTH}\.?,?(?: del?)? \d{{4}}|"
    r"\d{1,4}[-/.]\d{1,2}[-/.]\d{1,4})(?:[ ,|•·-]+(?:at |a las )?\d{1,2}[:.]\d{2}.{0,20})?"
)
_BYLINE = re.compile(
    r"(?:by|por|staff|redaccion|de la redaccion|agencias?|afp|ap|reuters|efe|notimex)\b(?: |[,/|•-]|$).{0,80}"
)
_GLUED_END = re.compile(r"(?<=[.!?”\"»)])\s*(?:#(?: ?#)+|[-–—*]+ ?(?:30|[oO0]{3}) ?[-–—*]+)$")


@dataclass(frozen=True)
class _Rules:
    line: re.Pattern[str]
    ends: re.Pattern[str]
    label: re.Pattern[str]
    office: re.Pattern[str]
    tail: re.Pattern[str]
    walls: tuple[tuple[str, re.Pattern[str]], ...]
    asking: tuple[re.Pattern[str], ...]


@functools.cache
def _rules() -> _Rules:
    data = yaml.safe_load(_DATA.read_text(encoding="utf-8"))

    def union(patterns: Sequence[str]) -> re.Pattern[str]:
        return re.compile("|".join(f"(?:{p})" for p in patterns))

    walls = tuple((kind, union(patterns)) for kind, patterns in data["walls"].items())
    asking = tuple(re.compile(rf"\b(?:{pattern})") for pattern in data["asking"])
    line, ends, label, office, tail = (union(data[name]) for name in ("lines", "ends", "labels", "offices", "tail"))
    return _Rules(line, ends, label, office, tail, walls, asking)


def _fold(line: str) -> str:
    if not line.isascii():
        line = _ACCENTS.sub("", unicodedata.normalize("NFD", line)).replace("’", "'")
    return " ".join(line.lower().split())


def is_furniture(line: str) -> bool:
    """Whether a line is boilerplate of the page and not part of the article."""
    return len(line) <= _LONGEST and (not re.search(r"\w", line) or _rules().line.fullmatch(_fold(line)) is not None)


def is_prose(line: str) -> bool:
    """Whether a line looks like at least one full sentence."""
    words = len(line.split())
    return words >= 20 or (words >= 6 and _ENDS.search(line) is not None)


def strip(lines: Sequence[str]) -> list[str]:
    """Remove boilerplate lines, labels above the first paragraph, and everything after the end mark of a press release.

    A tail heading ("Related articles") and everything after it is removed too, unless much of that is prose.
    """
    kept = [line for line in _ended(list(unrowed(lines, is_prose, _is_label))) if not is_furniture(line)]
    first = next((i for i, line in enumerate(kept) if is_prose(line)), 0)
    kept = [line for i, line in enumerate(kept) if i >= first or not _is_label(line)]
    tail = _rules().tail
    after = sum(map(is_prose, kept))
    for i, line in enumerate(kept):
        after -= is_prose(line)
        if (
            i
            and len(line) < 90
            and not line.endswith((".", "”", '"'))
            and tail.fullmatch(_fold(line))
            and after * 3 <= len(kept) - i - 1
        ):
            return kept[:i]
    return kept


def _ended(lines: list[str]) -> list[str]:
    """The lines up to the end mark of a press release, if little follows it. The marks are always removed."""
    ends = _rules().ends
    total, before = sum(map(len, lines)), 0
    kept: list[str] = []
    for line in lines:
        if len(line) < 20 and ends.fullmatch(_fold(line)):
            if before >= 0.8 * total:
                break
            continue
        before += len(line)
        kept.append(line)
    if kept and (glued := _GLUED_END.search(kept[-1])):
        kept[-1] = kept[-1][: glued.start()]
    return kept


def wall(title: str, text: str) -> str | None:
    """Why a page is not an article: consent wall, captcha, paywall stub, error page; None when it may be one."""
    words = len(text.split())
    if words > 4 * _WALL_WORDS:
        return None
    head, body = _fold(title[:_LONGEST_WALL]), _fold(text[:_LONGEST_WALL])
    for kind, pattern in _rules().walls:
        short = _ERROR_WORDS if kind == "error page" else _WALL_WORDS
        if words <= short and pattern.search(body) or words <= 2 * short and pattern.match(head):
            return kind
    return "consent wall" if len(body) < 4000 and _asks(body) > 3 else None


def without_wall(lines: Sequence[str]) -> list[str]:
    """Remove lines that ask for a subscription, consent or a script. Long ones are removed only if they ask for consent
    in two ways."""
    patterns = [pattern for kind, pattern in _rules().walls if kind != "error page"]
    folded = ((x, _fold(x)) for x in lines)
    return [x for x, f in folded if _asks(f) < 2 and (len(x) > 200 or not any(p.search(f) for p in patterns))]


def _asks(folded: str) -> int:
    """How many of the phrases typical of a consent request are in a text."""
    return sum(pattern.search(folded) is not None for pattern in _rules().asking)


def plain(text: str) -> tuple[str, list[str]]:
    """Plain text with boilerplate → (title, or "" if there is none; paragraphs of the article)."""
    lines = _blocks(text)
    prose = (i for i, x in enumerate(lines) if is_prose(x) and not is_furniture(x) and not _is_label(x))
    start = next(prose, len(lines))
    body = strip(lines[start:])
    while body and not is_prose(body[-1]) and not _ENDS.search(body[-1]):
        body.pop()
    heads = [x for x in lines[:start] if not is_furniture(x) and not _is_label(x) and len(x.split()) >= 2]
    near = heads[-3:]
    title = next((x for x in near if len(x.split()) >= 4), near[-1] if near else "")
    return title, body


def _is_label(line: str) -> bool:
    """Whether a line is only a date, a byline, an office, a number or the like."""
    if len(line) > _LONGEST_LABEL:
        return False
    folded, rules = _fold(line), _rules()
    if any(pattern.fullmatch(folded) for pattern in (_DATE, _BYLINE, rules.label)):
        return True
    named = all(word[0].isupper() for word in re.findall(r"[^\W\d_]{4,}", line))
    return named and rules.office.fullmatch(folded) is not None


def _blocks(text: str) -> list[str]:
    """Split into paragraphs at empty lines and at line ends, but join hard-wrapped lines."""
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    blocks: list[str] = []
    for block in re.split(r"\n[^\S\n]*\n", text):
        lines = [" ".join(x.split()) for x in block.split("\n") if x.strip()]
        wrapped = len(lines) > 1 and all(50 <= len(x) <= 100 for x in lines[:-1])
        blocks += [" ".join(lines)] if wrapped else lines
    return blocks
