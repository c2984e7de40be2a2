"""Whether a house may live in a directory: it is missing, empty, or a house's. Looked at before anything is made.

A house's files have names of their own (layout.py), but not unheard-of ones: a `journal` or `secrets` may be somebody
else's. So a directory with anything that no house puts there is taken only when a segment of a journal lies in it.
"""

from __future__ import annotations

from pathlib import Path

from fondaco import config
from fondaco.demo.seed import CREDENTIALS
from fondaco.journal import layout
from fondaco.journal.errors import OperatingError
from fondaco.projections import database, progress

#: ``lost+found`` is what a new file system is not empty of.
_MOUNT_POINT = "lost+found"


class ForeignDirectory(OperatingError):
    """Something else lies in the directory; nothing was changed."""


def holds_house(directory: Path) -> bool:
    """Whether a journal with at least one segment lies there."""
    folder = layout.journal_path(directory)
    names = [path.name for path in folder.iterdir()] if folder.is_dir() else []
    return bool(layout.numbered(names, layout.SEGMENT_SUFFIX))


def check_habitable(directory: Path) -> None:
    """Raises ``ForeignDirectory`` if the directory holds what no house made, and no house."""
    if not directory.exists() or (directory.is_dir() and holds_house(directory)):
        return
    if not directory.is_dir():
        raise ForeignDirectory(f"{directory} is no directory; name a new or empty one with --data")
    foreign = sorted(path.name for path in directory.iterdir() if not _is_ours(directory, path))
    if foreign:
        shown = ", ".join(foreign[:3]) + (" …" if len(foreign) > 3 else "")
        raise ForeignDirectory(
            f"{directory} is not empty and holds no house (but {shown}); name a new or empty directory with --data"
        )


def _is_ours(directory: Path, path: Path) -> bool:
    if path.is_dir():
        folders = (layout.journal_path(directory), layout.snapshots_path(directory))
        is_folder = path in folders and set(path.iterdir()) <= set(layout.own_files(directory))
        return is_folder or path.name == _MOUNT_POINT
    ours = (layout.lock_path(directory), layout.secrets_path(directory), directory / CREDENTIALS)
    names = {each.name for each in ours} | {config.FILE_NAME, progress.FILE_NAME}
    databases = (database.FILE_NAME, layout.people_path(directory).name)
    return path.name.removesuffix(".new") in names or path.name.startswith(databases)
