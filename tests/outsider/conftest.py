"""One real house in a process of its own, and whoever a test needs in it: markets, traders, the operator."""

from __future__ import annotations

import itertools
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from typing import NamedTuple

import aiohttp
import pytest

from tests.outsider.client import DOCUMENT, Key, Outsider, Posting
from tests.simulation.server import Operator, Server

#: Quick cadences; history may be as late as a busy machine makes it; and a bound that a test can reach.
SETTINGS = """
md5_sign = true
[limits]
market_push_interval_ms = 20
history_push_interval_ms = 100
history_wait_timeout_ms = 60000
signature_window_ms = 5000
subscriptions_per_connection_max = 8
"""


class Market(NamedTuple):
    """A market of one test, with nothing in it."""

    name: str
    stock: str
    money: str


class House:
    def __init__(self, server: Server, operator: Key) -> None:
        self.http = server.url
        self.sockets = server.url.replace("http", "ws", 1)
        self.operator = operator
        self._numbers = itertools.count(1)

    def open(self, path: str = DOCUMENT, offers: tuple[str, ...] = (), key: Key | None = None) -> Outsider:
        return Outsider(self.sockets, path, offers, key)

    @asynccontextmanager
    async def posting(self, key: Key | None = None) -> AsyncIterator[Posting]:
        async with aiohttp.ClientSession() as session:
            yield Posting(session, self.http, key)

    async def market(self, **terms: object) -> Market:
        """Prices have two digits, amounts four; the maker pays 0.001 and the taker 0.002."""
        number = next(self._numbers)
        made = Market(f"S{number}M{number}", f"S{number}", f"M{number}")
        standard = {"price_digits": 2, "amount_digits": 4, "min_amount": "0.001", "min_money": "1"}
        fees = {"maker_fee": "0.001", "taker_fee": "0.002"}
        async with self.posting(self.operator) as operator:
            for asset in (made.stock, made.money):
                assert await operator.call("asset.create", asset, 8) == {"name": asset, "scale_digits": 8}
            await operator.call("market.create", *made, {**standard, **fees, **terms})
        return made

    async def trader(self, market: Market, *scopes: str) -> Key:
        """Somebody with a hundred of the stock and a million of the money."""
        name = f"trader-{next(self._numbers)}"
        async with self.posting(self.operator) as operator:
            user = (await operator.call("user.create", name))["user"]
            made = await operator.call("key.create", name, list(scopes) or ["read", "trade"])
            for asset, amount in ((market.stock, "100"), (market.money, "1000000")):
                await operator.call("balance.update", name, asset, "deposit", 1, amount)
        return Key(made["api_key"], made["secret"], user, name)


@pytest.fixture(scope="session")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    directory = tmp_path_factory.mktemp("outsider") / "house"
    operator = Operator(directory)
    (directory / "fondaco.toml").write_text(SETTINGS)
    with Server(directory) as server:
        server.start()
        yield House(server, Key(operator.api_key, operator.secret))
        assert server.stop() == 0
        assert "Traceback" not in server.log()
