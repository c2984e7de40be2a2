"""Commands that look at a data directory: verify, inspect, backup, doctor."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter, validators

Directory = Annotated[Path, Parameter(help="The data directory.")]


def verify(directory: Directory, /) -> int:
    """Replay a journal from nothing and compare everything: chain, snapshots, conservation.

    Changes nothing. A running house is verified up to what is durable. Exit code 1 if something does not add up.
    """
    from fondaco.runtime.recovery import verify as verify_directory

    report = verify_directory(directory)
    print(f"sequences   1 to {report.last_seq} in {report.batches} batches")
    print(f"events      {report.events}, of them {report.fills} fills")
    print(f"chain       {report.chain}")
    print(f"state hash  {report.state_hash}")
    for verdict in report.snapshots:
        print(f"snapshot    {verdict.seq} " + (verdict.why or "equals the replay"))
    if report.voided:
        print(f"void        {', '.join(map(str, report.voided))} passed over")
    if report.torn:
        torn = report.torn
        print(
            f"torn        {torn.path}, bytes {torn.first_byte} to {torn.end_byte}: "
            "never acknowledged, cut at the next start"
        )
    if report.running_pid is not None:
        print(f"running     process {report.running_pid}: verified up to what is durable")
    for problem in report.problems:
        print(f"fondaco: {problem}", file=sys.stderr)
    print("balances    every asset sums to zero" if not report.imbalances else "balances    do not sum to zero")
    print("sound" if not report.problems else "NOT SOUND")
    return 1 if report.problems else 0


def inspect(
    directory: Directory,
    /,
    *,
    from_seq: Annotated[
        int, Parameter(name="--from", help="The first sequence to print.", validator=validators.Number(gte=1))
    ] = 1,
    count: Annotated[
        int | None, Parameter(help="How many commands to print; all by default.", validator=validators.Number(gte=1))
    ] = None,
) -> None:
    """Print commands and events as JSON lines: a command, then the events it caused, and so on.

    Amounts are decimals, names are names, times are UTC. Nothing is changed, and the house may run.
    """
    from fondaco.operating.inspection import inspect as inspected

    for line in inspected(directory, from_seq, count):
        sys.stdout.buffer.write(line + b"\n")
    sys.stdout.flush()


def backup(
    directory: Directory,
    to: Annotated[Path, Parameter(help="A new or empty directory for the copy.")],
    /,
    *,
    people_keys: Annotated[
        Path | None,
        Parameter(help="The one file for a copy of people's keys, outside of all backups; it replaces the one before."),
    ] = None,
) -> None:
    """Copy a house consistently, running or not. The copy opens and verifies like the house itself.

    It holds the journal up to what was durable at the beginning, snapshots, secrets and the configuration, but not the
    keys that people's data are sealed with: who is erased must be erased in every backup.
    """
    from fondaco.journal import layout
    from fondaco.journal.backup import backup as back_up
    from fondaco.journal.backup import copy_people

    copied = back_up(directory, to)
    if people_keys is not None:
        print(f"copied the keys of {copy_people(directory, people_keys, to)} people to {people_keys}")
    elif layout.people_path(directory).exists():
        print("people's keys are not in it: keep one copy of them with --people-keys FILE")
    print(
        f"copied sequences 1 to {copied.last_seq} in {copied.segments} segments and {copied.snapshots} snapshots, "
        f"{copied.size_bytes / 1e6:.1f} MB, to {to}\nnow look whether it is whole: fondaco verify {to}"
    )


def doctor(
    directory: Annotated[
        Path | None, Parameter(help="A data directory; without it only the machine is examined.")
    ] = None,
    /,
    *,
    void: Annotated[
        int | None,
        Parameter(help="Let every replay pass over this command, which makes the core fail at each start."),
    ] = None,
) -> int:
    """Say what is wrong with a machine or a house, and how to mend it. Exit code 1 if something is wrong."""
    if void is not None:
        return _void(directory, void)
    from fondaco.operating.doctor import Grade, examine

    wrong = 0
    for finding in examine(directory):
        print(f"{finding.grade.value.ljust(7)}  {finding.what}")
        if finding.mend:
            print(f"{' ' * 7}  → {finding.mend}")
        wrong += finding.grade is Grade.WRONG
    return 1 if wrong else 0


def _void(directory: Path | None, seq: int) -> int:
    from fondaco.runtime.recovery import void_command

    if directory is None:
        print("fondaco: --void needs the data directory: fondaco doctor DIR --void SEQ", file=sys.stderr)
        return 2
    void_command(directory, seq)
    print(f"sequence {seq} is void: from now on every replay passes over it. Start the house again")
    return 0
