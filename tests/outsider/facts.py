"""What the document prints of each record: its members, and what they are."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Any

ORDER = {
    *("id", "market", "type", "side", "user", "ctime", "mtime", "price", "amount", "taker_fee", "maker_fee", "left"),
    *("deal_stock", "deal_money", "deal_fee"),
}
STATE = {"period", "last", "open", "close", "high", "low", "volume", "deal"}
TODAY = STATE - {"period"}
TODAY_PUSHED = TODAY - {"close"}
DEAL = {"id", "time", "price", "amount", "type"}
CHANGE = {"time", "asset", "business", "change", "balance", "detail"}
BALANCE = {"available", "freeze"}
PAGE = {"limit", "offset", "total", "records"}
SUCCESS = {"status": "success"}

#: Plain decimals go out: no exponent, no point without digits, zero as "0".
_PLAIN = re.compile(r"0|-?(0|[1-9][0-9]*)(\.[0-9]+)?")
_WHOLE = {"id", "user", "type", "side", "period"}
_SECONDS = {"ctime", "mtime", "ftime", "time"}
_NAMES = {"market", "source", "asset", "business", "client_order_id"}


def number(text: str) -> Any:
    """A decimal to compare with others and with integers."""
    return Decimal(text)


def is_order(record: dict[str, Any], *more: str) -> None:
    """An order record with exactly the document's members and these."""
    assert set(record) == ORDER | set(more)
    _members(record)
    assert record["ctime"] <= record["mtime"]


def is_deal(deal: dict[str, Any]) -> None:
    assert set(deal) == DEAL
    assert deal["type"] in ("buy", "sell")
    _members({**deal, "type": 0})


def is_state(state: dict[str, Any], members: set[str]) -> None:
    assert set(state) == members
    _members(state)


def is_candle(row: list[Any], market: str) -> None:
    assert type(row[0]) is int
    assert len(row) == 8
    assert row[7] == market
    for number in row[1:7]:
        assert _PLAIN.fullmatch(number), number
    start, close, high, low = map(Decimal, row[1:5])
    assert low <= min(start, close)
    assert high >= max(start, close)


def is_plain(number: str) -> None:
    assert _PLAIN.fullmatch(number), number


def _members(record: dict[str, Any]) -> None:
    for name, value in record.items():
        if name in _WHOLE:
            assert type(value) is int, (name, value)
        elif name in _SECONDS:
            assert isinstance(value, Decimal), (name, value)  # a JSON number with a point
            assert value > 1_600_000_000
        elif name in _NAMES:
            assert isinstance(value, str)
        else:
            assert isinstance(value, str), (name, value)
            is_plain(value)
