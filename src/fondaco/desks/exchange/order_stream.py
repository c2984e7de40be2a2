"""One market's orders, one by one, to all who follow them: every change, in order, from a sequence they know.

Changes are gathered from the rows of a batch and published a few milliseconds later as pushes. The last pushes are kept
in a ring, and each reader has its place in it: who is in step is at its end. A reader whose connection is full stays
where it is, and goes on from there once it has room; if the ring has moved past its place meanwhile, or it came without
one, it gets an image first. Images are shared: pages are made once, for everybody who begins while the changes since
are in the ring and fewer than the book itself.

Invariants: a reader gets a gapless run of pushes, or an image between two runs. A round gives each reader who is behind
a bounded number of frames, so nobody waits for another. Nothing is sent to a connection that has not taken what it has;
one that is overtaken in image after image is disconnected with the reason.

Cost: what is published is made once; for each reader in step one write. Memory: ``ring_changes_max`` changes, about 60
bytes each once they are packed, besides the mirror.
Known limits: taking an image copies the list of orders, 1 ms for 100,000.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from typing import Final

import structlog
from picows import WSCloseCode

from fondaco.core.events import Row
from fondaco.desks.exchange.book_mirror import BookMirror, Change
from fondaco.desks.exchange.order_pushes import CHANGES_IN_PUSH_MAX, Changes, Image
from fondaco.desks.exchange.outlet import Receiver
from fondaco.desks.exchange.packed import Packed, Shape
from fondaco.desks.exchange.source import Source
from fondaco.desks.exchange.stream import WRITES_A_STEP

#: A connection with more than this unsent has no room for market data.
ROOM_BYTES: Final = 262_144
#: Frames that a reader who is behind gets in one round.
FRAMES_A_ROUND: Final = 16
#: Pushes that all who are in step get in one round.
PUSHES_A_ROUND: Final = 64
#: An image is made anew once so many changes were published since, and as many as the book has orders.
IMAGE_KEPT_CHANGES: Final = 1_024
#: A reader who is overtaken in so many images, one after the other, is disconnected.
IMAGES_IN_ROW_MAX: Final = 3

_log = structlog.get_logger("fondaco.exchange")


class OrderReader:
    """A session that follows a market's orders. ``place`` is the number of the push it needs next, −1 for none."""

    __slots__ = ("_pages_sent", "image", "images_in_row", "is_active", "outlet", "place", "shape", "stream")

    def __init__(self, receiver: Receiver, stream: OrderStream, place: int) -> None:
        self.outlet = receiver.outlet
        self.shape = Shape(receiver.dialect.compression)
        self.stream = stream
        self.is_active = True
        self.place = place
        self.image: Image | None = None
        self.images_in_row = 0
        self._pages_sent = 0

    @property
    def has_room(self) -> bool:
        return not self.outlet.congested and self.outlet.unsent_bytes < ROOM_BYTES

    def resync(self) -> None:
        """Its client lost something: it gets an image next."""
        self.images_in_row = 0
        self.stream.restart(self)

    def leave(self) -> None:
        self.is_active = False
        self.stream.leave(self)

    def begin(self, image: Image) -> None:
        self.image, self._pages_sent = image, 0
        self.images_in_row += 1

    def next_page(self, image: Image) -> int:
        """The number of the page to send now; after the last one it goes on with the changes since."""
        page = self._pages_sent
        self._pages_sent += 1
        if self._pages_sent == image.pages:
            self.place, self.image = image.number, None
        return page


