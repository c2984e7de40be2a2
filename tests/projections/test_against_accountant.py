"""The projections of random flows through the real house, against the naive accountant."""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Engine

from fondaco.projections import balance_offsets, blocks, market_reads
from fondaco.projections.balance_reads import balance_changes_of
from fondaco.projections.database import NOTHING, create_tables, open_engine
from fondaco.projections.order_reads import finished_order, finished_orders_of
from fondaco.projections.periods import Calendar
from fondaco.projections.writer import ProjectionWriter
from tests.projections.accountant import Accountant, day_start
from tests.projections.flows import LIVELY, MARKETS, SLOW, USERS, YEARS, Flow, commits

US = 1_000_000
INTERVALS = (1, 5, 30, 60, 300, 1_800, 3_600, 14_400, 86_400, 3 * 86_400, 604_800, 2_592_000)
ZONES = ("UTC", "Europe/Rome", "America/New_York")
ASSETS = (1, 2, 3)


def projected(path: Path, flow: Flow, seed: int = 0) -> Engine:
    """A database with the whole flow in it, in transactions of random sizes."""
    engine = open_engine(path, write=True)
    create_tables(engine)
    writer = ProjectionWriter(engine, NOTHING)
    for applied, ends in zip(flow.applied, commits(len(flow.applied), seed), strict=True):
        writer.gather(applied, b"c" * 16)
        if ends:
            writer.commit()
    return engine


