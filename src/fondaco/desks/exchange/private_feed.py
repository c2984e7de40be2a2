"""What a user's own orders and balances do, pushed at once and never conflated.

After each batch, when its answers have been given, every ORDER row goes to the sessions of its user that follow the
market, and every (user, asset) that the batch touched and changed gets one push with its balance now.

Cost: one dictionary lookup a row for users whom nobody follows; for the others a record and its encoding, made once
for all of the user's sessions.
Source: exchange.md, The Push on Changes of User's Order, Push of Changes on User Asset.
"""

from __future__ import annotations

from typing import Final, Protocol

import msgspec

from fondaco.core.commands import Side
from fondaco.core.events import Row, TradeBusted, cause_of, market_id_of, side_of
from fondaco.desks.exchange.dialect import Dialect
from fondaco.desks.exchange.source import Source
from fondaco.desks.exchange.trade_busts import busted_trade
from fondaco.desks.exchange.translate import balance
from fondaco.wire import exchange as wire

_encode: Final = wire.ENCODER.encode


class Listener(Protocol):
    """A session that speaks for a user."""

    @property
    def dialect(self) -> Dialect: ...
    def user_id(self) -> int: ...
    def send(self, payload: bytes) -> None: ...


#: By user.
Followers = dict[int, list["Follower"]]


class Follower:
    """A session that follows its user's orders or balances; ``ids`` are the markets or assets, None for all.

    ``push_id`` is the id its pushes carry: that of the subscribe in the document's dialect, null in the live one.
    """

    __slots__ = ("_followers", "ids", "listener", "push_id", "user_id")

    def __init__(
        self, followers: Followers, listener: Listener, ids: frozenset[int] | None, request_id: int | None
    ) -> None:
        self._followers = followers
        self.listener = listener
        self.user_id = listener.user_id()
        self.ids = ids
        self.push_id = None if listener.dialect.live_form else request_id
        followers.setdefault(self.user_id, []).append(self)

    def follows(self, id_: int) -> bool:
        return self.ids is None or id_ in self.ids

    def leave(self) -> None:
        of_user = self._followers[self.user_id]
        of_user.remove(self)
        if not of_user:
            del self._followers[self.user_id]


class PrivateFeed:
    """Who follows which user's orders and balances."""

    def __init__(self, source: Source) -> None:
        self._source = source
        self.of_orders: Followers = {}
        self.of_assets: Followers = {}
        self._touched: dict[tuple[int, int], None] = {}
        self._told: dict[int, dict[int, tuple[int, int]]] = {}

    @property
    def is_followed(self) -> bool:
        return bool(self.of_orders or self.of_assets)

    def follow_orders(self, listener: Listener, ids: frozenset[int] | None, request_id: int | None) -> Follower:
        return Follower(self.of_orders, listener, ids, request_id)

    def follow_assets(self, listener: Listener, ids: frozenset[int] | None, request_id: int | None) -> Follower:
        follower = Follower(self.of_assets, listener, ids, request_id)
        house = self._source.house
        for user_id in self._told.keys() - self.of_assets.keys():
            del self._told[user_id]
        told = self._told.setdefault(follower.user_id, {})
        for asset_id in house.assets if ids is None else ids:
            told[asset_id] = house.balance(follower.user_id, asset_id)
        return follower

    # ── rows of a batch ───────────────────────────────────────────────────────────────────────────────────────────────

    def order(self, row: Row, options: Row | None) -> None:
        """An ORDER row with its OPTIONS row: its user's sessions are told; what the order gives is touched."""
        user_id, market_id = row[3], market_id_of(row)
        followers = self.of_orders.get(user_id)
        if followers is not None:
            self._push_order(row, options, market_id, followers)
        if user_id in self.of_assets:
            market = self._source.house.markets[market_id]
            asset_id = market.money_asset_id if side_of(row) == Side.BID else market.stock_asset_id
            self._touched[user_id, asset_id] = None

    def fill(self, row: Row) -> None:
        """A FILL row: both assets of both users are touched."""
        for user_id in (row[8] & 0xFFFF_FFFF, row[8] >> 32):
            if user_id in self.of_assets:
                market = self._source.house.markets[market_id_of(row)]
                self._touched[user_id, market.stock_asset_id] = None
                self._touched[user_id, market.money_asset_id] = None

    def balance_changed(self, user_id: int, asset_id: int) -> None:
        """Money came in or went out."""
        if user_id in self.of_assets:
            self._touched[user_id, asset_id] = None

    def end_of_batch(self) -> None:
        """One push for each balance that the batch changed."""
        if not self._touched:
            return
        touched, self._touched = self._touched, {}
        house = self._source.house
        for user_id, asset_id in touched:
            now = house.balance(user_id, asset_id)
            told = self._told[user_id]
            if told.get(asset_id) == now:
                continue
            told[asset_id] = now
            asset = house.assets[asset_id]
            params = {asset.name: balance(asset, *now)}
            for follower in self.of_assets[user_id]:
                if follower.follows(asset_id):
                    shown = [params] if follower.listener.dialect.live_form else params
                    follower.listener.send(_encode(wire.Push("asset.update", shown, follower.push_id)))

    def trade_busted(self, fact: TradeBusted) -> None:
        """A deal was taken back: both sides are told with the orders they follow, and their balances are touched."""
        terms = self._source.catalogue.terms(fact.market_id)
        for user_id, is_taker in ((fact.taker_user_id, True), (fact.maker_user_id, False)):
            for asset_id in (terms.stock.asset_id, terms.money.asset_id):
                self.balance_changed(user_id, asset_id)
            for follower in self.of_orders.get(user_id, ()):
                if follower.follows(fact.market_id):
                    params = [busted_trade(terms, fact, is_taker=is_taker)]
                    follower.listener.send(_encode(wire.Push("trade.busted", params, follower.push_id)))

    def _push_order(self, row: Row, options: Row | None, market_id: int, followers: list[Follower]) -> None:
        params: msgspec.Raw | None = None
        for follower in followers:
            if not follower.follows(market_id):
                continue
            if params is None:
                record = self._source.catalogue.record(row, options, pushed=True)
                params = msgspec.Raw(_encode([cause_of(row), record]))
            follower.listener.send(_encode(wire.Push("order.update", params, follower.push_id)))
