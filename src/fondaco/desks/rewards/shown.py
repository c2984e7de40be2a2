"""Objects that most answers hold, kept as they were last shown: currencies, and receivables with whose they are.

One is good as long as what it was made of is the very same in the books, so nothing has to be told of a change; only
who was erased must be forgotten at once. Opening and decoding two contacts is a third of a settlement's answer.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from typing import Final, TypeVar, cast

KEPT_MAX: Final = 10_000

_T = TypeVar("_T")
Name = tuple[int, int, int]
"""(programme, kind, number)."""


class Shown:
    """Of one desk. The eldest are dropped where there are too many."""

    def __init__(self) -> None:
        self._kept: OrderedDict[Name, tuple[tuple[object, ...], object]] = OrderedDict()

    def kept(self, name: Name, made_of: tuple[object, ...], make: Callable[[], _T]) -> _T:
        """The object of a name, made anew unless it was made of these very entities."""
        found = self._kept.get(name)
        if found is not None and all(map(_is, found[0], made_of)):
            return cast("_T", found[1])
        made = make()
        self._kept[name] = made_of, made
        if len(self._kept) > KEPT_MAX:
            self._kept.popitem(last=False)
        return made

    def forget(self) -> None:
        """Keep nothing of what was shown so far."""
        self._kept.clear()


def _is(one: object, other: object) -> bool:
    return one is other
