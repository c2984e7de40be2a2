"""``fields_set``: only the fields that were named, at any depth.

``invoice.number,total_awarded_amount`` answers an invoice with its number alone, and the total. A name that stands for
an object takes all of it; names inside a list apply to each of its members. Source: rewards.md, Parameters.
"""

from __future__ import annotations

from typing import Any

from fondaco.desks.rewards.failure import invalid

_Tree = dict[str, "_Tree"]
FIELDS_MAX = 100


def select(data: Any, fields_set: str) -> Any:
    """The part of an answer that was asked for. Raises ``Failure`` for a name that the answer does not have."""
    names = [name.strip() for name in fields_set.split(",") if name.strip()]
    if len(names) > FIELDS_MAX:
        raise invalid("fields_set", f"{len(names)} fields; at most {FIELDS_MAX} are taken")
    tree: _Tree = {}
    for name in names:
        branch = tree
        for part in name.split("."):
            branch = branch.setdefault(part, {})
    return _pick(data, tree, "") if tree else data


def _pick(data: Any, tree: _Tree, path: str) -> Any:
    if isinstance(data, list):
        return [_pick(each, tree, path) for each in data]
    if not isinstance(data, dict):
        return data  # null where an object might be
    picked: dict[str, Any] = {}
    for name, inner in tree.items():
        if name not in data:
            raise invalid("fields_set", f"there is no field {path}{name}; there are: {', '.join(data)}")
        picked[name] = _pick(data[name], inner, f"{path}{name}.") if inner else data[name]
    return picked
