"""A process that writes a journal until it is killed: `writer.py DIRECTORY SEED SEGMENT_BYTES [FILE_BYTES_MAX]`.

Prints `open` and then the last sequence of every batch as soon as it is durable, as an acknowledgement would go out.
The batches follow from the seed alone. With FILE_BYTES_MAX the kernel refuses larger files, as a full disk would; the
process then prints why it stopped.
"""

from __future__ import annotations

import random
import resource
import sys
from pathlib import Path

from fondaco.core import command_records, commands
from fondaco.journal.errors import OperatingError
from fondaco.journal.file import FileJournal


def batch(chance: random.Random) -> tuple[bytes, int]:
    """The next batch of a seeded flow, and its number of records."""
    count = chance.randrange(1, 20)
    place = command_records.encode_place(
        commands.Sender(1, 2, 3), 1, 1, 1, 0, chance.randrange(1 << 30), chance.randrange(1 << 30)
    )
    return place * count, count


def main() -> None:
    directory, seed, segment_bytes = Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])
    if len(sys.argv) > 4:
        resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[4]), int(sys.argv[4])))
    try:
        journal = FileJournal.open(directory, segment_bytes=segment_bytes)
        print("open", flush=True)
        chance = random.Random(seed)
        while True:
            records, count = batch(chance)
            print(journal.append(records, count, journal.last_time_us + 1), flush=True)
    except OperatingError as error:
        print(f"{type(error).__name__}: {error}", flush=True)


if __name__ == "__main__":
    main()
