"""Where everything lies in a data directory: the only place that knows file names.

DIR/lock                            held by the one process that owns the directory; holds its process id
DIR/journal/<first sequence>.seg    a segment; the sequence has 20 digits, as in the names below
DIR/journal/<first sequence>.seal   what a walk over that segment found, once it is finished
DIR/journal/spare                   the next segment, zero-filled ahead of use
DIR/journal/durable                 the durable mark, mapped into memory by writer and readers
DIR/journal/void                    sequences that replay passes over
DIR/snapshots/<sequence>.snap       the state after that sequence
DIR/secrets                         api_key → secret, readable by the owner alone
DIR/people.sqlite                   the keys that people's data are sealed with, readable by the owner alone
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

SEQUENCE_DIGITS: Final = 20
SEGMENT_SUFFIX: Final = ".seg"
SNAPSHOT_SUFFIX: Final = ".snap"


def lock_path(directory: Path) -> Path:
    return directory / "lock"


def journal_path(directory: Path) -> Path:
    return directory / "journal"


def segment_path(directory: Path, first_seq: int) -> Path:
    return journal_path(directory) / f"{first_seq:0{SEQUENCE_DIGITS}d}{SEGMENT_SUFFIX}"


def seal_path(directory: Path, first_seq: int) -> Path:
    return segment_path(directory, first_seq).with_suffix(".seal")


def spare_path(directory: Path) -> Path:
    return journal_path(directory) / "spare"


def durable_path(directory: Path) -> Path:
    return journal_path(directory) / "durable"


def void_path(directory: Path) -> Path:
    return journal_path(directory) / "void"


def snapshots_path(directory: Path) -> Path:
    return directory / "snapshots"


def snapshot_path(directory: Path, seq: int) -> Path:
    return snapshots_path(directory) / f"{seq:0{SEQUENCE_DIGITS}d}{SNAPSHOT_SUFFIX}"


def secrets_path(directory: Path) -> Path:
    return directory / "secrets"


def people_path(directory: Path) -> Path:
    return directory / "people.sqlite"


def numbered(names: list[str], suffix: str) -> list[int]:
    """The sequences of the files named by a sequence and ``suffix``, ascending; other names are passed over."""
    stems = [name.removesuffix(suffix) for name in names if name.endswith(suffix)]
    return sorted(int(stem) for stem in stems if len(stem) == SEQUENCE_DIGITS and stem.isascii() and stem.isdigit())


def own_files(directory: Path) -> list[Path]:
    """What lies in the journal's and the snapshots' folder under names a house gives; other names are passed over."""
    folders = {
        journal_path(directory): (SEGMENT_SUFFIX, ".seal"),
        snapshots_path(directory): (SNAPSHOT_SUFFIX,),
    }
    found = []
    for folder, suffixes in folders.items():
        for path in folder.iterdir() if folder.is_dir() else ():
            name = path.name.removesuffix(".new")  # a draft, left by a process that was killed
            if name in ("spare", "durable", "void") or any(numbered([name], suffix) for suffix in suffixes):
                found.append(path)
    return found
