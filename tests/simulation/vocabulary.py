"""What customers ask for, in one table: a new kind of order, or of thing to do with one, is a line here.

    PUTS     how an order is put: its method, its params before the options, and its options but the client order id
    THEN     what is done with an order that was acknowledged and is not filled, and how often

Prices lie close together and both sides are drawn alike, so that orders fill, rest and take from each other. A put must
answer an order's record, which the audit of its customer understands: it holds and pays as its members say.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any, Final, NamedTuple

Params = tuple[object, ...]

MARKET: Final = "BTCUSDT"
ASK, BID = 1, 2


class Put(NamedTuple):
    """``params`` and ``options`` are drawn anew for each order, for a side."""

    weight: int
    method: str
    params: Callable[[random.Random, int], Params]
    options: Callable[[random.Random], dict[str, Any]]


class Then(NamedTuple):
    """``act`` is a method of ``Customer`` that takes the line and the order."""

    chance: float
    act: str


def _amount(chance: random.Random) -> str:
    return f"{chance.randrange(1, 3_000) / 10_000:.4f}"


def _price(chance: random.Random, side: int) -> str:
    return f"{100 + chance.randrange(-20, 21) / 100 + (0.05 if side == ASK else -0.05):.2f}"


def _limit(chance: random.Random, side: int) -> Params:
    return MARKET, side, _amount(chance), _price(chance, side)


def _market(chance: random.Random, side: int) -> Params:
    """A buyer's amount is money."""
    return MARKET, side, f"{chance.randrange(1, 3_000) / 100:.2f}" if side == BID else _amount(chance)


def _none(_: random.Random) -> dict[str, Any]:
    return {}


def _at_once(chance: random.Random) -> dict[str, Any]:
    return {"time_in_force": chance.choice(("IOC", "FOK"))}


PUTS: Final = (
    Put(68, "order.put_limit", _limit, _none),
    Put(17, "order.put_limit", _limit, _at_once),
    Put(15, "order.put_market", _market, _none),
)
THEN: Final = (
    Then(0.40, "cancel"),
    Then(0.03, "repeat"),
)


def draw_put(chance: random.Random, name: str) -> tuple[str, Params]:
    """A method and its params, under a client order id."""
    (put,) = chance.choices(PUTS, [each.weight for each in PUTS])
    side = chance.choice((ASK, BID))
    return put.method, (*put.params(chance, side), {"client_order_id": name, **put.options(chance)})


def draw_then(chance: random.Random) -> str | None:
    """What to do with an order, or None to leave it."""
    dice = chance.random()
    for each in THEN:
        dice -= each.chance
        if dice < 0:
            return each.act
    return None
