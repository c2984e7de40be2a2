"""The house: ``apply`` is the system, and everything else here only asks it.

The same batches give the same rows and the same state, bit for bit, on any machine. There is no clock, no I/O and no
randomness: time comes with the batch. A refusal is a row; an exception means a broken invariant and ends the process.

Cost: hot commands run in ``matching.py`` without coming back here; a rare one costs a few microseconds. ``dump`` sorts
all accounts and is meant for a replica, not for the order path.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from functools import partial

from fondaco.core import command_records, commands
from fondaco.core.applied import Applied
from fondaco.core.commands import Side
from fondaco.core.due_kind import DueKind
from fondaco.core.engine import Matching
from fondaco.core.events import ROW, Fact, Finish, MarketPhaseSet, Row
from fondaco.core.instruments import Asset, Key, Market, UserFees, Withdrawal
from fondaco.core.layout import M_LAST_DEAL, M_LAST_PRICE, O_EXTRA, O_ID, O_WALLETS, USER_ACTIVE, USER_DISABLED
from fondaco.core.naming_commands import market_words, put_user_fees
from fondaco.core.purposes import CASH, HOUSE_OWNER, ORDER_HOLD, REBATE, WITHDRAWAL_HOLD
from fondaco.core.rare_commands import carry_out
from fondaco.core.register import Register
from fondaco.core.rejects import Reject
from fondaco.core.rewards.rewards import Rewards
from fondaco.core.rules import RULES_VERSION
from fondaco.core.state import DECODER, ENCODER, MarketState, OrderState, State, StateWithRewards
from fondaco.core.units import UNITS_MAX
from fondaco.core.users import Users


class House:
    """All state of the trading house, changed by ``apply`` alone."""

    def __init__(self) -> None:
        self._register = Register()
        self._matching = Matching()
        self._client_orders = self._matching.floor.client_orders
        self._rewards = Rewards(self._register, self._matching.ledger, self._matching.floor.due)
        self._matching.serve(self._apply_rest, self._rewards.fees.referred, self._rewards.gather_fees)
        self.apply: Callable[[bytes | bytearray, int], Applied] = self._matching.apply
        """The one function: apply a batch of records at a time not before the last one; answers what happened.

        It is the compiled run itself, which comes back here for what is not hot."""

    def _apply_rest(self, batch: bytes | bytearray, time_us: int) -> Applied:
        """Go on with a batch in which something is due or a command is rare, from where the hot path stopped."""
        matching = self._matching
        at, end = matching.at, matching.end
        facts: list[Fact] = []
        if at == 0:
            self._drain(time_us, facts)
        while at < end:
            at = matching.run(at, end)
            if at < end:
                at += self._apply_rare(batch, at, facts)
        applied: Applied = matching.applied(tuple(facts))
        return applied

    def _drain(self, time_us: int, facts: list[Fact]) -> None:
        """Let happen what is due: orders expire, dead men cancel, rewards expire, fees become purchases."""
        matching, floor = self._matching, self._matching.floor
        is_of_rewards = False
        matching.nobody()
        while (due := floor.due.take(time_us)) is not None:
            kind, id_ = due
            if kind == DueKind.EXPIRY:
                floor.end(matching.table.find(id_), Finish.EXPIRED, 0)
            elif kind == DueKind.DEAD_MAN:
                floor.end_all(id_, 0, Finish.DEAD_MAN)
            else:
                is_of_rewards = True
                for fact in self._rewards.fall_due(kind, id_, time_us):
                    facts.append(fact)
                    matching.state_fact(len(facts) - 1)
        if is_of_rewards:
            self._rewards.set_deadlines()  # only now: what is left is for the next batch

    def _apply_rare(self, batch: bytes | bytearray, at: int, facts: list[Fact]) -> int:
        record = command_records.decode(batch, at * 8)
        if isinstance(record.command, commands.HotCommand):
            raise AssertionError(f"a hot command at word {at} came to the rare path")
        size_words: int = self._matching.rare(at)
        if self._register.may_send(record.command, record.sender):
            outcome = carry_out(record.command, self._register, self._matching, self._rewards)
        else:
            outcome = (Reject.ACCOUNT_DISABLED, 0, record.sender.user_id)
        if isinstance(outcome, tuple):
            self._matching.answer_refusal(*outcome)
        else:
            facts.append(outcome)
            self._matching.answer_fact(len(facts) - 1, getattr(record.command, "user_id", 0))
            if isinstance(outcome, MarketPhaseSet):
                self._matching.fire(outcome.market.market_id)
            self._matching.next_command()
        return size_words

    # what is so

    @property
    def next_seq(self) -> int:
        """The sequence that the next command will get."""
        return int(self._matching.rows.seq)

    @property
    def time_us(self) -> int:
        """The time of the last batch."""
        return int(self._matching.rows.time_us)

    @property
    def next_deadline_us(self) -> int:
        """When something falls due by time alone, 0 for never: a command at that time or later lets it happen."""
        return int(self._matching.floor.due.next_us())

    @property
    def assets(self) -> dict[int, Asset]:
        return self._register.assets

    @property
    def traded_assets(self) -> list[Asset]:
        """The assets of the exchange: all but those that belong to one rewards programme alone."""
        return [self._register.assets[asset_id] for asset_id in self._register.asset_ids.values()]

    @property
    def markets(self) -> dict[int, Market]:
        return self._register.markets

    @property
    def users(self) -> Users:
        return self._register.users

    @property
    def keys(self) -> dict[str, Key]:
        return self._register.keys

    def keys_of(self, user_id: int) -> list[Key]:
        """A user's keys, revoked ones too, oldest first. O(their number)."""
        return self._register.keys_of(user_id)

    @property
    def asset_ids(self) -> dict[str, int]:
        return self._register.asset_ids

    @property
    def market_ids(self) -> dict[str, int]:
        return self._register.market_ids

    @property
    def user_ids(self) -> Mapping[str, int]:
        return self._register.users.ids

    def balance(self, user_id: int, asset_id: int) -> tuple[int, int]:
        """(available, held for orders and withdrawals) in minor units."""
        ledger = self._matching.ledger
        held = ledger.balance(user_id, asset_id, ORDER_HOLD) + ledger.balance(user_id, asset_id, WITHDRAWAL_HOLD)
        return ledger.balance(user_id, asset_id, CASH), held

    def rebate_account(self, asset_id: int) -> tuple[int, int]:
        """(balance, floor) of the account that pays rebates, in minor units."""
        floors = self._matching.crossing.rebate_floors
        return self._matching.ledger.balance(HOUSE_OWNER, asset_id, REBATE), floors.get(asset_id, 0)

    def withdrawal(self, user_id: int, asset_id: int, business: str, business_id: int) -> Withdrawal | None:
        return self._register.withdrawals.get((user_id, asset_id, business, business_id))

    @property
    def withdrawal_count(self) -> int:
        """How many withdrawals were ever begun."""
        return len(self._register.withdrawal_names)

    def withdrawals(self, first: int, end: int) -> list[Withdrawal]:
        """Those begun as number ``first`` (from 0) up to ``end``, oldest first. O(their number)."""
        register = self._register
        return [register.withdrawals[name] for name in register.withdrawal_names[first:end]]

    def frozen_withdrawals(self) -> list[Withdrawal]:
        """Those that have not ended, oldest first. O(their number)."""
        register = self._register
        return [register.withdrawals[name] for name in register.frozen]

    def user_fees(self, user_id: int) -> list[UserFees]:
        """A user's own fee rates, the one for all markets (0) first."""
        own = self._matching.placing.user_fees.get(user_id, {})
        return [UserFees(user_id, market_id, *own[market_id]) for market_id in sorted(own)]

    def all_user_fees(self) -> list[UserFees]:
        """Every user's own fee rates, by user and market. O(their number)."""
        return [fees for user_id in sorted(self._matching.placing.user_fees) for fees in self.user_fees(user_id)]

    def dead_man_us(self, user_id: int) -> int:
        """When a user's orders will be cancelled unless he calls again, 0 for never."""
        return self._matching.floor.due.at(DueKind.DEAD_MAN, user_id)

    def cancels_on_disconnect(self, session_id: int) -> bool:
        """Whether the orders that a session puts are cancelled when it ends."""
        return session_id in self._matching.placing.sessions

    def is_balance_updated(self, user_id: int, asset_id: int, business: str, business_id: int) -> bool:
        """Whether a balance update of this business and id was ever done for the user."""
        return self._register.balance_updates.find(user_id, asset_id, business, business_id) is not None

    def order(self, order_id: int) -> Row | None:
        """An open order as an ORDER row, or ``None``."""
        handle = self._matching.table.find(order_id) if 0 < order_id < 1 << 63 else 0
        return self._matching.floor.open_row(handle) if handle else None

    def order_options(self, order_id: int) -> Row | None:
        """The OPTIONS row of an open order that has options, or ``None``."""
        handle = self._matching.table.find(order_id) if 0 < order_id < 1 << 63 else 0
        return self._matching.rows.options_row(handle) if handle else None

    def client_order(self, user_id: int, client_order_id: str) -> int | None:
        """The id of the order that took a client order id: while it is open and 24 hours after."""
        entry = self._client_orders.find(user_id, client_order_id.encode("ascii"))
        return self._client_orders.order_id(entry) if entry else None

    def client_order_row(self, user_id: int, client_order_id: str) -> Row | None:
        """The ORDER row that first answered the order which took a client order id, as long as that is known."""
        entry = self._client_orders.find(user_id, client_order_id.encode("ascii"))
        return ROW.unpack(self._client_orders.answer(entry)[-ROW.size :]) if entry else None

    def client_order_id(self, order_id: int) -> str | None:
        """The client order id an order was put with, while it is open and 24 hours after."""
        entry = self._client_orders.of_order(order_id) if 0 < order_id < 1 << 63 else 0
        return self._client_orders.name(entry).decode("ascii") if entry else None

    def open_orders(self, user_id: int, market_id: int | None = None) -> list[int]:
        """The ids of a user's open orders, newest first. O(their number)."""
        return self._matching.table.order_ids(user_id, market_id or 0)

    def open_pages(self, user_id: int, offset: int, limit: int) -> dict[int, tuple[int, list[int]]]:
        """By market id: how many orders a user has open there, and the ids from ``offset`` on, newest first.

        Markets without one are left out. O(the user's open orders), about 10 ns each.
        """
        return self._matching.table.pages(user_id, offset, limit)

    def open_page(self, user_id: int, market_id: int, offset: int, limit: int) -> tuple[int, list[int]]:
        """How many orders a user has open on a market (0: on all), and one page of ids. Cost as ``open_pages``."""
        return self._matching.table.page(user_id, market_id, offset, limit)

    def depth(self, market_id: int, side: int, limit: int, interval_ticks: int = 0) -> list[tuple[int, int]]:
        """Up to ``limit`` (price_ticks, size_lots), best first; merged to the interval, asks up and bids down."""
        return self._matching.floor.walks.depth(_book_side(market_id, side), limit, min(interval_ticks, UNITS_MAX))

    def resting(self, market_id: int, side: int, price_ticks: int, after_order_id: int, limit: int) -> list[Row]:
        """Up to ``limit`` orders in the book as ORDER rows, as they would trade, from a price on (0: the best).

        ``after_order_id`` is one at that price which was read before, 0 for none. So a book is read page by page while
        it changes, each page in O(log levels + limit), about 1 µs an order.
        """
        floor = self._matching.floor
        after = self._matching.table.find(after_order_id) if after_order_id else 0
        orders = floor.walks.page(_book_side(market_id, side), price_ticks, after, limit)
        return [floor.open_row(order) for order in orders]

    def last_price_ticks(self, market_id: int) -> int:
        """The price of the last fill, 0 before the first."""
        return self._matching.floor.market_words(market_id)[M_LAST_PRICE]

    def last_deal_id(self, market_id: int) -> int:
        """The id of the last fill, 0 before the first."""
        return self._matching.floor.market_words(market_id)[M_LAST_DEAL]

    @property
    def rewards(self) -> Rewards:
        """The rewards desk's state, to be read."""
        return self._rewards

    def imbalances(self) -> dict[int, int]:
        """The sum of all balances by asset id. Anything but zeros is a broken ledger."""
        return self._matching.ledger.sums()

    # the state as a value

    def dump(self) -> bytes:
        """The logical state, canonical: msgpack of ``state.State``."""
        register, matching = self._register, self._matching
        open_client_orders, ended_client_orders = self._client_orders.dump()
        rewards = self._rewards.dump()
        state = State if rewards is None else partial(StateWithRewards, rewards=rewards)
        return ENCODER.encode(
            state(
                rules_version=RULES_VERSION,
                next_seq=matching.rows.seq,
                time_us=matching.rows.time_us,
                next_order_id=matching.table.next_order_id,
                order_window=matching.table.window,
                assets=list(register.assets.values()),
                markets=[self._market_state(market) for market in register.markets.values()],
                users=list(register.users.values()),
                keys=list(register.keys.values()),
                accounts=matching.ledger.accounts(),
                balance_updates=register.balance_updates.dump(),
                open_client_orders=open_client_orders,
                ended_client_orders=ended_client_orders,
                user_fees=self.all_user_fees(),
                rebate_floors=sorted(matching.crossing.rebate_floors.items()),
                rebate_funds=list(register.rebate_funds.values()),
                withdrawals=list(register.withdrawals.values()),
                busts=list(register.busts.values()),
                dead_men=list(matching.floor.due.of(DueKind.DEAD_MAN)),
                sessions=[
                    (session_id, sorted(users)) for session_id, users in sorted(matching.placing.sessions.items())
                ],
            )
        )

    def _market_state(self, market: Market) -> MarketState:
        market_id, floor = market.market_id, self._matching.floor
        waiting = [
            self._logical(order) for side in (0, 1) for order in floor.waiting_walks.orders(market_id * 2 + side)
        ]
        return MarketState(
            market,
            self.last_price_ticks(market_id),
            self.last_deal_id(market_id),
            [self._logical(order) for order in floor.walks.orders(_book_side(market_id, Side.ASK))],
            [self._logical(order) for order in floor.walks.orders(_book_side(market_id, Side.BID))],
            sorted(waiting, key=_id_of),
        )

    def _logical(self, order: int) -> OrderState:
        record: list[int] = self._matching.table.record(order)
        record[O_WALLETS] = 0
        record[O_EXTRA] &= 0xFFFF_FFFF
        return OrderState(record, self._matching.table.options_of(order))

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
        register.balance_updates.restore(state.balance_updates)
        matching.ledger.restore(state.accounts)
        for entry in state.markets:
            register.add_market(entry.market)
            matching.floor.add_market(market_words(entry.market, entry.last_price_ticks, entry.last_deal_id))
        house._load_orders(state)
        for fees in state.user_fees:
            put_user_fees(fees, matching)
        matching.crossing.rebate_floors.update(state.rebate_floors)
        for fund in state.rebate_funds:
            register.rebate_funds[fund.asset_id, fund.business_id] = fund
        for withdrawal in state.withdrawals:
            register.put_withdrawal(withdrawal)
        for bust in state.busts:
            register.busts[bust.market_id, bust.deal_id] = bust
        for user_id, deadline_us in state.dead_men:
            matching.floor.due.set(DueKind.DEAD_MAN, user_id, deadline_us)
        for session_id, user_ids in state.sessions:
            matching.placing.sessions[session_id] = dict.fromkeys(user_ids)
        house._client_orders.restore(state.open_client_orders, state.ended_client_orders)
        if state.rewards is not None:
            house._rewards.restore(state.rewards)
        return house

    def _load_orders(self, state: State) -> None:
        table, floor = self._matching.table, self._matching.floor
        placed = [
            (order, is_waiting)
            for entry in state.markets
            for orders, is_waiting in ((entry.asks, False), (entry.bids, False), (entry.waiting, True))
            for order in orders
        ]
        by_id = sorted((order for order, _ in placed), key=_id_of)
        handles = {_id_of(order): table.insert(order.record, order.options) for order in by_id}
        for order, is_waiting in placed:
            floor.restore_order(handles[_id_of(order)], is_waiting)

    def state_hash(self) -> str:
        """Hex of the state's hash: equal for equal histories."""
        return hashlib.blake2b(self.dump(), digest_size=32).hexdigest()


def _book_side(market_id: int, side: int) -> int:
    return market_id * 2 + (1 if side == Side.BID else 0)


def _id_of(order: OrderState) -> int:
    return order.record[O_ID]
