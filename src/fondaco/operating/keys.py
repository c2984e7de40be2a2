"""Keys of a house that does not run: made, listed and revoked under the directory's lock, journalled like any other.

This is the way to the first operator key: a house without one has nobody who could make another. The steps are those
of the running house: secret durable first, then the journal, then the answer.
"""

from __future__ import annotations

import secrets as randomness
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import msgspec

from fondaco.core.command_records import encode
from fondaco.core.commands import HOUSE, Command, KeyCreate, KeyRevoke, Sender, UserCreate
from fondaco.core.events import EventKind, is_answer, kind_of
from fondaco.core.house import House
from fondaco.core.instruments import Key
from fondaco.core.rejects import Reject
from fondaco.desks.common.auth import is_network
from fondaco.desks.common.operators import is_usable
from fondaco.journal import layout
from fondaco.journal.errors import OperatingError
from fondaco.journal.file import FileJournal
from fondaco.journal.secrets import SecretStore
from fondaco.operating.habitable import check_habitable
from fondaco.operating.lockout import another_operator, lockout
from fondaco.runtime.recovery import recover


class KeyRefused(OperatingError):
    """The house refused the command; the sentence says why."""


class MadeKey(msgspec.Struct, frozen=True):
    """A new key: the only time its secret is shown."""

    api_key: str
    secret: str
    user: str
    scopes: tuple[str, ...]


class ListedKey(msgspec.Struct, frozen=True):
    """A key without its secret. ``usable``: not revoked, its user not disabled, its secret kept here."""

    api_key: str
    user: str
    scopes: tuple[str, ...]
    addresses: tuple[str, ...]
    label: str
    usable: bool


class OfflineHouse:
    """A house opened for a few commands, without sockets. Use `offline`."""

    def __init__(self, directory: Path, house: House, journal: FileJournal) -> None:
        self.house = house
        self.store = SecretStore(layout.secrets_path(directory))
        self._journal = journal

    def give(self, command: Command, sender: Sender = HOUSE) -> None:
        """Journals and applies one command. Raises ``KeyRefused``."""
        record = encode(sender, command)
        time_us = max(time.time_ns() // 1000, self._journal.last_time_us)
        self._journal.append(record, 1, time_us)
        for row in self.house.apply(record, time_us):
            if is_answer(row) and kind_of(row) == EventKind.REJECT:
                raise KeyRefused(_why(command, Reject(row[2])))


@contextmanager
def offline(directory: Path) -> Iterator[OfflineHouse]:
    """Owns the directory for the time of the block. Raises ``DirectoryLocked`` while a house runs on it."""
    house, journal = recover(directory)
    try:
        yield OfflineHouse(directory, house, journal)
    finally:
        journal.close()


def create(
    directory: Path, user: str, scopes: Sequence[str], addresses: Sequence[str], label: str, *, create_user: bool
) -> MadeKey:
    """A new key of ``user``, who is created too if asked. Makes the directory where there is none.

    Raises ``KeyRefused``, and then nothing was written; ``ForeignDirectory`` if something else lives there.
    """
    check_habitable(directory)
    made = MadeKey(randomness.token_hex(16), randomness.token_hex(32), user, tuple(dict.fromkeys(scopes)))
    key = KeyCreate(made.api_key, 1, made.scopes, tuple(addresses), label)
    if not create_user and not layout.journal_path(directory).is_dir():
        raise KeyRefused(_no_user(user, House()))
    _rehearse(user, key)
    with offline(directory) as opened:
        house = opened.house
        if user not in house.user_ids:
            if not create_user:
                raise KeyRefused(_no_user(user, house))
            if user.isdigit():
                raise KeyRefused(f"user name {user} is digits alone, which reads as a user's number; add a letter")
            opened.give(UserCreate(user))
        elif house.users[house.user_ids[user]].disabled:
            raise KeyRefused(_disabled(user, opened, directory))
        opened.store.put(made.api_key, made.secret)  # before the journal: a key without its secret would be dead
        opened.give(msgspec.structs.replace(key, user_id=house.user_ids[user]))
    return made


def _rehearse(user: str, key: KeyCreate) -> None:
    """Both commands on an empty house in memory: what is refused there would be refused after the first was kept."""
    for address in key.addresses:
        if not is_network(address):
            raise KeyRefused(f"{address!r} is no address; give addresses or networks like 10.0.0.0/8")
    house = House()
    for command in (UserCreate(user), key):
        for row in house.apply(encode(HOUSE, command), 1):
            if kind_of(row) == EventKind.REJECT:
                raise KeyRefused(_why(command, Reject(row[2])))


def _no_user(user: str, house: House) -> str:
    return f"there is no user {user} (users: {', '.join(house.user_ids) or 'none yet'}); add --create-user to make one"


def _disabled(user: str, opened: OfflineHouse, directory: Path) -> str:
    if lockout(opened.house, opened.store):
        way_out = another_operator(opened.house, directory)
    else:
        way_out = f'Start the house: an operator brings the user back with user.enable ["{user}"]'
    return f"user {user} is disabled, and so would be whoever has a key of it. {way_out}"


def listed(directory: Path) -> list[ListedKey]:
    """All keys of the house, the oldest first."""
    _must_exist(directory)
    with offline(directory) as opened:
        return [_listed(opened, key) for key in opened.house.keys.values()]


def revoke(directory: Path, api_key: str) -> None:
    """Ends a key for good. Raises ``KeyRefused`` if there is no such key."""
    _must_exist(directory)
    with offline(directory) as opened:
        opened.give(KeyRevoke(api_key))


def _listed(opened: OfflineHouse, key: Key) -> ListedKey:
    user = opened.house.users[key.user_id].name
    usable = is_usable(opened.house, opened.store, key)
    return ListedKey(key.api_key, user, key.scopes, key.addresses, key.label, usable)


def _must_exist(directory: Path) -> None:
    if not layout.journal_path(directory).is_dir():
        raise KeyRefused(f"{directory} holds no house; name its directory with --data")


def _why(command: Command, reject: Reject) -> str:
    match command:
        case KeyRevoke():
            return f"there is no key {command.api_key}; fondaco key list shows all"
        case UserCreate():
            return f"the house does not take the user name {command.name}: letters, digits and ._@+-, at most 64"
        case _:
            return f"the house does not take this key ({reject.name}): see the scopes and addresses given"
