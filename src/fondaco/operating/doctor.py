"""What is wrong with this machine or a data directory, and how to mend each thing.

    fine     checked, nothing to do
    warning  works, but slower or riskier than it could
    wrong    the house will not start, or money is at risk

It only looks: no lock is kept, nothing is changed, and a running house may be examined (then the journal is read up to
what is durable). The order of the findings is the order in which to mend them.

Known limits: a disk that lies about ``fdatasync`` cannot be told from an honest one. What lies after the newest
snapshot is replayed, to see whether the last batch crashes the core and whether somebody can operate the house: that
takes as long as two starts, and as much memory as the house.
"""

from __future__ import annotations

import shutil
import sqlite3
import stat
import sys
from collections.abc import Generator, Iterator
from enum import Enum
from importlib.util import find_spec
from pathlib import Path

import msgspec
from sqlalchemy import create_engine
from sqlalchemy.exc import SQLAlchemyError

from fondaco import compiled, config
from fondaco.core.command_records import decode
from fondaco.core.commands import KeyCreate, Rewards
from fondaco.core.rewards.actions import MerchantPut, ParticipantPut
from fondaco.demo.seed import CREDENTIALS, Credentials
from fondaco.journal import layout, snapshot
from fondaco.journal.errors import OperatingError
from fondaco.journal.file_system import DISK
from fondaco.journal.lock import owner
from fondaco.journal.people import People
from fondaco.journal.reader import JournalReader
from fondaco.journal.secrets import SecretStore
from fondaco.journal.survey import survey
from fondaco.journal.void import Voids
from fondaco.operating import disk
from fondaco.operating.exposure import is_exposed
from fondaco.operating.lockout import another_operator, lockout
from fondaco.projections import database
from fondaco.runtime.recovery import catch_up, crashing_seq, from_snapshot

PYTHON_MIN = (3, 11)
FREE_BYTES_WARNING = 2 << 30
FREE_BYTES_WRONG = 256 << 20
LAG_COMMANDS_MAX = 10_000
VOLATILE = ("tmpfs", "ramfs")


class Grade(Enum):
    FINE = "fine"
    WARNING = "warning"
    WRONG = "wrong"


class Finding(msgspec.Struct, frozen=True):
    """One thing looked at. ``mend`` says what to do, empty when there is nothing to do."""

    grade: Grade
    what: str
    mend: str = ""


def examine(directory: Path | None) -> Iterator[Finding]:
    """All findings about the machine and, if given, the data directory."""
    yield from _machine()
    yield from _storage(directory or Path())
    if directory is not None:
        yield from _directory(directory)


def _fine(what: str) -> Finding:
    return Finding(Grade.FINE, what)


# ── the machine ──────────────────────────────────────────────────────────────────────────────────────────────────────


def _machine() -> Iterator[Finding]:
    version = ".".join(map(str, sys.version_info[:3]))
    if sys.version_info < PYTHON_MIN:
        yield Finding(Grade.WRONG, f"Python {version}; fondaco needs 3.11 or newer", "install python3.11 or newer")
    else:
        yield _fine(f"Python {version}")
    yield from _compiled()
    if find_spec("uvloop") is None:
        yield Finding(
            Grade.WARNING,
            "uvloop is not installed: asyncio's own loop serves, slower",
            "pip install uvloop, or make run",
        )
    else:
        yield _fine("uvloop is installed")


def _compiled() -> Iterator[Finding]:
    states = {module: compiled.state_of(module) for module in compiled.COMPILED_MODULES}
    stale = [module for module, state in states.items() if state is compiled.State.STALE]
    if stale:
        yield Finding(
            Grade.WRONG,
            f"compiled from other sources than these: {', '.join(stale)}",
            "make compiled, then start again",
        )
    elif compiled.uncompiled_modules():
        missing = compiled.missing_to_compile()
        why = "; missing: " + "; ".join(missing) if missing else ""
        mend = "install it, then make run" if missing else "make compiled, or install the package again"
        yield Finding(Grade.WARNING, f"the core runs uncompiled, many times slower{why}", mend)
    else:
        yield _fine("the core is compiled from the sources as they are")


