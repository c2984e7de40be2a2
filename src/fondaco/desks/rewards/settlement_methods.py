"""Settlement: a merchant's contribution to one purchase, applied or only computed.

Source: rewards.md, Response Data; rewards.notes.md, Settlement.
"""

from __future__ import annotations

from typing import Final

from fondaco.core.rewards import actions as a
from fondaco.core.rewards import entities as e
from fondaco.desks.rewards import translate
from fondaco.desks.rewards.answering import changed, changed_or_none, event, view_of
from fondaco.desks.rewards.call import Call
from fondaco.desks.rewards.failure import Code
from fondaco.desks.rewards.method import OPERATE, READ, method
from fondaco.desks.rewards.refusals import refusal
from fondaco.wire.rewards.objects import Settlement
from fondaco.wire.rewards.purchase_requests import PurchaseRequest


async def apply_settlement(call: Call, body: PurchaseRequest) -> Settlement:
    fact = await call.send(a.SettlementApply(event(call, body)))
    purchase, invoice = changed(fact, e.Purchase), changed_or_none(fact, e.Invoice)
    return translate.settlement(view_of(call), purchase, invoice, fact.time_us)


async def preview_settlement(call: Call, body: PurchaseRequest) -> Settlement:
    """Its invoice has the number it would get now."""
    number, now_us = event(call, body), call.now_us
    outcome = call.floor.house.rewards.preview(call.programme_id, number, now_us)
    if len(outcome) == 3:
        raise refusal(outcome, a.SettlementApply(number), call.books)
    purchase, invoice = outcome
    return translate.settlement(view_of(call), purchase, invoice, now_us)


METHODS: Final = (
    method(
        "customer_events/purchases/apply_settlement",
        OPERATE,
        PurchaseRequest,
        apply_settlement,
        "Compute a merchant's contribution to a posted purchase and invoice it.",
        writes=True,
        refuses=(Code.NOT_FOUND, Code.INVALID_STATE, Code.ALREADY_SETTLED, Code.WRONG_EVENT_TYPE),
        answer=Settlement,
    ),
    method(
        "customer_events/purchases/preview_settlement",
        READ,
        PurchaseRequest,
        preview_settlement,
        "What apply_settlement would answer now; nothing is changed.",
        writes=False,
        refuses=(Code.NOT_FOUND, Code.INVALID_STATE, Code.ALREADY_SETTLED, Code.WRONG_EVENT_TYPE, Code.NOT_EFFECTIVE),
        answer=Settlement,
    ),
)
