"""The keys of people: what is known of a person is journalled sealed, and without the person's key it is noise.

A journal is never rewritten and its backups are kept for years, so a person is erased by destroying 32 bytes beside it:
every copy of what was sealed, in the journal, its backups, snapshots and history, can then be opened by nobody.

    sealed = person id (16 bytes) + nonce (12) + AES-256-GCM of the text, bound to the person id, with its tag (16)

A key is durable before anything sealed with it can be journalled, so a key may lack its person, never a living person
their key; and an erasure is durable when it returns. The file is SQLite with ``secure_delete``: an erased key is
overwritten in it. What file systems and flash keep of freed blocks is theirs, so the directory belongs on an encrypted
disk; and a copy of the keys undoes an erasure, which is why backups hold none (backup.py).

Keys are read at each use and kept nowhere in memory: about 10 µs to open or seal, one sync for new keys however many.
One thread uses it.
"""

from __future__ import annotations

import os
import secrets
import sqlite3
import stat
from collections.abc import Iterable
from pathlib import Path
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from fondaco.journal.errors import JournalDamaged, SecretsExposed

MODE: Final = 0o600
PERSON_BYTES: Final = 16
_NONCE_BYTES: Final = 12
_TAG_BYTES: Final = 16
_KEY_BITS: Final = 256
#: What sealing adds to a plain text.
OVERHEAD_BYTES: Final = PERSON_BYTES + _NONCE_BYTES + _TAG_BYTES


class People:
    """The file of people's keys at ``path`` (``layout.people_path(directory)``); it is made if it is not there.

    Raises ``SecretsExposed`` if others may read it, ``JournalDamaged`` if it is no such file. Methods that write raise
    ``OSError`` if the disk refuses, and then nothing was changed.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, MODE))
        mode = stat.S_IMODE(path.stat().st_mode)
        if mode & 0o077:
            raise SecretsExposed(f"{path} has mode {mode:04o}, so others can read it; run: chmod 600 {path}")
        self._database = sqlite3.connect(path, isolation_level=None)
        try:
            self._database.execute("PRAGMA secure_delete = ON")
            # EXTRA syncs the directory too: a rollback journal that came back after a power loss would undo an erasure.
            self._database.execute("PRAGMA synchronous = EXTRA")
            self._database.execute(
                "CREATE TABLE IF NOT EXISTS keys (person BLOB PRIMARY KEY, key BLOB NOT NULL) WITHOUT ROWID"
            )
        except sqlite3.DatabaseError as error:
            self._database.close()
            raise JournalDamaged(f"{path} cannot be read ({error}); restore people's keys from their copy") from None

    def close(self) -> None:
        self._database.close()

    def __len__(self) -> int:
        """How many people can be read."""
        count: int = self._database.execute("SELECT count(*) FROM keys").fetchone()[0]
        return count

    def new_person(self) -> bytes:
        """A new person's id; its key is durable."""
        return self.new_people(1)[0]

    def new_people(self, count: int) -> list[bytes]:
        """So many new people, made durable at once."""
        people = [secrets.token_bytes(PERSON_BYTES) for _ in range(count)]
        self._change(
            "INSERT INTO keys VALUES (?, ?)", [(person, AESGCM.generate_key(bit_length=_KEY_BITS)) for person in people]
        )
        return people

    def seal(self, person: bytes, plain: bytes) -> bytes:
        """What may be journalled of a person. Raises ``KeyError`` if the person is erased or unknown."""
        key = self._key(person)
        if key is None:
            raise KeyError(f"person {person.hex()} has no key: erased, or of another house")
        nonce = secrets.token_bytes(_NONCE_BYTES)
        return person + nonce + AESGCM(key).encrypt(nonce, plain, person)

    def open(self, sealed: bytes) -> bytes | None:
        """The plain text, or None if the person was erased. Nothing sealed, ``b""``, is nothing known: None too.

        Raises ``JournalDamaged`` if the person has a key and it does not fit.
        """
        if not sealed:
            return None
        person = person_of(sealed)
        key = self._key(person)
        if key is None:
            return None
        nonce, content = sealed[PERSON_BYTES : PERSON_BYTES + _NONCE_BYTES], sealed[PERSON_BYTES + _NONCE_BYTES :]
        try:
            return AESGCM(key).decrypt(nonce, content, person)
        except InvalidTag:
            raise JournalDamaged(
                f"what is sealed of person {person.hex()} does not fit the key in {self._path}; restore people's keys "
                "from their copy"
            ) from None

    def erase(self, sealed_or_person: bytes) -> bool:
        """Destroy a person's key, durably when this returns; whether there was one."""
        return self._change("DELETE FROM keys WHERE person = ?", [(sealed_or_person[:PERSON_BYTES],)]) > 0

    def copy_to(self, target: Path) -> int:
        """Put a copy of all keys at ``target`` in place of an older one, durably; answers how many keys it holds.

        Whoever has been erased since the older copy is in neither any more. Raises ``OSError``.
        """
        fresh = target.with_name(target.name + ".new")
        fresh.unlink(missing_ok=True)
        with_keys = People(fresh)
        try:
            self._database.backup(with_keys._database)
            count = len(with_keys)
        except sqlite3.Error as error:
            raise OSError(f"{fresh} cannot be written: {error}") from error
        finally:
            with_keys.close()
        fresh.replace(target)
        descriptor = os.open(target.parent, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
        return count

    def __repr__(self) -> str:
        return f"People({str(self._path)!r}, {len(self)} people)"

    def _key(self, person: bytes) -> bytes | None:
        row = self._database.execute("SELECT key FROM keys WHERE person = ?", (person,)).fetchone()
        return None if row is None else bytes(row[0])

    def _change(self, statement: str, rows: Iterable[tuple[bytes, ...]]) -> int:
        try:
            self._database.execute("BEGIN IMMEDIATE")
            try:
                changed = self._database.executemany(statement, rows).rowcount
                self._database.execute("COMMIT")
            except BaseException:
                if self._database.in_transaction:
                    self._database.execute("ROLLBACK")
                raise
        except sqlite3.Error as error:
            raise OSError(f"{self._path} cannot be written: {error}") from error
        return changed


def person_of(sealed: bytes) -> bytes:
    """Whose it is. Raises ``JournalDamaged`` if it is too short to be anybody's."""
    if len(sealed) < OVERHEAD_BYTES:
        raise JournalDamaged(f"{len(sealed)} bytes are no sealed contact: one has at least {OVERHEAD_BYTES}")
    return sealed[:PERSON_BYTES]