class OrderStream:
    """The orders of one market. Belongs to one event loop; ``round`` is run by the fan-out, one at a time."""

    def __init__(self, source: Source, market_id: int, ring_changes_max: int) -> None:
        self.market_id = market_id
        self.readers: dict[OrderReader, None] = {}
        self._source = source
        self._ring_changes_max = ring_changes_max
        self._mirror = BookMirror(source.house, market_id)
        self._pending: deque[tuple[int, Change]] = deque()
        self._ring: deque[Changes] = deque()
        self._ring_changes = 0
        self._first_number = 0  # of the ring's oldest push
        self._spread_number = 0  # of the push that those in step get next
        self._sequence = 0
        self._places: dict[int, int] = {}  # by sequence, the number of the push that continues it
        self._behind: dict[OrderReader, None] = {}
        self._image: Image | None = None

    # ── rows ──────────────────────────────────────────────────────────────────────────────────────────────────────────

    def filled(self, row: Row) -> None:
        """A FILL row of this market."""
        for change in self._mirror.filled(row):
            self._gather(row[1], change)

    def changed(self, row: Row) -> None:
        """An ORDER row of this market."""
        change = self._mirror.changed(row)
        if change is not None:
            self._gather(row[1], change)

    def end_of_batch(self) -> None:
        """Only whole commands are gathered now: more than the ring can hold need not wait for a round."""
        while len(self._pending) > self._ring_changes_max:
            self._publish()

    def _gather(self, seq: int, change: Change) -> None:
        if self._mirror.is_complete:
            self._pending.append((seq, change))

    # ── who follows ───────────────────────────────────────────────────────────────────────────────────────────────────

    def join(self, receiver: Receiver, from_sequence: int | None) -> OrderReader:
        """From the book at a sequence on, if that is still known (``place`` says so), or from an image."""
        place = -1 if from_sequence is None else self._places.get(from_sequence, -1)
        reader = OrderReader(receiver, self, place)
        self.readers[reader] = None
        self._behind[reader] = None
        return reader

    def leave(self, reader: OrderReader) -> None:
        self.readers.pop(reader, None)
        self._behind.pop(reader, None)
        if not self.readers:
            self._image = None

    def restart(self, reader: OrderReader) -> None:
        """An image is what this reader needs next."""
        reader.place, reader.image = -1, None
        if reader.is_active:
            self._behind[reader] = None

    @property
    def has_work(self) -> bool:
        """Whether a round would have something to do."""
        is_spread = self._spread_number == self._end
        return bool(self._pending or self._behind or not is_spread or not self._mirror.is_complete)

    # ── a round ───────────────────────────────────────────────────────────────────────────────────────────────────────

    def round(self) -> Iterator[None]:
        """Publish what was gathered to those in step, then let those who are behind come closer."""
        if not self._mirror.is_complete:
            yield from self._mirror.fill()
            self._sequence = self._source.house.next_seq - 1
            self._places[self._sequence] = 0
        for _ in range(PUSHES_A_ROUND):
            if self._spread_number == self._end:
                if not self._pending:
                    break
                self._publish()
                yield
            yield from self._spread()
        for reader in tuple(self._behind):
            yield from self._approach(reader)

    def _publish(self) -> None:
        """Put the next changes into the ring: whole commands, or a part of one that is too long."""
        pending = self._pending
        size = min(len(pending), CHANGES_IN_PUSH_MAX)
        sequence = pending[size - 1][0]
        if size < len(pending) and pending[size][0] == sequence:
            if pending[0][0] == sequence:
                sequence = self._sequence  # a part, which takes effect with the last one
            else:
                while pending[size - 1][0] == sequence:
                    size -= 1
                sequence = pending[size - 1][0]
        self._ring.append(Changes(self._sequence, sequence, [pending.popleft()[1] for _ in range(size)]))
        self._ring_changes += size
        if sequence != self._sequence:
            self._sequence = sequence
            self._places[sequence] = self._end
        while self._ring_changes > self._ring_changes_max:
            oldest = self._ring.popleft()
            self._first_number += 1
            self._ring_changes -= oldest.count
            self._places.pop(oldest.previous, None)

    @property
    def _end(self) -> int:
        """The number of the next push to be published."""
        return self._first_number + len(self._ring)

    def _spread(self) -> Iterator[None]:
        """The next push to all who are in step. Who is not by now (the ring moved on too far) is behind."""
        number = max(self._spread_number, self._first_number)
        self._spread_number = number + 1
        changes = self._ring[number - self._first_number]
        packed: Packed | None = None
        shape: Shape | None = None
        message = b""
        for count, reader in enumerate(tuple(self.readers), 1):
            if reader.place <= number and reader.is_active and reader not in self._behind:
                if reader.place < number or not reader.has_room:
                    self._behind[reader] = None
                else:
                    if packed is None:
                        packed = changes.packed(self._source.catalogue.terms(self.market_id))
                    if reader.shape is not shape:
                        shape = reader.shape
                        message = packed.message(shape)
                    reader.place += 1
                    self._send(reader, message)
            if not count % WRITES_A_STEP:
                yield

    def _approach(self, reader: OrderReader) -> Iterator[None]:
        """A bounded number of frames to one who is behind."""
        terms = self._source.catalogue.terms(self.market_id)
        for _ in range(FRAMES_A_ROUND):
            if not reader.is_active or not reader.has_room:
                return
            goes_on_from = reader.place if reader.image is None else reader.image.number
            if not self._first_number <= goes_on_from <= self._end:
                if reader.images_in_row == IMAGES_IN_ROW_MAX:
                    self._give_up(reader, terms.name)
                    return
                reader.begin(self._image_now())
            if reader.image is not None:
                image = reader.image
                packed = image.page(reader.next_page(image), terms)
            elif reader.place == self._end:
                reader.images_in_row = 0
                self._behind.pop(reader, None)
                return
            else:
                packed = self._ring[reader.place - self._first_number].packed(terms)
                reader.place += 1
            self._send(reader, packed.message(reader.shape))
            yield

    def _send(self, reader: OrderReader, message: bytes) -> None:
        try:
            reader.outlet.send_now(message, reader.shape.is_text)
        except Exception:  # one broken connection must not cost the others their changes
            _log.exception("a push could not be written")
            self.restart(reader)

    def _give_up(self, reader: OrderReader, market: str) -> None:
        reader.outlet.close(
            WSCloseCode.POLICY_VIOLATION,
            f"too slow: the orders of {market} moved on {IMAGES_IN_ROW_MAX} times before they were read; follow depth",
        )

    def _image_now(self) -> Image:
        image = self._image
        if image is None or self._is_outdated(image):
            while self._pending:  # the mirror has them already
                self._publish()
            image = self._image = Image(list(self._mirror.orders.values()), self._sequence, self._end)
        return image

    def _is_outdated(self, image: Image) -> bool:
        since = (self._end - image.number) * CHANGES_IN_PUSH_MAX
        return image.number < self._first_number or since > max(IMAGE_KEPT_CHANGES, len(self._mirror.orders))
