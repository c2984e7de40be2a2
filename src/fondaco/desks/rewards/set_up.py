"""What the set-up methods share: what stays as it is, what a command made, and methods that show and list.

Everything here is read from the programme's books in memory, so it is never behind.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import msgspec
from msgspec import UnsetType

from fondaco.core.rewards.actions import Action
from fondaco.core.rewards.entities import Entity, EntityKind
from fondaco.desks.rewards.answering import changed, currency_of, newest, view_of
from fondaco.desks.rewards.call import Call
from fondaco.desks.rewards.failure import Code
from fondaco.desks.rewards.method import READ, Method, method
from fondaco.desks.rewards.resolve import entity_numbered, entity_of, number_of
from fondaco.desks.rewards.view import View
from fondaco.wire.rewards.base import Body, Identifier, ListBody

_T = TypeVar("_T")
_E = TypeVar("_E", bound=Entity)
Render = Callable[[Call, Any], object]


def by_view(render: Callable[[View, _E], object]) -> Render:
    """A renderer that needs no more than the programme's books."""
    return lambda call, entity: render(view_of(call), entity)


def kept(asked: _T | UnsetType, old: _T) -> _T:
    """What was asked for, or what was there."""
    return old if isinstance(asked, UnsetType) else asked


def text_kept(asked: str | UnsetType | None, old: str) -> str:
    """Empty stands for null."""
    return old if isinstance(asked, UnsetType) else asked or ""


def time_kept(call: Call, asked: str | UnsetType | None, old_us: int, field: str) -> int:
    """0 stands for null. Raises ``Failure``."""
    if isinstance(asked, UnsetType):
        return old_us
    return 0 if asked is None else call.floor.dates.time_us(asked, field)


def number_kept(call: Call, kind: EntityKind, asked: Identifier | UnsetType | None, old_number: int, field: str) -> int:
    """0 stands for null. Raises ``Failure``."""
    if isinstance(asked, UnsetType):
        return old_number
    return 0 if asked is None else number_of(call, kind, asked, field)


def currency_kept(call: Call, asked: str | UnsetType | None, old_number: int, field: str) -> int:
    """The number of a currency by its code; 0 stands for null. Raises ``Failure``."""
    if isinstance(asked, UnsetType):
        return old_number
    return 0 if asked is None else currency_of(call, asked, field).number


async def made(call: Call, action: Action, type_: type[_E]) -> _E:
    """Carries out an action and returns the entity that it made or changed. Raises ``Failure``."""
    return changed(await call.send(action), type_)


def showing(group: str, kind: EntityKind, field: str, body: type[Body], render: Render, answer: type) -> Method:
    """``<group>/show`` of what the identifier in ``field`` names."""

    async def show(call: Call, asked: Body) -> object:
        return render(call, entity_of(call, kind, getattr(asked, field), field))

    summary = f"Show one of the {_words(group)}"
    return method(f"{group}/show", READ, body, show, summary, writes=False, refuses=(Code.NOT_FOUND,), answer=answer)


def listing(group: str, kind: EntityKind, render: Render, page: type[msgspec.Struct]) -> Method:
    """``<group>/list``: a page, newest first."""

    async def list_(call: Call, asked: ListBody) -> object:
        numbers = newest(call.books.count(kind), asked)
        entities = [render(call, entity_numbered(call.books, kind, number)) for number in numbers]
        return page(**{group: entities, "offset": asked.offset, "number_of_results": len(entities)})

    return method(f"{group}/list", READ, ListBody, list_, f"List {_words(group)}", writes=False, answer=page)


def _words(group: str) -> str:
    return group.replace("_", " ")
