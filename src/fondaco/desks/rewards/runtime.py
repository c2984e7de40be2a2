"""What the desk needs of the sequencer, so that tests stand in for it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from fondaco.core.house import House
    from fondaco.runtime.inbox import Waiter
    from fondaco.runtime.outbox import Listener


class Runtime(Protocol):
    """The house, and the way to change it."""

    house: House
    durable_seq: int

    def add_listener(self, listener: Listener) -> None: ...

    def submit(self, record: bytes, waiter: Waiter | None) -> None: ...
