"""Settlement: the merchant's share of a purchase's awards becomes one invoice, once for ever.

contribution = what is left of an award × its frozen percentage × the rate at issue, rounded once a row to the
receivable's currency; the total is the sum of the rounded rows. Where no merchant stands behind the unit, or nothing is
to be contributed, the purchase is settled without an invoice. A new invoice takes credit that lies unallocated on its
receivable, the eldest first. Source: rewards.md, Response Data; rewards.notes.md, Settlement and Entries.
"""

from __future__ import annotations

from msgspec.structs import replace

from fondaco.core.purposes import CONTRIBUTION_INCOME, MERCHANT_RECEIVABLE, TAX_PAYABLE
from fondaco.core.refusal import Refusal, shown
from fondaco.core.rejects import Reject
from fondaco.core.rewards import actions as a
from fondaco.core.rewards.allocating import take_credits
from fondaco.core.rewards.checks import missing
from fondaco.core.rewards.draft import Draft
from fondaco.core.rewards.entities import (
    Award,
    DocumentState,
    EntityKind,
    Invoice,
    Merchant,
    Purchase,
    ReceivableState,
)
from fondaco.core.rewards.money import AMOUNT_UNITS_MAX, PPM, converted, share
from fondaco.core.rewards.open_items import DAY_US


def apply_settlement(draft: Draft, action: a.SettlementApply) -> Refusal | None:
    """Settle one purchase."""
    purchase = draft.purchase(action.number)
    if purchase is None:
        return missing(EntityKind.PURCHASE, action.number)
    if purchase.state is not DocumentState.POSTED:
        return Reject.NOT_POSTED, EntityKind.PURCHASE, action.number
    if purchase.is_settled:
        return Reject.ALREADY_SETTLED, purchase.invoice, action.number
    if not purchase.merchant:
        awarded = sum(_left(award) for award in purchase.awards)
        draft.put(_settled(draft, purchase, purchase.awards, 0, awarded, 0))
        return None
    return _invoice(draft, purchase, draft.books.merchants[purchase.merchant])


def _invoice(draft: Draft, purchase: Purchase, merchant: Merchant) -> Refusal | None:
    books = draft.books
    receivable = books.receivables[merchant.receivable]
    if receivable.state is ReceivableState.SUSPENDED:
        return Reject.RECEIVABLE_SUSPENDED, 0, receivable.number
    if receivable.state is ReceivableState.TERMINATED:
        return Reject.RECEIVABLE_TERMINATED, 0, receivable.number
    target = books.currencies[receivable.currency]
    awards: list[Award] = []
    awarded = net = rate = 0
    for award in purchase.awards:
        left = _left(award)
        if award.currency == target.number:
            row, in_target = share(left, award.contribution_ppm, target), left
        else:
            period = books.rate_table.at(award.currency, target.number, draft.time_us)
            if period is None:
                return Reject.NO_RATE, award.currency, target.number
            source, rate = books.currencies[award.currency], period.number
            row = converted(left, award.contribution_ppm, source, period.rate_e9, target)
            in_target = converted(left, PPM, source, period.rate_e9, target)
        awards.append(replace(award, contribution_units=row))
        awarded += in_target
        net += row
    tax = share(net, merchant.tax_ppm, target)
    if max(awarded, net + tax) > AMOUNT_UNITS_MAX:
        return Reject.AMOUNT_OVER_LEDGER, AMOUNT_UNITS_MAX, shown(max(awarded, net + tax))
    if not net:
        draft.put(_settled(draft, purchase, tuple(awards), 0, awarded, 0))
        return None
    number = draft.next_number(EntityKind.INVOICE)
    draft.put(_settled(draft, purchase, tuple(awards), number, awarded, net))
    invoice = Invoice(
        number=number,
        reference=number,
        purchase=purchase.number,
        receivable=receivable.number,
        currency=target.number,
        issued_us=draft.time_us,
        due_us=draft.time_us + receivable.credit_days * DAY_US,
        net_units=net,
        tax_units=tax,
        tax_ppm=merchant.tax_ppm,
        rate=rate,
        unsettled_units=net + tax,
    )
    account = (MERCHANT_RECEIVABLE, receivable.number)
    draft.post(net, target.number, account, (CONTRIBUTION_INCOME, 0), EntityKind.INVOICE, number)
    draft.post(tax, target.number, account, (TAX_PAYABLE, 0), EntityKind.INVOICE, number)
    draft.put(take_credits(draft, invoice))
    return None


def _settled(
    draft: Draft, purchase: Purchase, awards: tuple[Award, ...], invoice: int, awarded: int, net: int
) -> Purchase:
    return replace(
        purchase,
        awards=awards,
        is_settled=True,
        settled_us=draft.time_us,
        invoice=invoice,
        awarded_units=awarded,
        contribution_units=net,
        settled_reversed_units=purchase.reversed_units,
    )


def _left(award: Award) -> int:
    return award.amount_units - award.reversed_units if award.state is DocumentState.POSTED else 0