@pytest.fixture(params=[(1, LIVELY), (2, SLOW), (3, SLOW), (4, YEARS)], ids=["lively", "slow", "slow-2", "years"])
def told(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[tuple[Accountant, Engine]]:
    seed, steps = request.param
    flow = Flow(seed, steps).run(250)
    assert not any(flow.house.imbalances().values())
    engine = projected(tmp_path / "projections.sqlite", flow, seed)
    yield Accountant(flow.house, flow.applied), engine
    engine.dispose()


def test_candles_of_any_interval(told: tuple[Accountant, Engine]) -> None:
    accountant, engine = told
    dice = random.Random(5)
    seconds = [trade.second for trade in accountant.trades]
    assert len(seconds) > 100
    full = 0
    with engine.connect() as connection:
        for n in range(150):
            interval_s, zone, market_id = INTERVALS[n % len(INTERVALS)], dice.choice(ZONES), dice.randint(1, 3)
            around_s = dice.choice(seconds)
            start_s = around_s - dice.randint(0, 40 * interval_s)
            end_s = around_s + dice.randint(-interval_s, 40 * interval_s)
            now_s = dice.choice((around_s, seconds[-1], seconds[-1] + 3 * interval_s))
            limit = dice.choice((5_000, 7))
            asked = (market_id, start_s, end_s, interval_s, now_s, limit)
            answer = market_reads.candles_between(connection, *asked, Calendar(zone))
            assert answer == accountant.candles(*asked, zone), (asked, zone)
            full += len(answer) > 1
    assert full > 30


def test_state_and_today(told: tuple[Accountant, Engine]) -> None:
    accountant, engine = told
    dice = random.Random(6)
    journal_s = accountant.time_us // US
    with engine.connect() as connection:
        for n in range(100):
            market_id, zone = dice.randint(1, 3), ZONES[n % len(ZONES)]
            period_s = dice.choice((1, 2, 59, 60, 61, 3_600, 86_400, 604_800, dice.randint(1, 604_800)))
            now_s = journal_s + dice.choice((-5, 0, 1, 30, 100_000))
            now_counts_s = max(now_s, journal_s)
            state = market_reads.rolling_state(connection, market_id, period_s, now_s)
            assert state == accountant.state(market_id, now_counts_s - period_s + 1)
            today = market_reads.todays_state(connection, market_id, now_s, Calendar(zone))
            assert today == accountant.state(market_id, day_start(now_counts_s, zone))


def test_last_deals(told: tuple[Accountant, Engine]) -> None:
    accountant, engine = told
    with engine.connect() as connection:
        for market_id in (1, 2, 3):
            for limit, last_id in ((1, 0), (100, 0), (10_000, 0), (10, 5), (100, 10**9)):
                deals = market_reads.latest_deals(connection, market_id, limit, last_id)
                assert deals == accountant.deals(market_id, limit, last_id)


def test_finished_orders(told: tuple[Accountant, Engine]) -> None:
    accountant, engine = told
    dice = random.Random(7)
    times_s = [order.row[10] // US for order in accountant.orders]
    with engine.connect() as connection:
        for _ in range(100):
            user_id, market_id = dice.randint(1, len(USERS)), dice.randint(1, len(MARKETS))
            start_s, end_s = dice.choice((0, dice.choice(times_s))), dice.choice((0, dice.choice(times_s)))
            offset, limit = dice.choice((0, 3, 1_000)), dice.choice((1, 100))
            expected = accountant.finished_orders(user_id, market_id, start_s, end_s)
            answer = finished_orders_of(connection, user_id, market_id, start_s, end_s, offset, limit)
            assert answer == (len(expected), expected[offset : offset + limit])
        for order in accountant.orders:
            assert finished_order(connection, order.order_id) == order
        assert finished_order(connection, max(order.order_id for order in accountant.orders) + 1_000) is None


def test_every_order_is_open_or_finished(told: tuple[Accountant, Engine]) -> None:
    accountant, engine = told
    assert {order.row[14] for order in accountant.orders} == {1, 2, 3}, "the flow should end orders in every way"
    still_open = {
        order_id for user_id in range(1, len(USERS) + 1) for order_id in accountant.house.open_orders(user_id)
    }
    finished = {order.order_id for order in accountant.orders}
    assert not still_open & finished
    with engine.connect() as connection:
        assert all(finished_order(connection, order_id) is None for order_id in still_open)


@pytest.mark.parametrize(("asked_max", "walked"), [(500, 512), (2, 0), (500, 3)])
def test_balance_changes(
    told: tuple[Accountant, Engine], asked_max: int, walked: int, monkeypatch: pytest.MonkeyPatch
) -> None:  # fmt: skip
    monkeypatch.setattr(blocks, "_ASKED_MAX", asked_max)
    monkeypatch.setattr(balance_offsets, "WALKED", walked)
    accountant, engine = told
    dice = random.Random(8)
    times_s = [entry.change.time_us // US for entry in accountant.changes]
    with engine.connect() as connection:
        for _ in range(100):
            user_id, asset_id = dice.randint(0, len(USERS)), dice.choice((None, *ASSETS))
            business = dice.choice((None, "trade", "deposit", "opening", "nothing"))
            start_s, end_s = dice.choice((0, dice.choice(times_s))), dice.choice((0, dice.choice(times_s)))
            offset, limit = dice.choice((0, 5, dice.randrange(1_000), 10_000)), dice.choice((1, 100))
            expected = accountant.balance_changes(user_id, asset_id, business, start_s, end_s)
            asked = (user_id, asset_id, business, start_s, end_s)
            answer = balance_changes_of(connection, *asked, offset, limit)
            assert answer == expected[offset : offset + limit], asked


def test_changes_add_up_to_the_balances(told: tuple[Accountant, Engine]) -> None:
    accountant, engine = told
    with engine.connect() as connection:
        for user_id in range(1, len(USERS) + 1):
            sums: defaultdict[int, int] = defaultdict(int)
            last: dict[int, int] = {}
            changes = balance_changes_of(connection, user_id, None, None, 0, 0, 0, 10**9)
            for change in reversed(changes):
                sums[change.asset_id] += change.change_units
                last[change.asset_id] = change.balance_units
                if change.deal_id is None:
                    assert sums[change.asset_id] == change.balance_units
            for asset_id in ASSETS:
                assert sums[asset_id] == last[asset_id] == sum(accountant.house.balance(user_id, asset_id))
