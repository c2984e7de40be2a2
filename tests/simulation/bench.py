"""One real house with its customers, over all its lives: load, events while it lasts, and the whole audit."""

from __future__ import annotations

import asyncio
import random
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from decimal import Decimal
from pathlib import Path
from typing import Final

from tests.simulation.customers import Customer, open_house
from tests.simulation.line import Line
from tests.simulation.server import Operator, Server
from tests.simulation.vocabulary import ASK, BID, EXPIRES_S, MARKET

CUSTOMERS: Final = 6
LINES_EACH: Final = 2
LOOKED_UP: Final = 25
DAY_S: Final = 86_400
DEALS_MAX: Final = 10_000

Event = tuple[float, Callable[[], Awaitable[object] | None]]
"""What happens so many seconds after the load began, or as soon as the event before it is over."""


class Bench:
    def __init__(self, directory: Path, seed: int, *options: str) -> None:
        self.chance = random.Random(seed)
        self.operator = Operator(directory)
        self.server = Server(directory, *options)
        self.customers: list[Customer] = []
        self.deals = 0

    def __enter__(self) -> Bench:
        return self

    def __exit__(self, *_: object) -> None:
        self.server.close()

    async def open(self) -> None:
        """Start the house for the first time and make its market and customers."""
        self.server.start()
        self.customers = await open_house(
            self.server.socket_url, self.operator.api_key, self.operator.secret, CUSTOMERS, self.chance
        )

    async def load(self, *events: Event) -> None:
        """All customers at full speed while the events happen in turn; the last one ends it (or they never rest)."""
        url = self.server.socket_url
        for each in self.customers:
            each.rests = False
        trading = [asyncio.create_task(each.trade(url)) for each in self.customers for _ in range(LINES_EACH)]
        slept_s = 0.0
        for at_s, event in events:
            await asyncio.sleep(max(0.0, at_s - slept_s))
            slept_s = at_s
            happened = event()
            if happened is not None:
                await happened
        await asyncio.gather(*trading)

    def rest(self) -> None:
        """Everyone gets the last answers and goes home."""
        for each in self.customers:
            each.rests = True

    async def quiet(self) -> None:
        """After this nothing ends by itself any more: every order that was good till a time has expired."""
        await asyncio.sleep(EXPIRES_S)

    async def check(self) -> None:
        """The whole audit, the retries, and the audit again: they have put what was gone and doubled nothing."""
        await self.quiet()
        async with self._lines() as pairs:
            await self._audit(pairs)
            await asyncio.gather(*(customer.look_up(line, LOOKED_UP) for customer, line in pairs))
            await asyncio.gather(*(customer.resolve(line) for customer, line in pairs))
            await self._audit(pairs)

    async def check_changes(self) -> None:
        """Every single change of every balance adds up: many pages, so once at the end."""
        async with self._lines() as pairs:
            await asyncio.gather(*(customer.audit_changes(line) for customer, line in pairs))

    def tally(self) -> Counter[str]:
        """What the customers met, all together."""
        return sum((each.tally for each in self.customers), Counter({"deals": self.deals}))

    @asynccontextmanager
    async def _lines(self) -> AsyncIterator[list[tuple[Customer, Line]]]:
        async with AsyncExitStack() as stack:
            url = self.server.socket_url
            yield [(each, await stack.enter_async_context(each.line(url))) for each in self.customers]

    async def _audit(self, pairs: list[tuple[Customer, Line]]) -> None:
        audited = await asyncio.gather(*(customer.audit(line) for customer, line in pairs))
        records = [record for found in audited for record in found]
        line = pairs[0][1]
        traded = await line.ask("state.query", MARKET, DAY_S)
        for side in (ASK, BID):
            of_side = [each for each in records if each["side"] == side]
            for total, part in (("volume", "deal_stock"), ("deal", "deal_money")):
                told = sum(Decimal(each[part]) for each in of_side)
                assert told == Decimal(traded[total]), "what buyers and sellers were told is what was traded"
        ids = [each["id"] for each in await line.ask("deals.query", MARKET, DEALS_MAX, 0)]
        assert ids == list(range(ids[0], ids[0] - len(ids), -1)), "deals have a gap"
        self.deals = ids[0]
