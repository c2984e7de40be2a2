"""Client order ids: a name that a user gives an order, good for one order.

An id is taken while its order is open and for ``REMEMBERED_US`` after it ended. In that time the same request gets the
first answer again, so that a client which lost its connection can ask twice; the same id with another request is
refused. Only accepted orders take an id. Of one user at most ``ENDED_PER_USER_MAX`` ended ones are remembered, the
latest: whoever names more orders than that in a day loses the oldest names early, and cannot fill the house's memory.

Records (``name_records.py``) are found through two tables of *buckets*, by user and name and by order: a bucket is the
first record of a chain. There is no moment at which all are listed anew: with each id for which there is no bucket yet
one is added, and takes its half of another's chain (linear hashing). Ended ones are linked in the order they ended, all
of them and those of each user, so what goes next is at the head. The hash of a name is Python's own, of bytes: nobody
can choose names that fall together.

Cost: O(1) and some 300 ns to take an id, half of it to find one or to end it; about 170 bytes an id, 16 for each user
who ever had one. Orders without a client id never come here. Known limit: what is due at once is forgotten at once, a
million ids in some 130 ms, which only happens when no command came while they fell due.
"""

from __future__ import annotations

import cython

if not cython.compiled:  # the compiler takes them from the .pxd
    from fondaco.core.name_records import E_CHAINS, E_ENDED, E_FORGET, E_HASH, E_ORDER, E_USER, NameRecords

from array import array

import msgspec

from fondaco.core.arena import Arena
from fondaco.core.state import ClientOrder

REMEMBERED_US = cython.declare(cython.longlong, 24 * 3600 * 1_000_000)
ENDED_PER_USER_MAX = 100_000

_ENCODER = msgspec.msgpack.Encoder()
_DECODER = msgspec.msgpack.Decoder(ClientOrder)
_BUCKETS_MIN = 1 << 10
_ENDERS_MIN = 1 << 10
#: Of a user: the ended record that goes first, the one that goes last, and how many.
_FIRST = cython.declare(cython.longlong, 0)
_LAST = cython.declare(cython.longlong, 1)
_COUNT = cython.declare(cython.longlong, 2)
_ENDER_PLACES = cython.declare(cython.longlong, 4)
#: The halves of a word with two records in it.
_UPPER = cython.declare(cython.longlong, 0x7FFF_FFFF << 32)
_LOWER = cython.declare(cython.longlong, 0x7FFF_FFFF)
_SPREAD = cython.declare(cython.longlong, 1640531527)


