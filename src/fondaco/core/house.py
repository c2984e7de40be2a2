"""The house: ``apply`` is the system, and everything else here only asks it.

The same batches give the same rows and the same state, bit for bit, on any machine. There is no clock, no I/O and no
randomness: time comes with the batch. A refusal is a row; an exception means a broken invariant and ends the process.

Cost: hot commands run in ``matching.py`` without coming back here; a rare one costs a few microseconds. ``dump`` sorts
all accounts and is meant for a replica, not for the order path.
"""

from __future__ import annotations

import hashlib

from fondaco.core import commands
from fondaco.core.client_orders import ClientOrders
from fondaco.core.commands import Side
from fondaco.core.events import Applied, Fact, Row
from fondaco.core.instruments import Asset, Key, Market, User
from fondaco.core.layout import (
    M_LAST_DEAL,
    M_LAST_PRICE,
    O_ID,
    O_LEVEL,
    O_NEXT,
    O_PREV,
    O_USER_NEXT,
    O_USER_PREV,
    O_WALLETS,
)
from fondaco.core.ledger import CASH, ORDER_HOLD
from fondaco.core.matching import Matching
from fondaco.core.order_table import USER_ACTIVE, USER_DISABLED
from fondaco.core.rare_commands import carry_out, market_words
from fondaco.core.register import Register
from fondaco.core.rejects import Reject
from fondaco.core.rules import RULES_VERSION
from fondaco.core.state import DECODER, ENCODER, MarketState, State
from fondaco.core.units import UNITS_MAX

_LINKS = (O_PREV, O_NEXT, O_LEVEL, O_USER_PREV, O_USER_NEXT, O_WALLETS)


