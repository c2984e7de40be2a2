# cython: boundscheck=False, wraparound=False, initializedcheck=False, cdivision=True
"""Reads the two requests that nearly all traffic is made of, without making an object of each of their parts.

    {"method": "order.put_limit", "params": ["BTCUSDT", 1, "0.5", "8000.01"], "id": 1}
    {"method": "order.cancel", "params": ["BTCUSDT", 17], "id": 2}

``read`` takes a request only in this plain form: members in any order and blanks between them, but no escapes in texts,
no exponents or signs in numbers, an id, no options. It judges nothing: what it does not take, however right or wrong it
may be, is read by the ordinary decoder, which also has the sentences for what is wrong.

Invariant: what is taken means to the ordinary decoder exactly what is found here; a test compares the two. Whole
numbers and decimals have at most ``DIGITS_MAX`` digits, so nothing overflows. Cost: about 1 ns a byte compiled.
"""

from __future__ import annotations

from array import array

import cython

NONE = cython.declare(cython.int, 0)
PUT_LIMIT = cython.declare(cython.int, 1)
CANCEL = cython.declare(cython.int, 2)

_DIGITS_MAX = cython.declare(cython.longlong, 18)
_PARAMS_MAX = cython.declare(cython.Py_ssize_t, 4)
_TEXT = cython.declare(cython.longlong, 1)
_INTEGER = cython.declare(cython.longlong, 2)

_ID = cython.declare(bytes, b"id")
_METHOD = cython.declare(bytes, b"method")
_PARAMS = cython.declare(bytes, b"params")
_PUT_LIMIT_NAME = cython.declare(bytes, b"order.put_limit")
_CANCEL_NAME = cython.declare(bytes, b"order.cancel")


