"""One message to many connections, in slices, so that orders are never kept waiting by market data.

What is published is packed and framed once for each compression in use, and the same bytes go to every subscriber. The
work is a queue of iterators that yield after each small step; a slice runs for at most ``SLICE_S`` and gives the event
loop back, so commands that arrived meanwhile go first.

Invariant: updates of one stream leave in the order they were added, and the first push of a newcomer comes before any
update that it was counted in for. A connection that cannot take more is skipped and marked as lagging: its stream sends
it a whole image once it has room again.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections import deque
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Final, Generic, Protocol, TypeVar

import structlog

from fondaco.desks.common.connection import frame
from fondaco.desks.exchange.dialect import Compression
from fondaco.wire import exchange as wire

if TYPE_CHECKING:
    from fondaco.desks.exchange.floor import Floor
    from fondaco.desks.exchange.session import Session

SLICE_S: Final = 250e-6

_log = structlog.get_logger("fondaco.exchange")

K = TypeVar("K")
S = TypeVar("S", bound="Stream")


class Packed:
    """One JSON message as frames, one for each compression, each made when it is first asked for."""

    __slots__ = ("_frames", "payload")

    def __init__(self, payload: bytes) -> None:
        self.payload = payload
        self._frames: dict[Compression, bytes] = {}

    def frame(self, compression: Compression) -> bytes:
        made = self._frames.get(compression)
        if made is None:
            made = frame(compression.pack(self.payload), text=compression is Compression.NONE)
            self._frames[compression] = made
        return made


def push(method: str, params: object) -> Packed:
    """A push of market data; its id is null in both dialects."""
    return Packed(wire.ENCODER.encode(wire.Push(method, params, None)))


class Subscriber:
    """A session in a stream. It stays out of updates until its first push was sent."""

    __slots__ = ("is_active", "is_ready", "session", "stream")

    def __init__(self, session: Session, stream: Stream) -> None:
        self.session = session
        self.stream = stream
        self.is_active = True
        self.is_ready = False

    def send(self, packed: Packed) -> None:
        session = self.session
        session.outlet.send_frame(packed.frame(session.dialect.compression))

    def begin(self, packed: Packed | None) -> None:
        """The first push; with nothing to say yet it is left out."""
        if self.is_active:
            self.is_ready = True
            if packed is not None:
                self.send(packed)

    def leave(self) -> None:
        self.is_active = False
        self.stream.leave(self)


class Stream(ABC):
    """What some sessions follow together, such as the depth of one market at one interval."""

    def __init__(self, floor: Floor, market_id: int) -> None:
        self.floor = floor
        self.market_id = market_id
        self.subscribers: dict[Subscriber, None] = {}
        self.lagging: set[Subscriber] = set()
        self.on_empty: Callable[[], object] | None = None

    @abstractmethod
    def image(self) -> Packed | None:
        """All that a newcomer or a lagging subscriber must know, as it was last published."""

    def join(self, session: Session) -> Subscriber:
        subscriber = Subscriber(session, self)
        self.subscribers[subscriber] = None
        return subscriber

    def leave(self, subscriber: Subscriber) -> None:
        self.subscribers.pop(subscriber, None)
        self.lagging.discard(subscriber)
        if not self.subscribers and self.on_empty is not None:
            self.on_empty()

    def deliver(self, packed: Packed | None) -> Iterator[None]:
        """An update to all who are in step *now*, then images to those who lagged and have room again."""
        lagged = tuple(self.lagging)
        in_step = () if packed is None else tuple(one for one in self.subscribers if one.is_ready)
        return self._deliver(packed, in_step, lagged)

    def _deliver(
        self, packed: Packed | None, in_step: tuple[Subscriber, ...], lagged: tuple[Subscriber, ...]
    ) -> Iterator[None]:
        if packed is not None:
            for subscriber in in_step:
                if not subscriber.is_active or subscriber in self.lagging:
                    continue
                if subscriber.session.outlet.congested:
                    self.lagging.add(subscriber)
                else:
                    subscriber.send(packed)
                yield
        for subscriber in lagged:
            if subscriber.is_active and not subscriber.session.outlet.congested:
                self.lagging.discard(subscriber)
                image = self.image()
                if image is not None:
                    subscriber.send(image)
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


class Loop(Protocol):
    """What is needed of the event loop."""

    def call_soon(self, callback: Callable[[], object], /) -> object: ...
    def time(self) -> float: ...


class Fanout:
    """The queue of work, and the slices that do it."""

    def __init__(self, loop: Loop) -> None:
        self._loop = loop
        self._work: deque[Iterator[None]] = deque()
        self._is_scheduled = False

    @property
    def is_idle(self) -> bool:
        return not self._work

    def add(self, work: Iterator[None]) -> None:
        self._work.append(work)
        if not self._is_scheduled:
            self._is_scheduled = True
            self._loop.call_soon(self._slice)

    def _slice(self) -> None:
        work, now = self._work, self._loop.time
        end_s = now() + SLICE_S
        while work:
            try:
                for _ in work[0]:
                    if now() >= end_s:
                        self._loop.call_soon(self._slice)
                        return
            except Exception:
                _log.exception("a push of market data failed; the others go on")
            work.popleft()
        self._is_scheduled = False
