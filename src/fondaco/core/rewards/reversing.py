"""Taking back: purchases, whole or line by line, and invoices.

What was reversed is always the rounded part of the whole that has been returned so far, less what was reversed already:
so parts add up to the whole, to the last unit. A purchase that was settled yields a credit note linked to its invoice;
credit notes together never pass the invoice. Source: rewards.notes.md, Reversals and Entries.
"""

from __future__ import annotations

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
from fondaco.core.refusal import Refusal
from fondaco.core.rejects import Reject
from fondaco.core.rewards import actions as a
from fondaco.core.rewards.allocating import allocate_to
from fondaco.core.rewards.checks import missing
from fondaco.core.rewards.draft import Draft
from fondaco.core.rewards.entities import (
    Award,
    Clawback,
    CreditNote,
    DocumentState,
    EntityKind,
    Invoice,
    Line,
    Purchase,
)
from fondaco.core.rewards.money import part
from fondaco.core.rewards.spending import expire_lots, take_from_lots


def cancel_purchase(draft: Draft, action: a.PurchaseCancel) -> Refusal | None:
    """Cancel a purchase, or reverse some of its lines."""
    books = draft.books
    purchase = draft.purchase(action.number)
    if purchase is None:
        return missing(EntityKind.PURCHASE, action.number)
    if purchase.state is not DocumentState.POSTED:
        return Reject.NOT_POSTED, EntityKind.PURCHASE, action.number
    if books.programme.is_fee_rebate:
        return Reject.CLAWBACK_REFUSED, 0, action.number
    lines = _reversed(purchase.lines, action.line_ids)
    if isinstance(lines, tuple):
        return lines
    reversed_units = sum(line.total_units for line in lines if line.is_reversed)
    is_whole = all(line.is_reversed for line in lines)

    expire_lots(draft, purchase.participant)
    awards: list[Award] = []
    for award in purchase.awards:
        refusal = _claw_back(draft, purchase, award, reversed_units, is_whole, awards)
        if refusal is not None:
            return refusal
    if purchase.invoice:
        _credit_part(draft, purchase, reversed_units, is_whole)
    draft.put(
        replace(
            purchase,
            lines=tuple(lines),
            awards=tuple(awards),
            reversed_units=reversed_units,
            state=DocumentState.CANCELLED if is_whole else DocumentState.POSTED,
        )
    )
    return None


def cancel_invoice(draft: Draft, action: a.InvoiceCancel) -> Refusal | None:
    """Credit what no credit note has taken back yet. Awards stay, and so does the purchase's settlement."""
    invoice = draft.invoice(action.number)
    if invoice is None:
        return missing(EntityKind.INVOICE, action.number)
    if invoice.state is not DocumentState.POSTED:
        return Reject.NOT_POSTED, EntityKind.INVOICE, action.number
    net = invoice.net_units - invoice.credited_net_units
    tax = invoice.tax_units - invoice.credited_tax_units
    _credit(draft, invoice, net, tax)
    return None


def _reversed(lines: tuple[Line, ...], line_ids: tuple[str, ...]) -> list[Line] | Refusal:
    """The lines with those named reversed; none named: all."""
    if not line_ids:
        return [replace(line, is_reversed=True) for line in lines]
    places = {line.line_id: place for place, line in enumerate(lines)}
    chosen: set[int] = set()
    for nth, line_id in enumerate(line_ids):
        place = places.get(line_id)
        if place is None:
            return Reject.LINE_UNKNOWN, len(lines), nth
        if lines[place].is_reversed or place in chosen:
            return Reject.LINE_REVERSED, place, nth
        chosen.add(place)
    return [replace(line, is_reversed=True) if place in chosen else line for place, line in enumerate(lines)]


