"""The pattern language of the taxonomy. Each phrase is compiled to one regular expression.

    flow of ~2 (guns|arms)   at most two words between "of" and the rest, all in one sentence
    traffick*                any ending            illegal?    an optional word
    (eu|estados unidos)      a choice of phrases   ^Entendimiento   a capitalised word

Case and accents are ignored. `fold` does not change offsets, so a match in the folded text has the same place in the
text.
"""

import re
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache, cached_property, lru_cache
from pathlib import Path
from typing import Any

import yaml

from pipelines.text.stems import function_words

COMMON = Path(__file__).parents[1] / "data" / "common_words.yaml"

#: Most words that a gap (~2) may stand for.
WIDEST = 1000

_TOKEN = re.compile(r"\([^()]*\)\??|~\d+|[^\s()~]+")
_GAP = r"(?:[^\w\n.!?;]|\.(?=\d)){1,4}"
_ENDING = r"\w*+"
# Each begins with the literal letters, so that the search is fast; the check of the text before them comes after.
_ABBREVIATIONS = {
    "u.": re.compile(r"u\.(?<!\wu\.)\s?s\.(?:a\.)?"),
    "ee": re.compile(r"ee(?<!\wee)\.?\s?uu\.?"),
    "e.u.": re.compile(r"e\.u\.(?<!\we\.u\.)(?:a\.)?"),
    "d.c.": re.compile(r"d\.c\.(?<!\wd\.c\.)"),
}
_MASKS = {"4": "a", "@": "a", "3": "e", "1": "i", "0": "o"}
# A letter written as a digit to avoid filters: "arm4s", "tr4fico", "4rmas". Not "ak47", "h1n1", "3rd". This and the
# next begin with the set of their characters, which the search skips to; what must be before them is checked after.
_MASKED = re.compile(
    r"[43@10](?:(?<=[a-z]{2}.)(?=[a-z](?![0-9]))|(?<=4)(?:(?<![\w@]4)(?=[a-z]{4})|(?<=[a-z]{3}4)(?![\w.,@-])))"
)
_STOP = re.compile(r"[\n.!?](?:(?<=\n)|(?<![.!?].)[.!?]*+(?=\s|$))")
_BEGINNING = re.compile(r"(\w{1,4})\w*")
_TITLE = re.compile(r"\b(?:rep|sen|gov|gen|lt|col|sgt|mr|mrs|ms|dr|st|sr|sra|lic|gral)\Z")

Span = tuple[int, int]


@cache
def _table() -> dict[str, str]:
    accented = map(chr, range(0xC0, 0x250))
    return {c: unicodedata.normalize("NFD", c)[0].lower()[0] for c in accented} | {"’": "'"}


def fold(text: str) -> str:
    """The text in lower case without accents, with the same length. "U.S." becomes "us" and two NUL characters.

    Letters written as digits ("arm4s") become letters again. If empty lines separate the paragraphs, a single line end
    becomes a space.
    """
    if text.isascii():
        low = text.lower()
    else:
        low = text.translate({0x130: "i"}).lower() if "\u0130" in text else text.lower()
        for letter in _table().keys() & set(low):
            low = low.replace(letter, _table()[letter])
    if "\n\n" in low:
        low = "\n\n".join(paragraph.replace("\n", " ") for paragraph in low.split("\n\n"))
    if "4" in low or "3" in low or "0" in low or "1" in low or "@" in low:
        low = _MASKED.sub(_unmask, low)
    for begins, abbreviation in _ABBREVIATIONS.items():
        if begins in low:
            low = abbreviation.sub(_close, low)
    return low


def _unmask(m: re.Match[str]) -> str:
    return _MASKS[m[0]]


def _close(m: re.Match[str]) -> str:
    letters = "".join(filter(str.isalnum, m[0]))
    return letters + "\0" * (len(m[0]) - len(letters))


def sentence_ends(folded: str) -> list[int]:
    """The end offset of each sentence of a folded text, in order. The last one is the length of the text."""
    ends = [
        m.end()
        for m in _STOP.finditer(folded)
        if m[0] != "." or not _TITLE.search(folded[max(m.start() - 6, 0) : m.start()])
    ]
    return ends if ends and ends[-1] == len(folded) else [*ends, len(folded)]


