"""The double-entry ledger: every balance of the house, and the only way to change one.

An account is (owner, asset, purpose) and holds a count of the asset's minor units. Money moves by transfers, which take
from one account what they give to another; so the balances of an asset always add up to zero, with the outside world as
the account that mirrors all that came in. Order holds are accounts too: to reserve is to move cash to the hold.

Layout: an arena of four words a record, ``key, balance, second and third balance``. A user's cash and holds in one
asset share a record, which is called the user's *wallet*. A balance's address is its word in the arena; it stays the
same for ever, so orders keep their wallets' places and a fill looks nothing up.

A user's wallets are found through a table of the user's own: a power of two of places, by the last bits of the asset,
wide enough that each asset has its place to itself, unless that took more than four places an asset. So a wallet is
found without a search, and two wallets of a user are found in one cache line. All other accounts are found through an
open-addressed index, never over half full. Finding is O(1). Growing moves the arenas without a copy and lists the
accounts of the index anew in a wider one (10 ns each), at powers of two.

Bounds: balances are signed 64-bit. The caller keeps what it brings into the house at most ``UNITS_MAX`` an asset, so no
balance and no sum of balances can pass 63 bits. This module moves; whether an account may go below zero is checked by
whoever asks for the transfer.
"""

from __future__ import annotations

import cython

if not cython.compiled:  # the compiler takes them from the .pxd
    from fondaco.core.layout import A_CASH, A_HOLD, A_KEY, A_WITHDRAWAL, ACCOUNT_WORDS, WALLET

from fondaco.core.arena import Arena, nothing
from fondaco.core.purposes import CASH, ORDER_HOLD, WITHDRAWAL_HOLD

ACCOUNTS_MIN = 1024
WALLET_USERS_MIN = 1024
#: Places in a user's table: at first, and how many for each asset are enough, even if some have not their own.
TABLE_WIDTH_MIN = cython.declare(cython.longlong, 4)
PLACES_PER_ASSET = cython.declare(cython.longlong, 4)
#: Places in a cache line. A table lies across no more of them than it must.
LINE_PLACES = cython.declare(cython.longlong, 16)


