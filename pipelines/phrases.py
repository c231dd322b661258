"""The pattern language of the taxonomy: words in order, with gaps, endings, choices and capitals, as one regex each.

    flow of ~2 (guns|arms)   at most two words between "of" and the rest, all in one sentence
    traffick*                any ending            illegal?    the word may be missing
    (eu|estados unidos)      a choice of phrases   ^Entendimiento   written with a capital

Case and accents are ignored. `fold` keeps every offset, so that a match in folded text is a match in the text.
"""
import functools
import re
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

_TOKEN = re.compile(r"\([^()]*\)\??|~\d+|[^\s()~]+")
_GAP = r"(?:[^\w\n.!?;]|\.(?=\d)){1,4}"
_ACCENTED = re.compile("[\u00c0-\u024f\u2019]")
_ABBREVIATIONS = re.compile(r"\b(?:u\.\s?s\.(?:a\.)?|ee\.?\s?uu\.?|e\.u\.(?:a\.)?|d\.c\.)")


@functools.cache
def _table() -> dict[str, str]:
    accented = map(chr, range(0xC0, 0x250))
    return {c: unicodedata.normalize("NFD", c)[0].lower()[0] for c in accented} | {"’": "'"}


def fold(text: str) -> str:
    """Lower case without accents, of the same length; "U.S." becomes "us" and two marks that part no words."""
    if text.isascii():
        low = text.lower()
    else:
        low = text.translate({0x130: "i"}).lower() if "\u0130" in text else text.lower()
        low = _ACCENTED.sub(lambda m: _table()[m[0]], low)
    return _ABBREVIATIONS.sub(_close, low) if "." in low else low


def _close(m: re.Match[str]) -> str:
    letters = "".join(filter(str.isalnum, m[0]))
    return letters + "\0" * (len(m[0]) - len(letters))


@dataclass(frozen=True)
class Pattern:
    """One compiled phrase. A text can only hold it when it holds one of each of `needs`, the best of them `anchors`."""

    source: str
    regex: re.Pattern[str]
    anchors: tuple[str, ...]
    needs: tuple[tuple[str, ...], ...]
    capitals: int

    def finditer(self, text: str, folded: str) -> Iterator[tuple[int, int]]:
        """Spans of the phrase in `text`, whose folded form is `folded`."""
        for need in self.needs:
            if not any(word in folded for word in need):
                return
        for m in self.regex.finditer(folded):
            if all(text[m.start(f"c{i}")].isupper() for i in range(self.capitals)):
                yield m.span()


def compile_phrase(source: str) -> Pattern:
    """A phrase as written → its pattern. Raises ValueError with the phrase when it is none."""
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
            body, options = rf"(?P<c{capitals}>{_word(token[1:])})", [token[1:]]
            capitals += 1
        else:
            body = "|".join(map(_words, options))
        if not optional:
            choices.append(tuple(map(_anchor, options)))
        lead = (joint or _GAP) if regex else ""
        regex += f"(?:{lead}(?:{body}))?" if optional else f"{lead}(?:{body})"
        joint = ""
    if joint or not regex or tokens[0].startswith("~"):
        raise ValueError(f"phrase {source!r}: begins or ends in a gap")
    choices = [choice for choice in choices if all(choice)]
    if not choices or tokens[0].endswith("?"):
        raise ValueError(f"phrase {source!r}: begins with a word that may be missing")
    anchors = max(choices, key=lambda choice: min(map(len, choice)) - len(choice) / 8)
    return Pattern(source, re.compile(rf"(?<!\w)(?:{regex})(?!\w)"), anchors, tuple(choices), capitals)


def _gap(token: str) -> str:
    return rf"(?:{_GAP}\w+){{0,{int(token[1:])}}}?{_GAP}"


def _words(option: str) -> str:
    regex, joint = "", ""
    for word in option.split():
        if word.startswith("~"):
            joint = _gap(word)
            continue
        regex += (joint or _GAP if regex else "") + _word(word)
        joint = ""
    return regex


def _word(word: str) -> str:
    stem, star, rest = fold(word).partition("*")
    if rest:
        raise ValueError(f"phrase {word!r}: * stands at the end of a word")
    return re.escape(stem) + (r"\w*" if star else "")


def _anchor(option: str) -> str:
    words = [fold(word).strip("*") for word in option.split() if word[0] != "~"]
    return max((w for w in words if re.fullmatch(r"\w+", w)), key=len, default="")


def any_of(anchors: Iterable[str]) -> re.Pattern[str]:
    """One regex that finds every place where a word begins with one of `anchors`; a trie, so its cost hardly grows."""
    trie: dict[str, dict] = {}
    for anchor in anchors:
        node = trie
        for letter in anchor:
            node = node.setdefault(letter, {})
        node[""] = {}
    return re.compile(rf"\b{_regex(trie)}")


def _regex(node: dict[str, dict]) -> str:
    if "" in node:
        return ""  # a shorter anchor is enough
    parts = [re.escape(letter) + _regex(child) for letter, child in sorted(node.items())]
    return parts[0] if len(parts) == 1 else f"(?:{'|'.join(parts)})"
