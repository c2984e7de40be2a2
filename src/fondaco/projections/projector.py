"""The projector: ``python -m fondaco.projections.projector DIR``, a process beside the house that writes history.

It tails the journal (tail.py) and tells the desks how far it is (progress.py). It lives as long as its standard input
is open: the house holds the other end, so the projector ends with the house however that ends, after it has written
what is durable and a snapshot.

It keeps out of the way of orders. After a turn it rests a quarter of a second, because what an order costs it falls
with the size of a transaction; a desk that waits for something newer ends the rest, though not before as much time has
passed as the turn took. So it is behind only where nobody looks, and those who look without a pause get half of a
processor at most. Its priority is low: where processors are short it falls behind, and only then it does not rest.

A database that is missing, damaged, of another version or of another journal is built anew, with a log line a second
that shows how far it is. Anything else that goes wrong is logged and ends the process with status 1; whoever watches it
starts it again, and it goes on from its checkpoint. It logs where the house does (logs.py).
"""

from __future__ import annotations

import fcntl
import gc
import os
import select
import signal
import sys
import time
from pathlib import Path
from typing import Final

import structlog
from sqlalchemy.exc import SQLAlchemyError

from fondaco import logs
from fondaco.journal.errors import OperatingError
from fondaco.projections.database import FILE_NAME, discard
from fondaco.projections.progress import FILE_NAME as PROGRESS_FILE_NAME
from fondaco.projections.progress import Progress
from fondaco.projections.tail import Distrusted, Tail

POLL_S: Final = 0.002
IDLE_POLL_S: Final = 0.005
IDLE_AFTER_S: Final = 1.0
REST_S: Final = 0.25
#: Added to that of the house: a quarter of a processor that both want, a whole one that nobody else does.
NICENESS: Final = 5
#: A projector that begins further behind than this says how it gets on.
FAR_BEHIND_COMMANDS: Final = 50_000
LOG_INTERVAL_S: Final = 1.0
CHECK_INTERVAL_S: Final = 1.0
#: How long a projector that is being ended goes on with what is durable, and how long its successor waits for it.
LAST_TURNS_S: Final = 5.0
PREDECESSOR_TIMEOUT_S: Final = 15.0

_log = structlog.get_logger("projector")


class _Parent:
    """The house's end of our standard input, watched while we sleep."""

    def __init__(self) -> None:
        self.is_gone = False
        signal.signal(signal.SIGTERM, self._leave)
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # a terminal's interrupt is the house's to answer

    def _leave(self, _number: int, _frame: object) -> None:
        self.is_gone = True

    def watch(self, timeout_s: float) -> None:
        """Sleep so long, or until the house is gone."""
        if self.is_gone:
            return
        readable, _, _ = select.select([sys.stdin.fileno()], [], [], timeout_s)
        if readable and not os.read(sys.stdin.fileno(), 4096):
            self.is_gone = True


class _Pace:
    """Says how far we are while we are far behind, once a second."""

    def __init__(self, tail: Tail) -> None:
        self._tail = tail
        self._is_shown = tail.durable_seq - tail.seq > FAR_BEHIND_COMMANDS
        self._began_s = self._last_s = time.monotonic()
        self._first_seq = tail.seq
        if self._is_shown:
            _log.info("reading the journal", seq=tail.seq, of=tail.durable_seq)

    def show(self) -> None:
        now_s = time.monotonic()
        is_done = self._tail.seq >= self._tail.durable_seq
        if not self._is_shown or (now_s - self._last_s < LOG_INTERVAL_S and not is_done):
            return
        self._last_s = now_s
        rate = round((self._tail.seq - self._first_seq) / max(now_s - self._began_s, 1e-6))
        event = "caught up" if is_done else "reading the journal"
        _log.info(event, seq=self._tail.seq, of=self._tail.durable_seq, commands_per_s=rate)
        self._is_shown = not is_done


def run(directory: Path) -> int:
    """Follow the journal of a data directory until the house is gone; answers the exit status."""
    _step_back()
    parent = _Parent()
    with Progress(directory) as progress:
        progress_file = os.open(directory / PROGRESS_FILE_NAME, os.O_RDWR)
        try:
            if not _alone(progress_file, parent):
                _log.error("another projector works on this directory; end it first", directory=str(directory))
                return 1
            progress.seq = 0
            while True:
                try:
                    _follow(directory, progress, parent)
                    return 0
                except Distrusted as reason:
                    progress.seq = 0
                    discard(directory / FILE_NAME)
                    _log.warning("history is built anew from the journal", reason=str(reason))
                except (OperatingError, SQLAlchemyError, OSError) as error:
                    _log.error("the projector ends", error=str(error))
                    return 1
        finally:
            os.close(progress_file)


def _step_back() -> None:
    """Let whoever else wants a processor have it first."""
    os.nice(NICENESS)
    if hasattr(os, "SCHED_BATCH"):
        os.sched_setscheduler(0, os.SCHED_BATCH, os.sched_param(0))  # waking up takes no processor from anybody


def _alone(progress_file: int, parent: _Parent) -> bool:
    """Wait for a projector of an earlier start to finish its last turns."""
    until_s = time.monotonic() + PREDECESSOR_TIMEOUT_S
    while time.monotonic() < until_s and not parent.is_gone:
        try:
            fcntl.flock(progress_file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return True
        except BlockingIOError:
            parent.watch(IDLE_POLL_S)
    return False


def _follow(directory: Path, progress: Progress, parent: _Parent) -> None:
    tail = Tail(directory)
    try:
        _log.info("following the journal", seq=tail.seq, durable_seq=tail.durable_seq)
        gc.freeze()
        pace = _Pace(tail)
        last_command_s = last_check_s = time.monotonic()
        while not parent.is_gone:
            began_s = time.monotonic()
            commands = tail.turn()
            ended_s = time.monotonic()
            progress.seq = tail.seq
            pace.show()
            tail.snapshot_if_due()
            if began_s - last_check_s >= CHECK_INTERVAL_S:
                tail.check_file()
                last_check_s = began_s
            if commands:
                last_command_s = began_s
                if not tail.is_behind:
                    parent.watch(max(POLL_S, ended_s - began_s))
                    while time.monotonic() < ended_s + REST_S and progress.wanted <= tail.seq and not parent.is_gone:
                        parent.watch(POLL_S)
            else:
                parent.watch(POLL_S if began_s - last_command_s < IDLE_AFTER_S else IDLE_POLL_S)
        ends_s = time.monotonic() + LAST_TURNS_S
        while tail.turn() and time.monotonic() < ends_s:
            progress.seq = tail.seq
        progress.seq = tail.seq
        tail.finish()
        _log.info("the house is gone", seq=tail.seq, durable_seq=tail.durable_seq)
    finally:
        tail.close()


def main(arguments: list[str]) -> int:
    logs.configure()
    if len(arguments) != 1 or not Path(arguments[0]).is_dir():
        print("usage: python -m fondaco.projections.projector DIR    (a data directory)", file=sys.stderr)
        return 2
    return run(Path(arguments[0]))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
