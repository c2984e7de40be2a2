"""``fields_set``: only the named fields of an answer.

Names are separated by commas; a dot selects inside an object, or inside each object of a list. A name that the answer
has not is refused, which is judged by the answer's type and so does not depend on what happens to be null. What is
asked for is parsed once for each text and kept.

Source: rewards.md (Parameters), rewards.notes.md (Shape).
"""

from __future__ import annotations

import difflib
import types
import typing
from decimal import Decimal
from functools import lru_cache
from typing import Any, Union

import msgspec

from fondaco.desks.rewards.failure import invalid

Tree = dict[str, "Tree | None"]


def check(fields_set: str, answer: type) -> None:
    """Raises ``Failure`` if the answer has not what ``fields_set`` names: to be asked before anything is done."""
    _tree(fields_set, answer)


def selected(data: object, fields_set: str, answer: type) -> object:
    """The part of ``data`` that ``fields_set`` names. Raises ``Failure``."""
    tree = _tree(fields_set, answer)
    return _select(msgspec.to_builtins(data, builtin_types=(Decimal,)), tree)


@lru_cache(1_024)
def _tree(fields_set: str, answer: type) -> Tree:
    tree: Tree = {}
    for path in fields_set.split(","):
        if not path.strip():
            raise invalid("fields_set has no name before or after a comma; name fields, or leave it out", "fields_set")
        names = path.strip().split(".")
        _check(names, answer, path.strip())
        inside: Tree | None = tree
        for at, name in enumerate(names):
            assert inside is not None
            if at == len(names) - 1:
                inside[name] = None  # the whole of it, whatever was selected inside before
            elif inside.get(name, {}) is None:
                break
            else:
                inside = inside.setdefault(name, {})
    return tree


def _check(names: list[str], answer: type, path: str) -> None:
    structs = [answer]
    for name in names:
        known = {field: each for struct in structs for field, each in _fields(struct).items()}
        if name not in known:
            near = difflib.get_close_matches(name, known, 1)
            hint = f"; did you mean {near[0]}?" if near else f"; it has {', '.join(known) or 'no fields'}"
            raise invalid(f"the answer has no field {path[:100]}{hint}", "fields_set")
        structs = _structs(known[name])


@lru_cache(256)
def _fields(struct: type) -> dict[str, Any]:
    return {field.encode_name: field.type for field in msgspec.structs.fields(struct)}


def _structs(annotation: Any) -> list[type]:
    """The structs that a field may hold, by itself, as one of several, or in a list."""
    if isinstance(annotation, type) and issubclass(annotation, msgspec.Struct):
        return [annotation]
    if typing.get_origin(annotation) in (Union, types.UnionType, list, tuple, typing.Annotated):
        return [struct for part in typing.get_args(annotation) for struct in _structs(part)]
    return []


def _select(value: Any, tree: Tree) -> object:
    if isinstance(value, (list, tuple)):
        return [_select(each, tree) for each in value]
    if not isinstance(value, dict):
        return value
    return {
        name: value[name] if inside is None else _select(value[name], inside)
        for name, inside in tree.items()
        if name in value
    }
