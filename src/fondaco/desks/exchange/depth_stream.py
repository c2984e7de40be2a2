"""The depth of one market, published as differences of images, with a sequence and a checksum for those who ask.

An update holds the changed levels with their new totals, ``"0"`` for gone ones. A newcomer gets the image that was last
*published*, so that the next difference continues it; a whole image goes to everybody at least every 60 seconds.

The sequence counts what was published: each update is one more than the one before, whether whole or not; an image
says the sequence it stands at. The checksum is a CRC-32 over ``book_text`` of the book a client has after the update,
so that it can prove its own. Both are made only where a subscriber asked for them, once for all who did.

Cost: an update of a merged depth of 100 levels is about 50 µs; its checksum takes as long again.
Source: exchange.md, Subscription on Order Depth; exchange.notes.md, Depth.
"""

from __future__ import annotations

import zlib
from typing import Final

from fondaco.core.commands import Side
from fondaco.desks.exchange.packed import Packed
from fondaco.desks.exchange.source import Source
from fondaco.desks.exchange.streams import LiveStream
from fondaco.desks.exchange.translate import Terms, levels
from fondaco.wire import exchange as wire

#: The document's minute, less what a tick or a busy house may add to it: clients take a minute of silence for a gap.
FULL_DEPTH_INTERVAL_S: Final = 55.0

#: What a subscriber may ask for besides, as bits of its shape.
SEQUENCE: Final = 1
CHECKSUM: Final = 2

#: Totals by price, best first. Never changed once it is there.
Levels = dict[int, int]

_END: Final = b'],"id":null}'


class Book:
    """Both sides as they were published."""

    __slots__ = ("asks", "bids", "sequence", "terms")

    def __init__(self, terms: Terms, sequence: int, asks: Levels, bids: Levels) -> None:
        self.terms = terms
        self.sequence = sequence
        self.asks = asks
        self.bids = bids


def book_text(asks: list[wire.Level], bids: list[wire.Level]) -> str:
    """What the checksum is over: ``price:amount`` of each ask, best first, then of each bid, best first.

    Entries are parted by commas, the sides by a semicolon: ``61836.50:1.20000,61837.00:3.00000;61836.40:0.70000``.
    """
    return ";".join(",".join(f"{price}:{amount}" for price, amount in side) for side in (asks, bids))


class DepthUpdate(Packed):
    """A push of depth; what was asked for besides stands as a fourth param."""

    __slots__ = ("_book", "_checksum")

    def __init__(self, book: Book, asks: list[wire.Level], bids: list[wire.Level], *, is_whole: bool) -> None:
        params = [is_whole, wire.Depth(asks, bids), book.terms.name]
        super().__init__(wire.ENCODER.encode(wire.Push("depth.update", params, None)))
        self._book = book
        self._checksum: int | None = None

    def text(self, extras: int) -> bytes:
        if not extras:
            return self.payload
        proof: dict[str, int] = {}
        if extras & SEQUENCE:
            proof["sequence"] = self._book.sequence
        if extras & CHECKSUM:
            proof["checksum"] = self.checksum()
        assert self.payload.endswith(_END)
        return self.payload[: -len(_END)] + b"," + wire.ENCODER.encode(proof) + _END

    def checksum(self) -> int:
        if self._checksum is None:
            book = self._book
            text = book_text(levels(book.terms, book.asks.items()), levels(book.terms, book.bids.items()))
            self._checksum = zlib.crc32(text.encode())
        return self._checksum


class DepthStream(LiveStream):
    """The book of a market: ``limit`` levels a side, merged to ``interval_ticks`` (0: not merged)."""

    def __init__(self, source: Source, market_id: int, limit: int, interval_ticks: int, now_s: float) -> None:
        super().__init__(source, market_id)
        self._limit = limit
        self._interval_ticks = interval_ticks
        self._full_at_s = now_s
        self._image: DepthUpdate | None = None
        self._book = self._read(sequence=1)

    def is_due(self, now_s: float) -> bool:
        return now_s - self._full_at_s >= FULL_DEPTH_INTERVAL_S

    def update(self, now_s: float) -> Packed | None:
        old, new = self._book, self._read(self._book.sequence + 1)
        is_whole = self.is_due(now_s)
        if is_whole:
            self._full_at_s = now_s
        asks = sorted(_changed(old.asks, new.asks))
        bids = sorted(_changed(old.bids, new.bids), reverse=True)
        if not (asks or bids or is_whole):
            return None
        self._book, self._image = new, None
        if is_whole:
            return self.image()
        return DepthUpdate(new, levels(new.terms, asks), levels(new.terms, bids), is_whole=False)

    def image(self) -> Packed:
        if self._image is None:
            book = self._book
            asks, bids = levels(book.terms, book.asks.items()), levels(book.terms, book.bids.items())
            self._image = DepthUpdate(book, asks, bids, is_whole=True)
        return self._image

    def _read(self, sequence: int) -> Book:
        depth = self.source.house.depth
        return Book(
            self.source.catalogue.terms(self.market_id),
            sequence,
            dict(depth(self.market_id, Side.ASK, self._limit, self._interval_ticks)),
            dict(depth(self.market_id, Side.BID, self._limit, self._interval_ticks)),
        )


def _changed(old: Levels, new: Levels) -> list[tuple[int, int]]:
    """Levels with another total than before; 0 for those that are gone."""
    changed = [(price, size) for price, size in new.items() if old.get(price) != size]
    changed += [(price, 0) for price in old if price not in new]
    return changed
