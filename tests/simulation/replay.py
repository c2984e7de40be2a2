"""A fresh process that replays a journal: `replay.py DIRECTORY` prints the state hash. The directory must be a copy."""

from __future__ import annotations

import sys
from pathlib import Path

from fondaco.runtime.recovery import recover


def main() -> None:
    house, journal = recover(Path(sys.argv[1]))
    journal.close()
    print(house.state_hash())


if __name__ == "__main__":
    main()
