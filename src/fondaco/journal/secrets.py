"""The secrets of API keys, and the hashes of operators' passwords: beside the journal, never in it.

A signature needs the plain secret, so it is kept as it is, in one file only its owner may read. A key's secret is
durable here before the key's command is journalled; so a secret may lack its key, never a live key its secret. Each
change puts the whole file in place anew, old or new after any crash: the cost is linear in the number of keys, and keys
are rare.
"""

from __future__ import annotations

import stat
from pathlib import Path
from typing import Final

import msgspec

from fondaco.journal.errors import JournalDamaged, SecretsExposed
from fondaco.journal.file_system import DISK, FileSystem, read_whole, replace

MODE: Final = 0o600


class SecretStore:
    """The file of secrets at ``path`` (``layout.secrets_path(directory)``); it appears with the first secret.

    Raises ``SecretsExposed`` if others may read it, ``JournalDamaged`` if it cannot be decoded.
    """

    def __init__(self, path: Path, *, file_system: FileSystem = DISK) -> None:
        self._path = path
        self._file_system = file_system
        self._secrets: dict[str, str] = {}
        try:
            content = read_whole(file_system, path)
        except FileNotFoundError:
            return
        mode = stat.S_IMODE(file_system.mode(path))
        if mode & 0o077:
            raise SecretsExposed(f"{path} has mode {mode:04o}, so others can read it; run: chmod 600 {path}")
        try:
            self._secrets = msgspec.json.decode(content, type=dict[str, str])
        except msgspec.DecodeError as error:
            raise JournalDamaged(f"{path} cannot be read ({error}); restore it from a backup") from None

    def get(self, api_key: str) -> str | None:
        """The secret of a key, or None: a key without its secret is dead."""
        return self._secrets.get(api_key)

    def put(self, api_key: str, secret: str) -> None:
        """Keep a secret, durably when this returns. Raises ``OSError``, and then keeps none."""
        self._keep({**self._secrets, api_key: secret})

    def remove(self, api_key: str) -> None:
        """Keep a secret no longer, durably when this returns. Raises ``OSError``, and then keeps it."""
        if api_key in self._secrets:
            self._keep({name: secret for name, secret in self._secrets.items() if name != api_key})

    def starting_with(self, prefix: str) -> dict[str, str]:
        """All secrets whose names start so, the oldest first."""
        return {name: secret for name, secret in self._secrets.items() if name.startswith(prefix)}

    def _keep(self, secrets: dict[str, str]) -> None:
        replace(self._file_system, self._path, [msgspec.json.encode(secrets)], MODE)
        self._secrets = secrets

    def __repr__(self) -> str:
        return f"SecretStore({str(self._path)!r}, {len(self._secrets)} secrets)"
