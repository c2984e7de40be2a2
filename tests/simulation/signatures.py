"""Params for any method, made from its signature as the table of methods has it: a new method is covered by itself.

    market, side, amount, price, {options}?        names, separated; ? may be left out; {…} an object
    market | [markets], period                     either; [names] a list of as many as one likes
    [market, limit, interval], …                   a list of three, and more of the same

``GOOD`` says what a name may stand for; of a name that is not there anything short is sent, which is a request that
comes as far as the check of that param. ``OPTIONS`` are the members of an order's options, ``OPTIONS_OF`` those that
belong to another group of methods.
"""

from __future__ import annotations

import random
import re
from typing import Any, Final

Values = tuple[Any, ...]

#: Of orders: each is good once, so there are some.
NAMES: Final = ("mine", "other", *(f"order-{number}" for number in range(40)))
GOOD: Final[dict[str, Values]] = {
    "market": ("BTCUSDT",),
    "asset": ("BTC", "USDT"),
    "stock": ("BTC",),
    "money": ("USDT", "EUR"),
    "side": (1, 2),
    "amount": ("0.5", "0.01", 1, "5e-1"),
    "price": ("100.00", "100.05", "99.9", 101),
    "stop_price": ("100.00", "120", "80"),
    "true": (True,),
    "false": (False,),
    "id": tuple(range(1, 40)),
    "ids": tuple(range(1, 40)),
    "client_order_id": NAMES,
    "start": (1_723_132_800, 0),
    "end": (0, 4_000_000_000),
    "start_time": (0, 1_723_132_800),
    "end_time": (0, 4_000_000_000),
    "interval": (60, 1, 2_592_000),
    "period": (86_400, 60),
    "limit": (10, 100, 1),
    "offset": (0, 5),
    "last_id": (0, 3),
    "business": ("deposit", "trade", "gift"),
    "business_id": tuple(range(1, 30)),
    "change": ("5", "-1", "0.5"),
    "name": ("EUR", "carol", "BTCEUR", "dave", "BTCUSDT"),
    "user": ("carol", "dave"),
    "scope": ("read", "trade"),
    "api_key": ("no-such-key",),
    "sign": ("0" * 64, "A" * 32),
    "timestamp_ms": (1_723_132_800_123,),
    "scale_digits": (8, 0),
    "price_digits": (2, 0),
    "amount_digits": (4, 0),
    "min_amount": ("0.0001", "0"),
    "min_money": ("0.01", "0"),
    "maker_fee": ("0.001", "0"),
    "taker_fee": ("0.002", "0"),
    "price_band": ("0.5", "0"),
    "reference_price": ("100.00", "0"),
    "phase": (*["continuous"] * 12, "auction", "close_only", "halt"),
    "floor": ("0", "0.1"),
    "address": ("10.0.0.0/8", "127.0.0.1"),
    "addresses": ("10.0.0.0/8", "127.0.0.1"),
    "label": ("a label",),
    "detail": ({"for": "nothing"}, {}),
    "seconds": (0, 60),
    "state": ("frozen", "confirmed", "released"),
    "reason": ("a slip of the finger",),
    "deal_id": (1, 2),
}
#: Of these the same name means another thing for another method.
OF_METHOD: Final[dict[tuple[str, str], Values]] = {
    ("depth", "interval"): ("0", "0.1", 0, "0.00000001"),
    ("depths", "interval"): ("0", "0.1"),
    ("asset.create", "name"): ("EUR", "CHF"),
    ("market.create", "name"): ("BTCEUR", "BTCCHF"),
    ("market.update", "name"): ("BTCUSDT",),
    ("user.create", "name"): ("carol", "dave"),
    # So few that a withdrawal is asked about that was begun, and so many that not all of them end the same way.
    ("withdraw", "user"): (2,),
    ("withdraw", "asset"): ("USDT",),
    ("withdraw", "business"): ("withdraw",),
    ("withdraw", "business_id"): tuple(range(1, 9)),
    ("withdraw", "amount"): ("0.01", "0.5"),
}
OPTIONS: Final[dict[str, Values]] = {
    "client_order_id": NAMES,
    "time_in_force": ("GTC", "IOC", "FOK", "GTD"),
    "post_only": (True, False),
    "stp": ("none", "cancel_newest", "cancel_oldest", "cancel_both", "decrement"),
    "display": ("0.01", "0.1"),
    "amount_in": ("stock", "money"),
    "stop_price": ("100.00", "120"),
    "trigger": ("stop", "take_profit", "trailing"),
    "trail": ("0.5", "3"),
    "expire": (4_000_000_000, 1),
}
#: By the group of the method.
OPTIONS_OF: Final[dict[str, dict[str, Values]]] = {
    "depth": {"sequence": (True, False), "checksum": (True, False)},
    "depths": {"sequence": (True, False), "checksum": (True, False)},
    "orders": {"from": (0, 1, 5)},
}
_ANYTHING: Final[Values] = (0, 1, "1", "BTCUSDT", True, None, "0.5")


def draw(method: str, signature: str, chance: random.Random) -> list[Any]:
    """Params that the method may take."""
    return _Drawing(method, chance).params(signature)


class _Drawing:
    def __init__(self, method: str, chance: random.Random) -> None:
        self._method = method
        self._chance = chance

    def params(self, signature: str) -> list[Any]:
        drawn: list[Any] = []
        terms = _split(signature, ",")
        for place, term in enumerate(terms):
            if term == "…":
                drawn += [self._one(terms[place - 1]) for _ in range(self._chance.choice((0, 0, 1)))]
            elif not term.endswith("?") or self._chance.random() < 0.6:
                drawn.append(self._one(term.removesuffix("?")))
        return drawn

    def _one(self, term: str) -> Any:
        term = self._chance.choice(_split(term, "|"))
        if term == "null":
            return None
        if term.startswith("["):
            return self._list(term[1:-1])
        if term.startswith("{"):
            return self._object(term[1:-1])
        return self._value(term)

    def _list(self, inside: str) -> list[Any]:
        if _is_many(inside):
            return [self._value(inside) for _ in range(self._chance.choice((1, 1, 2)))]
        return self.params(inside)

    def _object(self, inside: str) -> dict[str, Any]:
        names = _split(inside, ",")
        if names == ["options"]:
            known = OPTIONS_OF.get(self._method.partition(".")[0], OPTIONS)
            names = self._chance.sample(list(known), min(len(known), self._chance.choice((0, 1, 1, 2))))
            return {name: self._chance.choice(known[name]) for name in names}
        kept = [name for name in names if not name.endswith("?") or self._chance.random() < 0.4]
        return {name: self._member(name) for name in (each.removesuffix("?") for each in kept)}

    def _member(self, name: str) -> Any:
        value = self._value(name)
        return [value] if name == "addresses" else value

    def _value(self, name: str) -> Any:
        group = self._method.partition(".")[0]
        for of in ((self._method, name), (group, name)):
            if of in OF_METHOD:
                return self._chance.choice(OF_METHOD[of])
        values = GOOD.get(name) or GOOD.get(name.removesuffix("s")) or _ANYTHING
        return self._chance.choice(values)


def _is_many(inside: str) -> bool:
    return re.fullmatch(r"\w+s", inside) is not None


def _split(text: str, separator: str) -> list[str]:
    """At the separators outside all brackets."""
    parts, depth = [""], 0
    for character in text:
        depth += (character in "[{") - (character in "]}")
        if character == separator and not depth:
            parts.append("")
        else:
            parts[-1] += character
    return [part.strip() for part in parts if part.strip()]
