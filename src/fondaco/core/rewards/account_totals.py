"""What a programme's accounts of one purpose come to, by currency: its trial balance, ready at any moment.

There may be a million participants, whose accounts nobody can add up between two orders; so the totals go along with
every posting. They follow from the ledger and are no part of the state: a house that comes back counts them once. Of
the cash of users it is what the programme's postings gave them, since the exchange moves it too.

Invariant: the totals of a currency add up to zero, and each is the sum of the ledger's accounts. Cost: some 0.4 µs a
posting.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Final

from fondaco.core.purposes import (
    BAD_DEBT,
    BREAKAGE,
    CASH,
    CLAWBACK_LOSS,
    CONTRIBUTION_INCOME,
    MERCHANT_RECEIVABLE,
    PARTICIPANT_DEBT,
    PARTICIPANT_REWARD,
    PROGRAMME_CASH,
    REWARD_COST,
    SPEND_PAYABLE,
    TAX_PAYABLE,
)

if TYPE_CHECKING:
    from fondaco.core.ledger import Ledger
    from fondaco.core.rewards.books import Books

#: The purposes of which a programme has one account in each currency.
OWN: Final = (
    PROGRAMME_CASH,
    SPEND_PAYABLE,
    TAX_PAYABLE,
    CONTRIBUTION_INCOME,
    BREAKAGE,
    REWARD_COST,
    CLAWBACK_LOSS,
    BAD_DEBT,
)


class AccountTotals:
    """Of one programme, credit positive."""

    def __init__(self) -> None:
        self._units: Counter[tuple[int, int]] = Counter()

    def of(self, purpose: int, currency: int) -> int:
        return self._units[purpose, currency]

    def post(self, units: int, currency: int, debit_purpose: int, credit_purpose: int) -> None:
        self._units[debit_purpose, currency] -= units
        self._units[credit_purpose, currency] += units

    def count(self, books: Books, ledger: Ledger) -> None:
        """Begin with what the ledger holds. What its accounts lack to zero, users have been given."""
        counted = self._units
        counted.clear()
        for currency in books.currencies.values():
            for purpose in OWN:
                counted[purpose, currency.number] += ledger.balance(books.owner, currency.asset_id, purpose)
        for receivable in books.receivables.values():
            owner, asset_id = books.receivable_owners[receivable.number - 1], _asset(books, receivable.currency)
            counted[MERCHANT_RECEIVABLE, receivable.currency] += ledger.balance(owner, asset_id, MERCHANT_RECEIVABLE)
        for participant in books.participants.values():
            owner, asset_id = books.participant_owners[participant.number - 1], _asset(books, participant.currency)
            for purpose in (PARTICIPANT_REWARD, PARTICIPANT_DEBT):
                counted[purpose, participant.currency] += ledger.balance(owner, asset_id, purpose)
        for number in books.currencies:
            total = sum(units for (_, currency), units in counted.items() if currency == number)
            counted[CASH, number] = -total


def _asset(books: Books, currency: int) -> int:
    return books.currencies[currency].asset_id
