"""Purchases: posted with their awards, cancelled whole or by line, shown and listed.

Source: rewards.notes.md, Life of a purchase, Reversals and Shapes.
"""

from __future__ import annotations

from typing import Final

from msgspec import UNSET

from fondaco.core.rewards import actions as a
from fondaco.core.rewards import entities as e
from fondaco.core.rewards.entities import EntityKind
from fondaco.desks.rewards import translate, translate_documents
from fondaco.desks.rewards.answering import (
    changed,
    changed_or_none,
    currency_of,
    event,
    flag_of,
    page,
    state_of,
    time_or_none,
    view_of,
)
from fondaco.desks.rewards.call import Call
from fondaco.desks.rewards.failure import Code
from fondaco.desks.rewards.method import OPERATE, READ, method
from fondaco.desks.rewards.purchase_lines import lines_of
from fondaco.desks.rewards.resolve import number_of, optional_number
from fondaco.projections.rewards_reads import DocumentFilter
from fondaco.wire.rewards import purchase_requests as wire
from fondaco.wire.rewards.documents import Purchase


def purchase_action(call: Call, given: wire.PurchaseGiven | wire.PurchaseCreate, path: str = "") -> a.PurchaseCreate:
    """What a purchase that was given asks of the core; ``path`` is where it stands. Raises ``Failure``."""
    currency = currency_of(call, given.currency, f"{path}currency")
    unit, participant = given.performed_by_unit_identifier, given.participant_identifier
    return a.PurchaseCreate(
        unit=number_of(call, EntityKind.UNIT, unit, f"{path}performed_by_unit_identifier"),
        participant=number_of(call, EntityKind.PARTICIPANT, participant, f"{path}participant_identifier"),
        performed_us=call.floor.dates.time_us(given.performed_on, f"{path}performed_on"),
        currency=currency.number,
        lines=lines_of(given.lines, currency, f"{path}lines"),
        reference="" if given.reference_number is UNSET else given.reference_number,
    )


async def create(call: Call, body: wire.PurchaseCreate) -> Purchase:
    fact = await call.send(purchase_action(call, body))
    return translate_documents.purchase(view_of(call), changed(fact, e.Purchase))


async def cancel(call: Call, body: wire.PurchaseCancel) -> wire.PurchaseCancelled:
    number = event(call, body)
    line_ids = () if body.lines is UNSET else tuple(line.line_id for line in body.lines)
    fact = await call.send(a.PurchaseCancel(number, line_ids))
    view, purchase, note = view_of(call), changed(fact, e.Purchase), changed_or_none(fact, e.CreditNote)
    return wire.PurchaseCancelled(
        purchase=translate_documents.purchase(view, purchase),
        award_transactions_set=[translate.award(view, award, purchase.currency) for award in purchase.awards],
        credit_note=None if note is None else translate_documents.credit_note(view, note),
    )


async def show(call: Call, body: wire.PurchaseRequest) -> Purchase:
    purchase = call.books.purchase(event(call, body))
    assert purchase is not None
    return translate_documents.purchase(view_of(call), purchase)


async def list_(call: Call, body: wire.PurchaseList) -> wire.Purchases:
    wanted = DocumentFilter(
        merchant=optional_number(call, EntityKind.MERCHANT, body.merchant_identifier, "merchant_identifier"),
        participant=optional_number(
            call, EntityKind.PARTICIPANT, body.participant_identifier, "participant_identifier"
        ),
        unit=optional_number(call, EntityKind.UNIT, body.performed_by_unit_identifier, "performed_by_unit_identifier"),
        state=state_of(body.life_cycle_state),
        is_settled=flag_of(body.is_settled),
        start_us=time_or_none(call, body.performed_from, "performed_from"),
        end_us=time_or_none(call, body.performed_to, "performed_to"),
    )
    found = await page(call, body, e.Purchase, EntityKind.PURCHASE, wanted)
    view = view_of(call)
    return wire.Purchases(
        purchases=[translate_documents.purchase(view, each) for each in found],
        offset=body.offset,
        number_of_results=len(found),
    )


METHODS: Final = (
    method(
        "customer_events/purchases/create",
        OPERATE,
        wire.PurchaseCreate,
        create,
        "Post a purchase, with its awards.",
        writes=True,
        refuses=(Code.NOT_FOUND, Code.INVALID_STATE),
        answer=Purchase,
    ),
    method(
        "customer_events/purchases/cancel",
        OPERATE,
        wire.PurchaseCancel,
        cancel,
        "Take back a purchase or some of its lines, with what was awarded and invoiced for it.",
        writes=True,
        refuses=(Code.NOT_FOUND, Code.INVALID_STATE, Code.WRONG_EVENT_TYPE),
        answer=wire.PurchaseCancelled,
    ),
    method(
        "customer_events/purchases/show",
        READ,
        wire.PurchaseRequest,
        show,
        "One purchase as it is now.",
        writes=False,
        refuses=(Code.NOT_FOUND, Code.WRONG_EVENT_TYPE),
        answer=Purchase,
    ),
    method(
        "customer_events/purchases/list",
        READ,
        wire.PurchaseList,
        list_,
        "Purchases, newest first.",
        writes=False,
        refuses=(Code.NOT_FOUND, Code.UNAVAILABLE),
        answer=wire.Purchases,
    ),
)
