"""What some sessions follow together, and how an update reaches all of them.

An update goes to everybody who is in step when it is delivered. A connection that cannot take more is skipped and
marked as lagging: the stream sends it a whole image once it has room again, so a slow reader costs the others nothing.

Invariants: updates of one stream leave in the order they were made, and the first push of a newcomer comes before any
update that it was counted in for. Nobody in step misses one.

Cost: for each subscriber one write, some 7 µs of which 5 are the kernel's. What a thousand connections are made of is
not in the cache when their turn comes, so each is touched once and as little as can be.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from itertools import islice
from typing import Final, Generic, TypeVar

import structlog

from fondaco.desks.exchange.outlet import Receiver
from fondaco.desks.exchange.packed import Packed, Shape
from fondaco.desks.exchange.source import Source

#: So many writes between two looks at the clock: a step stays well below a slice.
WRITES_A_STEP: Final = 6

_NEVER: Final = 1 << 62

_log = structlog.get_logger("fondaco.exchange")

K = TypeVar("K")
S = TypeVar("S", bound="Stream")


class Subscriber:
    """A session in a stream. It ``takes_from`` an update on: the one after its first push, none while it lags."""

    __slots__ = ("is_active", "outlet", "shape", "stream", "takes_from")

    def __init__(self, receiver: Receiver, stream: Stream, extras: int = 0) -> None:
        self.outlet = receiver.outlet
        self.shape = Shape(receiver.dialect.compression, extras)
        self.stream = stream
        self.is_active = True
        self.takes_from = _NEVER

    def begin(self, image: Packed | None) -> None:
        """The first push, or that after it lagged; with nothing to say yet it is left out."""
        if self.is_active:
            self.takes_from = self.stream.updates + 1
            if image is not None:
                self.outlet.send_now(image.message(self.shape), self.shape.is_text)

    def lag(self) -> None:
        """It cannot take an update: it is told a whole image next, and nothing before that."""
        self.takes_from = _NEVER
        self.stream.lagging[self] = None

    def resync(self) -> None:
        """Its client lost something, and gets a whole image next."""
        if self.takes_from != _NEVER:
            self.lag()

    def leave(self) -> None:
        self.is_active, self.takes_from = False, _NEVER
        self.stream.leave(self)


class Stream(ABC):
    """What some sessions follow together, such as the depth of one market at one interval."""

    def __init__(self, source: Source, market_id: int) -> None:
        self.source = source
        self.market_id = market_id
        self.updates = 0
        self._subscribers: list[Subscriber] = []
        self._left = 0  # of those, how many are here no more
        self.lagging: dict[Subscriber, None] = {}
        self.on_empty: Callable[[], object] | None = None

    @abstractmethod
    def image(self) -> Packed | None:
        """All that a newcomer or a lagging subscriber must know, as it was last published."""

    def join(self, receiver: Receiver, extras: int = 0) -> Subscriber:
        subscriber = Subscriber(receiver, self, extras)
        if self._left > len(self._subscribers) // 2:
            self._forget_left()
        self._subscribers.append(subscriber)
        return subscriber

    def leave(self, subscriber: Subscriber) -> None:
        self._left += 1
        self.lagging.pop(subscriber, None)
        if self._left == len(self._subscribers) and self.on_empty is not None:
            self.on_empty()

    def _forget_left(self) -> None:
        """A new list: the old one may be walked right now."""
        self._subscribers = [one for one in self._subscribers if one.is_active]
        self._left = 0

    def deliver(self, packed: Packed | None) -> Iterator[None]:
        """An update to all who are in step *now*, then images to those who lagged and have room again."""
        lagged = tuple(self.lagging)
        self.updates += packed is not None
        return self._deliver(packed, self.updates, lagged)

    def _deliver(self, packed: Packed | None, update: int, lagged: tuple[Subscriber, ...]) -> Iterator[None]:
        if packed is not None:
            yield from self._spread(packed, update)
        for subscriber in lagged:
            if subscriber.is_active and not subscriber.outlet.congested:
                self.lagging.pop(subscriber, None)
                subscriber.begin(self.image())
                yield

    def _spread(self, packed: Packed, update: int) -> Iterator[None]:
        shape: Shape | None = None
        message, is_text = b"", False
        for number, subscriber in enumerate(islice(self._subscribers, len(self._subscribers)), 1):
            if subscriber.takes_from <= update:
                outlet = subscriber.outlet
                if outlet.congested:
                    subscriber.lag()
                else:
                    if subscriber.shape is not shape:
                        shape = subscriber.shape
                        message, is_text = packed.message(shape), shape.is_text
                    try:
                        outlet.send_now(message, is_text)
                    except Exception:  # one broken connection must not cost the others their update
                        _log.exception("a push could not be written")
                        subscriber.lag()
            if not number % WRITES_A_STEP:
                yield


class Streams(Generic[K, S]):
    """Streams by what they say. One lives as long as somebody follows it."""

    def __init__(self) -> None:
        self._by_key: dict[K, S] = {}

    def __iter__(self) -> Iterator[S]:
        return iter(tuple(self._by_key.values()))

    def __bool__(self) -> bool:
        return bool(self._by_key)

    def get(self, key: K) -> S | None:
        return self._by_key.get(key)

    def open(self, key: K, make: Callable[[], S]) -> S:
        """The stream of a key, made if there is none."""
        stream = self._by_key.get(key)
        if stream is None:
            stream = self._by_key[key] = make()
            stream.on_empty = lambda: self._by_key.pop(key, None)
        return stream
