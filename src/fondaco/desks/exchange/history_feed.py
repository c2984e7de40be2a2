"""The cadence of candles, state and today: once a second for markets that changed, once a minute for quiet ones.

One task reads for all streams, one after the other, and hands what is new to the fan-out. Where the history is behind,
the round is tried again; nobody is told old news meanwhile.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from typing import Final

import structlog

from fondaco.desks.exchange.fanout import Fanout
from fondaco.desks.exchange.history_streams import HistoryStream, KlineStream, StateStream, TodayStream
from fondaco.desks.exchange.outlet import Receiver
from fondaco.desks.exchange.source import Source
from fondaco.desks.exchange.stream import Streams, Subscriber
from fondaco.projections.history import ServiceTimeout

_QUIET_INTERVAL_S: Final = 60.0

_log = structlog.get_logger("fondaco.exchange")


class HistoryFeed:
    """The streams out of the history. Belongs to one event loop."""

    def __init__(self, source: Source, fanout: Fanout, loop: asyncio.AbstractEventLoop) -> None:
        self._source = source
        self._fanout = fanout
        self._loop = loop
        self._interval_s = source.limits.history_push_interval_ms / 1000
        self._klines: Streams[tuple[int, int], KlineStream] = Streams()
        self._states: Streams[int, StateStream] = Streams()
        self._todays: Streams[int, TodayStream] = Streams()
        self._changed: set[int] = set()
        self._quiet_at_s = loop.time()
        self._is_running = False

    def changed(self, market_id: int) -> None:
        """The market saw a deal."""
        self._changed.add(market_id)

    @property
    def is_followed(self) -> bool:
        return bool(self._klines or self._states or self._todays)

    def follow_kline(self, receiver: Receiver, market_id: int, interval_s: int) -> Subscriber:
        stream = self._klines.open((market_id, interval_s), lambda: KlineStream(self._source, market_id, interval_s))
        return self._join(stream, receiver)

    def follow_state(self, receiver: Receiver, market_id: int) -> Subscriber:
        return self._join(self._states.open(market_id, lambda: StateStream(self._source, market_id)), receiver)

    def follow_today(self, receiver: Receiver, market_id: int) -> Subscriber:
        return self._join(self._todays.open(market_id, lambda: TodayStream(self._source, market_id)), receiver)

    async def begin(self, subscribers: Iterable[Subscriber]) -> None:
        """The first pushes: as the history is once it has reached the present."""
        for subscriber in subscribers:
            stream = subscriber.stream
            assert isinstance(stream, HistoryStream)

            async def read(stream: HistoryStream = stream) -> None:
                await self._source.history.wait_for(self._source.runtime.durable_seq)
                self._fanout.add(stream.deliver(await stream.refresh()))

            await self._source.until_read(read, subscriber)
            subscriber.begin(stream.image())

    def _join(self, stream: HistoryStream, receiver: Receiver) -> Subscriber:
        if not self._is_running:
            self._is_running = True
            self._source.start_task(self._run())
        return stream.join(receiver)

    async def _run(self) -> None:
        try:
            while self.is_followed:
                await asyncio.sleep(self._interval_s)
                await self._round()
        finally:
            self._is_running = False

    async def _round(self) -> None:
        now_s = self._loop.time()
        all_of_them = now_s - self._quiet_at_s >= _QUIET_INTERVAL_S
        changed, self._changed = self._changed, set()
        try:
            await self._source.history.wait_for(self._source.runtime.durable_seq)
            for streams in (self._klines, self._states, self._todays):
                for stream in streams:
                    if all_of_them or stream.market_id in changed:
                        self._fanout.add(stream.deliver(await stream.refresh()))
                    elif stream.lagging:
                        self._fanout.add(stream.deliver(None))
        except ServiceTimeout:
            self._changed |= changed
            return
        except Exception:
            _log.exception("a round of candles, state and today failed; it is tried again")
            self._changed |= changed
            return
        if all_of_them:
            self._quiet_at_s = now_s
