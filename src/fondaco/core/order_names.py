"""Client order ids of the batch at hand: reads them, knows which were taken, and answers a repeated place.

A place with a name that was taken before is the same place once more, and gets the first answer again, if it says the
same; otherwise it is refused. Names are kept in ``client_orders.py``; here is what the run of commands needs of them.
"""

from __future__ import annotations

import cython

if not cython.compiled:  # the compiler takes them from the .pxd
    from fondaco.core.client_orders import ClientOrders
    from fondaco.core.layout import O_ID, ROW_WORDS
    from fondaco.core.reasons import R_CLIENT_ORDER_ID_REUSED
    from fondaco.core.rows import Rows

from fondaco.core import commands

NAME_WORDS = cython.declare(cython.longlong, 4)
PLACE_WORDS = cython.declare(cython.longlong, 5)
PLACE_OPTION_WORDS = cython.declare(cython.longlong, 4)
NAMED = cython.declare(cython.longlong, commands.HAS_CLIENT_ORDER_ID)
WITH_OPTIONS = cython.declare(cython.longlong, commands.HAS_OPTIONS)


class OrderNames:
    """Over one batch at a time; ``at`` is a word of it. One name is in hand at a time, from ``read`` on."""

    def __init__(self, rows: Rows, client_orders: ClientOrders):
        self.rows = rows
        self.client_orders = client_orders
        self.records = b""
        self.name = b""
        self.due_us = 0

    def begin(self, records, time_us):
        """Take a batch in hand; names whose day is over by then are forgotten."""
        self.records = records
        if time_us >= self.due_us:
            self.due_us = self.client_orders.forget_due(time_us)
        return 0

    def end(self):
        """Let the batch go."""
        self.records = b""
        return 0

    def read(self, at):
        """Take in hand the client order id that begins at a word; answers whether it can be one."""
        start: cython.longlong = at * 8
        end: cython.longlong = start + NAME_WORDS * 8
        while end > start and self.records[end - 1] == 0:
            end -= 1
        self.name = self.part(start, end)
        return 1 if end > start and self.name.isascii() else 0

    def read_place(self, at, flags):
        """The same of a place."""
        return self.read(at + PLACE_WORDS + (PLACE_OPTION_WORDS if flags & WITH_OPTIONS else 0))

    def part(self, start, end):
        """Some bytes of the batch."""
        if cython.compiled:
            return cython.cast(cython.p_const_char, self.records)[start:end]
        return self.records[start:end]

    def request(self, at, flags):
        """What a repeated place must say again: everything but who sent it and its name."""
        words: cython.longlong = 3 + (PLACE_OPTION_WORDS if flags & WITH_OPTIONS else 0)
        return self.part(at * 8 + 16, at * 8 + 16 + words * 8)

    def answered(self, at, flags):
        """Whether the name of a place was taken before: then this has been answered."""
        entry: cython.longlong = self.client_orders.find(self.rows.user, self.name)
        if entry == 0:
            return 0
        if self.client_orders.request(entry) != self.request(at, flags):
            self.rows.reject(R_CLIENT_ORDER_ID_REUSED, 0, self.client_orders.order_id(entry))
        else:
            self.rows.repeat(self.client_orders.answer(entry))
        return 1

    def remember(self, at, flags, is_open):
        """The order of the last row has taken the name of a place."""
        order_id: cython.longlong = self.rows.words[self.rows.end - ROW_WORDS + O_ID]
        self.client_orders.accept(self.rows.user, self.name, order_id, self.request(at, flags), self.rows.last())
        if not is_open:
            self.client_orders.finish(order_id, self.rows.time_us)
        return 0

    def order_id(self, at):
        """The id of the order whose name begins at a word; 0 for a name that nobody knows."""
        self.read(at)
        entry: cython.longlong = self.client_orders.find(self.rows.user, self.name)
        return self.client_orders.order_id(entry) if entry != 0 else 0
