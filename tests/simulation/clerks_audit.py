"""What a house has of the clerks' work, as it says over HTTP and as its books stand: held against their own sums."""

from __future__ import annotations

from collections import Counter as Tally
from decimal import Decimal
from pathlib import Path

import aiohttp

from fondaco.core.purposes import MERCHANT_RECEIVABLE, PARTICIPANT_REWARD
from fondaco.core.rewards.entities import EntityKind
from fondaco.runtime.recovery import recover
from tests.simulation.clerks import Sums
from tests.simulation.programme import RECEIVABLE, Counter

#: ``check_statement`` adds a payment of its own, which is cancelled.
_PAYMENTS_OF_CHECK = 1


async def check_statement(url: str, sums: Sums) -> None:
    async with aiohttp.ClientSession() as http:
        counter = Counter(http, url)
        # A payment undone at once changes no sum; the reads after it wait until history has it.
        paid = await counter.does("payments/create", accounts_receivable_identifier=RECEIVABLE, amount="0.01")
        await counter.does("payments/cancel", payment_identifier={"number": paid["number"]})
        statement = await counter.does("accounts_receivable/statement", accounts_receivable_identifier=RECEIVABLE)
        documents = Tally((line["type"], line["document"]["number"]) for line in statement["lines"])
        kinds = Tally(kind for kind, _ in documents)
        payments = sums.payments + _PAYMENTS_OF_CHECK
        assert kinds == Tally(INVOICE=sums.invoices, CREDIT_NOTE=sums.credit_notes, PAYMENT=payments)
        assert documents["PAYMENT", paid["number"]] == 2
        assert Decimal(str(statement["closing_balance"])) == sums.owed


def sums_of_books(directory: Path) -> Sums:
    """Of a house that was checked before, and is closed."""
    house, journal = recover(directory)
    journal.close()
    rewards = house.rewards
    books = rewards.programmes[1]
    kinds = (EntityKind.PURCHASE, EntityKind.INVOICE, EntityKind.CREDIT_NOTE, EntityKind.PAYMENT)
    purchases, invoices, credit_notes, payments = (books.count(kind) for kind in kinds)
    owed, rewarded = -rewards.balance(1, MERCHANT_RECEIVABLE, 1, 1), rewards.balance(1, PARTICIPANT_REWARD, 1, 1)
    return Sums(
        purchases,
        invoices,
        credit_notes,
        payments - _PAYMENTS_OF_CHECK,
        Decimal(owed).scaleb(-2),
        Decimal(rewarded).scaleb(-2),
    )
