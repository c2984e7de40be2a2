"""Random flows in a process of their own: ``python -m tests.core.replay SEED FLOWS [pure]`` prints hashes line by line.

One hash is of all rows and facts, one of the state: what two processes print is equal only if every bit was.
"""

from __future__ import annotations

import hashlib
import sys

from fondaco import compiled


def replay(seed: int, commands: int) -> str:
    from fondaco.core.house import House
    from tests.core.flows import flow

    house = House()
    heard = hashlib.blake2b()
    for batch in flow(seed, commands):
        applied = house.apply(batch.records(), batch.time_us)
        heard.update(applied.rows)
        heard.update(repr(applied.facts).encode())
        if seed % 2:
            house = House.load(house.dump())
    return f"{heard.hexdigest()[:32]} {house.state_hash()}"


if __name__ == "__main__":
    if "pure" in sys.argv:
        compiled.prefer_source()
    for number in range(int(sys.argv[2])):
        print(replay(int(sys.argv[1]) + number, 1_200))
