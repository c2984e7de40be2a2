"""People's data, sealed: the journal holds ciphertext, and the key of each person lies beside the secrets.

What a programme knows of a merchant or a participant (names, dates, numbers of documents) is encrypted under a key of
that person's own before it is journalled, since a journal is never rewritten. Deleting the key erases the person: what
the journal, its backups and the history hold of them can be read by nobody from then on. So a backup that is to honour
erasures must not keep old copies of this file.

    sealed = person (16 bytes) | nonce (12) | AES-256-GCM ciphertext with its tag, bound to the person

Keys are in one SQLite file (mode 0600), each durable when ``new_person`` returns; deleted ones are overwritten. Cost:
one transaction a new person or a batch of them, a few µs to seal or open (keys of the last used are kept in memory).
"""

from __future__ import annotations

import os
import secrets
import sqlite3
import stat
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from fondaco.journal.errors import SecretsExposed
from fondaco.journal.file_system import FILE_MODE

PERSON_BYTES: Final = 16
_NONCE_BYTES: Final = 12
_KEY_BYTES: Final = 32
_KEYS_KEPT: Final = 100_000


class People:
    """The keys at ``path``. Belongs to one thread. Raises ``SecretsExposed`` if others may read them."""

    def __init__(self, path: Path) -> None:
        file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, FILE_MODE)
        mode = stat.S_IMODE(os.fstat(file).st_mode)
        os.close(file)
        if mode & 0o077:
            raise SecretsExposed(f"{path} has mode {mode:04o}, so others can read it; run: chmod 600 {path}")
        self._keys = sqlite3.connect(path, isolation_level=None)
        for pragma in ("journal_mode=DELETE", "synchronous=FULL", "secure_delete=ON"):
            self._keys.execute(f"PRAGMA {pragma}")
        self._keys.execute("CREATE TABLE IF NOT EXISTS keys (person BLOB PRIMARY KEY, key BLOB NOT NULL) WITHOUT ROWID")
        self._cipher = lru_cache(maxsize=_KEYS_KEPT)(self._find)

    def new_person(self) -> bytes:
        """Somebody new, whose key is durable."""
        return self.new_people(1)[0]

    def new_people(self, count: int) -> Sequence[bytes]:
        """As many, in one transaction."""
        people = [secrets.token_bytes(PERSON_BYTES) for _ in range(count)]
        self._keys.execute("BEGIN IMMEDIATE")
        self._keys.executemany(
            "INSERT INTO keys VALUES (?, ?)", [(person, secrets.token_bytes(_KEY_BYTES)) for person in people]
        )
        self._keys.execute("COMMIT")
        return people

    def seal(self, person: bytes, plain: bytes) -> bytes:
        """What only who has the person's key can read. Raises ``KeyError`` for a person who was erased."""
        cipher = self._cipher(person)
        if cipher is None:
            raise KeyError("this person was erased")
        nonce = secrets.token_bytes(_NONCE_BYTES)
        return person + nonce + cipher.encrypt(nonce, plain, person)

    def open(self, sealed: bytes) -> bytes | None:
        """What was sealed, or ``None`` if the person was erased or the bytes are not of this house."""
        person = person_of(sealed)
        cipher = self._cipher(person)
        if cipher is None:
            return None
        nonce, content = sealed[PERSON_BYTES:][:_NONCE_BYTES], sealed[PERSON_BYTES + _NONCE_BYTES :]
        try:
            return cipher.decrypt(nonce, content, person)
        except InvalidTag:
            return None

    def erase(self, person: bytes) -> bool:
        """Delete a person's key, durably when this returns; whether there was one."""
        self._cipher.cache_clear()
        return self._keys.execute("DELETE FROM keys WHERE person = ?", (person,)).rowcount == 1

    def close(self) -> None:
        self._cipher.cache_clear()
        self._keys.close()

    def _find(self, person: bytes) -> AESGCM | None:
        found = self._keys.execute("SELECT key FROM keys WHERE person = ?", (person,)).fetchone()
        return None if found is None else AESGCM(found[0])


def person_of(sealed: bytes) -> bytes:
    """Whose data it is."""
    return sealed[:PERSON_BYTES]
