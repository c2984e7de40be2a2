"""The core written down once more, slowly: what the clever one must do, row for row and balance for balance.

Everything is a dictionary or a list; books are sorted anew for every fill; a hold is not kept but added up from the
open orders; fees are exact fractions, rounded up once an order; client order ids are looked up with their due time;
what waits for a trigger or a deadline is found by looking at every order. Written from the documents (the design, the
docstrings of ``command_records.py``, ``events.py`` and ``rejects.py``), not from the compiled modules, none of which
it imports. This file keeps the state and answers what is so; beside it:

    reference_checks      what refuses a new order            reference_sessions   cancelling many, and deadlines
    reference_trading     place, cancel, fill, self-trade     reference_money      balances, rebates, withdrawals, busts
    reference_amend       amending                            reference_auction    phases, the opening price
    reference_triggers    what a price sets off               reference_rare       the rest of the rare commands

Known limits: no bounds of 64 bits (plain Python integers have none), so flows for it stay within them.
"""

from __future__ import annotations

from collections.abc import Sequence

from fondaco.core import commands as c
from fondaco.core import events as e
from fondaco.core.commands import Sender, Side
from fondaco.core.events import Row
from fondaco.core.instruments import Asset, Key, Market, User, UserFees, Withdrawal, WithdrawalState
from fondaco.core.state import BalanceUpdateDone
from tests.core import (
    reference_amend,
    reference_checks,
    reference_rare,
    reference_sessions,
    reference_trading,
    reference_triggers,
)
from tests.core.reference_order import Named, Order, Refused
from tests.core.reference_rows import tell_fact, tell_refusal

REMEMBERED_US = 24 * 60 * 60 * 1_000_000