def _storage(directory: Path) -> Iterator[Finding]:
    there = directory.absolute()
    while not there.exists():
        there = there.parent
    free_bytes = shutil.disk_usage(there).free
    free = f"{free_bytes / (1 << 30):.1f} GiB free at {there}"
    if free_bytes < FREE_BYTES_WRONG:
        yield Finding(Grade.WRONG, free, "make room: on a full disk the house stops taking orders")
    elif free_bytes < FREE_BYTES_WARNING:
        yield Finding(Grade.WARNING, free, "make room soon: on a full disk the house stops taking orders")
    else:
        yield _fine(free)
    kind = disk.filesystem_type(there)
    if kind in VOLATILE:
        yield Finding(
            Grade.WARNING,
            f"{there} is on {kind}: it is gone with the machine",
            "--data on a file system of a real disk",
        )
    try:
        latency = disk.measure(there)
    except OSError as error:
        yield Finding(Grade.WRONG, f"cannot write at {there}: {error.strerror}", "run as the owner of the directory")
        return
    yield _fine(
        f"a small write is durable after {latency.p50_us} µs (p50), {latency.p99_us} µs (p99)"
        f'{f" on {kind}" if kind else ""}: sync_mode = "{latency.sync_mode}" suits this disk'
    )


# ── a data directory ─────────────────────────────────────────────────────────────────────────────────────────────────


def _directory(directory: Path) -> Iterator[Finding]:
    if not layout.journal_path(directory).is_dir():
        yield Finding(Grade.WRONG, f"{directory} holds no journal", "name the right directory, or start a house on it")
        return
    pid = owner(directory)
    yield _fine(f"{directory} is not in use" if pid is None else f"{directory} is run by process {pid or 'unknown'}")
    yield from _settings(directory)
    yield from _private(layout.secrets_path(directory))
    yield from _private(layout.people_path(directory))
    yield from _private(directory / CREDENTIALS)
    yield from _credentials(directory / CREDENTIALS)
    try:
        applies = yield from _journal(directory, running=pid is not None)
        yield from _secrets(directory)
        if applies:
            yield from _operators(directory, running=pid is not None)
    except OperatingError as error:
        yield Finding(Grade.WRONG, str(error), "the sentence before says what to do")
        return
    yield from _snapshots(directory)
    yield from _projections(directory, running=pid is not None)


def _settings(directory: Path) -> Iterator[Finding]:
    try:
        options = config.load({"data": str(directory)})
    except OperatingError as error:
        yield Finding(Grade.WRONG, str(error), "mend that setting: the house does not start with it")
        return
    if is_exposed(options):
        yield Finding(
            Grade.WARNING,
            f"the house listens on {options.host} without TLS: orders and balances are readable on the way",
            'put a proxy with TLS before it and set trusted_proxy, or host = "127.0.0.1"',
        )
    else:
        yield _fine(f"the settings hold; it listens on {options.host}:{options.port}")


def _private(path: Path) -> Iterator[Finding]:
    if not path.exists():
        return
    mode = stat.S_IMODE(path.stat().st_mode)
    if mode & 0o077:
        yield Finding(Grade.WRONG, f"{path} has mode {mode:04o}: others can read it", f"chmod 600 {path}")
    else:
        yield _fine(f"{path} is readable by its owner only")


def _journal(directory: Path, *, running: bool) -> Generator[Finding, None, bool]:
    """Whether the journal can be replayed."""
    surveyed = None if running else survey(directory, DISK)
    with JournalReader(directory, up_to_seq=surveyed.last_seq if surveyed else None) as reader:
        while reader.read():
            pass
        yield _fine(f"the journal is sound up to sequence {reader.next_seq - 1}")
    if surveyed is not None and surveyed.torn is not None:
        torn = surveyed.torn
        yield Finding(
            Grade.WARNING,
            f"{torn.path} ends in a torn batch, bytes {torn.first_byte} to {torn.end_byte}: it was never acknowledged",
            "nothing: the next start cuts it",
        )
    voids = Voids.load(directory, DISK).seqs
    if voids:
        yield Finding(Grade.WARNING, f"void commands, passed over at replay: {voids}", "nothing; keep it in mind")
    if surveyed is not None and surveyed.last_seq:
        seq = crashing_seq(directory)
        if seq is not None:
            yield Finding(
                Grade.WRONG,
                f"the command at sequence {seq} makes the core fail at every start; nobody was answered for it",
                f"keep a copy of {directory} for a report, then: fondaco doctor {directory} --void {seq}",
            )
            return False
    return True


def _credentials(path: Path) -> Iterator[Finding]:
    if not path.exists():
        return
    try:
        msgspec.json.decode(path.read_bytes(), type=Credentials)
    except (OSError, msgspec.DecodeError) as error:
        yield Finding(
            Grade.WARNING,
            f"{path} cannot be read as a demo's keys: {error}",
            "`fondaco demo` writes it anew at its start; no demo runs here? then it is not the house's",
        )