class House:
    """All state of the trading house, changed by ``apply`` alone."""

    def __init__(self) -> None:
        self._register = Register()
        self._client_orders = ClientOrders()
        self._matching = Matching(self._client_orders)

    # the one function

    def apply(self, batch: bytes | bytearray, time_us: int) -> Applied:
        """Apply a batch of records at a time not before the last one; answers what happened."""
        matching = self._matching
        if time_us < matching.time_us:
            raise ValueError(f"a batch at {time_us} µs after one at {matching.time_us} µs; time does not go back")
        first_seq = matching.seq
        self._client_orders.forget_due(time_us)
        facts: list[Fact] = []
        owned = batch if isinstance(batch, bytearray) else bytearray(batch)
        end = matching.begin(owned, time_us)
        at = 0
        while at < end:
            at = matching.run(at, end)
            if at < end:
                at += self._apply_rare(owned, at, facts)
        return Applied(first_seq, matching.seq - first_seq, time_us, matching.take_rows(), tuple(facts))

    def _apply_rare(self, batch: bytearray, at: int, facts: list[Fact]) -> int:
        record = commands.decode(batch, at * 8)
        if isinstance(record.command, commands.Place | commands.Cancel):
            raise AssertionError(f"a hot command at word {at} came to the rare path")
        size_words: int = self._matching.rare(at)
        if self._register.may_act(record.sender):
            outcome = carry_out(record.command, self._register, self._matching)
        else:
            outcome = (Reject.ACCOUNT_DISABLED, 0, record.sender.user_id)
        if isinstance(outcome, tuple):
            self._matching.answer_refusal(*outcome)
        else:
            facts.append(outcome)
            self._matching.answer_fact(len(facts) - 1, getattr(record.command, "user_id", 0))
        return size_words

    # what is so

    @property
    def next_seq(self) -> int:
        """The sequence that the next command will get."""
        return int(self._matching.seq)

    @property
    def time_us(self) -> int:
        """The time of the last batch."""
        return int(self._matching.time_us)

    @property
    def assets(self) -> dict[int, Asset]:
        return self._register.assets

    @property
    def markets(self) -> dict[int, Market]:
        return self._register.markets

    @property
    def users(self) -> dict[int, User]:
        return self._register.users

    @property
    def keys(self) -> dict[str, Key]:
        return self._register.keys

    @property
    def asset_ids(self) -> dict[str, int]:
        return self._register.asset_ids

    @property
    def market_ids(self) -> dict[str, int]:
        return self._register.market_ids

    @property
    def user_ids(self) -> dict[str, int]:
        return self._register.user_ids

    def balance(self, user_id: int, asset_id: int) -> tuple[int, int]:
        """(available, hold) in minor units."""
        ledger = self._matching.ledger
        return ledger.balance(user_id, asset_id, CASH), ledger.balance(user_id, asset_id, ORDER_HOLD)

    def is_balance_updated(self, user_id: int, asset_id: int, business: str, business_id: int) -> bool:
        """Whether a balance update of this business and id was ever done for the user."""
        return (user_id, asset_id, business, business_id) in self._register.balance_updates

    def order(self, order_id: int) -> Row | None:
        """An open order as an ORDER row, or ``None``."""
        handle = self._matching.table.find(order_id) if 0 < order_id < 1 << 63 else 0
        return self._matching.open_row(handle) if handle else None

    def client_order(self, user_id: int, client_order_id: str) -> int | None:
        """The id of the order that took a client order id: while it is open and 24 hours after."""
        entry = self._client_orders.find(user_id, client_order_id.encode("ascii"))
        return None if entry is None else entry.order_id

    def client_order_id(self, order_id: int) -> str | None:
        """The client order id an order was put with, while it is open and 24 hours after."""
        entry = self._client_orders.of_order(order_id)
        return None if entry is None else entry.client_order_id.decode("ascii")

    def open_orders(self, user_id: int, market_id: int | None = None) -> list[int]:
        """The ids of a user's open orders, newest first. O(their number)."""
        return self._matching.table.order_ids(user_id, market_id or 0)

    def open_pages(self, user_id: int, offset: int, limit: int) -> dict[int, tuple[int, list[int]]]:
        """By market id: how many orders a user has open there, and the ids from ``offset`` on, newest first.

        Markets without one are left out. O(the user's open orders), about 10 ns each.
        """
        return self._matching.table.pages(user_id, offset, limit)

    def depth(self, market_id: int, side: int, limit: int, interval_ticks: int = 0) -> list[tuple[int, int]]:
        """Up to ``limit`` (price_ticks, size_lots), best first; merged to the interval, asks up and bids down."""
        sides = self._matching.bids if side == Side.BID else self._matching.asks
        return sides[market_id].depth(limit, min(interval_ticks, UNITS_MAX))  # so that price + interval fits 64 bits

    def resting(self, market_id: int, side: int, price_ticks: int, after_order_id: int, limit: int) -> list[Row]:
        """Up to ``limit`` orders in the book as ORDER rows, as they would trade, from a price on (0: the best).

        ``after_order_id`` is one at that price which was read before, 0 for none. So a book is read page by page while
        it changes, each page in O(log levels + limit), about 1 µs an order.
        """
        book = (self._matching.bids if side == Side.BID else self._matching.asks)[market_id]
        after = self._matching.table.find(after_order_id) if after_order_id else 0
        return [self._matching.open_row(order) for order in book.page(price_ticks, after, limit)]

    def last_price_ticks(self, market_id: int) -> int:
        """The price of the last fill, 0 before the first."""
        return self._matching.market_words(market_id)[M_LAST_PRICE]

    def last_deal_id(self, market_id: int) -> int:
        """The id of the last fill, 0 before the first."""
        return self._matching.market_words(market_id)[M_LAST_DEAL]

    def imbalances(self) -> dict[int, int]:
        """The sum of all balances by asset id. Anything but zeros is a broken ledger."""
        return self._matching.ledger.sums()

    # the state as a value

    def dump(self) -> bytes:
        """The logical state, canonical: msgpack of ``state.State``."""
        register, matching = self._register, self._matching
        open_client_orders, ended_client_orders = self._client_orders.dump()
        return ENCODER.encode(
            State(
                rules_version=RULES_VERSION,
                next_seq=matching.seq,
                time_us=matching.time_us,
                next_order_id=matching.table.next_order_id,
                order_window=matching.table.window,
                assets=list(register.assets.values()),
                markets=[self._market_state(market) for market in register.markets.values()],
                users=list(register.users.values()),
                keys=list(register.keys.values()),
                accounts=matching.ledger.accounts(),
                balance_updates=list(register.balance_updates.values()),
                open_client_orders=open_client_orders,
                ended_client_orders=ended_client_orders,
            )
        )

    def _market_state(self, market: Market) -> MarketState:
        return MarketState(
            market,
            self.last_price_ticks(market.market_id),
            self.last_deal_id(market.market_id),
            [self._logical(order) for order in self._matching.asks[market.market_id].orders()],
            [self._logical(order) for order in self._matching.bids[market.market_id].orders()],
        )

    def _logical(self, order: int) -> list[int]:
        record: list[int] = self._matching.table.record(order)
        for link in _LINKS:
            record[link] = 0
        return record

    @staticmethod
    def load(dump: bytes) -> House:
        """The house that gave ``dump``. Raises ``ValueError`` for a state made under other rules."""
        state = DECODER.decode(dump)
        if state.rules_version != RULES_VERSION:
            raise ValueError(f"a state under rules version {state.rules_version}; this house has {RULES_VERSION}")
        house = House()
        register, matching = house._register, house._matching
        matching.restore(state.next_seq, state.time_us)
        matching.table.restore(state.next_order_id, state.order_window)
        for asset in state.assets:
            register.add_asset(asset)
        for user in state.users:
            register.add_user(user)
            matching.table.add_user(user.user_id, USER_DISABLED if user.disabled else USER_ACTIVE)
        for key in state.keys:
            register.add_key(key)
        for done in state.balance_updates:
            register.balance_updates[done.user_id, done.asset_id, done.business, done.business_id] = done
        matching.ledger.restore(state.accounts)
        for entry in state.markets:
            register.add_market(entry.market)
            matching.add_market(market_words(entry.market, entry.last_price_ticks, entry.last_deal_id))
        records = [record for entry in state.markets for side in (entry.asks, entry.bids) for record in side]
        by_id = sorted(records, key=lambda record: record[O_ID])
        handles = {record[O_ID]: matching.table.insert(record) for record in by_id}
        for record in records:
            matching.restore_order(handles[record[O_ID]])
        house._client_orders.restore(state.open_client_orders, state.ended_client_orders)
        return house

    def state_hash(self) -> str:
        """Hex of the state's hash: equal for equal histories."""
        return hashlib.blake2b(self.dump(), digest_size=32).hexdigest()