@dataclass(frozen=True)
class Pattern:
    """One phrase, whose regular expression is compiled when it is first searched for: most phrases of a taxonomy are in
    few articles. A text can match only if it contains at least one option of each of `needs`. `anchors` is the rarest
    of these: words, or beginnings of words, which end in a star. `begins` has the `beginnings` of each of `needs`."""

    source: str
    expression: str
    anchors: tuple[str, ...]
    needs: tuple[tuple[str, ...], ...]
    capitals: int
    begins: tuple[frozenset[str], ...]

    def possible(self, beginnings: frozenset[str]) -> bool:
        """Whether a text with these `beginnings` may contain the phrase. No text that contains it is refused."""
        return not any(map(beginnings.isdisjoint, self.begins))

    @cached_property
    def regex(self) -> re.Pattern[str]:
        return re.compile(self.expression)

    def finditer(self, text: str, folded: str, start: int = 0, end: int | None = None) -> Iterator[Span]:
        """Spans of the phrase in `text[start:end]`. `folded` is the folded form of `text`."""
        end = len(folded) if end is None else end
        if len(self.needs) > 1:
            part = folded[start:end]
            for need in self.needs:
                for word in need:
                    if word in part:
                        break
                else:
                    return
        for m in self.regex.finditer(folded, start, end):
            if not self.capitals or all(text[m.start(f"c{i}")].isupper() for i in range(self.capitals)):
                yield m.span()


@lru_cache(8192)
def compile_phrase(source: str) -> Pattern:
    """Compile a phrase as written in the file, the same phrase once in a process. Raises ValueError, with the phrase,
    when it is not valid."""
    written = re.sub(r"(?<=\w)[-./&](?=\w)|(?<!\S)[&.](?=\s|\d)", " ", source)
    tokens = _TOKEN.findall(written)
    if "".join(tokens).replace(" ", "") != re.sub(r"\s", "", written) or not tokens:
        raise ValueError(f"phrase {source!r}: brackets within brackets, or one left open")
    regex, capitals, joint = "", 0, ""
    choices: list[tuple[str, ...]] = []
    for token in tokens:
        if token.startswith("~"):
            joint = _gap(token)
            continue
        optional = token.endswith("?")
        options = token.removesuffix("?").strip("()").split("|")
        if token.startswith("^"):
            body, options = rf"(?P<c{capitals}>{one_of([token[1:]], not regex)})", [token[1:]]
            capitals += 1
        else:
            body = one_of(options, not regex)
        if not optional:
            choices.append(tuple(map(_rarest, options)))
        lead = (joint or _GAP) if regex else ""
        regex += f"(?:{lead}{body})?" if optional else f"{lead}{body}"
        joint = ""
    if joint or not regex or tokens[0].startswith("~"):
        raise ValueError(f"phrase {source!r}: begins or ends in a gap")
    choices = [choice for choice in choices if all(choice)]
    if not choices or tokens[0].endswith("?"):
        raise ValueError(f"phrase {source!r}: begins with a word that may be missing")
    anchors = min(choices, key=lambda choice: sum(map(_frequency, choice)))
    needs = tuple(tuple(word.rstrip("*") for word in choice) for choice in choices)
    begins = tuple(frozenset(map(_beginning, choice)) for choice in choices)
    return Pattern(source, rf"{regex}(?!\w)", anchors, needs, capitals, tuple(b for b in begins if "" not in b))


def beginnings(folded: str) -> frozenset[str]:
    """The first four letters of each word of a folded text; shorter words as they are."""
    return frozenset(_BEGINNING.findall(folded))


def _beginning(option: str) -> str:
    """The first four letters of a word, or a whole shorter one; "" for a shorter beginning of words with a star."""
    letters = option.rstrip("*")
    return letters[:4] if len(letters) >= 4 or letters == option else ""


