"""Who reads what the house pushes: at once, too slowly, or not at all; and what each must see.

    Quick     follows one customer's orders, the book and the deals, and reads at once: its book is the house's, deals
              have no gap, orders never go back, and it is never kept waiting, whoever else is slow
    Dozing    follows the book and the deals and stops reading for a while: it is left out, then gets a whole image, and
              its book is right again
    Deaf      follows a customer's orders and balances, asks for deals again and again, and stops reading: pushes of
              its own and answers are never left out, so it is disconnected, and told why when it wakes

The slow ones have a small window and read no more than one message ahead, so that what they leave unread is the house's
to keep. Each returns when its connection ends; whoever runs it connects anew.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import random
import socket
import time
import zlib
from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any, Final

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed
from websockets.frames import Close
from websockets.typing import Subprotocol

from tests.simulation.customers import Customer, Record, is_later
from tests.simulation.line import SIGNATURE_REFUSED, Refused, signed
from tests.simulation.vocabulary import MARKET

WINDOW_BYTES: Final = 4_096
LEVELS: Final = 100
#: Deals in one of the answers that a deaf reader leaves unread.
ASKED: Final = 2_000
TOO_SLOW: Final = 1_008
TOLD_WHY: Final = "disconnected with the reason"
PATIENCE_S: Final = 30

Book = dict[str, dict[str, str]]


class Reader:
    """One connection. ``tally`` counts what was met, over all of them."""

    def __init__(self, customer: Customer, tally: Counter[str], chance: random.Random) -> None:
        self.customer = customer
        self.tally = tally
        self.chance = chance
        self.book: Book = {"asks": {}, "bids": {}}
        self.last_deal_id = 0

    async def ask(self, socket: ClientConnection, method: str, *params: object) -> Any:
        """The answer to the only request under way; pushes that come before it are taken in."""
        await socket.send(json.dumps({"method": method, "params": params, "id": 1}))
        while True:
            message = await self.next(socket)
            if "result" in message:
                if message["error"] is not None:
                    raise Refused(message["error"]["code"], message["error"]["message"])
                return message["result"]
            self.take(message)

    async def login(self, socket: ClientConnection) -> None:
        while True:
            try:
                await self.ask(socket, "server.auth", *signed(self.customer.api_key, self.customer.secret))
                return
            except Refused as refused:  # another connection of this key signed in the same millisecond
                if refused.code != SIGNATURE_REFUSED:
                    raise
                await asyncio.sleep(0.002)

    @staticmethod
    async def next(socket: ClientConnection) -> dict[str, Any]:
        message = await socket.recv()
        text = message if isinstance(message, str) else zlib.decompress(message)
        told: dict[str, Any] = json.loads(text, parse_float=str)
        return told

    def take(self, push: dict[str, Any]) -> None:
        """A push of the book or of deals."""
        if push["method"] == "depth.update":
            self._apply(*push["params"])
        elif push["method"] == "deals.update":
            self._deals([deal["id"] for deal in push["params"][1]])

    def _apply(self, is_whole: bool, sides: dict[str, list[tuple[str, str]]], _: str) -> None:
        self.tally["whole books" if is_whole else "changes of books"] += 1
        for name, levels in self.book.items():
            if is_whole:
                levels.clear()
            for price, amount in sides[name]:
                if amount == "0":
                    assert price in levels, "a level is gone that was never there"
                    del levels[price]
                else:
                    levels[price] = amount

    def _deals(self, ids: list[int]) -> None:
        assert ids == list(range(ids[0], ids[0] - len(ids), -1)), "deals have a gap"
        assert ids[0] > self.last_deal_id, "old deals came again"
        self.missed_deals(ids[-1] - self.last_deal_id - 1)
        self.last_deal_id = ids[0]

    def missed_deals(self, count: int) -> None:
        """Deals between two pushes that nobody told."""

    async def check_book(self, socket: ClientConnection) -> None:
        """The book put together from pushes is, at some moment, the one that is asked for."""
        until_s = time.monotonic() + PATIENCE_S
        while time.monotonic() < until_s:
            depth = await self.ask(socket, "depth.query", MARKET, LEVELS, "0")
            if {name: dict(map(tuple, depth[name])) for name in self.book} == self.book:
                self.tally["books compared"] += 1
                return
            self.take(await self.next(socket))
        raise AssertionError("a book made of pushes never was the house's")


class Quick(Reader):
    """``late_ms`` are the times from an order's stamp to its push, apart for when slow readers are there or not."""

    def __init__(
        self, customer: Customer, tally: Counter[str], chance: random.Random, has_slow: Callable[[], bool]
    ) -> None:
        super().__init__(customer, tally, chance)
        self.late_ms: dict[bool, list[float]] = {True: [], False: []}
        self._has_slow = has_slow
        self._orders: dict[int, Record] = {}
        self._is_first = True

    async def read(self, url: str, is_over: Callable[[], bool]) -> None:
        self.last_deal_id, self._is_first = 0, True
        self._orders.clear()
        async with connect(url, compression=None, proxy=None, max_size=1 << 24) as socket:
            await self.login(socket)
            for method, params in (
                ("order.subscribe", []),
                ("depth.subscribe", [MARKET, LEVELS, "0"]),
                ("deals.subscribe", [MARKET]),
            ):
                await self.ask(socket, method, *params)
            while not is_over():
                async with asyncio.timeout(PATIENCE_S):
                    push = await self.next(socket)
                    self.take(push)
                    if self.chance.random() < 0.002:
                        await self.check_book(socket)

    def take(self, push: dict[str, Any]) -> None:
        if push["method"] != "order.update":
            super().take(push)
            return
        event, order = push["params"]
        self.late_ms[self._has_slow()].append((time.time() - float(order["mtime"])) * 1_000)
        before = self._orders.pop(order["id"], None)
        assert before is None or is_later(order, before), f"{order['id']} went back from {before} to {order}"
        if event != 3:
            self._orders[order["id"]] = order
        self.tally["pushes of orders"] += 1

    def missed_deals(self, count: int) -> None:
        assert self._is_first or not count, f"{count} deals were left out for one who read at once"
        self._is_first = False


