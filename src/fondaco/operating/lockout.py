"""A house that nobody can operate: why, and the way out of it.

Over the wire only an operator makes keys and enables users, so the way out is a key made while no house runs; of a user
who is not disabled, because the key of one who is opens nothing.
"""

from __future__ import annotations

from itertools import count
from pathlib import Path
from typing import Final

from fondaco.core.house import House
from fondaco.desks.common.operators import has_operator, why_nobody_operates
from fondaco.journal.secrets import SecretStore

_NAME: Final = "operator"
_SHOWN_MAX: Final = 3


def lockout(house: House, store: SecretStore) -> str:
    """Why nobody can operate the house; empty if somebody can."""
    if has_operator(house, store):
        return ""
    reasons = why_nobody_operates(house, store)
    if not reasons:
        return "nobody could operate this house: no key has the scope operate"
    more = f", and {len(reasons) - _SHOWN_MAX} more" if len(reasons) > _SHOWN_MAX else ""
    return f"nobody could operate this house: {', '.join(reasons[:_SHOWN_MAX])}{more}"


def first_operator(directory: Path, name: str = _NAME) -> str:
    """The command that makes an operator, and his user if there is none."""
    return f"fondaco key create {name} --scope operate --create-user --data {directory}"


def another_operator(house: House, directory: Path) -> str:
    """The way out, for a house that may have disabled users."""
    way_out = f"Make an operator's key: {first_operator(directory, _enabled_name(house))}"
    if not any(house.users.is_disabled(user_id) for user_id in house.users):
        return way_out
    return f"{way_out} (once the house is up, its user.enable brings back whoever is disabled)"


def _enabled_name(house: House) -> str:
    """``operator``, or that with a number where the user of that name is disabled."""
    names = (_NAME if number == 1 else f"{_NAME}-{number}" for number in count(1))
    return next(name for name in names if not _is_disabled(house, name))


def _is_disabled(house: House, name: str) -> bool:
    user_id = house.user_ids.get(name)
    return user_id is not None and house.users.is_disabled(user_id)
