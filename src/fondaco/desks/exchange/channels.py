"""What one connection is subscribed to. Each subscribe replaces the previous one of its channel.

Source: exchange.notes.md, Subscriptions.
"""

from __future__ import annotations

from collections.abc import Iterable
from enum import Enum
from typing import Protocol

from fondaco.desks.exchange.errors import Code, WireError


class Channel(Enum):
    """Depth is one channel for ``depth.subscribe`` and ``depths.subscribe``: their pushes look alike.

    Orders are one for each market: a reader of one book begins and resumes without regard to the others.
    """

    KLINE = "kline"
    PRICE = "price"
    PHASE = "phase"
    STATE = "state"
    TODAY = "today"
    DEALS = "deals"
    DEPTH = "depth"
    ORDER = "order"
    ASSET = "asset"
    ORDERS = "orders"


PRIVATE = (Channel.ORDER, Channel.ASSET)


#: A channel, or that of one market by its id.
Key = Channel | tuple[Channel, int]


class Subscription(Protocol):
    def leave(self) -> None: ...


class Channels:
    """Subscriptions by channel, with the number of things each follows."""

    def __init__(self, subscriptions_max: int) -> None:
        self._subscriptions_max = subscriptions_max
        self._subscriptions: dict[Key, list[Subscription]] = {}
        self._counts: dict[Key, int] = {}

    def replace(self, channel: Key, count: int) -> None:
        """Leave what the channel had, to follow ``count`` things instead. Raises, changing nothing, over the bound."""
        others = sum(self._counts.values()) - self._counts.get(channel, 0)
        if others + count > self._subscriptions_max:
            raise WireError(
                Code.SUBSCRIPTION_LIMIT,
                f"{count} more on top of {others} are followed on this connection; at most {self._subscriptions_max}: "
                "unsubscribe from something, or open another connection",
            )
        self.leave(channel)
        self._counts[channel] = count

    def add(self, channel: Key, subscriptions: Iterable[Subscription]) -> None:
        self._subscriptions.setdefault(channel, []).extend(subscriptions)

    def of(self, channel: Key) -> list[Subscription]:
        """What is followed on a channel."""
        return self._subscriptions.get(channel, [])

    def all_of(self, channel: Channel) -> list[Subscription]:
        """What is followed on a channel that each market has one of."""
        followed = self._subscriptions.items()
        return [one for key, many in followed if isinstance(key, tuple) and key[0] is channel for one in many]

    def leave(self, channel: Key) -> None:
        self._counts.pop(channel, None)
        for subscription in self._subscriptions.pop(channel, ()):
            subscription.leave()

    def leave_private(self) -> list[str]:
        """Answers the methods whose subscriptions ended."""
        ended = [channel for channel in PRIVATE if channel in self._counts]
        for channel in ended:
            self.leave(channel)
        return [f"{channel.value}.subscribe" for channel in ended]

    def leave_all(self) -> None:
        for channel in tuple(self._counts):
            self.leave(channel)
