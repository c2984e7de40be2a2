"""From the core's documents to what ``show`` and ``list`` answer: each names those it refers to by id and number."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import msgspec

from fondaco.core.rewards import entities as e
from fondaco.core.rewards.entities import EntityKind
from fondaco.desks.rewards import translate
from fondaco.desks.rewards.amounts import shortened
from fondaco.desks.rewards.identifiers import number_text
from fondaco.desks.rewards.view import View
from fondaco.wire.rewards import documents as wire


def purchase(view: View, entity: e.Purchase) -> wire.Purchase:
    return wire.Purchase(
        id=view.id(EntityKind.PURCHASE, entity.number),
        number=number_text(EntityKind.PURCHASE, entity.number),
        reference_number=entity.reference or None,
        type="PURCHASE",
        life_cycle_state=entity.state.name,
        performed_on=view.date(entity.performed_us),
        posted_on=view.date(entity.posted_us),
        currency=translate.currency(view, entity.currency),
        total_amount=view.amount(entity.total_units, entity.currency),
        reversed_amount=view.amount(entity.reversed_units, entity.currency),
        performed_by_unit=view.reference(EntityKind.UNIT, entity.unit),
        rewards_participant=view.reference(EntityKind.PARTICIPANT, entity.participant),
        merchant=view.reference_or_none(EntityKind.MERCHANT, entity.merchant),
        lines=[_line(view, line, entity.currency) for line in entity.lines],
        award_transactions_set=[view.reference(EntityKind.AWARD, award.number) for award in entity.awards],
        settlement=_settlement(view, entity) if entity.is_settled else None,
    )


def award(view: View, entity: e.Award, purchase_: e.Purchase, now_us: int) -> wire.AwardDetails:
    """As it is at ``now_us``: an award has expired once its time is up and nothing lies in wait for its expiry."""
    settled = None
    if purchase_.is_settled:
        settled = view.amount(entity.contribution_units, translate.settled_currency(view, purchase_))
    return wire.AwardDetails(
        **fields_of(translate.award(view, entity, purchase_.currency)),
        currency=translate.currency(view, entity.currency),
        purchase=view.reference(EntityKind.PURCHASE, entity.purchase),
        offer=view.reference(EntityKind.OFFER, entity.offer),
        reversed_amount=view.amount(entity.reversed_units, entity.currency),
        contribution_amount=settled,
        expires_on=view.date_or_none(entity.expires_us),
        expired_on=view.date_or_none(_expired_us(view, entity, purchase_, now_us)),
    )


def _expired_us(view: View, entity: e.Award, purchase_: e.Purchase, now_us: int) -> int:
    """0 if it has not; what was posted after its time was up expired when it was posted."""
    is_over = 0 < entity.expires_us <= now_us and entity.reversed_units < entity.amount_units
    if not is_over or view.books.lots.left(entity.participant, entity.expires_us):
        return 0
    return max(entity.expires_us, purchase_.posted_us)


def invoice(view: View, entity: e.Invoice, now_us: int) -> wire.InvoiceDetails:
    return wire.InvoiceDetails(
        **fields_of(translate.invoice(view, entity, now_us)),
        currency=translate.currency(view, entity.currency),
        credited_amount=view.amount(entity.credited_net_units + entity.credited_tax_units, entity.currency),
        written_off_amount=view.amount(entity.written_off_units, entity.currency),
        accounts_receivable=view.reference(EntityKind.RECEIVABLE, entity.receivable),
        purchase=view.reference(EntityKind.PURCHASE, entity.purchase),
    )


def credit_note(view: View, entity: e.CreditNote) -> wire.CreditNote:
    return wire.CreditNote(
        id=view.id(EntityKind.CREDIT_NOTE, entity.number),
        number=number_text(EntityKind.CREDIT_NOTE, entity.number),
        life_cycle_state=entity.state.name,
        issued_on=view.date(entity.issued_us),
        currency=translate.currency(view, entity.currency),
        total_amount=view.amount(entity.net_units + entity.tax_units, entity.currency),
        net_amount=view.amount(entity.net_units, entity.currency),
        tax_amount=view.amount(entity.tax_units, entity.currency),
        unallocated_amount=view.amount(entity.unallocated_units, entity.currency),
        invoice=view.reference(EntityKind.INVOICE, entity.invoice),
        purchase=view.reference(EntityKind.PURCHASE, entity.purchase),
        accounts_receivable=view.reference(EntityKind.RECEIVABLE, entity.receivable),
    )


def credit_note_details(
    view: View, entity: e.CreditNote, number_of_allocations: int, latest: list[tuple[int, int]]
) -> wire.CreditNoteDetails:
    """``latest`` are (invoice, units) of the latest allocations."""
    return wire.CreditNoteDetails(
        **fields_of(credit_note(view, entity)),
        number_of_allocations=number_of_allocations,
        allocations=_allocations(view, latest, entity.currency),
    )


def payment(view: View, entity: e.Payment) -> wire.Payment:
    return wire.Payment(
        id=view.id(EntityKind.PAYMENT, entity.number),
        number=number_text(EntityKind.PAYMENT, entity.number),
        reference_number=entity.reference or None,
        type="REFUND" if entity.is_refund else "PAYMENT",
        life_cycle_state=entity.state.name,
        received_on=view.date(entity.received_us),
        currency=translate.currency(view, entity.currency),
        amount=view.amount(entity.amount_units, entity.currency),
        unallocated_amount=view.amount(entity.unallocated_units, entity.currency),
        accounts_receivable=view.reference(EntityKind.RECEIVABLE, entity.receivable),
        invoice=view.reference_or_none(EntityKind.INVOICE, entity.invoice),
    )


def payment_details(
    view: View, entity: e.Payment, number_of_allocations: int, latest: list[tuple[int, int]]
) -> wire.PaymentDetails:
    return wire.PaymentDetails(
        **fields_of(payment(view, entity)),
        number_of_allocations=number_of_allocations,
        allocations=_allocations(view, latest, entity.currency),
    )


def spend(view: View, entity: e.Spend) -> wire.Spend:
    return wire.Spend(
        id=view.id(EntityKind.SPEND, entity.number),
        number=number_text(EntityKind.SPEND, entity.number),
        reference_number=entity.reference or None,
        life_cycle_state=entity.state.name,
        spent_on=view.date(entity.spent_us),
        currency=translate.currency(view, entity.currency),
        amount=view.amount(entity.amount_units, entity.currency),
        rewards_participant=view.reference(EntityKind.PARTICIPANT, entity.participant),
    )


def expiry(view: View, entity: e.Expiry) -> wire.Expiry:
    return wire.Expiry(
        id=view.id(EntityKind.EXPIRY, entity.number),
        number=number_text(EntityKind.EXPIRY, entity.number),
        expired_on=view.date(entity.expired_us),
        currency=translate.currency(view, entity.currency),
        amount=view.amount(entity.amount_units, entity.currency),
        rewards_participant=view.reference(EntityKind.PARTICIPANT, entity.participant),
    )


def write_off(view: View, entity: e.WriteOff) -> wire.WriteOff:
    return wire.WriteOff(
        id=view.id(EntityKind.WRITE_OFF, entity.number),
        number=number_text(EntityKind.WRITE_OFF, entity.number),
        written_off_on=view.date(entity.written_us),
        currency=translate.currency(view, entity.currency),
        amount=view.amount(entity.amount_units, entity.currency),
        reason=entity.reason or None,
        accounts_receivable=view.reference(EntityKind.RECEIVABLE, entity.receivable),
    )


def write_off_details(
    view: View, entity: e.WriteOff, number_of_allocations: int, latest: list[tuple[int, int]]
) -> wire.WriteOffDetails:
    return wire.WriteOffDetails(
        **fields_of(write_off(view, entity)),
        number_of_allocations=number_of_allocations,
        allocations=_allocations(view, latest, entity.currency),
    )


def run(view: View, entity: e.SettlementRun) -> wire.SettlementRun:
    return wire.SettlementRun(
        id=view.id(EntityKind.SETTLEMENT_RUN, entity.number),
        number=number_text(EntityKind.SETTLEMENT_RUN, entity.number),
        life_cycle_state="ENDED" if entity.ended_us else "RUNNING",
        started_on=view.date(entity.started_us),
        ended_on=view.date_or_none(entity.ended_us),
        merchant=view.reference_or_none(EntityKind.MERCHANT, entity.merchant),
        performed_until=view.date_or_none(entity.performed_until_us),
        progress_percentage=_progress(entity),
        settled=entity.settled,
        passed_over=entity.passed_over,
        refused=entity.refused,
    )


def _settlement(view: View, entity: e.Purchase) -> wire.PurchaseSettlement:
    in_currency = translate.settled_currency(view, entity)
    return wire.PurchaseSettlement(
        applied_on=view.date(entity.settled_us),
        total_awarded_amount=view.amount(entity.awarded_units, in_currency),
        total_contribution_amount=view.amount(entity.contribution_units, in_currency),
        invoice=view.reference_or_none(EntityKind.INVOICE, entity.invoice),
    )


def _line(view: View, line: e.Line, currency: int) -> wire.PurchaseLine:
    return wire.PurchaseLine(
        line_id=line.line_id,
        quantity=Decimal(line.quantity) if line.quantity else None,
        unit_price=Decimal(line.unit_price) if line.unit_price else None,
        total_amount=view.amount(line.total_units, currency),
        is_reversed=line.is_reversed,
    )


def _allocations(view: View, allocations: list[tuple[int, int]], currency: int) -> list[wire.Allocation]:
    return [
        wire.Allocation(invoice=view.reference(EntityKind.INVOICE, number), amount=view.amount(units, currency))
        for number, units in allocations
    ]


def _progress(entity: e.SettlementRun) -> Decimal:
    """In per cent, with two decimals, rounded down: 100 only at the end."""
    if entity.ended_us:
        return Decimal(100)
    done = entity.next_purchase - entity.first_purchase
    return shortened(done * 10_000 // (entity.last_purchase - entity.first_purchase + 1), 2)


def fields_of(shown: msgspec.Struct) -> dict[str, Any]:
    """What an object is made of, for one that has more."""
    return {name: getattr(shown, name) for name in shown.__struct_fields__}
