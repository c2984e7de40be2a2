"""Accounts receivable: whose they are, what is owed, and how old the debt is.

What is owed is read from the ledger, how old it is from the open items; the two always agree. A programme's ageing goes
over all its merchants in slices, a few microseconds each, so that no turn of the loop is long; each receivable is read
at one moment, the whole within some.

Source: rewards.notes.md, Entries and Beyond the product.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from decimal import Decimal
from typing import Final

from msgspec import UNSET

from fondaco.core.purposes import MERCHANT_RECEIVABLE
from fondaco.core.rewards import entities as e
from fondaco.core.rewards.entities import EntityKind, OwnerKind
from fondaco.core.rewards.open_items import Ageing
from fondaco.desks.rewards import translate
from fondaco.desks.rewards.answering import newest, view_of
from fondaco.desks.rewards.call import Call
from fondaco.desks.rewards.exporting import Row, refuse_fields_set, table
from fondaco.desks.rewards.failure import Code
from fondaco.desks.rewards.identifiers import number_text
from fondaco.desks.rewards.method import READ, Stream, method
from fondaco.desks.rewards.resolve import entity_of
from fondaco.desks.rewards.statement import statement
from fondaco.desks.rewards.view import View
from fondaco.wire.rewards import receivable_requests as wire
from fondaco.wire.rewards import receivables
from fondaco.wire.rewards.receivables import ReceivableDetails

#: Receivables that one turn of the loop looks at.
SLICE: Final = 200
AGEING_COLUMNS: Final = (
    "accounts_receivable",
    "currency",
    *receivables.Ageing.__struct_fields__,
    "ledger_balance",
)
_NONE: Final = Ageing(0, 0, 0, 0, 0, 0)


def balance_units(call: Call, receivable: e.Receivable) -> int:
    """What is owed by the ledger: negative where there is credit."""
    rewards = call.floor.house.rewards
    return -rewards.balance(call.programme_id, MERCHANT_RECEIVABLE, receivable.number, receivable.currency)


def _details(call: Call, view: View, receivable: e.Receivable) -> ReceivableDetails:
    shown = translate.receivable(view, receivable.number)
    kind = EntityKind.MERCHANT if receivable.owner_kind is OwnerKind.MERCHANT else EntityKind.PARTICIPANT
    return ReceivableDetails(
        id=shown.id,
        number=shown.number,
        name=shown.name,
        life_cycle_state=shown.life_cycle_state,
        account_owner=shown.account_owner,
        owner_type=kind.name,
        owner=view.reference(kind, receivable.owner_number),
        currency=translate.currency(view, receivable.currency),
        credit_days=receivable.credit_days,
        balance_amount=view.amount(balance_units(call, receivable), receivable.currency),
    )


def receivable_asked(call: Call, body: wire.ReceivableRequest) -> e.Receivable:
    """The receivable that a request names. Raises ``Failure``."""
    found: e.Receivable = entity_of(
        call, EntityKind.RECEIVABLE, body.accounts_receivable_identifier, "accounts_receivable_identifier"
    )
    return found


async def show(call: Call, body: wire.ReceivableRequest) -> ReceivableDetails:
    return _details(call, view_of(call), receivable_asked(call, body))


async def list_(call: Call, body: wire.ReceivableList) -> wire.Receivables:
    books, view = call.books, view_of(call)
    if body.owner_type is UNSET:
        numbers = list(newest(len(books.receivables), body))
    else:
        owners_of: dict[int, e.Merchant] | dict[int, e.Participant] = (
            books.merchants if body.owner_type == "MERCHANT" else books.participants
        )
        numbers = [owners_of[n].receivable for n in newest(len(owners_of), body)]
    shown = [_details(call, view, books.receivables[number]) for number in numbers]
    return wire.Receivables(accounts_receivable=shown, offset=body.offset, number_of_results=len(shown))


async def ageing(call: Call, body: wire.AgeingRequest) -> wire.AgeingAnswer | Stream:
    view, books, now_us = view_of(call), call.books, call.now_us
    if body.accounts_receivable_identifier is not UNSET:
        only: e.Receivable = entity_of(
            call, EntityKind.RECEIVABLE, body.accounts_receivable_identifier, "accounts_receivable_identifier"
        )
        numbers, shown_numbers = [only.number], [only.number]
    else:
        numbers = [merchant.receivable for merchant in books.merchants.values()]
        shown_numbers = [numbers[n - 1] for n in newest(len(numbers), body)]
    totals: dict[int, tuple[Ageing, int]] = {}
    if body.format == "csv":
        refuse_fields_set(body)
        return await table("ageing", AGEING_COLUMNS, _ageing_rows(view, _aged(call, numbers, now_us, totals), totals))
    aged: dict[int, Ageing] = {}
    wanted = set(shown_numbers)
    async for page in _aged(call, numbers, now_us, totals):
        aged |= {receivable.number: one for receivable, one, _ in page if receivable.number in wanted}
    return wire.AgeingAnswer(
        as_of=view.date(now_us),
        totals=[
            receivables.CurrencyAgeing(
                currency=translate.currency(view, currency),
                ageing=_ageing(view, total, currency),
                ledger_balance=view.amount(owed, currency),
            )
            for currency, (total, owed) in totals.items()
        ],
        accounts_receivable=[
            receivables.ReceivableAgeing(
                accounts_receivable=view.reference(EntityKind.RECEIVABLE, number),
                currency=translate.currency(view, books.receivables[number].currency),
                ageing=_ageing(view, aged[number], books.receivables[number].currency),
            )
            for number in shown_numbers
        ],
        offset=body.offset,
        number_of_results=len(shown_numbers),
    )


async def _aged(
    call: Call, numbers: list[int], now_us: int, totals: dict[int, tuple[Ageing, int]]
) -> AsyncIterator[list[tuple[e.Receivable, Ageing, int]]]:
    """Receivables with their ageing and what they owe by the ledger, a slice a turn; ``totals`` grow by currency."""
    books = call.books
    for first in range(0, len(numbers), SLICE):
        page = []
        for number in numbers[first : first + SLICE]:
            receivable = books.receivables[number]
            one, owed = books.open_items(number).ageing(now_us), balance_units(call, receivable)
            before, owed_before = totals.get(receivable.currency, (_NONE, 0))
            total = Ageing(*(a + b for a, b in zip(before, one, strict=True)))
            totals[receivable.currency] = total, owed_before + owed
            page.append((receivable, one, owed))
        yield page
        await asyncio.sleep(0)


async def _ageing_rows(
    view: View,
    pages: AsyncIterator[list[tuple[e.Receivable, Ageing, int]]],
    totals: dict[int, tuple[Ageing, int]],
) -> AsyncIterator[list[Row]]:
    """A row for each receivable, and at the end one for each currency."""

    def row(name: str, currency: int, found: Ageing, owed: int) -> Row:
        shown = _ageing(view, found, currency)
        buckets = (getattr(shown, field) for field in shown.__struct_fields__)
        return name, translate.currency(view, currency), *buckets, view.amount(owed, currency)

    async for page in pages:
        yield [
            row(number_text(EntityKind.RECEIVABLE, each.number), each.currency, one, owed) for each, one, owed in page
        ]
    yield [row("TOTAL", currency, *total) for currency, total in totals.items()]


def _ageing(view: View, found: Ageing, currency: int) -> receivables.Ageing:
    def shown(units: int) -> Decimal:
        return view.amount(units, currency)

    *buckets, credit = found
    return receivables.Ageing(
        not_due=shown(found.not_due_units),
        days_1_30=shown(found.days_1_30_units),
        days_31_60=shown(found.days_31_60_units),
        days_61_90=shown(found.days_61_90_units),
        days_over_90=shown(found.days_over_90_units),
        unallocated_credit=shown(credit),
        total_amount=shown(sum(buckets) - credit),
    )


METHODS: Final = (
    method(
        "accounts_receivable/show",
        READ,
        wire.ReceivableRequest,
        show,
        "One receivable, with what is owed on it.",
        writes=False,
        refuses=(Code.NOT_FOUND,),
        answer=ReceivableDetails,
    ),
    method(
        "accounts_receivable/list",
        READ,
        wire.ReceivableList,
        list_,
        "Receivables, newest first.",
        writes=False,
        answer=wire.Receivables,
    ),
    method(
        "accounts_receivable/statement",
        READ,
        wire.StatementRequest,
        statement,
        "Every posting on a receivable with the running balance, as JSON or CSV, streamed.",
        writes=False,
        refuses=(Code.NOT_FOUND, Code.UNAVAILABLE),
        answer=wire.Statement,
        streams=True,
    ),
    method(
        "accounts_receivable/ageing",
        READ,
        wire.AgeingRequest,
        ageing,
        "What is unsettled by days overdue, of one receivable or the whole programme, as JSON or CSV, streamed.",
        writes=False,
        refuses=(Code.NOT_FOUND,),
        streams=True,
        answer=wire.AgeingAnswer,
    ),
)
