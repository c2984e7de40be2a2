"""A naive accountant: keeps every trade, order and change in lists and answers each question by going through them all.

It shares nothing with the projections but the rows it reads. Times are looked at as a person would, with a calendar.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from fondaco.core.applied import Applied
from fondaco.core.events import (
    BalanceUpdated,
    Cause,
    EventKind,
    Row,
    cause_of,
    has_options,
    kind_of,
    market_id_of,
    side_of,
)
from fondaco.core.house import House
from fondaco.projections.balance_reads import BalanceChange
from fondaco.projections.market_reads import Candle, Deal, MarketState
from fondaco.projections.order_reads import FinishedOrder

US = 1_000_000
DAY_S = 86_400
MONTH_S = 2_592_000


@dataclass(frozen=True)
class Trade:
    market_id: int
    deal: Deal

    @property
    def second(self) -> int:
        return self.deal.time_us // US


@dataclass(frozen=True)
class Change:
    user_id: int
    change: BalanceChange


class Accountant:
    def __init__(self, house: House, applied: list[Applied]) -> None:
        self.house = house
        self.trades: list[Trade] = []
        self.orders: list[FinishedOrder] = []
        self.changes: list[Change] = []
        self._options: Row | None = None
        self.totals: Counter[tuple[int, int]] = Counter()  # by user and asset, from the changes alone
        self.time_us = applied[-1].time_us
        for batch in applied:
            for row in batch:
                if kind_of(row) == EventKind.FILL:
                    self._fill(row)
                elif kind_of(row) == EventKind.ORDER and cause_of(row) == Cause.FINISH:
                    self._finished(row)
                elif kind_of(row) == EventKind.OPTIONS:
                    self._options = row
                elif kind_of(row) == EventKind.FACT:
                    fact = batch.facts[row[2]]
                    if isinstance(fact, BalanceUpdated) and not fact.repeated:
                        self._updated(fact, batch.time_us)

    def _fill(self, row: tuple[int, ...]) -> None:
        market = self.house.markets[market_id_of(row)]
        self.trades.append(
            Trade(market.market_id, Deal(row[2], row[15], side_of(row), row[3], row[4], row[5]))
        )  # fmt: skip
        taker, maker = (row[8] % 2**32, row[6], row[9]), (row[8] // 2**32, row[7], row[10])
        for side, (user_id, order_id, fee) in ((side_of(row), taker), (3 - side_of(row), maker)):
            stock, money = row[4] * market.stock_units_per_lot, row[5]
            moved = (-stock, money - fee) if side == 1 else (stock - fee, -money)
            fees = (0, fee) if side == 1 else (fee, 0)
            for n, asset_id in enumerate((market.stock_asset_id, market.money_asset_id)):
                self.totals[user_id, asset_id] += moved[n]
                change = BalanceChange(
                    time_us=row[15],
                    asset_id=asset_id,
                    business="trade",
                    change_units=moved[n],
                    balance_units=self.totals[user_id, asset_id],
                    business_id=None,
                    detail=None,
                    market_id=market.market_id,
                    deal_id=row[2],
                    order_id=order_id,
                    fee_units=fees[n],
                    price_ticks=row[3],
                    size_lots=row[4],
                )
                self.changes.append(Change(user_id, change))

    def _finished(self, row: tuple[int, ...]) -> None:
        self.orders.append(FinishedOrder(row, self._options if has_options(row) else None))

    def _updated(self, fact: BalanceUpdated, time_us: int) -> None:
        self.totals[fact.user_id, fact.asset_id] += fact.change_units
        change = BalanceChange(
            time_us=time_us,
            asset_id=fact.asset_id,
            business=fact.business,
            change_units=fact.change_units,
            balance_units=self.totals[fact.user_id, fact.asset_id],
            business_id=fact.business_id,
            detail=fact.detail,
            market_id=None,
            deal_id=None,
            order_id=None,
            fee_units=None,
            price_ticks=None,
            size_lots=None,
        )
        self.changes.append(Change(fact.user_id, change))

    # what the desks ask

    def deals(self, market_id: int, limit: int, last_id: int) -> list[Deal]:
        found = [t.deal for t in self.trades if t.market_id == market_id and t.deal.deal_id > last_id]
        return found[::-1][:limit]

    def state(self, market_id: int, from_s: int) -> MarketState:
        trades = [t for t in self.trades if t.market_id == market_id]
        inside = [t for t in trades if t.second >= from_s]
        last = trades[-1].deal.price_ticks if trades else 0
        if not inside:
            return MarketState(last, 0, 0, 0, 0, 0, 0)
        candle = self._candle(from_s, trades, inside)
        return MarketState(
            last, candle.open_ticks, candle.close_ticks, candle.high_ticks, candle.low_ticks,
            candle.volume_lots, candle.money_units,
        )  # fmt: skip

    def candles(
        self, market_id: int, start_s: int, end_s: int, interval_s: int, now_s: int, limit: int, zone: str
    ) -> list[Candle]:
        trades = [t for t in self.trades if t.market_id == market_id]
        if not trades:
            return []
        now_s = max(now_s, self.time_us // US)
        kept_from_s = self._kept_from(interval_s)
        candles = []
        begin_s = _stretch(max(start_s, trades[0].second), interval_s, ZoneInfo(zone))
        for from_s, until_s in _stretches(begin_s, min(end_s, now_s), interval_s, ZoneInfo(zone)):
            if from_s < kept_from_s and trades[0].second < kept_from_s:
                continue
            inside = [t for t in trades if from_s <= t.second < until_s]
            if inside:
                candles.append(self._candle(from_s, trades, inside))
            else:
                price = [t for t in trades if t.second < from_s][-1].deal.price_ticks
                candles.append(Candle(from_s, price, price, price, price, 0, 0))
        return candles[-limit:]

    def _kept_from(self, interval_s: int) -> int:
        days, step_s = (7, 60) if interval_s < 60 else (366, 3_600) if interval_s < 3_600 else (3_653, DAY_S)
        return (self.time_us // US - days * DAY_S) // step_s * step_s

    def _candle(self, from_s: int, trades: list[Trade], inside: list[Trade]) -> Candle:
        before = trades[: trades.index(inside[0])]
        opened = before[-1].deal.price_ticks if before else inside[0].deal.price_ticks
        prices = [opened, *(t.deal.price_ticks for t in inside)]
        return Candle(
            from_s,
            opened,
            prices[-1],
            max(prices),
            min(prices),
            sum(t.deal.size_lots for t in inside),
            sum(t.deal.money_units for t in inside),
        )

    def finished_orders(self, user_id: int, market_id: int, start_s: int, end_s: int) -> list[FinishedOrder]:
        found = [
            order
            for order in self.orders
            if (order.user_id, order.market_id) == (user_id, market_id)
            and start_s * US <= order.row[10]
            and (end_s == 0 or order.row[10] < end_s * US)
        ]
        return sorted(found, key=lambda order: -order.order_id)

    def balance_changes(
        self, user_id: int, asset_id: int | None, business: str | None, start_s: int, end_s: int
    ) -> list[BalanceChange]:
        return [
            entry.change
            for entry in reversed(self.changes)
            if entry.user_id == user_id
            and asset_id in (None, entry.change.asset_id)
            and business in (None, entry.change.business)
            and start_s * US <= entry.change.time_us
            and (end_s == 0 or entry.change.time_us < end_s * US)
        ]


def day_start(time_s: int, zone: str) -> int:
    return _stretch(time_s, DAY_S, ZoneInfo(zone))


def _stretches(begin_s: int, last_s: int, interval_s: int, zone: ZoneInfo) -> Iterator[tuple[int, int]]:
    """Goes on in quarters of an hour (or in whole stretches below that) and looks where a new stretch begins."""
    step_s = min(interval_s, 900)
    while begin_s <= last_s:
        end_s = begin_s + step_s
        while _stretch(end_s, interval_s, zone) == begin_s:
            end_s += step_s
        yield begin_s, end_s
        begin_s = end_s


def _stretch(time_s: int, interval_s: int, zone: ZoneInfo) -> int:
    """Where the stretch that holds ``time_s`` begins."""
    if interval_s < 3_600:
        return time_s // interval_s * interval_s
    local = datetime.fromtimestamp(time_s, zone)
    midnight = datetime(local.year, local.month, local.day, tzinfo=zone)
    if interval_s < DAY_S:
        midnight_s = int(midnight.timestamp())
        return midnight_s + (time_s - midnight_s) // interval_s * interval_s
    if interval_s == MONTH_S:
        return int(midnight.replace(day=1).timestamp())
    blocks = interval_s // DAY_S
    back = midnight.weekday() if blocks == 7 else (local.date() - date(1970, 1, 1)).days % blocks
    first = local.date() - timedelta(days=back)
    return int(datetime(first.year, first.month, first.day, tzinfo=zone).timestamp())
