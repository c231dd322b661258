"""Finished responses, kept as long as what they show does not change: a view is made once, not for each reader."""

import hashlib
from collections import OrderedDict
from collections.abc import Callable, Hashable
from typing import NamedTuple

#: How many responses are kept.
MOST = 100


class ReadyAnswer(NamedTuple):
    """The bytes of a response, and its entity tag."""

    body: bytes
    tag: str


class Answers:
    """Key → response. All are forgotten when `version`, that of the store, is another one."""

    def __init__(self) -> None:
        self._version = -1
        self._kept: OrderedDict[Hashable, ReadyAnswer] = OrderedDict()

    def get(self, version: int, key: Hashable, make: Callable[[], bytes]) -> ReadyAnswer:
        if version != self._version:
            self._version = version
            self._kept.clear()
        if (found := self._kept.get(key)) is None:
            body = make()
            found = ReadyAnswer(body, f'"{hashlib.blake2b(body, digest_size=12).hexdigest()}"')
            self._kept[key] = found
        self._kept.move_to_end(key)
        if len(self._kept) > MOST:
            self._kept.popitem(last=False)
        return found
