"""Customers who trade at full speed and write down every answer, and what must be so of them after a crash.

Each order has a client order id and is kept with the first answer it got: its record, a refusal, or none when the
connection ended first. ``audit`` then asks the house for everything it has of a customer and compares:

- each acknowledged order is there exactly once, the same order, in that state or a later one; each cancel too, and what
  an amend made of it; of an amend that got no answer, all or nothing;
- a refused order is not there; one without an answer is there once or not at all; nothing else is there;
- what was filled, the fees and the holds add up to the balances, digit by digit.
"""

from __future__ import annotations

import asyncio
import random
from collections import Counter
from decimal import Decimal
from typing import Any, Final

from tests.simulation.line import Line, Lost, Refused
from tests.simulation.vocabulary import (
    AMENDS,
    BATCH_MAX,
    BATCH_PUTS,
    BATCHED,
    BID,
    LIMIT,
    MARKET,
    PUTS,
    Params,
    Put,
    draw_put,
    draw_then,
)

Record = dict[str, Any]

STOCK, MONEY = "BTC", "USDT"
DEPOSITS: Final = {STOCK: Decimal(1_000), MONEY: Decimal(1_000_000)}
POOR_DEPOSITS: Final = {STOCK: Decimal("0.5"), MONEY: Decimal(50)}
PAGE: Final = 100
QUERIES_AT_ONCE: Final = 8
WORKERS: Final = 8
SERVICE_UNAVAILABLE, ORDER_NOT_FOUND = 3, 10
#: Why an order may stay as it is, though it was asked to be amended: over, too small, would take, would fire …
NOT_AMENDED: Final = (SERVICE_UNAVAILABLE, ORDER_NOT_FOUND, 11, 102, 103, 104, 105, 108, 109, 116, 118, 122)
#: What stays as it is from an order's first record to its last; price and amount do but for an amend.
CONSTANT: Final = (*("id", "market", "type", "side", "user", "ctime", "taker_fee", "maker_fee", "client_order_id"),)


class Order:
    """A request under a client order id, and what was answered."""

    def __init__(self, name: str, method: str, params: Params) -> None:
        self.name = name
        self.method = method
        self.params = params
        self.record: Record | None = None
        self.refusal: Refused | None = None
        self.cancelled: Record | None = None
        #: What came of an amend, and what was asked of one that has no answer.
        self.amended: Record | None = None
        self.asked: dict[str, str] = {}
        self.is_swept = False

    @property
    def is_open(self) -> bool:
        """Nobody told what became of it."""
        return self.record is None and self.refusal is None

    def may_have(self, found: Record) -> bool:
        """Whether price and amount are what they were, or what an amend makes of them."""
        last = self.amended or self.record
        assert last is not None
        return _terms(found) in (_terms(last), _terms({**last, **self.asked}))


