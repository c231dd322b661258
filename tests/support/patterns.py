"""Every regular expression of the program, and strings that make a careless one slow. For test_patterns.py.

A pattern is collected when it is compiled: `re` is watched while all modules are imported and what compiles lazily is
called. The source is then searched for calls of `re`: one that was neither seen nor holds a literal is an error.
"""

import ast
import importlib
import itertools
import json
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

ROOT = Path(__file__).parents[2]
PACKAGES = ("schemas", "connectors", "pipelines", "deploy")
FUNCTIONS = {"compile", "search", "match", "fullmatch", "split", "findall", "finditer", "sub", "subn"}
#: Characters that stand for a class of characters; the first that a class holds are tried.
ALPHABET = "aA1 .\n\t,;:-_<>&\"'“”«‘’()[]{}#*|/\\é¿?!`=+%@~^$ñ…—\u0301\u00ad"
#: Repetitions of up to so many are no danger.
FEW = 30
#: Ten times the text takes ten times as long where time is linear, a hundred times where it is quadratic; caches and
#: neighbours blur that.
FASTER = 40


class Found(NamedTuple):
    """A pattern, and where it is compiled, as file:line."""

    pattern: str
    flags: int
    is_bytes: bool
    place: str

    def compiled(self) -> re.Pattern[Any]:
        text = self.pattern.encode("latin-1") if self.is_bytes else self.pattern
        return re.compile(text, self.flags)


def collect() -> list[Found]:
    """Every pattern of the program. Raises LookupError for a call of `re` of which the pattern is not known."""
    program = "import json, sys; from tests.support import patterns as p; json.dump(p.watched(), sys.stdout)"
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True)
    seen = [Found(*found) for found in json.loads(done.stdout)]
    places = {found.place for found in seen}
    unknown = []
    for file, call in calls():
        name = file.relative_to(ROOT).as_posix()
        if any(f"{name}:{line}" in places for line in range(call.lineno, (call.end_lineno or call.lineno) + 1)):
            continue
        first = call.args[0] if call.args else None
        if isinstance(first, ast.Constant) and isinstance(first.value, str | bytes):
            is_bytes = isinstance(first.value, bytes)
            text = first.value.decode("latin-1") if isinstance(first.value, bytes) else first.value
            seen.append(Found(text, flags_of(call), is_bytes, f"{name}:{call.lineno}"))
        else:
            unknown.append(f"{name}:{call.lineno}")
    if unknown:
        raise LookupError(f"patterns that nothing here compiles: {', '.join(unknown)}")
    return list({found[:3]: found for found in seen}.values())


def flags_of(call: ast.Call) -> int:
    """The flags that a call of `re` writes down, by name."""
    names = [
        node.attr
        for arg in (*call.args[1:], *(k.value for k in call.keywords))
        for node in ast.walk(arg)
        if isinstance(node, ast.Attribute)
    ]
    return int(sum(getattr(re, name) for name in names if name.isupper()))


def calls() -> Iterator[tuple[Path, ast.Call]]:
    """Every call of a function of `re` in the source."""
    for package in PACKAGES:
        for file in sorted((ROOT / package).rglob("*.py")):
            for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
                if (
                    isinstance(node, ast.Call)
                    and isinstance(node.func, ast.Attribute)
                    and node.func.attr in FUNCTIONS
                    and isinstance(node.func.value, ast.Name)
                    and node.func.value.id == "re"
                ):
                    yield file, node


