"""`--fresh`: begin a demo anew. Only a demo's directory is emptied, only while nobody runs it, only of what it made."""

from __future__ import annotations

from pathlib import Path

import msgspec

from fondaco.demo.seed import CREDENTIALS, Credentials
from fondaco.journal import layout
from fondaco.journal.errors import OperatingError
from fondaco.journal.lock import DirectoryLock
from fondaco.journal.secrets import SecretStore


class WipeRefused(OperatingError):
    """The directory is no demo's; nothing was removed."""


def wipe(directory: Path) -> None:
    """Removes a demo's journal, snapshots, secrets, keys, history and credentials; settings and foreign files stay.

    A demo is told by its credentials: they must be readable as such, and their keys among the directory's secrets.
    Raises ``WipeRefused`` if a journal lies there without them, ``DirectoryLocked`` while it runs.
    """
    if not directory.is_dir() or not (layout.journal_path(directory).exists() or (directory / CREDENTIALS).exists()):
        return
    why = _why_no_demo(directory)
    if why:
        raise WipeRefused(
            f"{directory} holds a house that is no demo ({why}); --fresh removes nothing there: "
            "name another directory with --data"
        )
    with DirectoryLock(directory):
        for path in layout.own_files(directory):
            path.unlink()
        for folder in (layout.journal_path(directory), layout.snapshots_path(directory)):
            if folder.is_dir() and not any(folder.iterdir()):
                folder.rmdir()
        history = (*directory.glob("projections.sqlite*"), directory / "projections.progress")
        people = directory.glob(f"{layout.people_path(directory).name}*")
        for path in (layout.secrets_path(directory), *people, *history, directory / CREDENTIALS):
            path.unlink(missing_ok=True)  # the credentials last: whatever is interrupted can be wiped again


def _why_no_demo(directory: Path) -> str:
    try:
        credentials = msgspec.json.decode((directory / CREDENTIALS).read_bytes(), type=Credentials)
    except FileNotFoundError:
        return f"it has no {CREDENTIALS}"
    except (OSError, msgspec.DecodeError):
        return f"its {CREDENTIALS} was not written by a demo"
    store = SecretStore(layout.secrets_path(directory))
    key = credentials.operator
    is_known = store.get(key.api_key) == key.secret
    return "" if is_known or not layout.secrets_path(directory).exists() else f"its {CREDENTIALS} is another house's"
