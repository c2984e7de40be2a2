"""Reward programmes of a house that does not run: made and listed under its lock, journalled like any other.

This is the way to the first operator of a programme: nobody could log in to make him. The password's hash is durable
before the commands are journalled, so the operator can log in as soon as there is one.
"""

from __future__ import annotations

from pathlib import Path

import msgspec

from fondaco.core.commands import Rewards
from fondaco.core.rewards.actions import OperatorPut, ProgrammeCreate
from fondaco.core.rewards.checks import PROGRAMME_NAME, USERNAME
from fondaco.core.rewards.entities import Role
from fondaco.desks.rewards.passwords import PASSWORD_LENGTH_MAX, PASSWORD_LENGTH_MIN, hash_password, secret_name
from fondaco.journal import layout
from fondaco.operating.habitable import check_habitable
from fondaco.operating.keys import KeyRefused, offline


class MadeProgramme(msgspec.Struct, frozen=True):
    """A new programme with its first operator: what ``authentication/token`` is asked with."""

    organisation: str
    username: str
    password: str


class ListedProgramme(msgspec.Struct, frozen=True):
    """``operators`` are the names of those who may log in."""

    organisation: str
    is_fee_rebate: bool
    operators: tuple[str, ...]


def create(directory: Path, name: str, username: str, password: str, *, is_fee_rebate: bool) -> MadeProgramme:
    """A new programme and its admin. Makes the directory where there is none.

    Raises ``KeyRefused``, and then nothing was written; ``ForeignDirectory`` if something else lives there.
    """
    check_habitable(directory)
    if PROGRAMME_NAME.fullmatch(name) is None:
        raise KeyRefused(f"{name!r} is no name of a programme: letters, digits, spaces and ._&-, at most 100")
    if USERNAME.fullmatch(username) is None:
        raise KeyRefused(f"{username!r} is no username: letters, digits and ._@-, at most 64")
    if not PASSWORD_LENGTH_MIN <= len(password) <= PASSWORD_LENGTH_MAX:
        raise KeyRefused(
            f"a password of {len(password)} characters; it takes {PASSWORD_LENGTH_MIN} to {PASSWORD_LENGTH_MAX}"
        )
    with offline(directory) as opened:
        rewards = opened.house.rewards
        if name in rewards.programme_ids:
            raise KeyRefused(f"there is a programme {name} already; fondaco programme list shows all")
        opened.store.put(secret_name(name, username), hash_password(password))
        opened.give(Rewards(0, 0, ProgrammeCreate(name, is_fee_rebate=is_fee_rebate)))
        opened.give(Rewards(rewards.programme_ids[name], 0, OperatorPut(0, username, Role.ADMIN)))
    return MadeProgramme(name, username, password)


def listed(directory: Path) -> list[ListedProgramme]:
    """All programmes of the house, the oldest first."""
    if not layout.journal_path(directory).is_dir():
        raise KeyRefused(f"{directory} holds no house; name its directory with --data")
    with offline(directory) as opened:
        return [
            ListedProgramme(
                books.programme.name,
                books.programme.is_fee_rebate,
                tuple(operator.username for operator in books.operators.values() if operator.active),
            )
            for books in opened.house.rewards.programmes.values()
        ]