class Dozing(Reader):
    async def read(self, url: str, doze_s: float) -> None:
        self.last_deal_id = 0
        async with _narrow(url) as socket:
            await self.ask(socket, "deals.subscribe", MARKET)
            await self.ask(socket, "depth.subscribe", MARKET, LEVELS, "0")
            whole = self.tally["whole books"]
            await asyncio.sleep(doze_s)
            await self.check_book(socket)
            self.tally["dozed and caught up"] += 1
            self.tally["of these with a whole book again"] += self.tally["whole books"] > whole + 1


class Deaf(Reader):
    async def read(self, url: str, is_given_up: Callable[[], bool], is_over: Callable[[], bool]) -> None:
        """Reads nothing until the house has given it up (its log says so), then everything, to the reason."""
        async with _narrow(url, ["json"]) as client:  # not compressed, so that it has enough of it soon
            await self.login(client)
            await self.ask(client, "order.subscribe")
            await self.ask(client, "asset.subscribe")
            while not is_given_up():
                if is_over():
                    return
                await client.send(json.dumps({"method": "deals.query", "params": [MARKET, ASKED, 0], "id": 2}))
                await asyncio.sleep(0.1)
            client.transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 20)
            with contextlib.suppress(ConnectionClosed):
                async with asyncio.timeout(PATIENCE_S):
                    while True:
                        await client.recv()
            self._is_told(client.protocol.close_rcvd)

    def _is_told(self, close: Close | None) -> None:
        if close is not None:  # else the house was killed meanwhile
            assert close.code == TOO_SLOW, close
            assert close.reason.startswith("too slow: "), close
            self.tally[TOLD_WHY] += 1


def _narrow(url: str, subprotocols: Sequence[str] = ()) -> connect:
    """A connection that takes little ahead: what is not read stays with the house."""
    host, port = url.removeprefix("ws://").partition("/")[0].split(":")
    plain = socket.socket()
    plain.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, WINDOW_BYTES)
    try:
        plain.connect((host, int(port)))
    except OSError:
        plain.close()
        raise
    plain.setblocking(False)
    return connect(
        url,
        sock=plain,
        subprotocols=[Subprotocol(name) for name in subprotocols] or None,
        compression=None,
        proxy=None,
        ping_interval=None,
        max_queue=1,
        max_size=1 << 24,
    )
