"""The table that most tests of the core sit at: one market without fees, and three people with enough of everything."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.core.reference_as_house import ReferenceAsHouse
from tests.core.table import Floor, Trader
from tests.core.table_answer import Book


@pytest.fixture
def floor(request: pytest.FixtureRequest) -> Floor:
    floor = Floor(ReferenceAsHouse() if getattr(request, "param", "core") == "model" else None)
    floor.asset("BTC", 8)
    floor.asset("USDT", 6)
    floor.market("BTCUSDT", "BTC", "USDT", 2, 4)
    return floor


def seated(floor: Floor, name: str) -> Trader:
    trader = floor.user(name)
    trader.receives("100", "BTC")
    trader.receives("100000", "USDT")
    return trader


@pytest.fixture
def alice(floor: Floor) -> Trader:
    return seated(floor, "alice")


@pytest.fixture
def bob(floor: Floor) -> Trader:
    return seated(floor, "bob")


@pytest.fixture
def carol(floor: Floor) -> Trader:
    return seated(floor, "carol")


@pytest.fixture
def book(floor: Floor) -> Callable[[str], Book]:
    return floor.book