class ReferenceHouse:
    def __init__(self) -> None:
        self.next_seq = 1
        self.time_us = 0
        self.next_order_id = 1
        self.window = 4096
        self.ranks = 0
        self.assets: dict[int, Asset] = {}
        self.markets: dict[int, Market] = {}
        self.users: dict[int, User] = {}
        self.keys: dict[str, Key] = {}
        self.user_fees: dict[tuple[int, int], UserFees] = {}
        self.totals: dict[tuple[int, int], int] = {}  # (user, asset) → available and holds together
        self.fee_income: dict[int, int] = {}
        self.rebates: dict[int, int] = {}
        self.floors: dict[int, int] = {}
        self.outside: dict[int, int] = {}
        self.balance_updates: dict[tuple[int, int, str, int], BalanceUpdateDone] = {}
        self.rebate_funds: dict[tuple[int, int], tuple[c.RebateFund, e.RebateFunded]] = {}
        self.withdrawals: dict[tuple[int, int, str, int], Withdrawal] = {}
        self.busts: dict[tuple[int, int], e.TradeBusted] = {}
        self.orders: dict[int, Order] = {}  # the open ones: in a book, or waiting
        self.named: dict[tuple[int, str], Named] = {}
        self.ended: list[Named] = []
        self.last_price: dict[int, int] = {}
        self.last_deal: dict[int, int] = {}
        self.dead_men: dict[int, int] = {}  # user → deadline
        self.sessions_on: dict[int, set[int]] = {}  # → the users it put orders for
        # of one command
        self.sender = 0
        self.session = 0
        self.rows: list[Row] = []
        self.facts: list[e.Fact] = []
        self.traded: list[tuple[int, int]] = []  # (market, price) of the fills that no trigger has been held to yet

    def apply(self, batch: Sequence[tuple[Sender, c.Command]], time_us: int) -> tuple[list[Row], list[e.Fact]]:
        """A batch as (sender, command), at a time; answers rows and facts."""
        self.time_us = time_us
        self.rows, self.facts = [], []
        self.sender = self.session = 0
        reference_sessions.meet_deadlines(self)
        for sender, command in batch:
            self.sender, self.session = sender.user_id, sender.session_id
            try:
                self._carry_out(command)
            except Refused as refusal:
                market_id = command.market_id if isinstance(command, c.HotCommand) else 0
                tell_refusal(self, market_id, refusal.reject, refusal.bound, refusal.value)
            reference_triggers.follow(self)
            self.next_seq += 1
        return self.rows, self.facts

    def _carry_out(self, command: c.Command) -> None:
        if isinstance(command, c.Place):
            reference_trading.place(self, command)
        elif isinstance(command, c.Cancel):
            reference_trading.cancel(self, command)
        elif isinstance(command, c.Amend):
            reference_amend.amend(self, command)
        else:
            fact = reference_rare.carry_out(self, command)
            tell_fact(self, fact, getattr(command, "user_id", 0))

    # what is so

    def order_hold(self, user_id: int, asset_id: int) -> int:
        mine = (order for order in self.orders.values() if order.user_id == user_id)
        return sum(order.held_units for order in mine if order.held_asset_id == asset_id)

    def withdrawal_hold(self, user_id: int, asset_id: int) -> int:
        return sum(
            withdrawal.units
            for withdrawal in self.withdrawals.values()
            if (withdrawal.user_id, withdrawal.asset_id) == (user_id, asset_id)
            if withdrawal.state == WithdrawalState.FROZEN
        )

    def balance(self, user_id: int, asset_id: int) -> tuple[int, int]:
        hold = self.order_hold(user_id, asset_id) + self.withdrawal_hold(user_id, asset_id)
        return self.totals.get((user_id, asset_id), 0) - hold, hold

    def available(self, user_id: int, asset_id: int) -> int:
        return self.balance(user_id, asset_id)[0]

    def totals_of(self, user_id: int, market: Market) -> tuple[int, int]:
        """All stock and money of a user."""
        stock, money = market.stock_asset_id, market.money_asset_id
        return self.totals.get((user_id, stock), 0), self.totals.get((user_id, money), 0)

    def pay(self, user_id: int, asset_id: int, units: int) -> None:
        self.totals[user_id, asset_id] = self.totals.get((user_id, asset_id), 0) + units

    def queue(self, market_id: int, side: int) -> list[Order]:
        """The orders of a side in the order they trade: best price first, first come first within a price."""
        there = (order for order in self.orders.values() if order.market.market_id == market_id)
        mine = [order for order in there if order.side == side and not order.is_waiting]
        sign = 1 if side == Side.ASK else -1
        return sorted(mine, key=lambda order: (sign * order.price, order.rank))

    def waiting(self, market_id: int) -> list[Order]:
        """What waits for its trigger, by order id."""
        there = (order for order in self.orders.values() if order.market.market_id == market_id)
        return sorted((order for order in there if order.is_waiting), key=lambda order: order.order_id)

    def newest_first(self, user_id: int) -> list[Order]:
        mine = (order for order in self.orders.values() if order.user_id == user_id)
        return sorted(mine, key=lambda order: -order.order_id)

    def depth(self, market_id: int, side: int, limit: int, interval_ticks: int = 0) -> list[tuple[int, int]]:
        merged: dict[int, int] = {}
        for order in self.queue(market_id, side):
            price = order.price
            if interval_ticks:
                price = price // interval_ticks * interval_ticks
                if side == Side.ASK and price < order.price:
                    price += interval_ticks
            merged[price] = merged.get(price, 0) + order.visible
        return list(merged.items())[:limit]

    def client_order(self, user_id: int, name: str) -> int | None:
        known = self.remembered(user_id, name)
        return None if known is None else known.order_id

    # names and ids

    def remembered(self, user_id: int, name: str) -> Named | None:
        known = self.named.get((user_id, name))
        if known is not None and known.forget_at_us is not None and known.forget_at_us <= self.time_us:
            return None
        return known

    def forget_later(self, known: Named) -> None:
        known.forget_at_us = self.time_us + REMEMBERED_US
        self.ended.append(known)

    def take_order_id(self) -> int:
        """The next id; one whose place in the window an open order still holds is skipped."""
        if len(self.orders) * 2 >= self.window:
            self.window *= 2
        held = {order_id % self.window for order_id in self.orders}
        while self.next_order_id % self.window in held:
            self.next_order_id += 1
        self.next_order_id += 1
        return self.next_order_id - 1

    def take_rank(self) -> int:
        self.ranks += 1
        return self.ranks

    def band(self, market: Market) -> tuple[int, int] | None:
        """The lowest and highest price that the market's band allows now, both included."""
        market = self.markets[market.market_id]
        middle = market.reference_price_ticks or self.last_price.get(market.market_id, 0)
        return reference_checks.band_around(middle, market.price_band_ppm)
