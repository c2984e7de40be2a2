"""The programme's ledger accounts as a bookkeeper adds them up: a trial balance in each currency.

It is read at one moment from the totals that go along with the postings (``core/rewards/account_totals.py``), so the
two sides are the same whatever happens meanwhile. Single accounts of merchants and participants are told by
``accounts_receivable/list`` and ``participants/list``.

Source: rewards.notes.md, Entries.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Final

from msgspec import UNSET

from fondaco.core import purposes
from fondaco.core.rewards.entities import EntityKind
from fondaco.desks.rewards import translate
from fondaco.desks.rewards.answering import view_of
from fondaco.desks.rewards.call import Call
from fondaco.desks.rewards.exporting import Row, refuse_fields_set, table
from fondaco.desks.rewards.failure import Code
from fondaco.desks.rewards.method import READ, Stream, method
from fondaco.desks.rewards.resolve import number_of
from fondaco.desks.rewards.view import View
from fondaco.wire.rewards import accounts as wire

COLUMNS: Final = ("currency", "type", "owner_type", "debit_amount", "credit_amount")
#: Every purpose that a programme posts to: its type, and whose accounts they are. Money, debts, income, costs.
TYPES: Final[dict[int, tuple[str, str]]] = {
    purposes.PROGRAMME_CASH: ("PROGRAMME_CASH", "PROGRAMME"),
    purposes.MERCHANT_RECEIVABLE: ("MERCHANT_RECEIVABLE", "MERCHANT"),
    purposes.PARTICIPANT_DEBT: ("PARTICIPANT_DEBT", "PARTICIPANT"),
    purposes.PARTICIPANT_REWARD: ("PARTICIPANT_REWARD", "PARTICIPANT"),
    purposes.SPEND_PAYABLE: ("SPEND_PAYABLE", "PROGRAMME"),
    purposes.TAX_PAYABLE: ("TAX_PAYABLE", "PROGRAMME"),
    purposes.CASH: ("CASH", "USER"),
    purposes.CONTRIBUTION_INCOME: ("CONTRIBUTION_INCOME", "PROGRAMME"),
    purposes.BREAKAGE: ("BREAKAGE", "PROGRAMME"),
    purposes.REWARD_COST: ("REWARD_COST", "PROGRAMME"),
    purposes.CLAWBACK_LOSS: ("CLAWBACK_LOSS", "PROGRAMME"),
    purposes.BAD_DEBT: ("BAD_DEBT", "PROGRAMME"),
}


async def trial_balance(call: Call, body: wire.TrialBalanceRequest) -> wire.TrialBalances | Stream:
    view = view_of(call)
    if body.currency_identifier is UNSET:
        whole = list(call.books.currencies)[::-1]
        numbers = whole[body.offset :][: body.number_of_results]
    else:
        whole = numbers = [number_of(call, EntityKind.CURRENCY, body.currency_identifier, "currency_identifier")]
    if body.format == "csv":
        refuse_fields_set(body)
        return await table("trial_balance", COLUMNS, _rows(view, whole))
    return wire.TrialBalances(
        as_of=view.date(call.now_us),
        trial_balances=[_of_currency(view, number) for number in numbers],
        offset=body.offset,
        number_of_results=len(numbers),
    )


async def _rows(view: View, currencies: list[int]) -> AsyncIterator[list[Row]]:
    """A row for each type in each currency, with one for their total after them."""
    for number in currencies:
        found = _of_currency(view, number)
        rows: list[Row] = [
            (found.currency, each.type, each.owner_type, each.debit_amount, each.credit_amount)
            for each in found.accounts
        ]
        yield [*rows, (found.currency, "TOTAL", None, found.total_debit_amount, found.total_credit_amount)]


def _of_currency(view: View, currency: int) -> wire.TrialBalance:
    units = {purpose: view.books.totals.of(purpose, currency) for purpose in TYPES}
    return wire.TrialBalance(
        currency=translate.currency(view, currency),
        accounts=[
            wire.AccountsOfType(
                type=type_,
                owner_type=owner_type,
                debit_amount=view.amount(max(-units[purpose], 0), currency),
                credit_amount=view.amount(max(units[purpose], 0), currency),
            )
            for purpose, (type_, owner_type) in TYPES.items()
        ],
        total_debit_amount=view.amount(sum(-each for each in units.values() if each < 0), currency),
        total_credit_amount=view.amount(sum(each for each in units.values() if each > 0), currency),
    )


METHODS: Final = (
    method(
        "accounts/trial_balance",
        READ,
        wire.TrialBalanceRequest,
        trial_balance,
        "What the accounts of the ledger come to, by type and currency, as JSON or CSV; debit and credit are the same.",
        writes=False,
        refuses=(Code.NOT_FOUND,),
        streams=True,
        answer=wire.TrialBalances,
    ),
)
