"""What comes back, in the naive accountant's hand: cancelled purchases, clawed back awards, credited invoices."""

from __future__ import annotations

from fractions import Fraction

from msgspec.structs import replace

from fondaco.core.purposes import (
    BAD_DEBT,
    CLAWBACK_LOSS,
    CONTRIBUTION_INCOME,
    MERCHANT_RECEIVABLE,
    PARTICIPANT_DEBT,
    PARTICIPANT_REWARD,
    REWARD_COST,
    TAX_PAYABLE,
)
from fondaco.core.rejects import Reject
from fondaco.core.rewards import actions as a
from fondaco.core.rewards.entities import (
    Award,
    Clawback,
    CreditNote,
    DocumentState,
    EntityKind,
    Invoice,
    Participant,
    Programme,
    Purchase,
)
from tests.core.rewards.accountant_money import rounded, whole
from tests.core.rewards.accountant_open_items import HOUSE, allocate
from tests.core.rewards.accountant_sheet import Refused, Sheet


def cancel(sheet: Sheet, action: a.PurchaseCancel) -> None:
    purchase = sheet.get(Purchase, action.number)
    lines = {line.line_id: line for line in purchase.lines}
    if purchase.state != DocumentState.POSTED:
        raise Refused(Reject.NOT_POSTED, EntityKind.PURCHASE, action.number)
    if sheet.get(Programme, sheet.programme_id).is_fee_rebate:
        raise Refused(Reject.CLAWBACK_REFUSED)
    for line_id in action.line_ids:
        if line_id not in lines:
            raise Refused(Reject.LINE_UNKNOWN)
        if lines[line_id].is_reversed:
            raise Refused(Reject.LINE_REVERSED)
        lines[line_id] = replace(lines[line_id], is_reversed=True)
    if not action.line_ids:
        lines = {line_id: replace(line, is_reversed=True) for line_id, line in lines.items()}
    returned = sum(line.total_units for line in lines.values() if line.is_reversed)
    is_all = all(line.is_reversed for line in lines.values())
    part = Fraction(1) if is_all else Fraction(returned, purchase.total_units)
    awards = tuple(take_back(sheet, award, part, is_all) for award in purchase.awards)
    purchase = replace(
        purchase,
        lines=tuple(lines.values()),
        awards=awards,
        reversed_units=returned,
        state=DocumentState.CANCELLED if is_all else DocumentState.POSTED,
    )
    sheet.put(purchase)
    if purchase.invoice:
        # the invoice was for what had not come back by then
        since = purchase.total_units - purchase.settled_reversed_units
        part = Fraction(1) if is_all else Fraction(returned - purchase.settled_reversed_units, since)
        credit_part(sheet, sheet.get(Invoice, purchase.invoice), part)


def take_back(sheet: Sheet, award: Award, part: Fraction, is_all: bool) -> Award:
    currency = sheet.currency(award.currency)
    reversed_units = rounded(whole(award.amount_units, currency) * part, currency)
    reversed_units = max(reversed_units, award.reversed_units)  # a currency may have come to round down since
    claw = reversed_units - award.reversed_units
    programme = sheet.get(Programme, sheet.programme_id)
    participant = sheet.get(Participant, award.participant)
    there = min(claw, sheet.reward(participant, PARTICIPANT_REWARD))
    short = claw - there
    if short and programme.clawback == Clawback.REFUSE:
        raise Refused(Reject.CLAWBACK_REFUSED, there, claw)
    cost = REWARD_COST, HOUSE
    document = EntityKind.AWARD, award.number
    sheet.take_from_lots(participant.number, there, award.expires_us)
    sheet.post((PARTICIPANT_REWARD, participant.number), cost, award.currency, there, document)
    if programme.clawback == Clawback.ALLOW_DEBT:
        sheet.post((PARTICIPANT_DEBT, participant.number), cost, award.currency, short, document)
    else:
        sheet.post((CLAWBACK_LOSS, HOUSE), cost, award.currency, short, document)
    state = DocumentState.CANCELLED if is_all else DocumentState.POSTED
    after = replace(award, reversed_units=reversed_units, state=state)
    sheet.put(after)
    return after


def cancel_invoice(sheet: Sheet, action: a.InvoiceCancel) -> None:
    invoice = sheet.get(Invoice, action.number)
    if invoice.state != DocumentState.POSTED:
        raise Refused(Reject.NOT_POSTED, EntityKind.INVOICE, action.number)
    credit_part(sheet, invoice, Fraction(1))


def credit_part(sheet: Sheet, invoice: Invoice, part: Fraction) -> None:
    """A credit note that brings what is credited of an invoice up to ``part`` of it, if that is more than before."""
    currency = sheet.currency(invoice.currency)
    net = max(0, rounded(whole(invoice.net_units, currency) * part, currency) - invoice.credited_net_units)
    tax = max(0, rounded(whole(invoice.tax_units, currency) * part, currency) - invoice.credited_tax_units)
    if net + tax == 0:
        return
    invoice = replace(
        invoice,
        credited_net_units=invoice.credited_net_units + net,
        credited_tax_units=invoice.credited_tax_units + tax,
    )
    if (invoice.credited_net_units, invoice.credited_tax_units) == (invoice.net_units, invoice.tax_units):
        invoice = replace(invoice, state=DocumentState.CANCELLED)
    note = CreditNote(
        number=sheet.next_number(EntityKind.CREDIT_NOTE),
        invoice=invoice.number,
        purchase=invoice.purchase,
        receivable=invoice.receivable,
        currency=invoice.currency,
        issued_us=sheet.time_us,
        net_units=net,
        tax_units=tax,
        unallocated_units=net + tax,
    )
    document = EntityKind.CREDIT_NOTE, note.number
    owes = MERCHANT_RECEIVABLE, invoice.receivable
    sheet.post((CONTRIBUTION_INCOME, HOUSE), owes, invoice.currency, net, document)
    sheet.post((TAX_PAYABLE, HOUSE), owes, invoice.currency, tax, document)
    sheet.credits.append(document)
    sheet.put(note)
    sheet.put(invoice)
    allocate(sheet, document, invoice.number)
    recover(sheet, invoice.number, note.number)


def recover(sheet: Sheet, invoice_number: int, note_number: int) -> None:
    """What of an invoice was written off does not become the merchant's credit: it is no bad debt any more."""
    invoice, note = sheet.get(Invoice, invoice_number), sheet.get(CreditNote, note_number)
    back = min(invoice.written_off_units, note.unallocated_units)
    if back == 0:
        return
    owes, document = (MERCHANT_RECEIVABLE, invoice.receivable), (EntityKind.CREDIT_NOTE, note_number)
    sheet.post(owes, (BAD_DEBT, HOUSE), invoice.currency, back, document)
    sheet.put(replace(invoice, written_off_units=invoice.written_off_units - back))
    sheet.put(replace(note, unallocated_units=note.unallocated_units - back))
