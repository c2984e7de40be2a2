"""What customers ask for, in one table: a new kind of order, or of thing to do with one, is a line here.

    PUTS     how an order is put: its method, its params before the options, and its options but the client order id
    THEN     what is done with an order that was acknowledged and is not filled, and how often
    AMENDS   how an order is amended, from its record
    BATCHED  how often limit orders are put by the batch

Prices lie close together and both sides are drawn alike, so that orders fill, rest and take from each other. A put must
answer an order's record, which the audit of its customer understands: it holds and pays as its members say.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from decimal import Decimal
from typing import Any, Final, NamedTuple

Params = tuple[object, ...]

MARKET: Final = "BTCUSDT"
ASK, BID = 1, 2
LIMIT: Final = 1
SMALLEST: Final = Decimal("0.0001")
BATCHED: Final = 0.01
BATCH_MAX: Final = 5
#: GTD orders end within that: whoever reads the books in peace waits as long first.
EXPIRES_S: Final = 2.0


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


def _stop(chance: random.Random, side: int) -> Params:
    """Waits for the price to go on, some cents from where it mostly is; a market order half of the time."""
    away = chance.randrange(0, 30) / 100 * (1 if side == BID else -1)
    if chance.random() < 0.5:
        return *_market(chance, side), f"{100 + away:.2f}", None
    return MARKET, side, _amount(chance), f"{100 + away:.2f}", f"{100 + 1.5 * away:.2f}"


def _profit(chance: random.Random, side: int) -> Params:
    """Waits for the price to come back."""
    away = chance.randrange(0, 30) / 100 * (1 if side == ASK else -1)
    return MARKET, side, _amount(chance), f"{100 + away:.2f}", f"{100 + away:.2f}"


def _trailing(chance: random.Random, side: int) -> Params:
    return *_market(chance, side), None, None


def _large(chance: random.Random, side: int) -> Params:
    return MARKET, side, f"{chance.randrange(100, 3_000) / 10_000:.4f}", _price(chance, side)


def _none(_: random.Random) -> dict[str, Any]:
    return {}


def _at_once(chance: random.Random) -> dict[str, Any]:
    return {"time_in_force": chance.choice(("IOC", "FOK"))}


def _shown(chance: random.Random) -> dict[str, Any]:
    return {"display": f"{chance.randrange(1, 100) / 10_000:.4f}"}


def _for_a_while(chance: random.Random) -> dict[str, Any]:
    return {"expire": f"{time.time() + chance.uniform(0.2, EXPIRES_S):.6f}"}


PUTS: Final = (
    Put(45, "order.put_limit", _limit, _none),
    Put(12, "order.put_limit", _limit, _at_once),
    Put(12, "order.put_market", _market, _none),
    Put(6, "order.put_limit", _limit, lambda _: {"post_only": True}),
    Put(6, "order.put_limit", _limit, _for_a_while),
    Put(8, "order.put_limit", _large, _shown),
    Put(5, "order.put_stop", _stop, _none),
    Put(3, "order.put_stop", _profit, lambda _: {"trigger": "take_profit"}),
    Put(3, "order.put_stop", _trailing, lambda chance: {"trail": f"{chance.randrange(2, 30) / 100:.2f}"}),
)
BATCH_PUTS: Final = tuple(put for put in PUTS if put.method == "order.put_limit")
THEN: Final = (
    Then(0.36, "cancel"),
    Then(0.10, "amend"),
    Then(0.03, "repeat"),
    Then(0.001, "cancel_all"),
)


def _times(factor: float) -> Callable[[random.Random, dict[str, Any]], dict[str, str]]:
    return lambda _, record: {"amount": f"{max(Decimal(record['amount']) * Decimal(factor), SMALLEST):.4f}"}


def _moved(chance: random.Random, record: dict[str, Any]) -> dict[str, str]:
    """To another price; a market order has none, and gets smaller instead."""
    return {"price": _price(chance, record["side"])} if record["type"] == LIMIT else _times(0.5)(chance, record)


AMENDS: Final = (_times(0.5), _times(0.9), _times(1.5), _moved, _moved)


def draw_put(chance: random.Random, name: str, puts: tuple[Put, ...] = PUTS) -> tuple[str, Params]:
    """A method and its params, under a client order id."""
    (put,) = chance.choices(puts, [each.weight for each in puts])
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