class Customer:
    def __init__(self, name: str, api_key: str, secret: str, deposits: dict[str, Decimal], chance: random.Random):
        self.name = name
        self.api_key = api_key
        self.secret = secret
        self.deposits = deposits
        self.orders: dict[str, Order] = {}
        self.tally: Counter[str] = Counter()
        self.rests = False
        #: How long each of its workers waits between two orders, on average.
        self.pause_s = 0.0
        self._chance = chance
        self._unswept: list[Order] = []

    def line(self, url: str) -> Line:
        return Line(url, self.api_key, self.secret, plain=self._chance.random() < 0.5)

    # ── trading ───────────────────────────────────────────────────────────────────────────────────────────────────────

    async def trade(self, url: str) -> None:
        """Full speed on one connection, until it ends or the customer rests."""
        try:
            async with self.line(url) as line:
                await asyncio.gather(*(self._work(line) for _ in range(WORKERS)))
        except (Lost, OSError):
            return

    async def visit(self, url: str, stay_s: float) -> None:
        """Come back and ask what became of the unanswered, trade for a while, and go without a word.

        Raises ``Lost`` or ``OSError`` if the house goes first.
        """
        async with self.line(url) as line:
            await self.resolve(line)
            await self.look_up(line, 2)
            working = asyncio.gather(*(self._work(line) for _ in range(WORKERS)))
            await asyncio.wait([working], timeout=stay_s)
            line.drop()
            await working

    async def _work(self, line: Line) -> None:
        try:
            while not self.rests:
                if self._chance.random() < BATCHED:
                    await self.put_batch(line)
                    continue
                order = self._draw(PUTS)
                await self.put(line, order)
                if order.refusal is not None and order.refusal.code == SERVICE_UNAVAILABLE:
                    await asyncio.sleep(0.02)
                elif order.record is not None and order.record["left"] != "0":
                    act = draw_then(self._chance)
                    if act is not None:
                        await getattr(self, act)(line, order)
                if self.pause_s:
                    await asyncio.sleep(self._chance.expovariate(1 / self.pause_s))
        except Lost:
            return

    async def put(self, line: Line, order: Order) -> None:
        try:
            self._acknowledged(order, await line.call(order.method, *order.params))
        except Refused as refusal:
            self._refused(order, refusal)

    def _acknowledged(self, order: Order, record: Record) -> None:
        order.record = record
        self._unswept.append(order)
        self.tally["acknowledged"] += 1

    def _refused(self, order: Order, refusal: Refused) -> None:
        order.refusal = refusal
        self.tally[f"refused with {refusal.code}"] += 1

    async def put_batch(self, line: Line) -> None:
        """Each row is an order of its own, as if it had been put alone."""
        orders = [self._draw(BATCH_PUTS) for _ in range(self._chance.randint(1, BATCH_MAX))]
        answers = await line.call("order.batch_put", *(order.params for order in orders))
        for order, answer in zip(orders, answers, strict=True):
            if answer["error"] is None:
                self._acknowledged(order, answer["result"])
            else:
                self._refused(order, Refused(answer["error"]["code"], answer["error"]["message"]))
        self.tally["batches"] += 1

    async def repeat(self, line: Line, order: Order) -> None:
        try:
            again = await line.call(order.method, *order.params)
        except Refused as refusal:
            if refusal.code != SERVICE_UNAVAILABLE:
                raise
        else:
            assert again == order.record, "a repeated request gets the first answer"
            self.tally["repeated"] += 1

    async def cancel(self, line: Line, order: Order) -> None:
        assert order.record is not None
        named: object = {"client_order_id": order.name} if self._chance.random() < 0.5 else order.record["id"]
        try:
            order.cancelled = await line.call("order.cancel", MARKET, named)
            self.tally["cancelled"] += 1
        except Refused as refusal:
            if refusal.code not in (ORDER_NOT_FOUND, SERVICE_UNAVAILABLE):
                raise

    async def amend(self, line: Line, order: Order) -> None:
        assert order.record is not None
        order.asked = self._chance.choice(AMENDS)(self._chance, order.record)
        try:
            order.amended = await line.call("order.amend", MARKET, {"client_order_id": order.name}, order.asked)
            assert _terms(order.amended) == _terms({**order.record, **order.asked})
            self.tally["amended"] += 1
        except Refused as refusal:
            if refusal.code not in NOT_AMENDED:
                raise
            self.tally["not amended"] += 1
        order.asked = {}

    async def cancel_all(self, line: Line, _: Order) -> None:
        """Whatever was acknowledged before is over after it."""
        swept, self._unswept = self._unswept, []
        try:
            await line.call("order.cancel_all", MARKET)
        except Refused as refusal:
            if refusal.code != SERVICE_UNAVAILABLE:
                raise
        else:
            for order in swept:
                order.is_swept = True
            self.tally["cancelled all"] += 1

    def _draw(self, puts: tuple[Put, ...]) -> Order:
        name = f"{self.name}-{len(self.orders)}"
        order = self.orders[name] = Order(name, *draw_put(self._chance, name, puts))
        return order

    # ── after a crash ─────────────────────────────────────────────────────────────────────────────────────────────────

    async def audit(self, line: Line) -> list[Record]:
        """Everything the house has of this customer, compared; answers all orders."""
        open_records = await _pages(line, lambda offset: ("order.query", [MARKET], offset, PAGE), _of_market)
        finished = await _pages(line, lambda offset: ("order.history", MARKET, 0, 0, offset, PAGE), _whole)
        records = open_records + finished
        ids, names = Counter(each["id"] for each in records), Counter(each["client_order_id"] for each in records)
        assert set(ids.values()) <= {1}, "an order is there twice"
        assert set(names.values()) <= {1}, "a client order id has two orders"
        there = {each["client_order_id"]: each for each in records}
        assert set(there) <= set(self.orders), "an order is there that nobody sent"
        for name, order in self.orders.items():
            self._compare(name, order, there.get(name))
        await self._add_up(line, records, open_records)
        return records

    def _compare(self, name: str, order: Order, found: Record | None) -> None:
        if order.record is not None:
            assert found is not None, f"{name} was acknowledged and is lost"
            assert [found[each] for each in CONSTANT] == [order.record[each] for each in CONSTANT]
            assert order.may_have(found), f"{name} is {found}; asked were {order.asked or 'no changes'}"
            last = order.amended or order.record
            assert is_later(found, last), f"{name} went back from {last} to {found}"
            assert not order.is_swept or "ftime" in found, f"{name} is open, though all were cancelled"
        if order.refusal is not None:
            assert found is None, f"{name} was refused ({order.refusal}) and is there"
        if order.cancelled is not None:
            assert found is not None
            assert "ftime" in found, f"the cancel of {name} was acknowledged and it is open again"
            assert found["left"] == order.cancelled["left"]

    async def _add_up(self, line: Line, records: list[Record], open_records: list[Record]) -> None:
        total, freeze = dict(self.deposits), {STOCK: Decimal(0), MONEY: Decimal(0)}
        for each in records:
            stock, money, fee = (Decimal(each[name]) for name in ("deal_stock", "deal_money", "deal_fee"))
            bought = each["side"] == BID
            total[STOCK] += stock - fee if bought else -stock
            total[MONEY] += -money if bought else money - fee
        for each in open_records:
            left, price = Decimal(each["left"]), Decimal(each["price"])
            if each["side"] == BID:  # of a market order that waits for its trigger, the amount is money
                freeze[MONEY] += left * price if each["type"] == LIMIT else left
            else:
                freeze[STOCK] += left
        balances = await line.call("asset.query", STOCK, MONEY)
        for asset, balance in balances.items():
            assert Decimal(balance["freeze"]) == freeze[asset], f"{self.name}'s hold of {asset}"
            assert Decimal(balance["available"]) + Decimal(balance["freeze"]) == total[asset], f"{self.name}'s {asset}"

    async def audit_changes(self, line: Line) -> None:
        """Every change of a balance, from the first deposit on, adds up to what is there."""
        balances = await line.call("asset.query", STOCK, MONEY)
        for asset, balance in balances.items():
            changes: list[Record] = []
            while True:
                page = await line.ask("asset.history", asset, None, 0, 0, len(changes), PAGE)
                changes += page["records"]
                if len(page["records"]) < PAGE:
                    break
            has = Decimal(balance["available"]) + Decimal(balance["freeze"])
            assert sum(Decimal(change["change"]) for change in changes) == has
            assert Decimal(changes[0]["balance"]) == has
            deals = [(change["detail"]["deal_id"], change["detail"]["order_id"]) for change in changes[:-1]]
            assert len(deals) == len(set(deals)), "a deal is booked twice"

    async def look_up(self, line: Line, count: int) -> None:
        """Of some orders each, by client order id: the same record again, and the first answer to the same request."""
        known = [name for name, order in self.orders.items() if order.record is not None]
        for name in self._chance.sample(known, min(count, len(known))):
            order = self.orders[name]
            assert order.record is not None
            found = await line.ask("order.get", MARKET, {"client_order_id": name})
            self._compare(name, order, found)
            assert await line.call(order.method, *order.params) == order.record, "a retry gets the first answer"
            self.tally["retried"] += 1

    async def resolve(self, line: Line) -> None:
        """What got no answer is asked for, then sent again, and has an answer after that."""
        for name, order in self.orders.items():
            if not order.is_open:
                continue
            try:
                found = await line.ask("order.get", MARKET, {"client_order_id": name})
            except Refused as refusal:
                if refusal.code != ORDER_NOT_FOUND:
                    raise
                found = None
            await self.put(line, order)
            self.tally["there, though unanswered" if found else "gone, and unanswered"] += 1
            if found is not None:
                assert order.record is not None, f"{name} was there and its retry was refused: {order.refusal}"
                assert order.record["id"] == found["id"], f"{name} was there and its retry put another order"
                assert is_later(found, order.record)


