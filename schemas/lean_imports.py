"""Imports of large libraries without those of their parts that are never used here.

Every process of a run imports them: what is left out saves processor time at the start, and memory in each process.
"""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from types import ModuleType
from typing import Any


class Unused(ModuleType):
    """Stands for a module that nobody calls. Each name in it is a function that raises ImportError when called."""

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)

        def call(*_: Any, **__: Any) -> Any:
            raise ImportError(f"{self.__name__}.{name} was left out: see schemas/lean_imports.py")

        return call


@contextmanager
def absent(*names: str) -> Iterator[None]:
    """Within it, these modules cannot be imported: for a library that does without them if they are missing.

    Modules that are imported already stay as they are. Afterwards all can be imported.
    """
    with _instead(dict.fromkeys(names)):
        yield


@contextmanager
def unused(*names: str) -> Iterator[None]:
    """Within it, these modules are imported as `Unused`: for a library that imports them but need not call them."""
    with _instead({name: Unused(name) for name in names}):
        yield


@contextmanager
def _instead(modules: dict[str, ModuleType | None]) -> Iterator[None]:
    new = {name: module for name, module in modules.items() if name not in sys.modules}
    sys.modules.update(new)  # type: ignore[arg-type]  # None: as if there were no such module
    try:
        yield
    finally:
        for name in new:
            sys.modules.pop(name, None)