def _claw_back(
    draft: Draft, purchase: Purchase, award: Award, reversed_units: int, is_whole: bool, awards: list[Award]
) -> Refusal | None:
    """Take an award back as far as its purchase is reversed, and add it, as it is then, to ``awards``.

    Nothing is given back again where the currency has come to round down since parts were taken back rounded up.
    """
    books = draft.books
    currency = books.currencies[award.currency]
    so_far = (
        award.amount_units if is_whole else part(award.amount_units, reversed_units, purchase.total_units, currency)
    )
    so_far = max(so_far, award.reversed_units)
    units = so_far - award.reversed_units
    account = (PARTICIPANT_REWARD, award.participant)
    taken = min(units, max(draft.balance(account, award.currency), 0))
    short = units - taken
    if short and books.programme.clawback is Clawback.REFUSE:
        return Reject.CLAWBACK_REFUSED, taken, units
    if taken:
        take_from_lots(draft, award.participant, award.currency, taken, award.expires_us)
        draft.post(taken, award.currency, account, (REWARD_COST, 0), EntityKind.AWARD, award.number)
    if short:
        is_debt = books.programme.clawback is Clawback.ALLOW_DEBT
        bearer = (PARTICIPANT_DEBT, award.participant) if is_debt else (CLAWBACK_LOSS, 0)
        draft.post(short, award.currency, bearer, (REWARD_COST, 0), EntityKind.AWARD, award.number)
    state = DocumentState.CANCELLED if is_whole else award.state
    awards.append(replace(award, reversed_units=so_far, state=state))
    return None


def _credit_part(draft: Draft, purchase: Purchase, reversed_units: int, is_whole: bool) -> None:
    """Credit the part of the invoice that belongs to what was reversed since the settlement."""
    invoice = draft.invoice(purchase.invoice)
    assert invoice is not None
    if is_whole:
        net, tax = invoice.net_units, invoice.tax_units
    else:
        currency = draft.books.currencies[invoice.currency]
        returned = reversed_units - purchase.settled_reversed_units
        settled = purchase.total_units - purchase.settled_reversed_units
        net = part(invoice.net_units, returned, settled, currency)
        tax = part(invoice.tax_units, returned, settled, currency)
    net = max(net - invoice.credited_net_units, 0)
    tax = max(tax - invoice.credited_tax_units, 0)
    if net or tax:
        _credit(draft, invoice, net, tax)


def _credit(draft: Draft, invoice: Invoice, net: int, tax: int) -> None:
    """Post a credit note: it settles what is open of its own invoice, the rest lies on the receivable.

    What of the invoice was written off is no credit of the merchant's, who never paid it: that part comes back from bad
    debt.
    """
    number = draft.next_number(EntityKind.CREDIT_NOTE)
    account = (MERCHANT_RECEIVABLE, invoice.receivable)
    draft.post(net, invoice.currency, (CONTRIBUTION_INCOME, 0), account, EntityKind.CREDIT_NOTE, number)
    draft.post(tax, invoice.currency, (TAX_PAYABLE, 0), account, EntityKind.CREDIT_NOTE, number)
    credited_net, credited_tax = invoice.credited_net_units + net, invoice.credited_tax_units + tax
    is_gone = credited_net + credited_tax == invoice.net_units + invoice.tax_units
    invoice = draft.put(
        replace(
            invoice,
            credited_net_units=credited_net,
            credited_tax_units=credited_tax,
            state=DocumentState.CANCELLED if is_gone else invoice.state,
        )
    )
    rest = net + tax - allocate_to(draft, EntityKind.CREDIT_NOTE, number, invoice, net + tax)
    recovered = min(rest, invoice.written_off_units)
    if recovered:
        draft.post(recovered, invoice.currency, account, (BAD_DEBT, 0), EntityKind.CREDIT_NOTE, number)
        unsettled = max(invoice.unsettled_units - (net + tax - rest), 0)
        left = invoice.written_off_units - recovered
        draft.put(replace(invoice, unsettled_units=unsettled, written_off_units=left))
    draft.put(
        CreditNote(
            number=number,
            invoice=invoice.number,
            purchase=invoice.purchase,
            receivable=invoice.receivable,
            currency=invoice.currency,
            issued_us=draft.time_us,
            net_units=net,
            tax_units=tax,
            unallocated_units=rest - recovered,
        )
    )
