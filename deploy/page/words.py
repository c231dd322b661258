"""The texts of the user interface, in English and Spanish, from words.yaml."""

from collections.abc import Mapping
from pathlib import Path

import yaml

LANGUAGES = ("en", "es")


def read_words(text: str) -> Mapping[str, Mapping[str, str]]:
    """Language → key → text. Raises ValueError for a key without a text in each language."""
    found: dict[str, dict[str, str]] = {lang: {} for lang in LANGUAGES}
    for key, texts in yaml.safe_load(text).items():
        for lang, words in zip(LANGUAGES, texts, strict=True):
            found[lang][key] = words
    return found


WORDS = read_words((Path(__file__).parent / "words.yaml").read_text(encoding="utf-8"))


def language(asked: str, accepted: str) -> str:
    """The interface's language: the one in the URL, else the browser's first supported one, else English."""
    if asked in WORDS:
        return asked
    for part in accepted.split(","):
        code = part.split(";")[0].strip()[:2].lower()
        if code in WORDS:
            return code
    return "en"
