"""Client order ids: a name that a user gives an order, good for one order.

An id is taken while its order is open and for ``REMEMBERED_US`` after it ended. In that time the same request gets the
first answer again, so that a client which lost its connection can ask twice; the same id with another request is
refused. Only accepted orders take an id. Of one user at most ``ENDED_PER_USER_MAX`` ended ones are remembered, the
latest: whoever names more orders than that in a day loses the oldest names early, and cannot fill the house's memory.
Cost: about 600 bytes an id, 770 of an order with options; orders without a client id never come here.
"""

from __future__ import annotations

from array import array
from collections import deque
from itertools import chain

import msgspec

REMEMBERED_US = 24 * 3600 * 1_000_000
ENDED_PER_USER_MAX = 100_000

_SLACK = 64

Name = tuple[int, bytes]


class ClientOrder(msgspec.Struct, frozen=True, array_like=True):
    """What is kept of an order by its name, as it stands in the state.

    ``request`` is words 2 to 4 of the record, and those of its options; ``answer`` is rows.
    """

    user_id: int
    client_order_id: bytes
    order_id: int
    request: tuple[int, ...]
    answer: bytes
    forget_at_us: int = 0


class Entry(msgspec.Struct, gc=False):
    """The same in memory, with the request's words packed: as numbers they take five times the room."""

    user_id: int
    client_order_id: bytes
    order_id: int
    request: bytes
    answer: bytes
    forget_at_us: int = 0

    def state(self) -> ClientOrder:
        request = tuple(array("q", self.request))
        return ClientOrder(self.user_id, self.client_order_id, self.order_id, request, self.answer, self.forget_at_us)


class ClientOrders:
    """All remembered client order ids, with those that are due forgotten in order of time."""

    def __init__(self) -> None:
        self._by_name: dict[Name, Entry] = {}
        self._by_order: dict[int, Entry] = {}
        self._open: dict[int, Entry] = {}
        # Order ids in the order they ended; those that were forgotten early are passed over, and never most of them.
        self._ended: deque[int] = deque()
        self._ended_of_user: dict[int, deque[int]] = {}

    def find(self, user_id: int, client_order_id: bytes) -> Entry | None:
        return self._by_name.get((user_id, client_order_id))

    def of_order(self, order_id: int) -> Entry | None:
        """The entry of an order that was put with a name, while that is remembered."""
        return self._by_order.get(order_id)

    def accept(
        self,
        user_id: int,
        client_order_id: bytes,
        order_id: int,
        request: bytes,
        answer: bytes,
        time_us: int,
        is_open: bool,
    ) -> None:
        """Take the id for an order that was accepted, with the answer its sender was given."""
        entry = Entry(user_id, client_order_id, order_id, request, answer)
        self._by_name[user_id, client_order_id] = entry
        self._by_order[order_id] = entry
        if is_open:
            self._open[order_id] = entry
        else:
            self._end(entry, time_us)

    def finish(self, order_id: int, time_us: int) -> None:
        """The order ended: its id is free again after ``REMEMBERED_US``."""
        self._end(self._open.pop(order_id), time_us)

    def _end(self, entry: Entry, time_us: int) -> None:
        entry.forget_at_us = time_us + REMEMBERED_US
        self._keep_ended(entry)
        if len(self._ended_of_user[entry.user_id]) > ENDED_PER_USER_MAX:
            self._forget_oldest_of(entry.user_id)
            if len(self._ended) > 2 * len(self._by_order) + _SLACK:
                self._ended = deque(order_id for order_id in self._ended if order_id in self._by_order)

    def _keep_ended(self, entry: Entry) -> None:
        self._ended.append(entry.order_id)
        self._ended_of_user.setdefault(entry.user_id, deque()).append(entry.order_id)

    def _forget_oldest_of(self, user_id: int) -> None:
        ended = self._ended_of_user[user_id]
        entry = self._by_order.pop(ended.popleft())
        if not ended:
            del self._ended_of_user[user_id]
        del self._by_name[user_id, entry.client_order_id]

    def forget_due(self, time_us: int) -> int:
        """Forget what is due by a time. Answers until when nothing else will be, whatever ends meanwhile."""
        while self._ended:
            oldest = self._by_order.get(self._ended[0])
            if oldest is not None:
                if oldest.forget_at_us > time_us:
                    return oldest.forget_at_us
                self._forget_oldest_of(oldest.user_id)  # its user's oldest too: all end in the order of time
            self._ended.popleft()
        return time_us + REMEMBERED_US

    def dump(self) -> tuple[list[ClientOrder], list[ClientOrder]]:
        """(of open orders by order id, of ended ones in the order they are forgotten)."""
        ended = [self._by_order[order_id].state() for order_id in self._ended if order_id in self._by_order]
        return [self._open[order_id].state() for order_id in sorted(self._open)], ended

    def restore(self, open_entries: list[ClientOrder], ended: list[ClientOrder]) -> None:
        for state in chain(open_entries, ended):
            request = array("q", state.request).tobytes()
            entry = Entry(
                state.user_id, state.client_order_id, state.order_id, request, state.answer, state.forget_at_us
            )
            if state.forget_at_us:
                self._keep_ended(entry)
            else:
                self._open[entry.order_id] = entry
            self._by_name[entry.user_id, entry.client_order_id] = entry
            self._by_order[entry.order_id] = entry