class Ledger:
    """All accounts. Every public argument is an integer id or an address; every amount a count of minor units."""

    def __init__(self):
        self.count = 0
        self.end = ACCOUNT_WORDS  # word 0 is no account
        self.arenas = [
            Arena("q", ACCOUNT_WORDS * ACCOUNTS_MIN),
            Arena("q", WALLET_USERS_MIN),
            Arena("i", 4 * WALLET_USERS_MIN),
        ]
        self.words = self.arenas[0].view()
        self.tables = self.arenas[1].view()
        self.numbers = self.arenas[2].view()
        self.numbers_end = 1  # the table of a user without wallets, one place that stays empty
        self.index = Arena("i", 2 * ACCOUNTS_MIN).view()

    # a user's wallets

    def wallet(self, user, asset):
        """The record of a user's wallet, or 0."""
        if user >= self.tables.shape[0]:
            return 0
        place: cython.longlong = self.place(user, asset)
        account: cython.longlong = self.numbers[place] * ACCOUNT_WORDS
        while account != 0:
            if self.words[account + A_KEY] >> 8 == (user << 16) | asset:
                return account
            place = self.next_place(user, place)
            account = self.numbers[place] * ACCOUNT_WORDS
        return 0

    def enter_wallet(self, user, asset):
        """The record of a user's wallet; a new one has nothing."""
        account: cython.longlong = self.wallet(user, asset)
        if account == 0:
            account = self.add((user << 24) | (asset << 8) | WALLET)
            self.list_wallet(user, asset, account // ACCOUNT_WORDS)
        return account

    def foresee_place(self, user, asset):
        """Ask the memory for where a user's table has a wallet."""
        if user < self.tables.shape[0]:
            prefetch(cython.address(self.numbers[self.place(user, asset)]))

    def foresee(self, user, asset):
        """Ask the memory for a wallet that will be looked up soon."""
        account: cython.longlong
        if user < self.tables.shape[0]:
            account = self.numbers[self.place(user, asset)]
            prefetch(cython.address(self.words[account * ACCOUNT_WORDS]))

    def place(self, user, asset):
        """Where a user's table has a wallet, or from where on to look for it."""
        return (self.tables[user] & 0x7FFF_FFFF) + (asset & (self.tables[user] >> 32))

    def next_place(self, user, place):
        """The place after one in a user's table, round and round."""
        first: cython.longlong = self.tables[user] & 0x7FFF_FFFF
        return first + ((place - first + 1) & (self.tables[user] >> 32))

    def list_wallet(self, user, asset, number):
        """Put a new wallet into its user's table."""
        size: cython.longlong = self.tables.shape[0]
        if user >= size:
            while user >= size:
                size *= 2
            self.tables = nothing()
            self.tables = self.arenas[1].grow(size)
        while self.is_narrow(user, asset):
            self.widen_table(user)
        return self.put(user, asset, number)

    def is_narrow(self, user, asset):
        """Whether a user's table has no place to spare for an asset, or is small and has another at its place."""
        first: cython.longlong = self.tables[user] & 0x7FFF_FFFF
        width: cython.longlong = (self.tables[user] >> 32) + 1
        taken: cython.longlong = 0
        place: cython.longlong
        for place in range(first, first + width):
            if self.numbers[place] != 0:
                taken += 1
        if taken + 2 > width:
            return 1
        return 1 if width < PLACES_PER_ASSET * (taken + 1) and self.numbers[self.place(user, asset)] != 0 else 0

    def put(self, user, asset, number):
        place: cython.longlong = self.place(user, asset)
        while self.numbers[place] != 0:
            place = self.next_place(user, place)
        self.numbers[place] = cython.cast(cython.int, number)
        return 0

    def widen_table(self, user):
        """Give a user a table twice as wide. The old one stays unused: all of them are less than the new one."""
        first: cython.longlong = self.tables[user] & 0x7FFF_FFFF
        old_width: cython.longlong = (self.tables[user] >> 32) + 1
        width: cython.longlong = max(2 * old_width, TABLE_WIDTH_MIN)
        size: cython.longlong
        place: cython.longlong
        number: cython.longlong
        line: cython.longlong = min(width, LINE_PLACES)
        table: cython.longlong = (self.numbers_end + line - 1) // line * line
        if table + width > self.numbers.shape[0]:
            size = table + width
            self.numbers = memoryview(bytearray(4)).cast("i")
            self.numbers = self.arenas[2].grow(2 * size)
        self.tables[user] = table | ((width - 1) << 32)
        self.numbers_end = table + width
        for place in range(first, first + old_width):
            number = self.numbers[place]
            if number != 0:
                self.put(user, (self.words[number * ACCOUNT_WORDS + A_KEY] >> 8) & 0xFFFF, number)
        return 0

    # the other accounts

    def lookup(self, owner, asset, purpose):
        """The record of an account that is in no wallet, or 0."""
        key: cython.longlong = (owner << 24) | (asset << 8) | purpose
        mask: cython.longlong = self.index.shape[0] - 1
        place: cython.longlong = self.home(key)
        account: cython.longlong = self.index[place] * ACCOUNT_WORDS
        while account != 0 and self.words[account + A_KEY] != key:
            place = (place + 1) & mask
            account = self.index[place] * ACCOUNT_WORDS
        return account

    def enter(self, owner, asset, purpose):
        """The record of an account that is in no wallet; a new one starts at zero."""
        account: cython.longlong = self.lookup(owner, asset, purpose)
        if account != 0:
            return account
        if (self.count + 1) * 2 > self.index.shape[0]:
            self.widen_index()
        account = self.add((owner << 24) | (asset << 8) | purpose)
        self.count += 1
        self.list_in_index(account)
        return account

    def home(self, key):
        """Where in the index a key is looked for first."""
        # Owners and assets are small sequential numbers: two odd factors below 2**31 spread them without overflow.
        mix: cython.longlong = (key >> 24) * 1640531527 + (key & 0xFFFFFF) * 1013904223
        return (mix ^ (mix >> 17)) & (self.index.shape[0] - 1)

    def list_in_index(self, account):
        mask: cython.longlong = self.index.shape[0] - 1
        place: cython.longlong = self.home(self.words[account + A_KEY])
        while self.index[place] != 0:
            place = (place + 1) & mask
        self.index[place] = cython.cast(cython.int, account // ACCOUNT_WORDS)

    def widen_index(self):
        self.index = Arena("i", 2 * self.index.shape[0]).view()
        account: cython.longlong = ACCOUNT_WORDS
        while account < self.end:
            if self.words[account + A_KEY] & 0xFF != WALLET:
                self.list_in_index(account)
            account += ACCOUNT_WORDS
        return 0

    def add(self, key):
        """A new record, of nothing yet."""
        account: cython.longlong = self.end
        size: cython.longlong
        if account + ACCOUNT_WORDS > self.words.shape[0]:
            size = self.words.shape[0]
            self.words = nothing()
            self.words = self.arenas[0].grow(2 * size)
        self.end += ACCOUNT_WORDS
        self.words[account + A_KEY] = key
        return account

    # moves

    def transfer(self, debit, credit, units):
        self.words[debit] -= units
        self.words[credit] += units

    def total(self, wallet):
        """What a wallet has in all: available and held."""
        return self.words[wallet + A_CASH] + self.words[wallet + A_HOLD] + self.words[wallet + A_WITHDRAWAL]

    # accounts by purpose

    def find(self, owner: cython.longlong, asset: cython.longlong, purpose: cython.longlong) -> cython.longlong:
        """The address of an account's balance, or 0 if the account does not exist."""
        place: cython.longlong = self.place_in_wallet(purpose)
        account: cython.longlong
        if place != 0:
            account = self.wallet(owner, asset) if owner >= 0 else 0
            return account + place if account != 0 else 0
        account = self.lookup(owner, asset, purpose)
        return account + A_CASH if account != 0 else 0

    def open(self, owner: cython.longlong, asset: cython.longlong, purpose: cython.longlong) -> cython.longlong:
        """The address of an account's balance; a new account starts at zero. Owners are not below 0."""
        place: cython.longlong = self.place_in_wallet(purpose)
        if place != 0:
            return self.enter_wallet(owner, asset) + place
        return self.enter(owner, asset, purpose) + A_CASH

    def place_in_wallet(self, purpose):
        """Where in a wallet a balance of this purpose stands; 0: in a record of its own."""
        if purpose == CASH:
            return A_CASH
        if purpose == ORDER_HOLD:
            return A_HOLD
        return A_WITHDRAWAL if purpose == WITHDRAWAL_HOLD else 0

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
        account: cython.longlong = ACCOUNT_WORDS
        key: cython.longlong
        while account < self.end:
            key = self.words[account + A_KEY]
            if key & 0xFF:
                if self.words[account + A_CASH] != 0:
                    found.append((key, self.words[account + A_CASH]))
            else:
                for purpose in (CASH, ORDER_HOLD, WITHDRAWAL_HOLD):
                    units = self.words[account + self.place_in_wallet(purpose)]
                    if units != 0:
                        found.append((key | purpose, units))
            account += ACCOUNT_WORDS
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
