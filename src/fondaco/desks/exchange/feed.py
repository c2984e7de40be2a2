"""The cadence of live market data: who follows price, phase, deals and depth, and when their changes are said.

Rows of a batch only mark their market as changed (and put fills on its tape). At each tick, ten a second by default,
the streams of changed markets say what is new. If the slices of the last tick are not done by then, the tick is left
out: a busy house conflates more, it never queues. Without a subscriber there is no tick.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Iterator

from fondaco.core.events import Row
from fondaco.desks.exchange.depth_stream import DepthStream
from fondaco.desks.exchange.fanout import Fanout
from fondaco.desks.exchange.outlet import Receiver
from fondaco.desks.exchange.source import Source
from fondaco.desks.exchange.stream import Streams, Subscriber
from fondaco.desks.exchange.streams import DealsStream, LiveStream, PhaseStream, PriceStream


class MarketFeed:
    """The live streams. Belongs to one event loop."""

    def __init__(self, source: Source, fanout: Fanout, loop: asyncio.AbstractEventLoop) -> None:
        self._source = source
        self._fanout = fanout
        self._loop = loop
        self._interval_s = source.limits.market_push_interval_ms / 1000
        self._prices: Streams[int, PriceStream] = Streams()
        self._phases: Streams[int, PhaseStream] = Streams()
        self._depths: Streams[tuple[int, int, int], DepthStream] = Streams()
        self._deals: Streams[int, DealsStream] = Streams()
        self._changed: set[int] = set()
        self._timer: asyncio.TimerHandle | None = None
        self._is_under_way = False

    def changed(self, market_id: int) -> None:
        """The book of this market changed, or it saw a deal."""
        self._changed.add(market_id)

    def filled(self, market_id: int, row: Row) -> None:
        """A FILL row of a market."""
        stream = self._deals.get(market_id)
        if stream is not None:
            stream.filled(row)

    @property
    def is_followed(self) -> bool:
        return bool(self._prices or self._phases or self._depths or self._deals)

    # ── who follows ───────────────────────────────────────────────────────────────────────────────────────────────────

    def follow_price(self, receiver: Receiver, market_id: int) -> Subscriber:
        return self._join(self._prices.open(market_id, lambda: PriceStream(self._source, market_id)), receiver)

    def follow_phase(self, receiver: Receiver, market_id: int) -> Subscriber:
        return self._join(self._phases.open(market_id, lambda: PhaseStream(self._source, market_id)), receiver)

    def follow_depth(
        self, receiver: Receiver, market_id: int, limit: int, interval_ticks: int, extras: int = 0
    ) -> Subscriber:
        """``extras``: what the depth stream can tell besides."""
        now_s = self._loop.time()
        stream = self._depths.open(
            (market_id, limit, interval_ticks),
            lambda: DepthStream(self._source, market_id, limit, interval_ticks, now_s),
        )
        return self._join(stream, receiver, extras)

    def follow_deals(self, receiver: Receiver, market_id: int) -> Subscriber:
        return self._join(self._deals.open(market_id, lambda: DealsStream(self._source, market_id)), receiver)

    def begin(self, subscribers: Iterable[Subscriber]) -> None:
        """The first pushes of what the house knows by itself."""
        for subscriber in subscribers:
            subscriber.begin(subscriber.stream.image())

    async def begin_deals(self, subscribers: Iterable[Subscriber]) -> None:
        """The first pushes of deals, whose beginning lies in the history."""
        for subscriber in subscribers:
            stream = subscriber.stream
            assert isinstance(stream, DealsStream)
            await self._source.until_read(stream.prepare, subscriber)
            subscriber.begin(stream.image())

    def stop(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _join(self, stream: LiveStream, receiver: Receiver, extras: int = 0) -> Subscriber:
        if self._timer is None:
            self._timer = self._loop.call_later(self._interval_s, self._tick)
        return stream.join(receiver, extras)

    # ── the tick ──────────────────────────────────────────────────────────────────────────────────────────────────────

    def _tick(self) -> None:
        if not self.is_followed:
            self._timer = None
            self._changed.clear()
            return
        self._timer = self._loop.call_later(self._interval_s, self._tick)
        if not self._is_under_way:
            self._is_under_way = True
            changed, self._changed = self._changed, set()
            self._fanout.add(self._round(changed, self._loop.time()))

    def _round(self, changed: set[int], now_s: float) -> Iterator[None]:
        try:
            yield from self._updates(changed, now_s)
        finally:
            self._is_under_way = False

    def _updates(self, changed: set[int], now_s: float) -> Iterator[None]:
        for streams in (self._phases, self._prices, self._deals, self._depths):
            for stream in streams:
                if stream.market_id in changed or stream.is_due(now_s):
                    yield from stream.deliver(stream.update(now_s))
                    while stream.is_due(now_s):
                        yield
                        yield from stream.deliver(stream.update(now_s))
                elif stream.lagging:
                    yield from stream.deliver(None)
                yield