def watched() -> list[Found]:
    """Import the program in this process, which must be a fresh one, and note what is compiled by it."""
    seen: list[Found] = []
    original = re._compile  # type: ignore[attr-defined]

    def note(pattern: Any, flags: int) -> Any:
        frame = sys._getframe(1)
        while frame and frame.f_globals.get("__name__") == "re":
            frame = frame.f_back  # type: ignore[assignment]
        file = Path(frame.f_code.co_filename)
        ours = file.is_relative_to(ROOT) and file.relative_to(ROOT).parts[0] in PACKAGES
        if ours and not isinstance(pattern, re.Pattern):
            is_bytes = isinstance(pattern, bytes)
            text = pattern.decode("latin-1") if is_bytes else pattern
            place = f"{file.relative_to(ROOT).as_posix()}:{frame.f_lineno}"
            seen.append(Found(text, int(flags), is_bytes, place))
        return original(pattern, flags)

    re._compile = note  # type: ignore[attr-defined]
    for package in PACKAGES:
        for file in sorted((ROOT / package).rglob("*.py")):
            name = ".".join(file.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")
            if not name.endswith("__main__"):
                importlib.import_module(name)
    compile_lazy()
    re._compile = original  # type: ignore[attr-defined]
    return seen


def compile_lazy() -> None:
    """Have those patterns compiled that wait for their first use."""
    from pipelines.clean.furniture import is_furniture
    from pipelines.pure_steps import taxonomy
    from pipelines.topics.searched_text import union

    is_furniture("share")
    for topic in taxonomy(None).topics:
        for sources in (topic.own, topic.never, topic.context, topic.weight, topic.excluding, topic.related):
            for pattern in union(sources):
                assert pattern.regex.pattern


def strings(found: Found, length: int) -> Iterator[str]:
    """Strings of `length` characters that repeat what the pattern repeats, behind what it asks for before."""
    tree = re._parser.parse(found.compiled().pattern, found.flags)  # type: ignore[attr-defined]
    pieces: dict[str, None] = dict.fromkeys(("a", " ", "\n", ".", "1", '"', "a ", "A. "))
    for before, body in repeats(tree, ""):
        for pump in body:
            pieces.setdefault(pump)
            pieces.setdefault(before + pump)
            yield (before + pump * length)[:length]
            yield (before + pump * length)[: length - 1] + "\0"
        pieces.setdefault(before)
    for piece in pieces:
        if piece:
            text = (piece * (length // len(piece) + 1))[:length]
            yield text
            yield text[:-1] + "\0"


def repeats(tree: Any, before: str) -> Iterator[tuple[str, list[str]]]:
    """(what stands before a repetition, what it may repeat) of each long repetition in a parsed pattern."""
    for op, value in tree:
        name = str(op)
        if name in ("MAX_REPEAT", "MIN_REPEAT", "POSSESSIVE_REPEAT"):
            low, high, body = value
            if int(high) > FEW:
                yield before, examples(body)[:6]
            yield from repeats(body, before)
            # What may be missing and is taken as late as possible is left out: "a" for `.*?` hinders `\b` behind it.
            least = 0 if name == "MIN_REPEAT" else 1
            before += (examples(body) or [""])[0] * max(min(int(low), 3), least)
        elif name == "BRANCH":
            for branch in value[1]:
                yield from repeats(branch, before)
            before += (examples(value[1][0]) or [""])[0]
        elif name in ("SUBPATTERN", "ATOMIC_GROUP"):
            body = value[-1] if name == "SUBPATTERN" else value
            yield from repeats(body, before)
            before += (examples(body) or [""])[0]
        elif name in ("ASSERT", "ASSERT_NOT"):
            if value[0] > 0:
                yield from repeats(value[1], before)
        else:
            before += (characters(op, value) or [""])[0]


def examples(tree: Any) -> list[str]:
    """Some strings that a parsed pattern matches, more or less."""
    made = [""]
    for op, value in tree:
        name = str(op)
        if name in ("MAX_REPEAT", "MIN_REPEAT", "POSSESSIVE_REPEAT"):
            options = [text * max(min(int(value[0]), 3), 1) for text in examples(value[2])]
        elif name == "BRANCH":
            options = [text for branch in value[1] for text in examples(branch)[:2]]
        elif name in ("SUBPATTERN", "ATOMIC_GROUP"):
            options = examples(value[-1] if name == "SUBPATTERN" else value)
        elif name in ("ASSERT", "ASSERT_NOT", "AT", "GROUPREF"):
            continue
        else:
            options = characters(op, value)
        made = [a + b for a, b in itertools.islice(itertools.product(made, options[:6] or [""]), 8)]
    return made


def characters(op: Any, value: Any) -> list[str]:
    """Characters that one element of a parsed pattern matches."""
    name = str(op)
    if name == "LITERAL":
        return [chr(value)]
    if name == "ANY":
        return ["a", " "]
    if name not in ("IN", "NOT_LITERAL", "CATEGORY"):
        return []
    state = re._parser.State()  # type: ignore[attr-defined]
    state.str = ""
    one = re._compiler.compile(re._parser.SubPattern(state, [(op, value)]))  # type: ignore[attr-defined]
    return [character for character in ALPHABET if one.fullmatch(character)]


def growth(found: Found, length: int = 5_000, bound: int | None = None) -> str | None:
    """What is wrong with a pattern; None when its time grows with the length of the text, and no faster.

    It is searched through strings of `length` characters, and through ten times as long ones where that took more than
    a millisecond. `bound`: it only ever sees texts of so many characters, for which it must take no more than that.
    """
    pattern = found.compiled()
    length = bound or length
    for text, longer in zip(strings(found, length), strings(found, 10 * length), strict=True):
        short = seconds(pattern, text, found.is_bytes)
        if short < 0.001:
            continue
        if short > (0.1 if bound else 0.25):
            return f"{short:.3f} s for {len(text)} characters: {text[:40]!r}"
        if bound:
            continue
        long = seconds(pattern, longer, found.is_bytes)
        if long > 0.05 and long > FASTER * short and _again(pattern, text, longer, found.is_bytes) > FASTER:
            return f"{short:.3f} s for {len(text)} characters, {long:.3f} s for ten times as many: {text[:40]!r}"
    return None


def seconds(pattern: re.Pattern[Any], text: str, is_bytes: bool) -> float:
    """Processor time that it takes to find the pattern wherever it stands in a text."""
    subject: Any = text.encode("utf-8") if is_bytes else text
    started = time.thread_time()
    for _ in pattern.finditer(subject):
        pass
    return time.thread_time() - started


def _again(pattern: re.Pattern[Any], text: str, longer: str, is_bytes: bool) -> float:
    """How many times as long a text of ten times the length takes, by the best of three."""
    short, long = (min(seconds(pattern, each, is_bytes) for _ in range(3)) for each in (text, longer))
    return long / short
