# cython: boundscheck=False, wraparound=False, initializedcheck=False
"""The double-entry ledger: every balance of the house, and the only way to change one.

An account is (owner, asset, purpose) and holds a count of the asset's minor units. Money moves by transfers, which take
from one account what they give to another; so the balances of an asset always add up to zero, with the outside world as
the account that mirrors all that came in. Order holds are accounts too: to reserve is to move cash to the hold.

Layout: an arena of four words a record, ``key, balance, second balance, unused``, and an open-addressed index into it,
never over half full. A user's cash and order hold in one asset share a record, which is called the user's *wallet*. A
balance's address is its word in the arena; it stays the same for ever, so orders keep their wallets' places and a fill
looks nothing up. Finding is O(1); growing copies the arena (1 ns a word) at powers of two.

Bounds: balances are signed 64-bit. The caller keeps what it brings into the house at most ``UNITS_MAX`` an asset, so no
balance and no sum of balances can pass 63 bits. This module moves; whether an account may go below zero is checked by
whoever asks for the transfer.
"""

from __future__ import annotations

from array import array

import cython

#: Purposes of accounts. ``CASH`` and ``ORDER_HOLD`` belong to users, the rest to the house (owner 0). The two are also
#: where they stand in a wallet.
CASH = 1
ORDER_HOLD = 2
FEE_INCOME = 3
OUTSIDE_WORLD = 4

HOUSE_OWNER = 0
RECORDS_MIN = 1024

# A record's group: the wallets, or else the one purpose whose balance is its first.
WALLET = cython.declare(cython.longlong, 0)
RECORD_WORDS = cython.declare(cython.longlong, 4)
_ORDER_HOLD = cython.declare(cython.longlong, ORDER_HOLD)


class Ledger:
    """All accounts. Every public argument is an integer id or an address; every amount a count of minor units."""

    def __init__(self):
        self.count = 0
        self.end = RECORD_WORDS  # word 0 is no account
        self.words = memoryview(array("q", bytes(8 * RECORD_WORDS * (RECORDS_MIN + 1))))
        self.index = memoryview(array("i", bytes(4 * 2 * RECORDS_MIN)))

    # records

    def lookup(self, owner, asset, group):
        """The record of a wallet (group 0) or of one of the house's accounts, or 0."""
        key: cython.longlong = (owner << 24) | (asset << 8) | group
        mask: cython.longlong = self.index.shape[0] - 1
        place: cython.longlong = self.home(key)
        account: cython.longlong = self.index[place]
        while account != 0:
            account *= RECORD_WORDS
            if self.words[account] == key:
                return account
            place = (place + 1) & mask
            account = self.index[place]
        return 0

    def enter(self, owner, asset, group):
        """The record of a wallet or account; a new one starts at zero."""
        account: cython.longlong = self.lookup(owner, asset, group)
        if account != 0:
            return account
        if self.end + RECORD_WORDS > self.words.shape[0]:
            self.grow()
        account = self.end
        self.end += RECORD_WORDS
        self.count += 1
        self.words[account] = (owner << 24) | (asset << 8) | group
        self.list_in_index(account)
        return account

    def home(self, key):
        """Where in the index a key is looked for first."""
        # Owners and assets are small sequential numbers: two odd factors below 2**31 spread them without overflow.
        mix: cython.longlong = (key >> 24) * 1640531527 + (key & 0xFFFFFF) * 1013904223
        return (mix ^ (mix >> 17)) & (self.index.shape[0] - 1)

    def list_in_index(self, account):
        mask: cython.longlong = self.index.shape[0] - 1
        place: cython.longlong = self.home(self.words[account])
        while self.index[place] != 0:
            place = (place + 1) & mask
        self.index[place] = cython.cast(cython.int, account // RECORD_WORDS)

    def grow(self):
        size: cython.longlong = self.words.shape[0]
        wide = array("q", bytes(8 * (2 * (size - RECORD_WORDS) + RECORD_WORDS)))
        memoryview(wide)[:size] = self.words
        self.words = memoryview(wide)
        self.index = memoryview(array("i", bytes(8 * self.index.shape[0])))
        account: cython.longlong = RECORD_WORDS
        while account < self.end:
            self.list_in_index(account)
            account += RECORD_WORDS

    def transfer(self, debit, credit, units):
        self.words[debit] -= units
        self.words[credit] += units

    # accounts by purpose

    def find(self, owner: cython.longlong, asset: cython.longlong, purpose: cython.longlong) -> cython.longlong:
        """The address of an account's balance, or 0 if the account does not exist."""
        account: cython.longlong = self.lookup(owner, asset, WALLET if purpose <= _ORDER_HOLD else purpose)
        if account == 0:
            return 0
        return account + purpose if purpose <= _ORDER_HOLD else account + 1

    def open(self, owner: cython.longlong, asset: cython.longlong, purpose: cython.longlong) -> cython.longlong:
        """The address of an account's balance; a new account starts at zero."""
        if purpose <= _ORDER_HOLD:
            return self.enter(owner, asset, WALLET) + purpose
        return self.enter(owner, asset, purpose) + 1

    def units(self, address: cython.longlong) -> cython.longlong:
        """The balance at an address; 0 for the address 0 of an account that does not exist."""
        return self.words[address] if address != 0 else 0

    def move(self, debit: cython.longlong, credit: cython.longlong, units: cython.longlong) -> None:
        """Take ``units`` from the account at ``debit`` and give them to the one at ``credit``."""
        self.transfer(debit, credit, units)

    def balance(self, owner: int, asset: int, purpose: int) -> int:
        """An account's balance in minor units, 0 if it does not exist."""
        return self.units(self.find(owner, asset, purpose))

    # the ledger as a value

    def accounts(self) -> list[tuple[int, int]]:
        """Every account that is not zero as (key, units), by key: the ledger's logical content.

        The key is ``owner << 24 | asset << 8 | purpose``.
        """
        found: list[tuple[int, int]] = []
        account: cython.longlong = RECORD_WORDS
        key: cython.longlong
        while account < self.end:
            key = self.words[account]
            if key & 0xFF:
                if self.words[account + 1] != 0:
                    found.append((key, self.words[account + 1]))
            else:
                if self.words[account + 1] != 0:
                    found.append((key | CASH, self.words[account + 1]))
                if self.words[account + 2] != 0:
                    found.append((key | ORDER_HOLD, self.words[account + 2]))
            account += RECORD_WORDS
        return sorted(found)

    def restore(self, accounts: list[tuple[int, int]]) -> None:
        """Set the balances that ``accounts`` once gave. The ledger must be new."""
        for key, units in accounts:
            address = self.open(key >> 24, (key >> 8) & 0xFFFF, key & 0xFF)  # before self.words is read: it may grow
            self.words[address] = units

    def sums(self) -> dict[int, int]:
        """The sum of all balances of each asset. Every one must be zero."""
        totals: dict[int, int] = {}
        for key, units in self.accounts():
            asset = (key >> 8) & 0xFFFF
            totals[asset] = totals.get(asset, 0) + units
        return totals
