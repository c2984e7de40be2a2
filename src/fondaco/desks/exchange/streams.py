"""Market data as the house is now: what its streams have in common, and those of price and deals.

Each says, when asked, what is new since its last update, once for all its subscribers. Deals are conflated but never
left out: an update holds all since the last, newest first.

A tick asks each stream of a changed market for an update, and again while it says that more is due.

Known limit: a subscriber too slow for its deals gets the last 100 when it has room again; ``deals.query`` has the rest.
Cost: some 20 µs an update.
Source: exchange.md, Subscribe/Unsubscribe Interface; exchange.notes.md, Deals.
"""

from __future__ import annotations

from abc import abstractmethod
from collections import deque
from typing import Final

from fondaco.core.commands import Phase
from fondaco.core.events import Row
from fondaco.desks.exchange.packed import Packed, push
from fondaco.desks.exchange.source import Source
from fondaco.desks.exchange.stream import Stream
from fondaco.desks.exchange.translate import PHASES, deal_of_fill, deal_of_history
from fondaco.wire import exchange as wire

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


class PhaseStream(LiveStream):
    """The phase a market is in. Nothing marks a market as changed for it: it looks at each tick, a comparison."""

    def __init__(self, source: Source, market_id: int) -> None:
        super().__init__(source, market_id)
        self._published = self._now

    @property
    def _now(self) -> Phase:
        return self.source.house.markets[self.market_id].phase

    def is_due(self, now_s: float) -> bool:
        return self._now != self._published

    def update(self, now_s: float) -> Packed | None:
        if not self.is_due(now_s):
            return None
        self._published = self._now
        return self.image()

    def image(self) -> Packed:
        terms = self.source.catalogue.terms(self.market_id)
        return push("phase.update", [terms.name, PHASES[self._published]])


class DealsStream(LiveStream):
    """The deals of a market: the last published ones, oldest first, and the fills since, as rows."""

    def __init__(self, source: Source, market_id: int) -> None:
        super().__init__(source, market_id)
        self._published: deque[wire.Deal] = deque(maxlen=FIRST_DEALS)
        self._new: deque[Row] = deque()
        self._is_prepared = False
        self._is_cut = False

    def filled(self, row: Row) -> None:
        """A FILL row of this market."""
        self._new.append(row)
        if not self._is_prepared and len(self._new) > FIRST_DEALS:
            self._new.popleft()  # nobody was told anything yet, and the first push holds no more
            self._is_cut = True

    async def prepare(self) -> None:
        """The deals before the stream began come from the history, once."""
        if self._is_prepared:
            return
        source = self.source
        await source.history.wait_for(source.runtime.durable_seq)
        earlier = await source.history.deals(self.market_id, FIRST_DEALS, 0)
        if self._is_prepared:
            return
        self._is_prepared = True
        if self._is_cut:
            return  # there are enough without them, and between them and those there would be a gap
        terms = source.catalogue.terms(self.market_id)
        first_new_id = self._new[0][2] if self._new else None
        self._published.extend(
            deal_of_history(terms, entry)
            for entry in reversed(earlier)
            if first_new_id is None or entry.deal_id < first_new_id
        )

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
