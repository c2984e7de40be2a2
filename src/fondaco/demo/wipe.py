"""`--fresh`: begin a demo anew. Only a demo's directory is emptied, only while nobody runs it, only of what it made."""

from __future__ import annotations

import shutil
from pathlib import Path

from fondaco.demo.seed import CREDENTIALS
from fondaco.journal import layout
from fondaco.journal.errors import OperatingError
from fondaco.journal.lock import DirectoryLock


class WipeRefused(OperatingError):
    """The directory is no demo's; nothing was removed."""


def wipe(directory: Path) -> None:
    """Removes a demo's journal, snapshots, secrets, history and credentials; settings and foreign files stay.

    Raises ``WipeRefused`` if a journal lies there without a demo's credentials, ``DirectoryLocked`` while it runs.
    """
    if not directory.exists():
        return
    with DirectoryLock(directory):
        if layout.journal_path(directory).exists() and not (directory / CREDENTIALS).exists():
            raise WipeRefused(
                f"{directory} holds a house that is no demo (it has no {CREDENTIALS}); --fresh removes nothing there: "
                "name another directory with --data"
            )
        for folder in (layout.journal_path(directory), layout.snapshots_path(directory)):
            shutil.rmtree(folder, ignore_errors=True)
        for path in (layout.secrets_path(directory), *directory.glob("projections.*"), directory / CREDENTIALS):
            path.unlink(missing_ok=True)  # the credentials last: whatever is interrupted can be wiped again
