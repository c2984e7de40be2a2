"""Placing an order, the ordinary way: checks, the record, what it trades, what is left of it, what that sets off.

The order of things is the journal's meaning: a name that was taken is answered before anything is checked, a refused
order takes neither id nor name, and what its prices set off comes after its own answer, inside the same command.
"""

from __future__ import annotations

import cython

if not cython.compiled:  # the compiler takes them from the .pxd
    from fondaco.core.book_checks import AUCTION
    from fondaco.core.checks import Checks
    from fondaco.core.crossing import Crossing
    from fondaco.core.floor import BID, HAS_CLIENT_ORDER_ID, LIMIT, OPEN, ORDER_PUT, Floor
    from fondaco.core.layout import (
        M_FEES,
        M_MONEY,
        M_PHASE,
        M_STOCK,
        MARKET_WORDS,
        O_EXTRA,
        O_FEES,
        O_SESSION,
        U_FLAGS,
        USER_WORDS,
        X_DISPLAY,
        X_EXPIRE,
        X_TRAIL,
        X_TRIGGER,
        X_TRIGGER_PRICE,
    )
    from fondaco.core.order_names import NAMED, WITH_OPTIONS, OrderNames
    from fondaco.core.reasons import R_INVALID_ARGUMENT, R_UNKNOWN_MARKET
    from fondaco.core.rows import HAS_OPTIONS, IS_ANSWER
    from fondaco.core.triggers import Triggers

from fondaco.core import events

OTHER_UNIT = cython.declare(cython.longlong, events.OTHER_UNIT)


class Placing:
    """Over one floor. ``user_fees``: by user, then market (0: all), (maker, taker) ppm; ``sessions``: the users of each
    session whose orders end with it."""

    def __init__(self, floor: Floor, names: OrderNames, checks: Checks, crossing: Crossing, triggers: Triggers):
        self.floor = floor
        self.table = floor.table
        self.ledger = floor.ledger
        self.rows = floor.rows
        self.names = names
        self.checks = checks
        self.crossing = crossing
        self.triggers = triggers
        self.user_fees = {}
        self.sessions = {}

    def put(self, batch, at, flags):
        """Carry out the place at a word of a batch; its options and its name are read from there."""
        request: cython.longlong = batch[at + 2]
        price_ticks: cython.longlong = batch[at + 3]
        amount: cython.longlong = batch[at + 4]
        market_id: cython.longlong = request & 0xFFFF
        trigger: cython.longlong = (request >> 40) & 0xFF
        # side, type and execution keep their order; the market stands between them
        terms: cython.longlong = (
            (((request >> 16) & 0xFFFF) << 16) | (market_id << 32) | (((request >> 32) & 0xFF) << 48)
        )
        is_bid: cython.bint = ((request >> 16) & 0xFF) == BID
        user: cython.longlong = self.rows.user
        self.rows.market_id = market_id
        if self.read_options(batch, at + 5, flags) or self.checks.is_malformed(terms, trigger):
            return self.rows.reject(R_INVALID_ARGUMENT, 0, terms)
        if flags & NAMED and not self.names.read_place(at, flags):
            return self.rows.reject(R_INVALID_ARGUMENT, 0, terms)
        if market_id < 1 or market_id >= self.floor.market_count:
            return self.rows.reject(R_UNKNOWN_MARKET, 0, market_id)
        if flags & NAMED and self.names.answered(at, flags):
            return 0
        market: cython.longlong = market_id * MARKET_WORDS
        in_auction: cython.bint = self.floor.markets[market + M_PHASE] == AUCTION
        if self.floor.markets[market + M_PHASE] != 0:
            if self.checks.wrong_phase(market, is_bid, (trigger & 3) == 0 and not self.checks.collects(terms)):
                return 0
        if self.checks.unwelcome(user) or self.checks.too_many_open(user):
            return 0
        if flags & NAMED:
            terms |= HAS_CLIENT_ORDER_ID << 56
        if trigger & 4:
            terms |= OTHER_UNIT << 56
        if flags & WITH_OPTIONS:
            terms |= HAS_OPTIONS << 56
        if self.checks.refused(user, terms, trigger, price_ticks, amount):
            return 0

        give: cython.longlong = self.checks.give_wallet
        take: cython.longlong = self.ledger.enter_wallet(
            user, self.floor.markets[market + M_STOCK] if is_bid else self.floor.markets[market + M_MONEY]
        )
        order: cython.longlong = self.table.allocate()
        self.table.fill(
            order,
            terms,
            user,
            price_ticks,
            amount,
            0,
            self.floor.markets[market + M_FEES],
            give | (take << 32),
            self.rows.time_us,
        )
        if self.table.user_words[user * USER_WORDS + U_FLAGS] != 0:
            self.own_fees(order, user, market_id)
        if flags & WITH_OPTIONS:
            self.keep_options(order, trigger & 3)

        stopped: cython.longlong = 0
        rests: cython.bint
        if trigger & 3:
            self.table.link_user(order)
            self.floor.hold(order)
            self.floor.enter_waiting(order, price_ticks)
            rests = True
        else:
            if not in_auction:
                stopped = self.crossing.cross(order, self.limit_of(terms, market, price_ticks, is_bid))
            rests = self.crossing.rest_or_end(order, stopped, True, IS_ANSWER)
        if rests:
            if flags & WITH_OPTIONS:
                self.floor.expires(order)
            if self.sessions:
                self.tag(order, batch[at + 1] - (user << 32), user)
            self.rows.order(order, ORDER_PUT, OPEN, IS_ANSWER)
        if flags & NAMED:
            self.names.remember(at, flags, rests)
        if self.crossing.prices:
            self.triggers.fire(market_id)
        return 0

    def read_options(self, batch, at, flags):
        """Take the options of a place in hand for its checks; answers whether it has the words and says nothing."""
        self.checks.display = 0
        self.checks.trigger_price = 0
        self.checks.trail = 0
        self.checks.expire = 0
        if not flags & WITH_OPTIONS:
            return 0
        self.checks.display = batch[at]
        self.checks.trigger_price = batch[at + 1]
        self.checks.trail = batch[at + 2]
        self.checks.expire = batch[at + 3]
        return 1 if (batch[at] | batch[at + 1] | batch[at + 2] | batch[at + 3]) == 0 else 0

    def limit_of(self, terms, market, price_ticks, is_bid):
        """Up to which price a taker trades; 0: any."""
        if ((terms >> 24) & 0xFF) == LIMIT:
            return price_ticks
        return self.checks.against_book.band_edge(market, is_bid)

    def keep_options(self, order, kind):
        options: cython.longlong = self.table.allocate_options()
        self.table.options[options + X_DISPLAY] = self.checks.display
        self.table.options[options + X_TRIGGER] = kind
        self.table.options[options + X_TRIGGER_PRICE] = self.checks.trigger_price
        self.table.options[options + X_TRAIL] = self.checks.trail
        self.table.options[options + X_EXPIRE] = self.checks.expire
        self.table.words[order + O_EXTRA] = options << 32
        return 0

    def own_fees(self, order, user, market_id):
        """The user's own rates instead of the market's."""
        own = self.user_fees.get(user, {})
        fees = own.get(market_id) or own.get(0)
        if fees is not None:
            self.table.words[order + O_FEES] = fees[1] | (fees[0] << 32)
        return 0

    def tag(self, order, session, user):
        """An order of a session that cancels when it ends."""
        users = self.sessions.get(session)
        if users is not None:
            users[user] = None
            self.table.words[order + O_SESSION] = session
        return 0
