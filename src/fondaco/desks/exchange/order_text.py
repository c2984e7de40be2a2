# cython: boundscheck=False, wraparound=False, initializedcheck=False, cdivision=True
"""The answer to a plain order, written straight as JSON text: what ``order_record`` and the encoder would give.

An answer has fifteen numbers, and as texts in a struct they cost more than everything else that is done for an order.
Here they are written into one buffer, from the end of the answer to its beginning: so a number's digits come in the
order in which they are divided off, and nothing is measured beforehand. What one market repeats (its name, its fees)
is kept as bytes.

Invariants: a row is *plain* while it is an ORDER row and an answer that shows no option (``order_record.is_plain``);
only such rows are written here, everything else goes by ``order_record``. For a plain row both give the same bytes,
which a test proves. The buffer holds the longest answer there can be: 64-bit numbers with a point, and the market's
name as it was encoded.

Cost: 0.3 µs an answer compiled, some 40 µs interpreted.
"""

from __future__ import annotations

from collections.abc import Callable

import cython

from fondaco.core.events import IS_ANSWER, EventKind, Row
from fondaco.wire import exchange as wire

_ORDER = cython.declare(cython.longlong, int(EventKind.ORDER))
#: What follows the time in force in word 0 of a plain row: no self_trade, no post_only, and the one flag.
_PLAIN = cython.declare(cython.longlong, int(IS_ANSWER) << 5)
_NUMBERS_BYTES_MAX = 512
"""The fixed words of an answer and its numbers: 15 of up to 20 digits each, with their points and quotes."""

_HEAD = cython.declare(bytes, b'{"error":null,"result":{"id":')
_SIDE = cython.declare(bytes, b',"side":')
_USER = cython.declare(bytes, b',"user":')
_CTIME = cython.declare(bytes, b',"ctime":')
_MTIME = cython.declare(bytes, b',"mtime":')
_PRICE = cython.declare(bytes, b',"price":"')
_AMOUNT = cython.declare(bytes, b'","amount":"')
_DEAL_STOCK = cython.declare(bytes, b'","deal_stock":"')
_DEAL_MONEY = cython.declare(bytes, b'","deal_money":"')
_DEAL_FEE = cython.declare(bytes, b'","deal_fee":"')
_ID = cython.declare(bytes, b'"},"id":')


class OrderText:
    """Writes the answers of one market. ``fees`` gives the texts of a row's taker and maker fee."""

    def __init__(
        self,
        name: str,
        price_digits: int,
        amount_digits: int,
        stock_digits: int,
        money_digits: int,
        money_units_per_deal: int,
        fees: Callable[[Row], tuple[str, str]],
    ) -> None:
        self.market = b',"market":' + wire.ENCODER.encode(name) + b',"type":'
        self.price_digits = price_digits
        self.amount_digits = amount_digits
        self.deal_digits = price_digits + amount_digits
        self.stock_digits = stock_digits
        self.money_digits = money_digits
        self.money_units_per_deal = money_units_per_deal
        self.fees = fees
        self.fee_word = None
        self.fee_text = b""
        self.octets = bytearray(_NUMBERS_BYTES_MAX + len(self.market))
        self.buffer = memoryview(self.octets)

    def answer(self, row: tuple, request_id: cython.longlong) -> bytes | None:
        """The whole reply to a request that a plain row answers; None if the row is not plain."""
        head: cython.longlong = row[0]
        if head & 0xFF != _ORDER or head >> 51 != _PLAIN:
            return None
        if row[12] != self.fee_word:
            self.set_fees(row)
        side: cython.longlong = (head >> 16) & 0xFF
        order_type: cython.longlong = (head >> 24) & 0xFF
        is_bid: cython.bint = side == 2
        amount_digits: cython.longlong = self.amount_digits
        if is_bid and order_type == 2:
            amount_digits = self.money_digits
        deal_money_units: cython.longlong = row[8]
        end: cython.Py_ssize_t = self.buffer.shape[0] if cython.compiled else len(self.buffer)
        at: cython.Py_ssize_t = end
        at -= 1
        self.buffer[at] = 125  # }
        at = self.number(at, request_id)
        at = self.text(at, _ID)
        at = self.units(at, row[9], self.stock_digits if is_bid else self.money_digits)
        at = self.text(at, _DEAL_FEE)
        at = self.units(at, deal_money_units // self.money_units_per_deal, self.deal_digits)
        at = self.text(at, _DEAL_MONEY)
        at = self.units(at, row[7], self.amount_digits)
        at = self.text(at, _DEAL_STOCK)
        at = self.units(at, row[6], amount_digits)
        at = self.text(at, self.fee_text)
        at = self.units(at, row[5], amount_digits)
        at = self.text(at, _AMOUNT)
        at = self.units(at, row[4], self.price_digits)
        at = self.text(at, _PRICE)
        at = self.seconds(at, row[11])
        at = self.text(at, _MTIME)
        at = self.seconds(at, row[10])
        at = self.text(at, _CTIME)
        at = self.number(at, row[3])
        at = self.text(at, _USER)
        at = self.number(at, side)
        at = self.text(at, _SIDE)
        at = self.number(at, order_type)
        at = self.text(at, self.market)
        at = self.number(at, row[2])
        at = self.text(at, _HEAD)
        if cython.compiled:
            return cython.cast(cython.p_char, cython.address(self.buffer[at]))[: end - at]
        return bytes(self.octets[at:])

    def set_fees(self, row):
        taker, maker = self.fees(row)
        self.fee_word = row[12]
        self.fee_text = f'","taker_fee":"{taker}","maker_fee":"{maker}","left":"'.encode()

    # each writes what ends before ``at``, and answers where it begins

    def text(self, at, text):
        i: cython.Py_ssize_t = len(text)
        while i > 0:
            i -= 1
            at -= 1
            self.buffer[at] = text[i]
        return at

    def number(self, at, number):
        rest: cython.longlong = number
        while True:
            at -= 1
            self.buffer[at] = 48 + rest % 10
            rest = rest // 10
            if rest == 0:
                return at

    def units(self, at, units, digits):
        """As ``format_units``: zero is "0"."""
        if units == 0:
            at -= 1
            self.buffer[at] = 48
            return at
        rest: cython.longlong = units if units > 0 else -units
        if digits > 0:
            for _ in range(digits):
                at -= 1
                self.buffer[at] = 48 + rest % 10
                rest = rest // 10
            at -= 1
            self.buffer[at] = 46  # .
        at = self.number(at, rest)
        if units < 0:
            at -= 1
            self.buffer[at] = 45  # -
        return at

    def seconds(self, at, time_us):
        rest: cython.longlong = time_us
        for _ in range(6):
            at -= 1
            self.buffer[at] = 48 + rest % 10
            rest = rest // 10
        at -= 1
        self.buffer[at] = 46  # .
        return self.number(at, rest)