def merged(sources: Iterable[str]) -> tuple[str, ...]:
    """The same phrases, but with all plain words and single choices merged into one choice."""
    plain, rest = [], []
    for source in sources:
        inner = source.strip()
        if inner.startswith("(") and inner.endswith(")") and inner.count("(") == 1:
            plain.append(inner[1:-1])
        elif not re.search(r"[()?^]", inner):
            plain.append(inner)
        else:
            rest.append(source)
    return (f"({'|'.join(plain)})", *rest) if plain else tuple(rest)


def _gap(token: str) -> str:
    if (most := int(token[1:])) > WIDEST:
        raise ValueError(f"a phrase has the gap {token!r}: it must be at most ~{WIDEST}")
    return rf"(?:{_GAP}\w++){{0,{most}}}?{_GAP}"


def _rarest(option: str) -> str:
    """The word of an option that is probably the rarest; "" if there is none."""
    words = [fold(word) for word in re.sub(r"(?<=\w)[-./&](?=\w)", " ", option).split() if word[0] != "~"]
    return min((w for w in words if re.fullmatch(r"\w+\*?", w)), key=_frequency, default="")


@cache
def _common() -> frozenset[str]:
    return frozenset(yaml.safe_load(COMMON.read_text(encoding="utf-8"))["words"].split())


def _frequency(word: str) -> float:
    """A rough estimate of how frequent a word is, or a beginning of words with a star. Longer ones are rarer."""
    letters = word.rstrip("*")
    if letters in function_words().function:
        return 8.0
    if letters in _common():
        return 2.0
    return 0.5 ** len(letters) * (4 if word.endswith("*") else 1)


def one_of(options: Iterable[str], opens: bool = False) -> str:
    """A regex for any of some phrases without brackets. It is a trie, so its cost hardly grows with their number.

    `opens`: it opens the whole pattern, so it matches only where a word begins.
    """
    trie: dict[str, Any] = {}
    for option in options:
        node = trie
        for piece in _pieces(re.sub(r"(?<=\w)[-./&](?=\w)|(?<!\S)[&.](?=\s|\d)", " ", option)):
            node = node.setdefault(piece, {})
        node[""] = {}
    return _opening(trie) if opens else _regex(trie)


def finder(anchors: Iterable[str]) -> re.Pattern[str]:
    """One regex that finds all `anchors`: words, or with a star beginnings of words.

    The match is the word, or the shortest of the starred beginnings that the word has.
    """
    trie: dict[str, Any] = {}
    for anchor in anchors:
        node = trie
        for letter in anchor.rstrip("*"):
            node = node.setdefault(letter, {})
        node["*" if anchor.endswith("*") else ""] = {}
    return re.compile(rf"(?<!\w){_regex(trie)}")


def _pieces(option: str) -> Iterator[str]:
    joint = ""
    for word in option.split():
        if word.startswith("~"):
            joint = _gap(word)
            continue
        if joint:
            yield joint
        joint = _GAP
        stem, star, rest = fold(word).partition("*")
        if rest:
            raise ValueError(f"phrase {word!r}: * stands at the end of a word")
        yield from map(re.escape, stem)
        if star:
            yield _ENDING


def _opening(trie: dict[str, Any], before: str = "") -> str:
    """The regex of a trie where a word begins. It begins with letters, to which the search skips; that no other letter
    is before them is checked only after the second one."""
    if len(before) == 2 or not all(re.fullmatch(r"\w", piece) for piece in trie):
        rest = _regex(trie)
        return rf"(?<!\w{before}){rest}" if rest or before else ""
    parts = [letter + _opening(node, before + letter) for letter, node in trie.items()]
    return parts[0] if len(parts) == 1 else f"(?:{'|'.join(parts)})"


def _regex(node: dict[str, Any]) -> str:
    if "*" in node:
        return ""
    parts = [piece + _regex(child) for piece, child in node.items() if piece]
    if not parts:
        return ""
    if "" in node:
        return rf"(?:{'|'.join(parts)}|(?!\w))"
    return parts[0] if len(parts) == 1 else f"(?:{'|'.join(parts)})"
