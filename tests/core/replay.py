"""Random flows in a process of their own: ``python -m tests.core.replay SEED FLOWS [pure]`` prints hashes line by line.

One hash is of all rows and facts, one of the state: what two processes print is equal only if every bit was.
"""

from __future__ import annotations

import hashlib
import sys
from collections.abc import Iterator
from typing import TYPE_CHECKING

from fondaco import compiled

if TYPE_CHECKING:
    from tests.core.flows import Batch


def replay(batches: Iterator[Batch], restarts: int) -> str:
    """The hashes of a flow, in a house that is given back by its own snapshot after every so many batches."""
    from fondaco.core.house import House

    house = House()
    heard = hashlib.blake2b()
    for number, batch in enumerate(batches, 1):
        applied = house.apply(batch.records(), batch.time_us)
        heard.update(applied.rows)
        heard.update(repr(applied.facts).encode())
        if number % restarts == 0:
            house = House.load(house.dump())
    return f"{heard.hexdigest()[:32]} {house.state_hash()}"


def main(seed: int, flows: int) -> None:
    from tests.core.flows import crowd, flow

    for number in range(seed, seed + flows):
        print(replay(flow(number, 1_200), restarts=1 + number % 4))
    print(replay(crowd(seed, 1_200), restarts=400))


if __name__ == "__main__":
    if "pure" in sys.argv:
        compiled.prefer_source()
    main(int(sys.argv[1]), int(sys.argv[2]))
