"""The feed against a real house: the recorded trades print, users join in, and seams and restarts cost them nothing."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from fondaco.core.commands import OrderType, Place, Sender, Side, TimeInForce
from fondaco.core.events import Row, market_id_of, side_of
from fondaco.demo import feed as feed_module
from fondaco.demo.feed import SPEED_MAX, WHOLE_UNITS_EACH_ROUND, Feed, ask
from fondaco.demo.seed import seed
from fondaco.demo.tape import RECORDINGS, Prints, Quote, Step, recorded_trades, tape
from fondaco.journal.secrets import SecretStore
from tests.demo.playing import PlainRuntime
from tests.waiting import until

Print = tuple[str, int, int, int]  # market, taker's side, price_ticks, size_lots

TAPE = tape()


@pytest.fixture
async def runtime(tmp_path: Path) -> PlainRuntime:
    runtime = PlainRuntime()
    await seed(runtime, SecretStore(tmp_path / "secrets"), "http://127.0.0.1:8700")
    return runtime


def feed_of(runtime: PlainRuntime) -> Feed:
    ids = runtime.house.user_ids
    return Feed(runtime, ids["maker"], ids["taker"], SPEED_MAX)


def minutes(count: float) -> list[Step]:
    return [step for step in TAPE if step.time_ms < TAPE[0].time_ms + count * 60_000]


def printed(runtime: PlainRuntime, fills: Sequence[Row]) -> list[Print]:
    names = {market.market_id: market.name for market in runtime.house.markets.values()}
    return [(names[market_id_of(row)], side_of(row), row[3], row[4]) for row in fills]


def recorded(steps: Sequence[Step]) -> list[Print]:
    return [
        (step.market, trade.side, trade.price_ticks, trade.size_lots)
        for step in steps
        if isinstance(step, Prints)
        for trade in step.trades
    ]


async def put(runtime: PlainRuntime, name: str, side: Side, price_ticks: int, lots: int) -> Row:
    house = runtime.house
    place = Place(house.market_ids["BTCUSDT"], side, OrderType.LIMIT, TimeInForce.GTC, price_ticks, lots)
    ((row, _),) = await ask(runtime, [(Sender(user_id=house.user_ids[name]), place)])
    return row


def resting(runtime: PlainRuntime, order: Row) -> Row:
    """What the house says of an order now, without the words of the step that wrote it."""
    row = runtime.house.order(order[2])
    assert row is not None
    return row[2:14]


@asynccontextmanager
async def playing(feed: Feed) -> AsyncIterator[asyncio.Task[None]]:
    task = asyncio.create_task(feed.run())
    yield task
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


async def test_a_whole_round_prints_every_recorded_trade_at_its_price_and_size(runtime: PlainRuntime) -> None:
    await feed_of(runtime).play_round(TAPE)
    assert printed(runtime, runtime.fills) == recorded(TAPE)
    assert len(runtime.fills) == sum(len(each.trades) for market in RECORDINGS for each in recorded_trades(market))
    assert not runtime.refused
    assert set(runtime.house.imbalances().values()) == {0}


async def test_two_rounds_are_alike_and_start_from_the_same_balances(runtime: PlainRuntime) -> None:
    feed, steps = feed_of(runtime), minutes(1)
    await feed.play_round(steps)
    first, runtime.fills = printed(runtime, runtime.fills), []
    await feed.play_round(steps)
    assert printed(runtime, runtime.fills) == first == recorded(steps)
    await feed.play_round(steps[:1])
    house = runtime.house
    for name, whole_units in WHOLE_UNITS_EACH_ROUND.items():
        asset_id = house.asset_ids[name]
        assert sum(house.balance(house.user_ids["maker"], asset_id)) == whole_units * 10**8
        assert house.balance(house.user_ids["taker"], asset_id) == (whole_units * 10**8, 0)
    assert set(house.imbalances().values()) == {0}


async def test_the_book_shows_the_recorded_best_bid_and_ask(runtime: PlainRuntime) -> None:
    last = max(index for index, step in enumerate(TAPE[:2000]) if isinstance(step, Quote) and step.market == "BTCUSDT")
    quote = TAPE[last]
    assert isinstance(quote, Quote)
    await feed_of(runtime).play_round(TAPE[: last + 1])
    market_id = runtime.house.market_ids["BTCUSDT"]
    bids, asks = (runtime.house.depth(market_id, side, 5, 0) for side in (Side.BID, Side.ASK))
    assert (bids[0], asks[0]) == (quote.bid, quote.ask)
    assert len(bids) == len(asks) == 5


async def test_a_user_who_came_first_is_filled_first_and_the_rest_prints(runtime: PlainRuntime) -> None:
    steps = minutes(0.2)
    sale = next(
        trade for step in steps if isinstance(step, Prints) and step.market == "BTCUSDT" for trade in step.trades
    )
    assert sale.side == Side.ASK
    bid = await put(runtime, "alice", Side.BID, sale.price_ticks, 3)
    await feed_of(runtime).play_round(steps)
    of_alice, of_maker = [row for row in runtime.fills if market_id_of(row) == market_id_of(bid)][:2]
    assert (of_alice[7], of_alice[3], of_alice[4]) == (bid[2], sale.price_ticks, 3)
    assert (of_maker[3], of_maker[4]) == (sale.price_ticks, sale.size_lots - 3)
    assert runtime.house.order(bid[2]) is None


async def test_the_maker_never_trades_with_itself(runtime: PlainRuntime) -> None:
    await put(runtime, "alice", Side.BID, 6_200_000, 50_000_00)  # far above the market: the maker's asks are sold to it
    await feed_of(runtime).play_round(minutes(2))
    house = runtime.house
    maker = house.user_ids["maker"]
    pairs = {(row[8] & 0xFFFFFFFF, row[8] >> 32) for row in runtime.fills}
    assert (maker, maker) not in pairs
    assert (maker, house.user_ids["alice"]) in pairs


async def test_users_orders_outlive_seam_and_restart_and_the_makers_do_not(runtime: PlainRuntime) -> None:
    house, market_id = runtime.house, runtime.house.market_ids["BTCUSDT"]
    bid = await put(runtime, "alice", Side.BID, 5_000_000, 7)
    feed = feed_of(runtime)
    await feed.play_round(minutes(0.5))
    await feed.play_round(minutes(0.5))
    assert resting(runtime, bid) == bid[2:14]
    left = house.open_orders(house.user_ids["maker"], market_id)
    assert left
    await feed_of(runtime).play_round(
        TAPE[:1]
    )  # a new feed on the old house, as after a kill; a step of the other market
    assert resting(runtime, bid) == bid[2:14]
    assert house.open_orders(house.user_ids["maker"], market_id) == []


async def test_a_house_that_stops_taking_commands_is_waited_for(
    runtime: PlainRuntime, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(feed_module, "RETRY_S", 0.01)
    async with playing(feed_of(runtime)) as task:
        await runtime.filled(1)
        runtime.intake_stopped = "the disk is full"
        refused = runtime.turns_refused
        await until(lambda: runtime.turns_refused >= refused + 2, "the feed tried twice and was refused")
        assert not task.done()
        runtime.fills.clear()
        runtime.intake_stopped = None
        await runtime.filled(100)
    assert printed(runtime, runtime.fills)[:100] == recorded(TAPE)[:100]  # from the start of the tape again


@pytest.mark.parametrize("speed", [0, -1, SPEED_MAX * 2, float("nan")])
async def test_a_speed_out_of_bounds_is_refused(runtime: PlainRuntime, speed: float) -> None:
    with pytest.raises(ValueError, match=r"the speed .* is out of bounds"):
        Feed(runtime, 1, 2, speed)


async def test_after_its_first_step_a_market_always_has_two_sides(runtime: PlainRuntime) -> None:
    feed, house = feed_of(runtime), runtime.house
    begun: set[int] = set()
    for step in minutes(1):
        if begun:
            await feed._play(step)
        else:
            await feed.play_round([step])
        begun.add(house.market_ids[step.market])
        for market_id in begun:
            (bid, *_), (ask_, *_) = (house.depth(market_id, side, 1, 0) for side in (Side.BID, Side.ASK))
            assert bid[0] < ask_[0], step
