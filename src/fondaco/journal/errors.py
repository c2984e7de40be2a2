"""What goes wrong around the disk. Each error ends the start or stops intake, and its message says the way out.

    OperatingError
    ├── JournalDamaged      bytes do not add up; nothing was changed
    │   └── ForeignVersion  another release wrote them
    ├── NotInJournal        a sequence was asked for which this journal does not hold
    ├── DirectoryLocked     another process owns the data directory
    ├── DiskFull            no room for the next segment; everything acknowledged is safe
    ├── SyncFailed          the disk refused a write or a sync; never retried, the process ends
    ├── SecretsExposed      others may read the file of secrets, or of people's keys
    └── BackupRefused       the target is not empty, or lies inside what is to be copied

None is caught to go on: a caller prints the message and exits non-zero, or stops intake.
"""

from __future__ import annotations


class OperatingError(Exception):
    """Disk, journal or configuration: an operator has to act. ``str(error)`` is the whole sentence for them."""


class JournalDamaged(OperatingError):
    """Bytes of the journal do not add up. The message names the file and the byte."""


class ForeignVersion(JournalDamaged):
    """The bytes were written in a format this release does not know."""


class NotInJournal(OperatingError):
    """A position was asked for that this journal does not hold: archived, or from another journal."""


class DirectoryLocked(OperatingError):
    """Another process owns the data directory. ``pid`` is 0 when it is not known."""

    def __init__(self, message: str, pid: int) -> None:
        super().__init__(message)
        self.pid = pid


class DiskFull(OperatingError):
    """The next segment could not be prepared and the current one has no room. Nothing of the batch was written."""


class SyncFailed(OperatingError):
    """A write or a sync failed. What is on disk is unknown from here on, so the process must end and replay."""


class SecretsExposed(OperatingError):
    """The file of secrets, or that of people's keys, may be read by others."""


class BackupRefused(OperatingError):
    """A backup would overwrite something or contain itself."""
