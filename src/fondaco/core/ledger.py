"""The double-entry ledger: every balance of the house, and the only way to change one.

An account is (owner, asset, purpose) and holds a count of the asset's minor units. Money moves by transfers, which take
from one account what they give to another; so the balances of an asset always add up to zero, with the outside world as
the account that mirrors all that came in. Order holds are accounts too: to reserve is to move cash to the hold.

Layout: an arena of four words a record, ``key, balance, second and third balance``, and an open-addressed index into
it, never over half full. A user's cash and holds in one asset share a record, which is called the user's *wallet*. A
balance's address is its word in the arena; it stays the same for ever, so orders keep their wallets' places and a fill
looks nothing up. Finding is O(1). Growing moves the arena without a copy and lists all accounts anew in a wider index
(10 ns each), at powers of two.

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


class Ledger:
    """All accounts. Every public argument is an integer id or an address; every amount a count of minor units."""

    def __init__(self):
        self.count = 0
        self.end = ACCOUNT_WORDS  # word 0 is no account
        self.arena = Arena("q", ACCOUNT_WORDS * ACCOUNTS_MIN)
        self.words = self.arena.view()
        self.index = Arena("i", 2 * ACCOUNTS_MIN).view()

    # records

    def lookup(self, owner, asset, group):
        """The record of a wallet (group 0) or of one of the house's accounts, or 0."""
        key: cython.longlong = (owner << 24) | (asset << 8) | group
        mask: cython.longlong = self.index.shape[0] - 1
        place: cython.longlong = self.home(key)
        account: cython.longlong = self.index[place]
        while account != 0:
            account *= ACCOUNT_WORDS
            if self.words[account + A_KEY] == key:
                return account
            place = (place + 1) & mask
            account = self.index[place]
        return 0

    def foresee_place(self, owner, asset):
        """Ask the memory for where the index has a wallet."""
        prefetch(cython.address(self.index[self.home((owner << 24) | (asset << 8))]))

    def foresee(self, owner, asset):
        """Ask the memory for a wallet that will be looked up soon."""
        account: cython.longlong = self.index[self.home((owner << 24) | (asset << 8))]
        prefetch(cython.address(self.words[account * ACCOUNT_WORDS]))

    def enter(self, owner, asset, group):
        """The record of a wallet or account; a new one starts at zero."""
        account: cython.longlong = self.lookup(owner, asset, group)
        if account != 0:
            return account
        if self.end + ACCOUNT_WORDS > self.words.shape[0]:
            self.grow()
        if (self.count + 1) * 2 > self.index.shape[0]:
            self.widen_index()
        account = self.end
        self.end += ACCOUNT_WORDS
        self.count += 1
        self.words[account + A_KEY] = (owner << 24) | (asset << 8) | group
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

    def grow(self):
        size: cython.longlong = self.words.shape[0]
        self.words = nothing()
        self.words = self.arena.grow(2 * size)
        return 0

    def widen_index(self):
        self.index = Arena("i", 2 * self.index.shape[0]).view()
        account: cython.longlong = ACCOUNT_WORDS
        while account < self.end:
            self.list_in_index(account)
            account += ACCOUNT_WORDS
        return 0

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
        account: cython.longlong = self.lookup(owner, asset, purpose if place == 0 else WALLET)
        if account == 0:
            return 0
        return account + (A_CASH if place == 0 else place)

    def open(self, owner: cython.longlong, asset: cython.longlong, purpose: cython.longlong) -> cython.longlong:
        """The address of an account's balance; a new account starts at zero."""
        place: cython.longlong = self.place_in_wallet(purpose)
        return self.enter(owner, asset, purpose if place == 0 else WALLET) + (A_CASH if place == 0 else place)

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
