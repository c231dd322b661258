"""The schema of the taxonomy file, and how it is read and checked."""

import datetime
import re
from pathlib import Path
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError, model_validator

from pipelines.topics.phrases import compile_phrase
from schemas.mistakes import mistakes
from schemas.yaml_file import BadYaml, read_yaml

DEFAULT = Path(__file__).parents[1] / "data" / "taxonomy.yaml"

_LIST = re.compile(r"<([^<>\s]*)>")


class TaxonomyError(ValueError):
    """The taxonomy file is not valid. The message gives the place and the problem."""

    mistake = True


def _phrase(source: str) -> str:
    compile_phrase(source)
    return source


Phrase = Annotated[str, AfterValidator(_phrase)]
Phrases = tuple[Phrase, ...]


class Rule(BaseModel):
    """A phrase with conditions: phrases that must be in its sentence (+), in the article (++), or nowhere (--)."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    phrase: Phrase
    sentence: Phrases = ()
    article: Phrases = ()
    nowhere: Phrases = ()

    @model_validator(mode="before")
    @classmethod
    def _parts(cls, rule: Any) -> Any:
        if not isinstance(rule, str):
            return rule
        phrase, *others = re.split(r" (\+\+?|--) ", rule)
        if not others:
            raise ValueError(f"rule {rule!r}: joins no phrases: write +, ++ or -- between two")
        fields: dict[str, Any] = {"phrase": phrase, "sentence": [], "article": [], "nowhere": []}
        for mark, part in zip(others[::2], others[1::2], strict=True):
            fields[{"+": "sentence", "++": "article", "--": "nowhere"}[mark]].append(part)
        return fields


class Topic(BaseModel):
    """One topic as written in the file. The fields are explained at the top of data/taxonomy.yaml."""

    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)

    name: str = Field(pattern="^[a-z][a-z0-9-]*$")
    title: str
    title_es: str | None = None
    alerts: bool = False
    since: datetime.date | None = Field(default=None, alias="from")
    until: datetime.date | None = Field(default=None, alias="to")
    names: Phrases = ()
    phrases: Phrases = ()
    together: tuple[Rule, ...] = ()
    context: Phrases = ()
    weight: Phrases = ()
    excluding: Phrases = ()
    never: Phrases = ()
    related: Phrases = ()
    signs: Phrases = ()
    also: Phrases = ()
    otherwise: str | None = None
    examples: tuple[str, ...] = ()
    counter_examples: tuple[str, ...] = ()

    def title_in(self, lang: str) -> str:
        """The topic's name for readers of a language (en or es)."""
        return self.title_es if lang == "es" and self.title_es else self.title

    @property
    def own(self) -> Phrases:
        """All phrases that can become terms of the topic."""
        return (*self.names, *self.phrases, *(rule.phrase for rule in self.together))


class File(BaseModel):
    """The taxonomy file. `words` are lists of words that phrases use as <name>."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    words: dict[str, tuple[str, ...]] = {}
    topics: tuple[Topic, ...] = Field(min_length=1)

    @model_validator(mode="before")
    @classmethod
    def _with_words(cls, data: Any) -> Any:
        if not isinstance(data, dict) or not isinstance(data.get("words", {}), dict):
            return data
        lists: dict[str, list[str]] = {}
        for name, words in data.get("words", {}).items():
            lists[name] = [w for word in words for w in _expand(str(word), lists).strip("()").split("|")]
        return {**data, "topics": _expanded(data.get("topics"), lists)}

    @model_validator(mode="after")
    def _known(self) -> "File":
        names = [topic.name for topic in self.topics]
        for topic in self.topics:
            if names.count(topic.name) > 1:
                raise ValueError(f"topic {topic.name!r} stands twice")
            if topic.otherwise is not None and topic.otherwise not in names:
                raise ValueError(f"topic {topic.name!r}: otherwise names no topic: {topic.otherwise!r}")
            if not (topic.own or topic.otherwise):
                raise ValueError(f"topic {topic.name!r} has neither names nor phrases")
        return self


def _expanded(value: Any, lists: dict[str, list[str]], where: str = "") -> Any:
    if isinstance(value, dict):
        return {key: _expanded(part, lists, key) for key, part in value.items()}
    if isinstance(value, list):
        return [_expanded(part, lists, where) for part in value]
    return _expand(value, lists) if isinstance(value, str) and "examples" not in where and where != "title" else value


def _expand(phrase: str, lists: dict[str, list[str]]) -> str:
    """The phrase with each <name> replaced by its words, in brackets unless it is already inside brackets."""

    def words(m: re.Match[str]) -> str:
        if m[1] not in lists:
            raise ValueError(f"phrase {phrase!r}: no list of words is called {m[1]!r}; there are {', '.join(lists)}")
        text = "|".join(lists[m[1]])
        before = phrase[: m.start()]
        return text if before.count("(") > before.count(")") else f"({text})"

    return _LIST.sub(words, phrase)


def read_topic_file(path: Path) -> File:
    """Read and check the file. Raises TaxonomyError."""
    try:
        return File.model_validate(read_yaml(path))
    except BadYaml as error:
        raise TaxonomyError(str(error)) from None
    except ValidationError as error:
        raise TaxonomyError(f"{path}: {mistakes(error)[0]}") from None
