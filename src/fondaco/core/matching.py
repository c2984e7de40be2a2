"""Matching: takes hot commands (place, cancel, amend) one by one and writes what happened as rows.

The life of a place (``placing.py``): its client id is known (the first answer again) or not; then the checks in the
order of ``rejects.py``; then it is accepted, gets an id, trades against the other side while prices cross
(``crossing.py``); what is left rests, with its funds moved to the hold, or ends. With a trigger it waits instead. Then
whatever its prices set off is carried out (``triggers.py``), inside the same command. A plain order that meets nobody
does all that in one go (``plain_way.py``). What becomes of an amended one stands in ``amending.py``.

Cost: O(1) for an order at the touch, plus O(1) a fill. Rows are laid out in ``events.py``, records in ``layout.py``.
"""

from __future__ import annotations

import cython

if not cython.compiled:  # the compiler takes them from the .pxd
    from fondaco.core.amending import Amending
    from fondaco.core.applied import Applied
    from fondaco.core.auction import Auction
    from fondaco.core.book_checks import BookChecks
    from fondaco.core.checks import Checks
    from fondaco.core.crossing import Crossing
    from fondaco.core.floor import Floor
    from fondaco.core.foresight import NEIGHBOURS_STEP, PLACES_STEP, RECORDS_STEP, Foresight
    from fondaco.core.layout import MARKET_WORDS, O_TERMS, O_USER
    from fondaco.core.order_names import (
        NAME_WORDS,
        NAMED,
        PLACE_OPTION_WORDS,
        PLACE_WORDS,
        WITH_OPTIONS,
        OrderNames,
    )
    from fondaco.core.placing import Placing
    from fondaco.core.plain_way import PlainWay
    from fondaco.core.reasons import R_INVALID_ARGUMENT, R_NOT_YOUR_ORDER, R_ORDER_NOT_FOUND, R_UNKNOWN_MARKET
    from fondaco.core.rows import IS_ANSWER
    from fondaco.core.triggers import Triggers

from fondaco.core import commands, events

# C globals when compiled: a lookup in an enum would cost more than a whole match.
VERSION = cython.declare(cython.longlong, commands.VERSION)
PLACE = cython.declare(cython.longlong, commands.Kind.PLACE)
CANCEL = cython.declare(cython.longlong, commands.Kind.CANCEL)
AMEND = cython.declare(cython.longlong, commands.Kind.AMEND)
RARE = cython.declare(cython.longlong, commands.RARE)
RECORD_WORDS_MIN = cython.declare(cython.longlong, 3)
CANCEL_WORDS = cython.declare(cython.longlong, 4)
AMEND_WORDS = cython.declare(cython.longlong, 7)
CANCELLED = cython.declare(cython.longlong, events.Finish.CANCELLED)
#: How many commands before its turn the memory is asked for a command's places, records and their neighbours.
PLACES_AHEAD = cython.declare(cython.longlong, 8)
RECORDS_AHEAD = cython.declare(cython.longlong, 5)
NEIGHBOURS_AHEAD = cython.declare(cython.longlong, 2)
#: A batch of no more words is so few commands that it would be asked for when it is needed.
FEW_WORDS = cython.declare(cython.longlong, 10)


