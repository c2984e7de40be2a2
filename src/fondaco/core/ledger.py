# cython: boundscheck=False, wraparound=False, initializedcheck=False
"""The double-entry ledger: every balance of the house, and the only way to change one.

An account is (owner, asset, purpose) and holds a count of the asset's minor units. Money moves by transfers, which take
from one account what they give to another; so the balances of an asset always add up to zero, with the outside world as
the account that mirrors all that came in. Order holds are accounts too: to reserve is to move cash to the hold.

Layout: an open-addressed table of two words a row, ``key`` and ``units``; the two words of cash and hold of one
owner and asset are neighbours. Finding is O(1), a table never fills past one half, and growing it copies it (about
30 ns an account). ``slot`` is a row's place and valid until the next ``open`` or ``reserve``.

Bounds: balances are signed 64-bit. The caller keeps what it brings into the house at most ``UNITS_MAX`` an asset, so no
balance and no sum of balances can pass 63 bits. This module moves; whether an account may go below zero is checked by
whoever asks for the transfer.
"""

from __future__ import annotations

from array import array

import cython

#: Purposes of accounts. ``CASH`` and ``ORDER_HOLD`` belong to users, the rest to the house (owner 0).
CASH = 1
ORDER_HOLD = 2
FEE_INCOME = 3
OUTSIDE_WORLD = 4
PURPOSES = {CASH: "cash", ORDER_HOLD: "order hold", FEE_INCOME: "fee income", OUTSIDE_WORLD: "outside world"}

HOUSE_OWNER = 0


class Ledger:
    """All accounts. Every public argument is an integer id; every amount a count of minor units."""

    def __init__(self):
        self.capacity = 4096
        self.count = 0
        self.rows = memoryview(array("q", bytes(16 * 4096)))

    def home(self, owner, asset, purpose):
        # Owners and assets are small sequential numbers: two odd factors below 2**31 spread them without overflow.
        mix: cython.longlong = owner * 1640531527 + asset * 1013904223
        mix ^= mix >> 17
        return ((mix * 2) & (self.capacity - 1)) + (purpose & 1)

    def lookup(self, owner, asset, purpose):
        key: cython.longlong = (owner << 24) | (asset << 8) | purpose
        place: cython.longlong = self.home(owner, asset, purpose)
        found: cython.longlong = self.rows[place * 2]
        while found != 0:
            if found == key:
                return place
            place = (place + 1) & (self.capacity - 1)
            found = self.rows[place * 2]
        return -1

    def find(self, owner: cython.longlong, asset: cython.longlong, purpose: cython.longlong) -> cython.longlong:
        """The account's slot, or -1 if nothing was ever moved to it."""
        return self.lookup(owner, asset, purpose)

    def open(self, owner: cython.longlong, asset: cython.longlong, purpose: cython.longlong) -> cython.longlong:
        """The account's slot; a new account starts at zero. Never moves other slots if room was reserved."""
        place: cython.longlong = self.lookup(owner, asset, purpose)
        if place >= 0:
            return place
        if self.count * 2 >= self.capacity:
            self.reserve(1)
        place = self.home(owner, asset, purpose)
        while self.rows[place * 2] != 0:
            place = (place + 1) & (self.capacity - 1)
        self.rows[place * 2] = (owner << 24) | (asset << 8) | purpose
        self.count += 1
        return place

    def reserve(self, accounts: cython.longlong) -> None:
        """Make room for that many new accounts, so that opening them leaves every slot where it is."""
        capacity: cython.longlong = self.capacity
        while (self.count + accounts) * 2 > capacity:
            capacity *= 2
        if capacity == self.capacity:
            return
        old: cython.longlong[::1] = self.rows
        old_capacity: cython.longlong = self.capacity
        self.rows = memoryview(array("q", bytes(16 * capacity)))
        self.capacity = capacity
        index: cython.longlong
        key: cython.longlong
        place: cython.longlong
        for index in range(old_capacity):
            key = old[index * 2]
            if key != 0:
                place = self.home(key >> 24, (key >> 8) & 0xFFFF, key & 0xFF)
                while self.rows[place * 2] != 0:
                    place = (place + 1) & (capacity - 1)
                self.rows[place * 2] = key
                self.rows[place * 2 + 1] = old[index * 2 + 1]

    def units(self, slot: cython.longlong) -> cython.longlong:
        """The balance at a slot; 0 for the slot -1 of an account that does not exist."""
        if slot < 0:
            return 0
        return self.rows[slot * 2 + 1]

    def transfer(self, debit, credit, units):
        self.rows[debit * 2 + 1] -= units
        self.rows[credit * 2 + 1] += units

    def move(self, debit: cython.longlong, credit: cython.longlong, units: cython.longlong) -> None:
        """Take ``units`` from the account at ``debit`` and give them to the one at ``credit``."""
        self.transfer(debit, credit, units)

    def balance(self, owner: int, asset: int, purpose: int) -> int:
        """An account's balance in minor units, 0 if it does not exist."""
        return self.units(self.find(owner, asset, purpose))

    def accounts(self) -> list[tuple[int, int]]:
        """Every account that is not zero as (key, units), by key: the ledger's logical content."""
        return sorted(
            (self.rows[place * 2], self.rows[place * 2 + 1])
            for place in range(self.capacity)
            if self.rows[place * 2] != 0 and self.rows[place * 2 + 1] != 0
        )

    def restore(self, accounts: list[tuple[int, int]]) -> None:
        """Set the balances that ``accounts`` once gave. The ledger must be new."""
        self.reserve(len(accounts))
        for key, units in accounts:
            place = self.open(key >> 24, (key >> 8) & 0xFFFF, key & 0xFF)
            self.rows[place * 2 + 1] = units

    def sums(self) -> dict[int, int]:
        """The sum of all balances of each asset. Every one must be zero."""
        totals: dict[int, int] = {}
        for key, units in self.accounts():
            asset = (key >> 8) & 0xFFFF
            totals[asset] = totals.get(asset, 0) + units
        return totals