def is_later(now: Record, then: Record) -> bool:
    """Whether a record can follow from another: nothing unfilled again, nothing open again, the end final.

    What is left grows by no more than an amend has added.
    """
    fields = ("deal_stock", "deal_money", "deal_fee")
    added = Decimal(now["amount"]) - Decimal(then["amount"])
    grown = all(Decimal(now[each]) >= Decimal(then[each]) for each in fields)
    if "ftime" in then or then["left"] == "0":
        return grown and all(now[each] == then[each] for each in (*fields, "left"))
    return grown and Decimal(now["left"]) <= Decimal(then["left"]) + added


def _terms(record: Record) -> tuple[Decimal, Decimal]:
    return Decimal(record["price"]), Decimal(record["amount"])


async def _pages(line: Line, request: Any, page_of: Any) -> list[Record]:
    """All pages of a list."""
    first = page_of(await line.ask(*request(0)))
    records: list[Record] = list(first["records"])
    offsets = list(range(PAGE, first["total"], PAGE))
    for start in range(0, len(offsets), QUERIES_AT_ONCE):
        asked = [line.ask(*request(offset)) for offset in offsets[start : start + QUERIES_AT_ONCE]]
        for answer in await asyncio.gather(*asked):
            records += page_of(answer)["records"]
    assert len(records) == first["total"]
    return records


def _of_market(answer: Record) -> Any:
    return answer[MARKET]


def _whole(answer: Record) -> Any:
    return answer


async def open_house(url: str, api_key: str, secret: str, count: int, chance: random.Random) -> list[Customer]:
    """The operator opens a market and ``count`` customers, the last one a poor one."""
    customers = []
    async with Line(url, api_key, secret) as operator:
        await operator.call("asset.create", STOCK, 8)
        await operator.call("asset.create", MONEY, 8)
        terms = {"price_digits": 2, "amount_digits": 4, "min_amount": "0.0001", "min_money": "0.01"}
        fees = {"maker_fee": "0.001", "taker_fee": "0.002"}
        await operator.call("market.create", MARKET, STOCK, MONEY, {**terms, **fees})
        for number in range(1, count + 1):
            name = f"u{number}"
            await operator.call("user.create", name)
            key = await operator.call("key.create", name, ["read", "trade"])
            deposits = POOR_DEPOSITS if number == count else DEPOSITS
            for asset, amount in deposits.items():
                await operator.call("balance.update", name, asset, "deposit", number, str(amount))
            customers.append(Customer(name, key["api_key"], key["secret"], deposits, random.Random(chance.random())))
    return customers
