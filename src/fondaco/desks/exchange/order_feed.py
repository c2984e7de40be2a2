"""Which markets are followed order by order, and the cadence of their pushes.

A market is followed from its first reader on, and for a while after the last one left, so that a client that lost its
connection can go on from the sequence it has. Changes are pushed every few milliseconds, joined but never conflated.

Cost: nothing for a market that nobody follows; otherwise a dictionary lookup and some 0.5 µs a row. The number of
markets followed at a time is bounded, since each has a mirror of its book and a ring of changes.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator

from fondaco.core.events import Row
from fondaco.desks.exchange.errors import Code, WireError
from fondaco.desks.exchange.fanout import Fanout
from fondaco.desks.exchange.order_stream import OrderReader, OrderStream
from fondaco.desks.exchange.outlet import Receiver
from fondaco.desks.exchange.source import Source


class OrderFeed:
    """The streams of orders. Belongs to one event loop."""

    def __init__(self, source: Source, fanout: Fanout, loop: asyncio.AbstractEventLoop) -> None:
        self._source = source
        self._fanout = fanout
        self._loop = loop
        self._streams: dict[int, OrderStream] = {}
        self._unread_since_s: dict[int, float] = {}
        self._timer: asyncio.TimerHandle | None = None
        self._is_under_way = False

    # ── rows ──────────────────────────────────────────────────────────────────────────────────────────────────────────

    @property
    def is_followed(self) -> bool:
        return bool(self._streams)

    def filled(self, market_id: int, row: Row) -> None:
        """A FILL row of a market."""
        stream = self._streams.get(market_id)
        if stream is not None:
            stream.filled(row)

    def changed(self, market_id: int, row: Row) -> None:
        """An ORDER row of a market."""
        stream = self._streams.get(market_id)
        if stream is not None:
            stream.changed(row)

    def end_of_batch(self) -> None:
        for stream in self._streams.values():
            stream.end_of_batch()

    # ── who follows ───────────────────────────────────────────────────────────────────────────────────────────────────

    def check_place(self, market_id: int) -> None:
        """Raises if as many markets are followed order by order as may be."""
        bound = self._source.limits.order_books_followed_max
        if market_id not in self._streams and len(self._streams) >= bound and not self._unread_since_s:
            sentence = f"{bound} markets are followed order by order already; follow its depth, or try later"
            raise WireError(Code.SUBSCRIPTION_LIMIT, sentence)

    def follow(self, receiver: Receiver, market_id: int, from_sequence: int | None) -> OrderReader:
        """Call ``check_place`` before."""
        limits = self._source.limits
        stream = self._streams.get(market_id)
        if stream is None:
            if len(self._streams) >= limits.order_books_followed_max:
                self._forget(next(iter(self._unread_since_s)))  # the one that nobody has read for longest
            stream = self._streams[market_id] = OrderStream(self._source, market_id, limits.order_changes_kept_max)
        self._unread_since_s.pop(market_id, None)
        if self._timer is None:
            self._timer = self._loop.call_later(limits.order_push_interval_ms / 1000, self._tick)
        return stream.join(receiver, from_sequence)

    def stop(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    # ── the tick ──────────────────────────────────────────────────────────────────────────────────────────────────────

    def _tick(self) -> None:
        limits, now_s = self._source.limits, self._loop.time()
        for market_id, stream in self._streams.items():
            if not stream.readers:
                self._unread_since_s.setdefault(market_id, now_s)
        for market_id, since_s in tuple(self._unread_since_s.items()):
            if now_s - since_s >= limits.order_book_kept_ms / 1000:
                self._forget(market_id)
        if not self._streams:
            self._timer = None
            return
        self._timer = self._loop.call_later(limits.order_push_interval_ms / 1000, self._tick)
        if not self._is_under_way and any(stream.has_work for stream in self._streams.values()):
            self._is_under_way = True
            self._fanout.add(self._round())

    def _round(self) -> Iterator[None]:
        try:
            for stream in tuple(self._streams.values()):
                if stream.has_work:
                    yield from stream.round()
        finally:
            self._is_under_way = False

    def _forget(self, market_id: int) -> None:
        del self._streams[market_id], self._unread_since_s[market_id]
