"""Ids derived from content: a replay makes the same ids."""
import hashlib
import re
import unicodedata
from collections.abc import Iterable


def digest(*parts: str, size: int = 10) -> str:
    """A hex id of `size` bytes from a list of strings; borders count: ("ab",) is not ("a", "b")."""
    h = hashlib.blake2b(digest_size=size)
    for part in parts:
        data = part.encode("utf-8", "surrogatepass")
        h.update(len(data).to_bytes(8, "big"))
        h.update(data)
    return h.hexdigest()


def fold(text: str) -> str:
    """Case, accents and punctuation aside: words parted by single spaces."""
    plain = "".join(c for c in unicodedata.normalize("NFKD", text) if not unicodedata.combining(c))
    return " ".join(re.findall(r"\w+", plain.casefold()))


def article_id(url: str) -> str:
    """The id of the article at a (canonical) URL."""
    return digest("article", url)


def text_version(parts: Iterable[str]) -> str:
    """The version of a text: changes when its words do."""
    return digest("version", *parts, size=8)


def statement_id(text: str, speaker: str | None) -> str:
    """The id of what a speaker said: same words, same speaker, same id, whatever the case, accents and marks."""
    return digest("statement", fold(speaker or ""), fold(text))
