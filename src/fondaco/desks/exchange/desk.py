"""The exchange desk: opens sessions, answers HTTP, and listens to every applied batch.

    batch applied ─▶ answers to their waiters (the runtime) ─▶ ``applied``: private pushes at once, markets marked as
    changed ─▶ the feeds at their cadence

Cost of ``applied``: nothing while nobody follows anything, otherwise about 0.2 µs a row plus what is pushed.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Sequence

from fondaco.core.applied import Applied
from fondaco.core.events import (
    ROW,
    BalanceUpdated,
    EventKind,
    Fact,
    KeyRevoked,
    TradeBusted,
    WithdrawalChanged,
    has_options,
    market_id_of,
)
from fondaco.core.rewards.facts import RewardsApplied
from fondaco.desks.common.auth import NotBelieved
from fondaco.desks.common.desk import Identity, Opening
from fondaco.desks.exchange.dialect import PATHS, choose_subprotocol
from fondaco.desks.exchange.errors import Code, WireError
from fondaco.desks.exchange.fanout import Fanout
from fondaco.desks.exchange.feed import MarketFeed
from fondaco.desks.exchange.floor import Floor, Logins, Runtime, Secrets
from fondaco.desks.exchange.history_feed import HistoryFeed
from fondaco.desks.exchange.http_call import HttpCall
from fondaco.desks.exchange.methods import METHODS
from fondaco.desks.exchange.order_feed import OrderFeed
from fondaco.desks.exchange.outlet import Outlet
from fondaco.desks.exchange.private_feed import PrivateFeed
from fondaco.desks.exchange.session import Session
from fondaco.desks.exchange.system_methods import auth_error
from fondaco.projections.history import History
from fondaco.runtime.limits import Limits
from fondaco.wire import exchange as wire

_ORDER = EventKind.ORDER
_OPTIONS = EventKind.OPTIONS
_FILL = EventKind.FILL
_FACT = EventKind.FACT
_SHOWN_LENGTH_MAX = 100


def wall_clock_us() -> int:
    return time.time_ns() // 1_000


class ExchangeDesk:
    """One per process, made in its event loop. A ``SocketDesk``, an ``HttpDesk`` and a listener of the runtime."""

    paths: tuple[str, ...] = PATHS

    def __init__(
        self,
        runtime: Runtime,
        history: History,
        logins: Logins,
        secrets: Secrets,
        limits: Limits,
        now_us: Callable[[], int] = wall_clock_us,
    ) -> None:
        loop = asyncio.get_running_loop()
        self.floor = Floor(runtime, history, logins, secrets, limits, METHODS, now_us)
        fanout = Fanout(loop)
        self.floor.market_feed = self._market_feed = MarketFeed(self.floor, fanout, loop)
        self.floor.history_feed = self._history_feed = HistoryFeed(self.floor, fanout, loop)
        self.floor.order_feed = self._order_feed = OrderFeed(self.floor, fanout, loop)
        self.floor.private_feed = self._private_feed = PrivateFeed(self.floor)

    def choose_subprotocol(self, offered: Sequence[str]) -> str:
        return choose_subprotocol(offered)

    def open(self, opening: Opening, connection: Outlet) -> Session:
        """A session for a new connection."""
        return Session(self.floor, opening, connection)

    async def http_request(self, method: str, body: bytes, identity: Identity | None, address: str) -> bytes:
        """The envelope that answers ``POST /exchange/<method>``."""
        call = HttpCall(self.floor, identity, address)
        call.call(method, body)
        return await call.answer

    def http_refusal(self, refusal: NotBelieved) -> bytes:
        """The envelope of a 401 or 429."""
        return _envelope(auth_error(refusal))

    def http_astray(self, verb: str, path: str) -> bytes:
        """The envelope of a 404 or 405."""
        sentence = (
            f"nothing answers {verb[:_SHOWN_LENGTH_MAX]} {path[:_SHOWN_LENGTH_MAX]!r}; a method is called by "
            'POST /exchange/<method> with a body like {"params": [], "id": 1}, whichever the dialect'
        )
        return _envelope(WireError(Code.METHOD_NOT_FOUND, sentence))

    async def stop(self) -> None:
        """End the ticks and whatever is under way."""
        self._market_feed.stop()
        self._order_feed.stop()
        await self.floor.stop()

    # ── a listener of the runtime ─────────────────────────────────────────────────────────────────────────────────────

    def applied(self, applied: Applied) -> None:
        """One batch, after its answers: private pushes leave now, markets are marked for the next tick."""
        for fact in applied.facts:
            self._fact(fact)
        market_feed, history_feed, private_feed = self._market_feed, self._history_feed, self._private_feed
        order_feed = self._order_feed
        is_private, is_by_order = private_feed.is_followed, order_feed.is_followed
        if not (is_private or is_by_order or market_feed.is_followed or history_feed.is_followed):
            return
        options = None
        for row in ROW.iter_unpack(applied.rows):
            kind = row[0] & 0xFF
            if kind == _ORDER:
                market_id = market_id_of(row)
                market_feed.changed(market_id)
                if is_by_order:
                    order_feed.changed(market_id, row)
                if is_private:
                    private_feed.order(row, options if has_options(row) else None)
            elif kind == _OPTIONS:
                options = row
            elif kind == _FILL:
                market_id = market_id_of(row)
                market_feed.filled(market_id, row)
                history_feed.changed(market_id)
                if is_by_order:
                    order_feed.filled(market_id, row)
                if is_private:
                    private_feed.fill(row)
        private_feed.end_of_batch()
        order_feed.end_of_batch()

    def flush(self) -> None:
        """Nothing is kept back here: the connections' flusher listens to the runtime by itself."""

    def _fact(self, fact: Fact) -> None:
        if isinstance(fact, BalanceUpdated):
            if not fact.repeated:
                self._private_feed.balance_changed(fact.user_id, fact.asset_id)
        elif isinstance(fact, WithdrawalChanged):
            if not fact.repeated:
                self._private_feed.balance_changed(fact.withdrawal.user_id, fact.withdrawal.asset_id)
        elif isinstance(fact, TradeBusted):
            if not fact.repeated:
                self._private_feed.trade_busted(fact)
        elif isinstance(fact, RewardsApplied):
            for rebate in fact.rebates:
                self._private_feed.balance_changed(rebate.user_id, rebate.asset_id)
        elif isinstance(fact, KeyRevoked):
            for session in list(self.floor.sessions):
                if session.identity is not None and session.identity.api_key == fact.key.api_key:
                    session.logout()


def _envelope(error: WireError) -> bytes:
    body: bytes = wire.ENCODER.encode(wire.Reply(wire.ErrorBody(error.code, error.message), None, None))
    return body
