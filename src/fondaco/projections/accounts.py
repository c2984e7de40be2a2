"""Balance changes: money in and out by ``BalanceUpdated``, and two changes a side for every fill.

A fill changes four balances: the buyer's stock up (less his fee) and money down, the seller's stock down and money up
(less his fee). Each is one row of business ``trade`` that names its deal, so price and size are read from there. The
rows of one account (user, asset) add up to its balance. They are numbered in the order in which they happened.

Known limit: the house's own account (user 0) gets fees and gives rebates in every fill; those are not listed.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from sqlalchemy import Connection, Engine

from fondaco.core.commands import Side
from fondaco.core.events import BalanceUpdated, Row
from fondaco.core.instruments import Market
from fondaco.projections.database import balance_changes, change_counts, insert_text, upsert_text
from fondaco.projections.market import US
from fondaco.projections.periods import HOUR_S

TRADE: Final = "trade"

_TRADE_COLUMNS: Final = (
    "user_id",
    "asset_id",
    "business",
    "time_us",
    "entry_id",
    "change_units",
    "balance_units",
    "market_id",
    "deal_id",
    "order_id",
    "fee_units",
)
_UPDATE_COLUMNS: Final = (*_TRADE_COLUMNS[:7], "business_id", "detail")


class AccountsProjection:
    """``next_entry_id`` is part of the checkpoint: the next change's number."""

    def __init__(self, engine: Engine, next_entry_id: int) -> None:
        self.next_entry_id = next_entry_id
        self._insert_trades = insert_text(engine, balance_changes, _TRADE_COLUMNS)
        self._insert_updates = insert_text(engine, balance_changes, _UPDATE_COLUMNS)
        self._add_counts = upsert_text(engine, change_counts, added=("entries",))
        self._trades: list[tuple[int | str, ...]] = []
        self._updates: list[tuple[int | str, ...]] = []
        self._terms: dict[int, tuple[int, int, int]] = {}

    def fill(self, row: Row, markets: Mapping[int, Market]) -> None:
        """Gather one FILL row. ``markets`` is asked once for each market."""
        (
            word,
            _,
            deal_id,
            _,
            size,
            money,
            taker_order,
            maker_order,
            users,
            taker_fee,
            maker_fee,
            taker_stock_after,
            taker_money_after,
            maker_stock_after,
            maker_money_after,
            time_us,
        ) = row
        market_id = (word >> 32) & 0xFFFF
        terms = self._terms.get(market_id)
        if terms is None:
            market = markets[market_id]
            terms = (market.stock_asset_id, market.money_asset_id, market.stock_units_per_lot)
            self._terms[market_id] = terms
        stock_asset, money_asset, units_per_lot = terms
        stock = size * units_per_lot
        taker, maker = users & 0xFFFF_FFFF, users >> 32
        if (word >> 16) & 0xFF == Side.BID:
            taker_stock, taker_money = stock - taker_fee, -money
            maker_stock, maker_money = -stock, money - maker_fee
            taker_stock_fee, taker_money_fee, maker_stock_fee, maker_money_fee = taker_fee, 0, 0, maker_fee
        else:
            taker_stock, taker_money = -stock, money - taker_fee
            maker_stock, maker_money = stock - maker_fee, -money
            taker_stock_fee, taker_money_fee, maker_stock_fee, maker_money_fee = 0, taker_fee, maker_fee, 0
        if taker == maker:  # the row tells the balance after both sides; the taker's side comes first
            taker_stock_after -= maker_stock
            taker_money_after -= maker_money
        n = self.next_entry_id
        self.next_entry_id = n + 4
        self._trades += (
            (taker, stock_asset, TRADE, time_us, n, taker_stock, taker_stock_after,
             market_id, deal_id, taker_order, taker_stock_fee),
            (taker, money_asset, TRADE, time_us, n + 1, taker_money, taker_money_after,
             market_id, deal_id, taker_order, taker_money_fee),
            (maker, stock_asset, TRADE, time_us, n + 2, maker_stock, maker_stock_after,
             market_id, deal_id, maker_order, maker_stock_fee),
            (maker, money_asset, TRADE, time_us, n + 3, maker_money, maker_money_after,
             market_id, deal_id, maker_order, maker_money_fee),
        )  # fmt: skip

    def balance_updated(self, fact: BalanceUpdated, time_us: int) -> None:
        """Gather one balance update; a repeat moved nothing and leaves no row."""
        if fact.repeated:
            return
        n = self.next_entry_id
        self.next_entry_id = n + 1
        self._updates.append(
            (
                fact.user_id,
                fact.asset_id,
                fact.business,
                time_us,
                n,
                fact.change_units,
                fact.balance_units,
                fact.business_id,
                fact.detail,
            )
        )

    def write(self, connection: Connection) -> None:
        """Write what was gathered in the caller's transaction."""
        counts: dict[tuple[int | str, ...], int] = {}
        for change in (*self._trades, *self._updates):
            key = (*change[:3], int(change[3]) // US // HOUR_S * HOUR_S)
            counts[key] = counts.get(key, 0) + 1
        if self._trades:
            connection.exec_driver_sql(self._insert_trades, self._trades)
            self._trades.clear()
        if self._updates:
            connection.exec_driver_sql(self._insert_updates, self._updates)
            self._updates.clear()
        if counts:
            connection.exec_driver_sql(self._add_counts, [(*key, entries) for key, entries in counts.items()])