class PlainRequest:
    """The request that was read last: ``method``, ``market``, ``request_id``, and ``side`` or ``order_id``."""

    def __init__(self) -> None:
        self.method = NONE
        self.market = b""
        self.side = self.order_id = self.request_id = 0
        self.start = self.end = self.count = self.value = 0  # what the readers below found
        self.params = memoryview(array("q", bytes(8 * 3 * 4)))  # of each its kind, start and end, or its value

    def read(self, message: bytes) -> cython.bint:
        """Whether ``message`` is a plain put or cancel; then the fields hold it."""
        size: cython.Py_ssize_t = len(message)
        method: cython.int = NONE
        count: cython.Py_ssize_t = -1
        request_id: cython.longlong = -1
        at: cython.Py_ssize_t = self.blanks(message, 0, size)
        if at >= size or message[at] != 123:  # {
            return False
        while True:
            at = self.text(message, self.blanks(message, at + 1, size), size)
            if at < 0:
                return False
            start: cython.Py_ssize_t = self.start
            end: cython.Py_ssize_t = self.end
            at = self.blanks(message, at, size)
            if at >= size or message[at] != 58:  # :
                return False
            at = self.blanks(message, at + 1, size)
            if request_id < 0 and self.equals(message, start, end, _ID):
                at = self.integer(message, at, size)
                request_id = self.value
            elif method == NONE and self.equals(message, start, end, _METHOD):
                at = self.text(message, at, size)
                if at < 0:
                    return False
                if self.equals(message, self.start, self.end, _PUT_LIMIT_NAME):
                    method = PUT_LIMIT
                elif self.equals(message, self.start, self.end, _CANCEL_NAME):
                    method = CANCEL
                else:
                    return False
            elif count < 0 and self.equals(message, start, end, _PARAMS):
                at = self.array(message, at, size)
                count = self.count
            else:
                return False
            if at < 0:
                return False
            at = self.blanks(message, at, size)
            if at >= size:
                return False
            if message[at] == 125:  # }
                break
            if message[at] != 44:  # ,
                return False
        if self.blanks(message, at + 1, size) != size or request_id < 0:
            return False
        self.method = method
        self.request_id = request_id
        return self.understood(message, method, count)

    def understood(self, message, method, count):
        """Whether the params are those of the method."""
        params: cython.longlong[::1] = self.params
        if count < 2 or params[0] != _TEXT or params[3] != _INTEGER:
            return False
        self.market = message[params[1] : params[2]]
        if method == CANCEL:
            self.order_id = params[4]
            return count == 2 and self.order_id > 0
        self.side = params[4]
        return method == PUT_LIMIT and count == 4 and 1 <= self.side <= 2 and params[6] == _TEXT and params[9] == _TEXT

    def amount(self, message: bytes, digits: cython.longlong) -> cython.longlong:
        """The amount of a put as a count of ``10**-digits``, more than 0; 0 if it is not plainly that."""
        return self.decimal(message, self.params[7], self.params[8], digits)

    def price(self, message: bytes, digits: cython.longlong) -> cython.longlong:
        """The price of a put, likewise."""
        return self.decimal(message, self.params[10], self.params[11], digits)

    def decimal(self, message, start, end, digits):
        number: cython.longlong = 0
        count: cython.longlong = 0
        decimals: cython.longlong = -1
        at: cython.Py_ssize_t
        for at in range(start, end):
            octet: cython.int = message[at]
            if 48 <= octet <= 57:
                number = number * 10 + (octet - 48)
                count += 1
                if decimals >= 0:
                    decimals += 1
                if count > _DIGITS_MAX:
                    return 0
            elif octet == 46 and decimals < 0 and count > 0:  # .
                decimals = 0
            else:
                return 0
        if decimals == 0:  # a point without decimals
            return 0
        missing: cython.longlong = digits - (decimals if decimals > 0 else 0)
        if missing < 0 or count + missing > _DIGITS_MAX:
            return 0
        while missing > 0:
            number *= 10
            missing -= 1
        return number

    # each reads from ``at`` on, and answers where it stopped, or -1

    def array(self, message, at, size):
        """Up to four texts or integers, kept in ``params``; ``count`` says how many there are."""
        params: cython.longlong[::1] = self.params
        count: cython.Py_ssize_t = 0
        if at >= size or message[at] != 91:  # [
            return -1
        while True:
            at = self.blanks(message, at + 1, size)
            if at >= size or count == _PARAMS_MAX:
                return -1
            if message[at] == 34:  # "
                at = self.text(message, at, size)
                params[3 * count] = _TEXT
                params[3 * count + 1] = self.start
                params[3 * count + 2] = self.end
            else:
                at = self.integer(message, at, size)
                params[3 * count] = _INTEGER
                params[3 * count + 1] = self.value
            if at < 0:
                return -1
            count += 1
            at = self.blanks(message, at, size)
            if at >= size:
                return -1
            if message[at] == 93:  # ]
                self.count = count
                return at + 1
            if message[at] != 44:  # ,
                return -1

    def text(self, message, at, size):
        """A text of printable ASCII without escapes; it lies between ``start`` and ``end``."""
        if at >= size or message[at] != 34:  # "
            return -1
        at += 1
        self.start = at
        while at < size:
            octet: cython.int = message[at]
            if octet == 34:
                self.end = at
                return at + 1
            if octet < 32 or octet > 126 or octet == 92:  # the last is a backslash
                return -1
            at += 1
        return -1

    def integer(self, message, at, size):
        """A whole number without sign; ``value`` holds it."""
        number: cython.longlong = 0
        start: cython.Py_ssize_t = at
        while at < size and 48 <= message[at] <= 57:
            number = number * 10 + (message[at] - 48)
            at += 1
            if at - start > _DIGITS_MAX:
                return -1
        if at == start or (message[start] == 48 and at - start > 1):  # JSON has no leading zeros (RFC 8259 §6)
            return -1
        if at < size and (message[at] == 46 or message[at] == 101 or message[at] == 69):  # . e E
            return -1
        self.value = number
        return at

    def blanks(self, message, at, size):
        while at < size and (message[at] == 32 or message[at] == 10 or message[at] == 13 or message[at] == 9):
            at += 1
        return at

    def equals(self, message, start, end, wanted):
        length: cython.Py_ssize_t = len(wanted)
        if end - start != length:
            return False
        i: cython.Py_ssize_t
        for i in range(length):
            if message[start + i] != wanted[i]:
                break
        else:
            return True
        return False
