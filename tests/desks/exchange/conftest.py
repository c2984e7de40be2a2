"""One market, BTCUSDT with fees, and three people: alice and bob who trade, and an operator."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from fondaco.core import commands as c
from tests.desks.exchange.venue import Venue


def furnish(venue: Venue) -> None:
    venue.does(
        c.AssetCreate("BTC", 8),
        c.AssetCreate("ETH", 8),
        c.AssetCreate("USDT", 8),
        c.MarketCreate("BTCUSDT", "BTC", "USDT", 2, 4, 10, 5 * 10**8, 1_000, 2_000),
        c.MarketCreate("ETHUSDT", "ETH", "USDT", 2, 4, 1, 0, 0, 0),
    )
    venue.user("alice", BTC=100, ETH=1_000, USDT=10_000_000)
    venue.user("bob", BTC=100, ETH=1_000, USDT=10_000_000)
    venue.user("oper", "operate", "read")


@pytest.fixture
async def venue(tmp_path: Path) -> AsyncIterator[Venue]:
    venue = Venue(tmp_path)
    furnish(venue)
    yield venue
    await venue.close()