class ClientOrders:
    """All remembered client order ids. An entry is a record's first word, 0 for none."""

    def __init__(self):
        self.ended_per_user_max = ENDED_PER_USER_MAX
        self.records = NameRecords()
        self.count = 0
        self.buckets = _BUCKETS_MIN
        self.doubled = _BUCKETS_MIN  # the buckets there were when the last doubling began: a power of two
        self.arenas = [Arena("i", _BUCKETS_MIN), Arena("i", _BUCKETS_MIN), Arena("i", _ENDERS_MIN * 4)]
        self.by_name = self.arenas[0].view()
        self.by_order = self.arenas[1].view()
        self.first_ended = 0
        self.last_ended = 0
        self.enders = self.arenas[2].view()

    @property
    def room_words(self) -> int:
        """What the records take, with what was freed."""
        return self.records.end

    # what is known

    def find(self, user_id: cython.longlong, client_order_id: bytes) -> cython.longlong:
        """The entry of a user's name."""
        hashed: cython.longlong = self.hashed(user_id, client_order_id)
        entry: cython.longlong = self.by_name[self.bucket_of(hashed)]
        while entry != 0:
            if self.records.words[entry + E_USER] == user_id and self.records.is_named(entry, client_order_id):
                return entry
            entry = self.records.words[entry + E_CHAINS] >> 32
        return 0

    def of_order(self, order_id: cython.longlong) -> cython.longlong:
        """The entry of an order that was put with a name, while that is remembered."""
        entry: cython.longlong = self.by_order[self.bucket_of(order_id)]
        while entry != 0 and self.records.words[entry + E_ORDER] != order_id:
            entry = self.records.words[entry + E_CHAINS] & _LOWER
        return entry

    def order_id(self, entry: cython.longlong) -> cython.longlong:
        return self.records.words[entry + E_ORDER]

    def name(self, entry: cython.longlong) -> bytes:
        return self.records.name(entry)

    def request(self, entry: cython.longlong) -> bytes:
        """Words 2 to 4 of the record it came in, and those of its options."""
        return self.records.request(entry)

    def answer(self, entry: cython.longlong) -> bytes:
        """The rows its sender was answered with."""
        return self.records.rows(entry)

    # what happens

    def accept(
        self,
        user_id: cython.longlong,
        client_order_id: bytes,
        order_id: cython.longlong,
        request: bytes,
        answer: bytes,
    ) -> cython.longlong:
        """Take the id for an order that was accepted, with the answer its sender was given; it counts as open."""
        entry: cython.longlong
        if self.count == self.buckets:
            self.add_bucket()
        entry = self.records.keep(client_order_id, request, answer)
        self.records.words[entry + E_ORDER] = order_id
        self.records.words[entry + E_USER] = user_id
        self.records.words[entry + E_FORGET] = 0
        self.records.words[entry + E_ENDED] = 0
        self.records.words[entry + E_HASH] = self.hashed(user_id, client_order_id) << 32
        self.records.words[entry + E_CHAINS] = 0
        self.enter_by_name(entry)
        self.enter_by_order(entry)
        self.count += 1
        return entry

    def finish(self, order_id: cython.longlong, time_us: cython.longlong) -> None:
        """An order that was accepted with a name ended: its id is free again after ``REMEMBERED_US``."""
        entry: cython.longlong = self.of_order(order_id)
        user_id: cython.longlong = self.records.words[entry + E_USER]
        self.end(entry, time_us + REMEMBERED_US)
        while self.enders[user_id * _ENDER_PLACES + _COUNT] > self.ended_per_user_max:
            self.forget(self.enders[user_id * _ENDER_PLACES + _FIRST])

    def forget_due(self, time_us: cython.longlong) -> cython.longlong:
        """Forget what is due by a time. Answers until when nothing else will be, whatever ends meanwhile."""
        while self.first_ended != 0:
            if self.records.words[self.first_ended + E_FORGET] > time_us:
                return self.records.words[self.first_ended + E_FORGET]
            self.forget(self.first_ended)
        return time_us + REMEMBERED_US

    def end(self, entry, forget_at_us):
        """Put an entry behind those that ended before."""
        words: cython.longlong[::1] = self.records.words
        place: cython.longlong = words[entry + E_USER] * _ENDER_PLACES
        last: cython.longlong
        if place >= self.enders.shape[0]:
            self.enders = memoryview(bytearray(4)).cast("i")
            self.enders = self.arenas[2].grow(2 * place + _ENDER_PLACES)
        words[entry + E_FORGET] = forget_at_us
        words[entry + E_ENDED] = self.last_ended << 32
        if self.last_ended != 0:
            words[self.last_ended + E_ENDED] |= entry
        else:
            self.first_ended = entry
        self.last_ended = entry
        last = self.enders[place + _LAST]
        if last != 0:
            words[last + E_HASH] |= entry
        else:
            self.enders[place + _FIRST] = cython.cast(cython.int, entry)
        self.enders[place + _LAST] = cython.cast(cython.int, entry)
        self.enders[place + _COUNT] += 1
        return 0

    def forget(self, entry):
        """Forget the entry of its user that ended first."""
        words: cython.longlong[::1] = self.records.words
        place: cython.longlong = words[entry + E_USER] * _ENDER_PLACES
        before: cython.longlong = words[entry + E_ENDED] >> 32
        after: cython.longlong = words[entry + E_ENDED] & _LOWER
        after_of_user: cython.longlong = words[entry + E_HASH] & _LOWER
        if before != 0:
            words[before + E_ENDED] = (words[before + E_ENDED] & _UPPER) | after
        else:
            self.first_ended = after
        if after != 0:
            words[after + E_ENDED] = (words[after + E_ENDED] & _LOWER) | (before << 32)
        else:
            self.last_ended = before
        self.enders[place + _FIRST] = cython.cast(cython.int, after_of_user)
        if after_of_user == 0:
            self.enders[place + _LAST] = 0
        self.enders[place + _COUNT] -= 1
        self.leave(entry)
        self.count -= 1
        self.records.drop(entry)

    # the tables

    def hashed(self, user_id, name):
        """31 bits of a user and a name."""
        mixed: cython.longlong = hash(name)
        mixed ^= user_id * _SPREAD
        return (mixed ^ (mixed >> 32)) & _LOWER

    def bucket_of(self, hashed):
        bucket: cython.longlong = hashed & (2 * self.doubled - 1)
        return bucket if bucket < self.buckets else bucket - self.doubled

    def enter_by_name(self, entry):
        """Put an entry into the chain of its name."""
        bucket: cython.longlong = self.bucket_of(self.records.words[entry + E_HASH] >> 32)
        after: cython.longlong = self.by_name[bucket]
        self.records.words[entry + E_CHAINS] = (self.records.words[entry + E_CHAINS] & _LOWER) | (after << 32)
        self.by_name[bucket] = cython.cast(cython.int, entry)
        return 0

    def enter_by_order(self, entry):
        """Put an entry into the chain of its order."""
        bucket: cython.longlong = self.bucket_of(self.records.words[entry + E_ORDER])
        after: cython.longlong = self.by_order[bucket]
        self.records.words[entry + E_CHAINS] = (self.records.words[entry + E_CHAINS] & _UPPER) | after
        self.by_order[bucket] = cython.cast(cython.int, entry)
        return 0

    def leave(self, entry):
        """List an entry no more."""
        words: cython.longlong[::1] = self.records.words
        bucket: cython.longlong = self.bucket_of(words[entry + E_HASH] >> 32)
        after: cython.longlong = words[entry + E_CHAINS] >> 32
        before: cython.longlong = self.by_name[bucket]
        if before == entry:
            self.by_name[bucket] = cython.cast(cython.int, after)
        else:
            while words[before + E_CHAINS] >> 32 != entry:
                before = words[before + E_CHAINS] >> 32
            words[before + E_CHAINS] = (words[before + E_CHAINS] & _LOWER) | (after << 32)
        bucket = self.bucket_of(words[entry + E_ORDER])
        after = words[entry + E_CHAINS] & _LOWER
        before = self.by_order[bucket]
        if before == entry:
            self.by_order[bucket] = cython.cast(cython.int, after)
        else:
            while words[before + E_CHAINS] & _LOWER != entry:
                before = words[before + E_CHAINS] & _LOWER
            words[before + E_CHAINS] = (words[before + E_CHAINS] & _UPPER) | after

    def add_bucket(self):
        """One more bucket in either table, with those of its elder that one more bit of the hash tells apart."""
        elder: cython.longlong = self.buckets - self.doubled
        entry: cython.longlong
        after: cython.longlong
        by_name: cython.longlong = self.by_name[elder]
        by_order: cython.longlong = self.by_order[elder]
        if self.buckets == self.by_name.shape[0]:
            self.grow_tables()
        self.by_name[elder] = 0
        self.by_order[elder] = 0
        self.buckets += 1
        entry = by_name
        while entry != 0:
            after = self.records.words[entry + E_CHAINS] >> 32
            self.enter_by_name(entry)
            entry = after
        entry = by_order
        while entry != 0:
            after = self.records.words[entry + E_CHAINS] & _LOWER
            self.enter_by_order(entry)
            entry = after
        if self.buckets == 2 * self.doubled:
            self.doubled *= 2
        return 0

    def grow_tables(self):
        size: cython.longlong = self.by_name.shape[0]
        self.by_name = memoryview(bytearray(4)).cast("i")
        self.by_name = self.arenas[0].grow(2 * size)
        self.by_order = memoryview(bytearray(4)).cast("i")
        self.by_order = self.arenas[1].grow(2 * size)
        return 0

    # the state as a value

    def dump(self) -> tuple[list[msgspec.Raw], list[msgspec.Raw]]:
        """(Open orders by order id, ended ones in the order they are forgotten), each a packed ``ClientOrder``."""
        opened: list[int] = []
        ended: list[msgspec.Raw] = []
        bucket: cython.longlong
        entry: cython.longlong
        for bucket in range(self.buckets):
            entry = self.by_order[bucket]
            while entry != 0:
                if self.records.words[entry + E_FORGET] == 0:
                    opened.append(entry)
                entry = self.records.words[entry + E_CHAINS] & _LOWER
        opened.sort(key=self.order_id)
        entry = self.first_ended
        while entry != 0:
            ended.append(self.packed(entry))
            entry = self.records.words[entry + E_ENDED] & _LOWER
        return [self.packed(each) for each in opened], ended

    def packed(self, entry: int) -> msgspec.Raw:
        return msgspec.Raw(_ENCODER.encode(self.state(entry)))

    def state(self, entry: int) -> ClientOrder:
        """An entry as it stands in the state."""
        words = self.records.words
        return ClientOrder(
            words[entry + E_USER],
            self.records.name(entry),
            words[entry + E_ORDER],
            tuple(array("q", self.records.request(entry))),
            self.records.rows(entry),
            words[entry + E_FORGET],
        )

    def restore(self, opened: list[msgspec.Raw], ended: list[msgspec.Raw]) -> None:
        """Remember what ``dump`` gave. Nothing may be known yet."""
        for packed in opened:
            self.put_back(_DECODER.decode(packed))
        for packed in ended:
            known = _DECODER.decode(packed)
            self.end(self.put_back(known), known.forget_at_us)

    def put_back(self, known: ClientOrder) -> int:
        request = array("q", known.request).tobytes()
        return self.accept(known.user_id, known.client_order_id, known.order_id, request, known.answer)