class Matching:
    """The run of hot commands over the floor."""

    def __init__(self) -> None:
        self.floor = Floor()
        self.table = self.floor.table
        self.ledger = self.floor.ledger
        self.rows = self.floor.rows
        self.names = OrderNames(self.rows, self.floor.client_orders)
        self.foresight = Foresight(self.floor)
        self.crossing = Crossing(self.floor, self.foresight)
        self.plain_way = PlainWay(self.floor)
        against_book = BookChecks(self.floor)
        self.checks = Checks(self.floor, against_book)
        self.triggers = Triggers(self.floor, self.crossing, against_book)
        self.placing = Placing(self.floor, self.names, self.checks, self.crossing, self.triggers)
        self.amending = Amending(self.floor, self.checks, self.crossing, self.triggers)
        self.auction = Auction(self.floor, self.crossing)
        self.at = 0
        self.end = 0
        self.first_seq = 1
        self.rest = None
        self.referred = {}
        self.gather_fees = None

    # the run

    def serve(self, rest: object, referred: dict[int, tuple[int, int]], gather_fees: object) -> None:
        """Take what the house does itself.

        ``rest`` goes on with a batch that is more than hot commands, ``gather_fees`` looks at what a batch did while
        there are ``referred`` users.
        """
        self.rest = rest
        self.referred = referred
        self.gather_fees = gather_fees

    @cython.binding(False)
    def apply(self, batch: bytes | bytearray, time_us: cython.longlong) -> Applied:
        """Apply a batch of records at a time not before the last one; answers what happened.

        Where something is due by time or a command is rare, ``rest`` goes on from word ``at``.
        """
        due_us: cython.longlong = self.floor.due.not_before_us
        applied: Applied
        nothing_is_due: cython.bint = due_us == 0 or due_us > time_us
        self.begin(batch, time_us)
        if nothing_is_due:
            self.at = self.run(0, self.end)
        if nothing_is_due and self.at == self.end:
            applied = self.applied(())
        else:
            applied = self.rest(batch, time_us)
        if self.referred:
            self.gather_fees(applied.rows, applied.facts, time_us)
        return applied

    def begin(self, batch, time_us):
        """Take a batch in hand, at a time. Rows start anew."""
        size: cython.longlong = len(batch)
        words: cython.longlong = size >> 3
        if time_us < self.rows.time_us:
            raise ValueError(f"a batch at {time_us} µs after one at {self.rows.time_us} µs; time does not go back")
        if size & 7:
            raise ValueError(f"a batch of {size} bytes; records are whole words of 8")
        records: bytes = batch if isinstance(batch, bytes) else bytes(batch)  # nobody can change it meanwhile
        if cython.compiled:
            start: cython.p_const_char = records
            self.batch = cython.cast(cython.p_longlong, start)
        else:
            self.batch = memoryview(records).cast("q")
        self.names.begin(records, time_us)
        self.first_seq = self.rows.seq
        self.foresight.look()
        self.rows.time_us = time_us
        self.rows.begin(words)
        self.at = 0
        self.end = words
        return 0

    def applied(self, facts: tuple[events.Fact, ...]) -> Applied:
        """What the batch in hand did, which is let go."""
        self.names.end()
        if cython.compiled:
            applied: Applied = Applied.__new__(Applied)
            applied.first_seq = self.first_seq
            applied.count = self.rows.seq - self.first_seq
            applied.time_us = self.rows.time_us
            applied.rows = self.rows.take()
            applied.facts = facts
            return applied
        return Applied(self.first_seq, self.rows.seq - self.first_seq, self.rows.time_us, self.rows.take(), facts)

    def run(self, at: cython.longlong, end: cython.longlong) -> cython.longlong:
        """Apply hot commands from word ``at``; answers the word of the first rare command, or ``end``."""
        head: cython.longlong
        kind: cython.longlong
        size: cython.longlong
        flags: cython.longlong
        words: cython.longlong
        places_at: cython.longlong = at if end - at > FEW_WORDS else end
        records_at: cython.longlong = places_at
        neighbours_at: cython.longlong = places_at
        places_ahead: cython.longlong = 0
        records_ahead: cython.longlong = 0
        neighbours_ahead: cython.longlong = 0
        while at < end:
            if cython.compiled:
                while records_ahead < RECORDS_AHEAD and records_at + CANCEL_WORDS <= end:
                    records_at = self.look_ahead(RECORDS_STEP, records_at)
                    records_ahead += 1
                records_ahead -= 1
            if self.foresight.is_wide:
                while places_ahead < PLACES_AHEAD and places_at + CANCEL_WORDS <= end:
                    places_at = self.look_ahead(PLACES_STEP, places_at)
                    places_ahead += 1
                while neighbours_ahead < NEIGHBOURS_AHEAD and neighbours_at + CANCEL_WORDS <= end:
                    neighbours_at = self.look_ahead(NEIGHBOURS_STEP, neighbours_at)
                    neighbours_ahead += 1
                places_ahead -= 1
                neighbours_ahead -= 1
            head = self.batch[at]
            kind = (head >> 24) & 0xFF
            size = head & 0xFFFF
            if size < RECORD_WORDS_MIN or at + size > end:
                raise ValueError(f"a record of {size} words at word {at} of a batch of {end}")
            if ((head >> 16) & 0xFF) != VERSION:
                raise ValueError(f"record version {(head >> 16) & 0xFF} at word {at}; this house reads {VERSION}")
            if kind >= RARE:
                return at
            flags = (self.batch[at + 2] >> 48) & 0x7FFF
            words = NAME_WORDS if flags & NAMED else 0
            self.rows.user = self.batch[at + 1] >> 32
            if kind == PLACE:
                if flags & WITH_OPTIONS:
                    words += PLACE_OPTION_WORDS
                if size != PLACE_WORDS + words or flags > NAMED + WITH_OPTIONS:
                    self.unknown(kind, size, at)
                if flags or not self.put_plain(at):
                    self.placing.put(self.batch, at, flags)
            elif kind == CANCEL and size == CANCEL_WORDS + words:
                self.cancel(at)
            elif kind == AMEND and size == AMEND_WORDS + words:
                self.amend(at)
            else:
                self.unknown(kind, size, at)
            self.rows.seq += 1
            at += size
        return at

    def look_ahead(self, step, at):
        """Ask the memory for a step of what the command at a word needs; answers the word of the next."""
        head: cython.longlong = self.batch[at]
        self.foresight.ask(step, head, self.batch[at + 1] >> 32, self.batch[at + 2], self.batch[at + 3])
        return at + max(head & 0xFFFF, RECORD_WORDS_MIN)

    def unknown(self, kind, size, at):
        raise ValueError(f"a record of kind {kind} and {size} words at word {at} is none that this house knows")

    # one command

    def put_plain(self, at):
        """Whether a place without options or a name went the plain way, and is done."""
        user: cython.longlong = self.rows.user
        order: cython.longlong = self.plain_way.put(self.batch[at + 2], user, self.batch[at + 3], self.batch[at + 4])
        if order != 0 and self.placing.sessions:
            self.placing.tag(order, self.batch[at + 1] - (user << 32), user)
        return 1 if order != 0 else 0

    def named_order(self, at, words):
        """The id of the order that a cancel or an amend speaks of; 0 for a name that nobody knows."""
        if not (self.batch[at + 2] >> 48) & NAMED:
            return self.batch[at + 3]
        return self.names.order_id(at + words)

    def found(self, order_id, market_id):
        """The handle of the sender's order, or 0 with the refusal written."""
        order: cython.longlong = self.table.lookup(order_id)
        if order == 0 or ((self.table.words[order + O_TERMS] >> 32) & 0xFFFF) != market_id:
            self.rows.reject(R_ORDER_NOT_FOUND, 0, order_id)
            return 0
        if self.table.words[order + O_USER] != self.rows.user:
            self.rows.reject(R_NOT_YOUR_ORDER, 0, order_id)
            return 0
        return order

    def cancel(self, at):
        market_id: cython.longlong = self.batch[at + 2] & 0xFFFF
        order: cython.longlong
        self.rows.market_id = market_id
        if market_id < 1 or market_id >= self.floor.market_count:
            return self.rows.reject(R_UNKNOWN_MARKET, 0, market_id)
        order = self.found(self.named_order(at, CANCEL_WORDS), market_id)
        if order != 0:
            self.floor.end(order, CANCELLED, IS_ANSWER)
        return 0

    def amend(self, at):
        market_id: cython.longlong = self.batch[at + 2] & 0xFFFF
        price_ticks: cython.longlong = self.batch[at + 4]
        amount: cython.longlong = self.batch[at + 5]
        trigger_price: cython.longlong = self.batch[at + 6]
        self.rows.market_id = market_id
        if (self.batch[at + 2] >> 48) & NAMED and not self.names.read(at + AMEND_WORDS):
            return self.rows.reject(R_INVALID_ARGUMENT, 0, 0)
        if price_ticks < 0 or amount < 0 or trigger_price < 0:
            return self.rows.reject(R_INVALID_ARGUMENT, 0, 0)
        if price_ticks == 0 and amount == 0 and trigger_price == 0:
            return self.rows.reject(R_INVALID_ARGUMENT, 0, 0)
        if market_id < 1 or market_id >= self.floor.market_count:
            return self.rows.reject(R_UNKNOWN_MARKET, 0, market_id)
        if self.checks.wrong_phase(market_id * MARKET_WORDS, False, False) or self.checks.unwelcome(self.rows.user):
            return 0
        order: cython.longlong = self.found(self.named_order(at, AMEND_WORDS), market_id)
        if order != 0:
            self.amending.amend(order, price_ticks, amount, trigger_price)
        return 0

    # what the rare commands of the house need

    def rare(self, at: int) -> int:
        """Take the rare command at a word in hand; answers its length in words."""
        self.rows.user = self.batch[at + 1] >> 32
        self.rows.market_id = 0
        return self.batch[at] & 0xFFFF

    def answer_refusal(self, reason: int, bound: int, value: int) -> None:
        """Refuse the rare command at hand."""
        self.rows.reject(reason, bound, value)
        self.rows.seq += 1

    def answer_fact(self, index: int, user: int) -> None:
        """Answer the rare command at hand with a fact."""
        self.rows.fact(index, user, IS_ANSWER)

    def state_fact(self, index: int) -> None:
        """State a fact that time brought about, under the sequence of the next command."""
        self.rows.fact(index, 0, 0)

    def fire(self, market_id: int) -> None:
        """Carry out what the rare command at hand set off on a market."""
        if self.crossing.prices:
            self.triggers.fire(market_id)

    def next_command(self) -> None:
        self.rows.seq += 1

    def nobody(self) -> None:
        """What happens now was sent by nobody: time did it."""
        self.rows.user = 0
        self.rows.market_id = 0

    def restore(self, seq: int, time_us: int) -> None:
        self.rows.seq = seq
        self.rows.time_us = time_us
