"""The examples of the pages on orders and markets, carried out over the wire row by row: they come out as printed."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from fondaco.core import commands as c
from tests.desks.exchange.venue import Client, Venue

CONCEPTS = Path(__file__).resolve().parents[3] / "docs" / "concepts"
NAMES = ("alice", "bob", "carol", "dave")
STEP = re.compile(
    r"(?P<name>\w+) (?P<verb>buys|sells) (?P<amount>\S+)(?: at (?P<price>\S+))?"
    r"(?: showing (?P<display>\S+))?"
    r"(?: once it (?:falls|rises) to (?P<stop_price>\S+))?(?: trailing by (?P<trail>\S+))?"
)


def tables(page: str) -> dict[str, list[list[str]]]:
    """The tables of a page by the head of their second column, without their heads."""
    found: dict[str, list[list[str]]] = {}
    rows: list[list[str]] = []
    for line in [*(CONCEPTS / f"{page}.md").read_text().splitlines(), ""]:
        if line.startswith("|"):
            rows.append([cell.strip() for cell in line.strip("|").split("|")])
        elif rows:
            found[rows[0][-1]] = rows[2:]
            rows = []
    return found


class Story:
    """The people of the examples on a market of their own, LOT against PIECE, without fees."""

    def __init__(self, venue: Venue, **terms: Any) -> None:
        self.venue = venue
        self.clients: dict[str, Client] = {}
        self.names: dict[int, str] = {}
        venue.does(
            c.AssetCreate("LOT", 0),
            c.AssetCreate("PIECE", 2),
            c.MarketCreate("M", "LOT", "PIECE", 2, 0, 1, 0, 0, 0, **terms),
        )

    async def begin(self) -> Story:
        for name in NAMES:
            self.venue.user(name)
            user_id = self.venue.house.user_ids[name]
            gifts = (("LOT", 1_000), ("PIECE", 10**8))
            self.venue.does(*(c.BalanceUpdate(user_id, asset, "gift", 1, units) for asset, units in gifts))
            self.names[self.venue.house.user_ids[name]] = name
            self.clients[name] = await self.venue.logged_in(name)
        return self

    async def tell(self, sentence: str) -> Any:
        """Carry out a step; answers the whole envelope."""
        step = STEP.fullmatch(sentence)
        assert step is not None, f"{sentence!r} is no step"
        side = 2 if step["verb"] == "buys" else 1
        client = self.clients[step["name"]]
        options = {name: step[name] for name in ("display", "trail") if step[name]}
        if step["stop_price"] or step["trail"]:
            return await client.asks(
                "order.put_stop", "M", side, step["amount"], step["stop_price"], step["price"], options
            )
        return await client.asks("order.put_limit", "M", side, step["amount"], step["price"], options)

    async def deals_after(self, last_id: int) -> Any:
        return (await self.clients["alice"].call("deals.query", "M", 100, last_id))[::-1]

    async def waiting(self) -> list[dict[str, Any]]:
        found = []
        for client in self.clients.values():
            records = (await client.call("order.query", ["M"], 0, 100))["M"]["records"]
            found += [record for record in records if record.get("waiting")]
        return sorted(found, key=lambda record: int(record["id"]))


async def test_icebergs(venue: Venue) -> None:
    story = await Story(venue).begin()
    for name in ("alice", "bob"):
        await story.clients[name].call("order.subscribe", "M")
    for step, trades, shown in tables("orders")["shown at 100.00"]:
        assert (await story.tell(step))["error"] is None
        told = []
        for name in ("alice", "bob"):
            pushes = [m["params"] for m in story.clients[name].inbox if m.get("method") == "order.update"]
            story.clients[name].inbox.clear()
            told += [(record["deal_stock"], name) for _, record in pushes if record["deal_stock"] != "0"]
        asks = (await story.clients["carol"].call("depth.query", "M", 5, "0"))["asks"]
        assert asks == [["100.00", shown]], step
        assert {name for _, name in told} == set(re.findall(r"from (\w+)", trades)), step


async def test_a_cascade_of_stops(venue: Venue) -> None:
    story = await Story(venue).begin()
    last_id = 0
    for step, trades, still_waiting in tables("orders")["still waiting"]:
        assert (await story.tell(step))["error"] is None
        deals = await story.deals_after(last_id)
        last_id = deals[-1]["id"] if deals else last_id
        assert ", ".join(f"{deal['amount']} @ {deal['price']}" for deal in deals) == trades, step
        assert ", ".join(story.names[record["user"]] for record in await story.waiting()) == still_waiting, step


async def test_a_trailing_stop(venue: Venue) -> None:
    story = await Story(venue).begin()
    last_id = 0
    for step, trades, stop_price in tables("orders")["alice's stop price"]:
        assert (await story.tell(step))["error"] is None
        deals = await story.deals_after(last_id)
        last_id = deals[-1]["id"] if deals else last_id
        assert ", ".join(f"{deal['amount']} @ {deal['price']}" for deal in deals) == trades, step
        assert "".join(record["stop_price"] for record in await story.waiting()) == stop_price, step


async def test_an_auction(venue: Venue) -> None:
    story = await Story(venue, phase=c.Phase.AUCTION).begin()
    oper = await venue.logged_in("oper")
    found = tables("markets")
    for step, crosses in found["the book crosses"]:
        assert (await story.tell(step))["error"] is None
        depth = await story.clients["alice"].call("depth.query", "M", 1, "0")
        asks, bids = depth["asks"], depth["bids"]
        assert bool(asks and bids and float(asks[0][0]) <= float(bids[0][0])) is (crosses == "yes"), step
    depth = await story.clients["alice"].call("depth.query", "M", 100, "0")
    for price, *printed in found["would trade"]:
        bids = sum(int(size) for level, size in depth["bids"] if float(level) >= float(price))
        asks = sum(int(size) for level, size in depth["asks"] if float(level) <= float(price))
        assert [str(bids), str(asks), str(min(bids, asks))] == printed
    answer = await oper.call("market.phase", "M", "continuous")
    text = (CONCEPTS / "markets.md").read_text()
    said = re.search(r"So (\d+) trade at (\S+): (\d+) between \w+ and \w+, (\d+) .*?, (\d+) between", text)
    assert said is not None
    assert (answer["amount"], answer["price"]) == (said[1], said[2])
    assert [deal["amount"] for deal in await story.deals_after(0)] == [said[3], said[4], said[5]]
    assert (await story.clients["bob"].call("depth.query", "M", 5, "0")) == {"asks": [["100.00", "1"]], "bids": []}


async def test_the_price_band(venue: Venue) -> None:
    rows = next(rows for head, rows in tables("markets").items() if len(rows) == 4 and "taken" in rows[0])
    story = await Story(venue, price_band_ppm=100_000, reference_price_ticks=10_000).begin()
    for step, outcome in rows:
        reply = await story.tell(step)
        assert (reply["error"] is None) is (outcome == "taken"), step
        if reply["error"] is None:
            client = story.clients[step.split()[0]]
            await client.call("order.cancel", "M", reply["result"]["id"])
        else:
            assert reply["error"]["code"] == 116