def _secrets(directory: Path) -> Iterator[Finding]:
    """Raises ``OperatingError`` if a file is there and of no use."""
    secrets, people = layout.secrets_path(directory), layout.people_path(directory)
    if secrets.exists():
        SecretStore(secrets)
    if people.exists():
        People(people).close()
    if secrets.exists() and people.exists():
        return
    keys, contacts = _made(directory)
    if keys and not secrets.exists():
        yield Finding(
            Grade.WRONG,
            f"{secrets} is missing, and the journal has {keys} API key{'s' if keys > 1 else ''}: none of them works",
            "stop the house and restore it from a backup; without one, make new keys with `fondaco key create`",
        )
    if contacts and not people.exists():
        yield Finding(
            Grade.WRONG,
            f"{people} is missing, and the journal has {contacts} sealed contact{'s' if contacts > 1 else ''}: "
            "all of them read as erased",
            "stop the house and put the copy of people's keys there; without one the contacts are lost",
        )


def _operators(directory: Path, *, running: bool) -> Iterator[Finding]:
    """Whether somebody can operate the house as it stands, which only a replay tells."""
    surveyed = None if running else survey(directory, DISK)
    house, reader = from_snapshot(directory, surveyed.last_seq if surveyed else None)
    with reader:
        catch_up(house, reader)
    secrets = layout.secrets_path(directory)
    if house.keys and not secrets.exists():
        return  # that none of them works has been said
    store = SecretStore(secrets)
    if why := lockout(house, store):
        mend = another_operator(house, directory)
        yield Finding(Grade.WRONG, why, f"stop the house first. {mend}" if running else mend)
    else:
        yield _fine("somebody can operate the house")


def _made(directory: Path) -> tuple[int, int]:
    """How many API keys and sealed contacts the journal has.

    Decoded, not applied: a command that crashes the core must not end this.
    """
    keys = contacts = 0
    with JournalReader(directory) as reader:
        while batches := reader.read():
            for batch in batches:
                offset = 0
                for _ in range(batch.first_seq, batch.last_seq + 1):
                    record = decode(batch.records, offset)
                    offset += record.size_bytes
                    keys += isinstance(record.command, KeyCreate)
                    contacts += isinstance(record.command, Rewards) and _has_contact(record.command)
    return keys, contacts


def _has_contact(command: Rewards) -> bool:
    return isinstance(command.action, MerchantPut | ParticipantPut) and command.action.contact != b""


def _snapshots(directory: Path) -> Iterator[Finding]:
    seqs = layout.numbered(DISK.names(layout.snapshots_path(directory)), layout.SNAPSHOT_SUFFIX)
    for seq in seqs:
        found = snapshot.load(directory, seq)
        if isinstance(found, str):
            yield Finding(
                Grade.WARNING,
                f"snapshot {seq} is of no use: {found}",
                f"rm {layout.snapshot_path(directory, seq)} (a start then takes an older one, or replays)",
            )
    yield _fine(
        f"snapshots after sequence {', '.join(map(str, seqs))}" if seqs else "no snapshot yet: a start replays all"
    )


def _projections(directory: Path, *, running: bool) -> Iterator[Finding]:
    path = directory / database.FILE_NAME
    mend = "nothing but time: the next start builds it anew from the journal"
    try:
        written_seq = _checkpoint_seq(path, running=running)
    except (SQLAlchemyError, sqlite3.Error) as error:
        yield Finding(Grade.WARNING, f"{path} cannot be read: {getattr(error, 'orig', error)}", mend)
        return
    if written_seq is None:
        yield Finding(Grade.WARNING, f"{path} was written by another version of fondaco", mend)
        return
    with JournalReader(directory) as reader:
        lag_commands = reader.durable_seq - written_seq
    if lag_commands < 0:
        yield Finding(Grade.WARNING, f"{path} reaches beyond the journal: it is another house's", mend)
    elif running and lag_commands > LAG_COMMANDS_MAX:
        yield Finding(
            Grade.WARNING,
            f"history is {lag_commands} commands behind the journal",
            "look for its process and its log lines; if it does not catch up, restart the house",
        )
    else:
        yield _fine(f"history is {lag_commands} commands behind the journal" + ("" if running else " (not running)"))


def _checkpoint_seq(path: Path, *, running: bool) -> int | None:
    """Up to which command the database reaches, 0 where there is none, None for another version's.

    Of a house that does not run the file is opened as one that nobody changes: else a look would leave a log beside it.
    What only that log holds, after a kill, is then not counted.
    """
    if not path.exists():
        return 0
    address = f"{path.absolute().as_uri()}?mode=ro" + ("" if running else "&immutable=1")
    engine = create_engine("sqlite:///projections.sqlite", creator=lambda: sqlite3.connect(address, uri=True))
    try:
        with engine.connect() as connection:
            found = database.read_checkpoint(connection)
    finally:
        engine.dispose()
    return None if found is None else found.seq
