"""Candles, the state of 24 hours and that of the day, as the history tells them.

They are read from there at a calm cadence and for changed markets only, so the house keeps no second copy of them in
memory and they are the same before and after a restart. What did not change is not pushed again.

Source: exchange.md, Market Trend Push, The Push of Market Status, The Push of the Current Day's Market Status.
"""

from __future__ import annotations

import asyncio
from abc import abstractmethod
from typing import Final

from fondaco.desks.exchange.packed import Packed, push
from fondaco.desks.exchange.source import Source
from fondaco.desks.exchange.stream import Stream
from fondaco.desks.exchange.translate import candle, market_state, market_today
from fondaco.wire import exchange as wire

STATE_PERIOD_S: Final = 86_400
#: Candles looked at in one update: enough for the projector's longest delay at one-second candles.
_CANDLES_BACK: Final = 10


class HistoryStream(Stream):
    """A stream out of the history."""

    def __init__(self, source: Source, market_id: int) -> None:
        super().__init__(source, market_id)
        self._reading = asyncio.Lock()
        self._published: Packed | None = None

    def image(self) -> Packed | None:
        return self._published

    async def refresh(self) -> Packed | None:
        """Read, and say what is new since the last update, or None."""
        async with self._reading:
            return await self._refresh()

    @abstractmethod
    async def _refresh(self) -> Packed | None:
        """What is new; sets the image."""

    def _if_new(self, packed: Packed) -> Packed | None:
        if self._published is not None and self._published.payload == packed.payload:
            return None
        self._published = packed
        return packed


class KlineStream(HistoryStream):
    """The current candle of a market; where a new one began, also the end of the one before."""

    def __init__(self, source: Source, market_id: int, interval_s: int) -> None:
        super().__init__(source, market_id)
        self._interval_s = interval_s
        self._last: wire.Candle | None = None

    async def _refresh(self) -> Packed | None:
        now_s = self.source.now_s()
        start_s = now_s
        if self._last is not None:
            start_s = max(self._last[0], now_s - _CANDLES_BACK * self._interval_s)
        entries = await self.source.history.klines(self.market_id, start_s, now_s, self._interval_s, now_s)
        terms = self.source.catalogue.terms(self.market_id)
        rows = [candle(terms, entry) for entry in entries]
        if rows and rows[0] == self._last:
            del rows[0]
        if not rows:
            return None
        self._last = rows[-1]
        self._published = push("kline.update", rows[-1:])
        return self._published if len(rows) == 1 else push("kline.update", rows)


class StateStream(HistoryStream):
    """A market over the last 24 hours."""

    async def _refresh(self) -> Packed | None:
        state = await self.source.history.state(self.market_id, STATE_PERIOD_S, self.source.now_s())
        terms = self.source.catalogue.terms(self.market_id)
        return self._if_new(push("state.update", [terms.name, market_state(terms, STATE_PERIOD_S, state)]))


class TodayStream(HistoryStream):
    """A market over the calendar day."""

    async def _refresh(self) -> Packed | None:
        day = await self.source.history.today(self.market_id, self.source.now_s())
        terms = self.source.catalogue.terms(self.market_id)
        return self._if_new(push("today.update", [terms.name, market_today_push(market_today(terms, day))]))


def market_today_push(day: wire.MarketToday) -> wire.MarketTodayPush:
    return wire.MarketTodayPush(day.open, day.last, day.high, day.low, day.volume, day.deal)
