"""The users of the house: by id, and by name.

Ids are sequential from 1, so a user is the record of that number (``records.py``): his name, with its length before it.
Beside it stands whether he is disabled. Nobody is ever removed. Cost: about 35 bytes a user and his name; a ``User`` is
made when one is asked for, in a microsecond.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from fondaco.core.instruments import User
from fondaco.core.records import Records

#: What its length takes one byte to say; the house allows names of 64.
_NAME_LENGTH_MAX = 255


class Users(Mapping[int, User]):
    """All users by id, in the order of their creation."""

    def __init__(self) -> None:
        self._records = Records()
        self._disabled = bytearray(1)  # by id; 0 is nobody
        self.ids: Mapping[str, int] = _Ids(self._records)

    def __len__(self) -> int:
        return len(self._records)

    def __iter__(self) -> Iterator[int]:
        return iter(range(1, len(self._records) + 1))

    def __contains__(self, user_id: object) -> bool:
        return isinstance(user_id, int) and 0 < user_id <= len(self._records)

    def __getitem__(self, user_id: int) -> User:
        if user_id not in self:
            raise KeyError(user_id)
        return User(user_id, self._records[user_id][1:].decode("ascii"), self.is_disabled(user_id))

    def is_disabled(self, user_id: int) -> bool:
        """Whether a user that is there is disabled."""
        return self._disabled[user_id] != 0

    def put(self, user: User) -> None:
        """The next user, or another state of one that is there."""
        if user.user_id == len(self._disabled):
            name = _record(user.name)
            self._records.add(name, len(name))
            self._disabled.append(0)
        self._disabled[user.user_id] = user.disabled


class _Ids(Mapping[str, int]):
    """Ids by name, in the order of their creation."""

    def __init__(self, records: Records) -> None:
        self._records = records

    def __len__(self) -> int:
        return len(self._records)

    def __iter__(self) -> Iterator[str]:
        return (record[1:].decode("ascii") for record in self._records)

    def __getitem__(self, name: str) -> int:
        user_id = self._records.find(_record(name)) if name.isascii() and len(name) <= _NAME_LENGTH_MAX else 0
        if user_id == 0:
            raise KeyError(name)
        return user_id


def _record(name: str) -> bytes:
    return bytes([len(name)]) + name.encode("ascii")
