"""Market data as the house is now: the streams of price, deals and depth.

Each says, when asked, what is new since its last update, once for all its subscribers.

Depth is published as differences of images: changed levels with their new totals, ``"0"`` for gone ones. A newcomer
gets the image that was last *published*, so that the next difference continues it; a whole image goes to everybody at
least every 60 seconds. Deals are conflated but never left out: an update holds all since the last, newest first.

A tick asks each stream of a changed market for an update, and again while it says that more is due.

Known limit: a subscriber too slow for its deals gets the last 100 when it has room again; ``deals.query`` has the rest.
Cost: an update of a merged depth of 100 levels is about 50 µs, the others are less.
Source: exchange.md, Subscribe/Unsubscribe Interface; exchange.notes.md, Depth and Deals.
"""

from __future__ import annotations

from abc import abstractmethod
from collections import deque
from typing import Final

from fondaco.core.commands import Side
from fondaco.core.events import Row
from fondaco.desks.exchange.packed import Packed, push
from fondaco.desks.exchange.source import Source
from fondaco.desks.exchange.stream import Stream
from fondaco.desks.exchange.translate import deal_of_fill, deal_of_history, levels
from fondaco.wire import exchange as wire

FULL_DEPTH_INTERVAL_S: Final = 60.0
FIRST_DEALS: Final = 100
#: More deals than this since the last tick are told in several pushes, so that none takes long to make.
DEALS_IN_PUSH_MAX: Final = 100


class LiveStream(Stream):
    """A stream out of the house itself."""

    def is_due(self, now_s: float) -> bool:
        """Whether something is to be said though nothing changed."""
        return False

    @abstractmethod
    def update(self, now_s: float) -> Packed | None:
        """What is new since the last update, or None."""


class PriceStream(LiveStream):
    """The price of the last deal."""

    def __init__(self, source: Source, market_id: int) -> None:
        super().__init__(source, market_id)
        self._published_ticks = source.house.last_price_ticks(market_id)

    def update(self, now_s: float) -> Packed | None:
        last_ticks = self.source.house.last_price_ticks(self.market_id)
        if last_ticks == self._published_ticks:
            return None
        self._published_ticks = last_ticks
        return self.image()

    def image(self) -> Packed:
        terms = self.source.catalogue.terms(self.market_id)
        return push("price.update", [terms.name, terms.price(self._published_ticks)])


class DepthStream(LiveStream):
    """The book of a market: ``limit`` levels a side, merged to ``interval_ticks`` (0: not merged)."""

    def __init__(self, source: Source, market_id: int, limit: int, interval_ticks: int, now_s: float) -> None:
        super().__init__(source, market_id)
        self._limit = limit
        self._interval_ticks = interval_ticks
        self._asks: dict[int, int] = {}
        self._bids: dict[int, int] = {}
        self._read()
        self._full_at_s = now_s

    def is_due(self, now_s: float) -> bool:
        return now_s - self._full_at_s >= FULL_DEPTH_INTERVAL_S

    def update(self, now_s: float) -> Packed | None:
        old_asks, old_bids = self._asks, self._bids
        self._read()
        if self.is_due(now_s):
            self._full_at_s = now_s
            return self.image()
        asks = sorted(_changed(old_asks, self._asks))
        bids = sorted(_changed(old_bids, self._bids), reverse=True)
        return self._push(asks, bids, is_whole=False) if asks or bids else None

    def image(self) -> Packed:
        return self._push(list(self._asks.items()), list(self._bids.items()), is_whole=True)

    def _read(self) -> None:
        depth = self.source.house.depth
        self._asks = dict(depth(self.market_id, Side.ASK, self._limit, self._interval_ticks))
        self._bids = dict(depth(self.market_id, Side.BID, self._limit, self._interval_ticks))

    def _push(self, asks: list[tuple[int, int]], bids: list[tuple[int, int]], *, is_whole: bool) -> Packed:
        terms = self.source.catalogue.terms(self.market_id)
        return push("depth.update", [is_whole, wire.Depth(levels(terms, asks), levels(terms, bids)), terms.name])


def _changed(old: dict[int, int], new: dict[int, int]) -> list[tuple[int, int]]:
    """Levels with another total than before; 0 for those that are gone."""
    changed = [(price, size) for price, size in new.items() if old.get(price) != size]
    changed += [(price, 0) for price in old if price not in new]
    return changed


class DealsStream(LiveStream):
    """The deals of a market: the last published ones, oldest first, and the fills since, as rows."""

    def __init__(self, source: Source, market_id: int) -> None:
        super().__init__(source, market_id)
        self._published: deque[wire.Deal] = deque(maxlen=FIRST_DEALS)
        self._new: deque[Row] = deque()
        self._is_prepared = False

    def filled(self, row: Row) -> None:
        """A FILL row of this market."""
        self._new.append(row)
        if not self._is_prepared and len(self._new) > FIRST_DEALS:
            self._new.popleft()  # nobody was told anything yet, and the first push holds no more

    async def prepare(self) -> None:
        """The deals before the stream began come from the history, once."""
        if self._is_prepared:
            return
        source = self.source
        await source.history.wait_for(source.runtime.durable_seq)
        earlier = await source.history.deals(self.market_id, FIRST_DEALS, 0)
        if self._is_prepared:
            return
        terms = source.catalogue.terms(self.market_id)
        first_new_id = self._new[0][2] if self._new else None
        self._published.extend(
            deal_of_history(terms, entry)
            for entry in reversed(earlier)
            if first_new_id is None or entry.deal_id < first_new_id
        )
        self._is_prepared = True

    def is_due(self, now_s: float) -> bool:
        return self._is_prepared and bool(self._new)

    def update(self, now_s: float) -> Packed | None:
        if not self.is_due(now_s):
            return None
        terms, rows = self.source.catalogue.terms(self.market_id), self._new
        new = [deal_of_fill(terms, rows.popleft()) for _ in range(min(len(rows), DEALS_IN_PUSH_MAX))]
        self._published.extend(new)
        return self._push(new[::-1])

    def image(self) -> Packed | None:
        return self._push(list(reversed(self._published))) if self._published else None

    def _push(self, deals: list[wire.Deal]) -> Packed:
        return push("deals.update", [self.source.catalogue.terms(self.market_id).name, deals])
