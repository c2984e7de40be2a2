"""Fields as `fondaco inspect` shows them: one rule for each unit."""

from __future__ import annotations

from typing import Any

import pytest

from fondaco.core import command_records
from fondaco.core import commands as c
from fondaco.core.house import House
from fondaco.operating.shown_fields import fields

SHOWN: list[tuple[dict[str, Any], dict[str, Any]]] = [
    ({"user_id": 1, "taker_user_id": 1, "maker_user_id": 9}, {"of_user": "ann", "taker": "ann", "maker": 9}),
    ({"market_id": 1, "price_ticks": 10_050}, {"market": "BTCUSDT", "price": "100.50"}),
    ({"market_id": 9, "price_ticks": 10_050}, {"market": 9, "price_ticks": 10_050}),
    ({"market_id": 1, "display_lots": 5}, {"market": "BTCUSDT", "display": "0.0005"}),
    ({"asset": "BTC", "units": 150}, {"asset": "BTC", "amount": "0.00000150"}),
    ({"asset_id": 2, "floor_units": 15}, {"asset": "USDT", "floor": "0.0000000015"}),
    ({"maker_fee_ppm": -100, "taker_fee_ppm": None}, {"maker_fee": "-0.0001"}),
    ({"expire_us": 1_500_000, "deadline_us": 0}, {"expire": "1970-01-01T00:00:01.500000Z", "deadline": 0}),
    ({"timeout_us": 1_500_000}, {"timeout_s": 1.5}),
    (
        {"market_id": 1, "taker_side": 2, "taker_fee_units": 1, "maker_fee_units": 1, "maker_stock_units": 1},
        {
            "market": "BTCUSDT",
            "taker_side": 2,
            "taker_fee": "0.00000001",
            "maker_fee": "0.0000000001",
            "maker_stock": "0.00000001",
        },
    ),
]


@pytest.mark.parametrize(("given", "shown"), SHOWN, ids=str)
def test_a_field_by_its_unit(given: dict[str, Any], shown: dict[str, Any]) -> None:
    house = House()
    made = (
        c.AssetCreate("BTC", 8),
        c.AssetCreate("USDT", 10),
        c.MarketCreate("BTCUSDT", "BTC", "USDT", 2, 4, 1, 0, 0, 0),
        c.UserCreate("ann"),
    )
    house.apply(b"".join(command_records.encode(c.HOUSE, command) for command in made), 1)
    assert fields(house, given) == shown
