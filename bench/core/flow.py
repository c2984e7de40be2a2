"""A flow: the commands of a workload in a form that every engine under test can be fed from.

A command is ``WORDS`` 64-bit integers in one flat array: what to do, who, where, and at which price and size. A place
is numbered by its position among the places of the flow (0, 1, 2 …), and a cancel names the place it cancels by that
number, because the order id is for each engine to give. The same bytes go to the house (``encoding.py``) and, as a
file, to the peers (``bench/peers``).

Cost: 56 bytes a command.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterator

import msgspec

WORDS = 7
PLACE = 0
CANCEL = 1
#: Orders of other types, placed as PLACE is. A flow with one of them is for the house alone (``Flow.peers``).
PLACE_IOC = 2
PLACE_FOK = 3
PLACE_MARKET = 4
ASK = 1
BID = 2


class Venue(msgspec.Struct, frozen=True):
    """What must exist before the first command: users numbered from 1, and markets numbered from 1.

    All markets have the same scales and the same money; each has a stock of its own. Every user gets ``funds_units``
    minor units of each asset.
    """

    users: int
    markets: int
    price_digits: int
    amount_digits: int
    stock_scale_digits: int
    money_scale_digits: int
    funds_units: int
    maker_fee_ppm: int = 1_000
    taker_fee_ppm: int = 2_000


class Flow(msgspec.Struct, frozen=True):
    """Commands in three stretches: the opening and the warm-up are applied first, the segments are timed one by one.

    ``story`` says in sentences what the workload is; ``left_out`` what of the source is not in it. ``fresh`` flows are
    timed on a new house in each run, the others on one house whose book stays the same size from segment to segment.
    """

    name: str
    venue: Venue
    story: list[str]
    left_out: list[str]
    words: array[int]
    untimed: int
    segment: int
    segments: int
    fresh: bool
    #: Orders resting after the last command, as the flow's own account of it has it; -1 if it keeps none.
    resting_expected: int = -1
    #: Whether the peers can do what it asks for: limit orders and cancels, no other types.
    peers: bool = True

    @property
    def count(self) -> int:
        """How many commands the flow has."""
        return len(self.words) // WORDS

    def commands(self, first: int = 0, last: int | None = None) -> Iterator[tuple[int, ...]]:
        """(operation, user, market, side, price_ticks, size_lots, place's number) of each command."""
        view = self.words[first * WORDS : None if last is None else last * WORDS]
        return zip(*[iter(view)] * WORDS, strict=True)
