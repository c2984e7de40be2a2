# cython: boundscheck=False, wraparound=False, initializedcheck=False
"""The express way of plain orders: from a request's bytes to its command, and from its row to the answer's bytes.

    message ─▶ PlainRequest ─▶ record ─▶ submit … row ─▶ OrderText ─▶ answer

A session asks ``take`` first. It takes a put of a limit order or a cancel whose every check the ordinary way would
pass; whatever is not plain (another method, an option, a name that is not known, a number out of bounds, a caller who
may not) goes the ordinary way, which has the words for it. So does an answer that is not plain, such as a refusal: the
express way only ever says yes.

Invariants: command, waiting, bounds and answer are those of ``order_methods``: the record's head is what its encoder
writes, the same ``submit`` takes it, and tests hold both ways against each other. What a market or a user was a moment
ago is looked at again for every order, by identity: commands of operators change them by putting new ones.

Cost: about 1 µs an order in and out, compiled.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import cython

from fondaco.core.command_records import encode_cancel, encode_place
from fondaco.core.commands import OrderType, Side, TimeInForce
from fondaco.desks.exchange.caller import submit
from fondaco.desks.exchange.dialect import Compression
from fondaco.desks.exchange.order_methods import OrderWaiter

if TYPE_CHECKING:
    from fondaco.core.commands import Sender
    from fondaco.desks.exchange.floor import Floor
    from fondaco.desks.exchange.session import Outlet, Session

_LIMIT = cython.declare(object, int(OrderType.LIMIT))
_PUT_LIMIT = cython.declare(cython.int, 1)


class ExpressMarket:
    """What one session's plain orders of one market have in common."""

    def __init__(self, terms, sender):
        market_id = terms.market_id
        good_till_cancelled = TimeInForce.GTC
        self.terms = terms
        self.market_id = market_id
        self.price_digits = terms.price_digits
        self.amount_digits = terms.amount_digits
        # A record ends with its price and amount, a cancel with the order's id; all before that never changes.
        self.ask = encode_place(sender, market_id, Side.ASK, OrderType.LIMIT, good_till_cancelled, 0, 0)[:-16]
        self.bid = encode_place(sender, market_id, Side.BID, OrderType.LIMIT, good_till_cancelled, 0, 0)[:-16]
        self.cancel = encode_cancel(sender, market_id, 0)[:-8]
        self.text = terms.order_text


class ExpressOrder:
    """Waits for the answer of a plain order. ``order_id`` is that of a cancel, 0 for a put."""

    def __init__(self, express, session, market, request_id, side, order_id):
        self.express = express
        self.session = session
        self.market = market
        self.request_id = request_id
        self.side = side
        self.order_id = order_id

    def answered(self, row, applied):
        answer = self.market.text.answer(row, self.request_id)
        if answer is None:
            self.ordinary().answered(row, applied)
        else:
            express = self.express
            if express.pack is None:
                express.outlet.send(answer, text=True)
            else:
                express.outlet.send(express.pack(answer))
            self.session.command_ended()

    def failed(self, reason):
        self.ordinary().failed(reason)

    def ordinary(self):
        """The one who would wait if the order had come the ordinary way."""
        if self.order_id:
            return OrderWaiter(self.session, self.request_id, self.market.terms, 0, 0, named=(self.order_id, ""))
        return OrderWaiter(self.session, self.request_id, self.market.terms, self.side, _LIMIT)


class Express:
    """The express way of one session. ``sign`` says for whom it speaks from now on.

    It knows the session only while it takes a message, so that the two do not keep each other alive.
    """

    def __init__(self, floor: Floor, outlet: Outlet, compression: Compression) -> None:
        self.request = floor.plain_request
        self.catalogue = floor.catalogue
        self.house_markets = floor.house.markets
        self.house_users = floor.house.users
        self.outlet = outlet
        self.pack = None if compression is Compression.NONE else compression.pack
        self.may_trade = False
        self.sender = None
        self.markets = {}
        self.numbers = bytearray(16)
        self.buffer = memoryview(self.numbers)

    def sign(self, sender: Sender, may_trade: cython.bint) -> None:
        self.sender = sender
        self.may_trade = may_trade
        self.markets = {}

    def take(self, session: Session, message: bytes) -> cython.bint:
        """Whether the message was a plain order and is on its way."""
        if not self.may_trade:
            return False
        request = self.request
        if not request.read(message):
            return False
        market: ExpressMarket = self.markets.get(request.market)
        if market is None or self.house_markets[market.market_id] is not market.terms.market:
            market = self.known(request.market)
            if market is None:
                return False
        record: bytes
        order_id: cython.longlong = 0
        side: cython.longlong = 0
        if request.method == _PUT_LIMIT:
            if self.house_users.is_disabled(self.sender.user_id):
                return False
            amount: cython.longlong = request.amount(message, market.amount_digits)
            price: cython.longlong = request.price(message, market.price_digits)
            if amount <= 0 or price <= 0:
                return False
            side = request.side
            self.word(0, price)
            self.word(8, amount)
            record = (market.ask if side == 1 else market.bid) + self.numbers
        else:
            order_id = request.order_id
            self.word(0, order_id)
            record = market.cancel + self.numbers[:8]
        submit(session, record, ExpressOrder(self, session, market, request.request_id, side, order_id))
        return True

    def word(self, at, value):
        """A 64-bit number, the lowest byte first."""
        i: cython.int
        for i in range(8):
            self.buffer[at + i] = value & 0xFF
            value = value >> 8

    def known(self, name):
        """The market of a name as it is now, or None."""
        terms = self.catalogue.find(name.decode("ascii"))
        if terms is None:
            return None
        market = ExpressMarket(terms, self.sender)
        self.markets[name] = market
        return market
