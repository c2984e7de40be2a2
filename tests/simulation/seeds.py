"""Which seeds a simulation runs: `FONDACO_TEST_SEED` is the first one, `FONDACO_TEST_COUNT` how many.

A failure names its seed and the command that runs it alone.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager

FIRST_SEED = 20240808


def chosen(count: int) -> range:
    """The seeds to run, ``count`` of them unless the environment asks for another number."""
    first = int(os.environ.get("FONDACO_TEST_SEED", FIRST_SEED))
    return range(first, first + int(os.environ.get("FONDACO_TEST_COUNT", count)))


def is_default() -> bool:
    """Whether this is the ordinary run, which has to meet everything it is about."""
    return not {"FONDACO_TEST_SEED", "FONDACO_TEST_COUNT"} & os.environ.keys()


@contextmanager
def named(seed: int, test: str) -> Iterator[None]:
    """Whatever fails inside says how to run it again."""
    try:
        yield
    except BaseException as error:
        error.add_note(f"seed {seed}; alone: FONDACO_TEST_SEED={seed} FONDACO_TEST_COUNT=1 pytest {test}")
        print(f"the simulation failed with seed {seed}")
        raise
