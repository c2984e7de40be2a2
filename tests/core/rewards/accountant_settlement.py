"""Settlement in the naive accountant's hand: what the merchant owes for a purchase's awards."""

from __future__ import annotations

from msgspec.structs import replace

from fondaco.core.purposes import (
    CONTRIBUTION_INCOME,
    MERCHANT_RECEIVABLE,
    TAX_PAYABLE,
)
from fondaco.core.rejects import Reject
from fondaco.core.rewards import actions as a
from fondaco.core.rewards.entities import (
    DocumentState,
    EntityKind,
    Invoice,
    Merchant,
    Purchase,
    Receivable,
    ReceivableState,
    SettlementRun,
)
from tests.core.rewards.accountant_money import DAY_US, rate_between, rounded, share, whole
from tests.core.rewards.accountant_open_items import HOUSE, allocate, name_of
from tests.core.rewards.accountant_sheet import Refused, Sheet


def apply_settlement(sheet: Sheet, number: int) -> None:
    purchase = sheet.get(Purchase, number)
    if purchase.state != DocumentState.POSTED:
        raise Refused(Reject.NOT_POSTED, EntityKind.PURCHASE, number)
    if purchase.is_settled:
        raise Refused(Reject.ALREADY_SETTLED, purchase.invoice, number)
    awards = [award for award in purchase.awards if award.state == DocumentState.POSTED]
    if purchase.merchant == 0:
        total = sum(award.amount_units - award.reversed_units for award in awards)
        sheet.put(
            replace(
                purchase,
                is_settled=True,
                settled_us=sheet.time_us,
                awarded_units=total,
                settled_reversed_units=purchase.reversed_units,
            )
        )
        return
    merchant = sheet.get(Merchant, purchase.merchant)
    receivable = sheet.get(Receivable, merchant.receivable)
    for state, reject in (
        (ReceivableState.SUSPENDED, Reject.RECEIVABLE_SUSPENDED),
        (ReceivableState.TERMINATED, Reject.RECEIVABLE_TERMINATED),
    ):
        if receivable.state == state:
            raise Refused(reject, 0, receivable.number)
    currency = sheet.currency(receivable.currency)
    rate_number, awarded, net = 0, 0, 0
    settled = {}
    for award in awards:
        found = rate_between(sheet.rates(), award.currency, receivable.currency, sheet.time_us)
        if found is None:
            raise Refused(Reject.NO_RATE, award.currency, receivable.currency)
        rate_number, rate = found
        left = whole(award.amount_units - award.reversed_units, sheet.currency(award.currency)) * rate
        contribution = rounded(left * share(award.contribution_ppm), currency)
        awarded += rounded(left, currency)
        net += contribution
        settled[award.number] = replace(award, contribution_units=contribution)
    invoice = None
    if net:
        tax = rounded(whole(net, currency) * share(merchant.tax_ppm), currency)
        invoice_number = sheet.next_number(EntityKind.INVOICE)
        invoice = Invoice(
            number=invoice_number,
            reference=invoice_number,
            purchase=number,
            receivable=receivable.number,
            currency=receivable.currency,
            issued_us=sheet.time_us,
            due_us=sheet.time_us + receivable.credit_days * DAY_US,
            net_units=net,
            tax_units=tax,
            tax_ppm=merchant.tax_ppm,
            rate=rate_number,
            unsettled_units=net + tax,
        )
        document = EntityKind.INVOICE, invoice_number
        owes = MERCHANT_RECEIVABLE, receivable.number
        sheet.post(owes, (CONTRIBUTION_INCOME, HOUSE), invoice.currency, net, document)
        sheet.post(owes, (TAX_PAYABLE, HOUSE), invoice.currency, tax, document)
        sheet.put(invoice)
        take_unallocated(sheet, invoice)
    for award in settled.values():
        sheet.put(award)
    sheet.put(
        replace(
            purchase,
            awards=tuple(settled.get(award.number, award) for award in purchase.awards),
            is_settled=True,
            settled_us=sheet.time_us,
            invoice=0 if invoice is None else invoice.number,
            awarded_units=awarded,
            contribution_units=net,
            settled_reversed_units=purchase.reversed_units,
        )
    )


def take_unallocated(sheet: Sheet, invoice: Invoice) -> None:
    """A new invoice takes the credit there is, the eldest first."""
    for credit in sheet.unallocated(invoice.receivable):
        allocate(sheet, name_of(credit), invoice.number)


def unsettled(sheet: Sheet, first: int, last: int) -> list[Purchase]:
    """Those that a run looks at, by number: neither settled nor cancelled."""
    return [
        purchase
        for number, purchase in sorted(sheet.all(Purchase).items())
        if first <= number <= last and purchase.state == DocumentState.POSTED and not purchase.is_settled
    ]


def start_run(sheet: Sheet, action: a.SettlementRunStart) -> None:
    sheet.need(Merchant, action.merchant)
    last = len(sheet.all(Purchase))
    waiting = unsettled(sheet, 1, last)
    first = waiting[0].number if waiting else last + 1
    number = sheet.next_number(EntityKind.SETTLEMENT_RUN)
    sheet.put(
        SettlementRun(
            number=number,
            first_purchase=first,
            last_purchase=last,
            next_purchase=first,
            merchant=action.merchant,
            performed_until_us=action.performed_until_us,
            started_us=sheet.time_us,
            ended_us=0 if waiting else sheet.time_us,
        )
    )


def step_run(sheet: Sheet, action: a.SettlementRunStep) -> None:
    """A run ends with the step that finds less than it may look at, or the last purchase."""
    run = sheet.get(SettlementRun, action.number)
    if run.ended_us:
        raise Refused(Reject.RUN_ENDED, 0, action.number)
    waiting = unsettled(sheet, run.next_purchase, run.last_purchase)
    looked_at = waiting[: action.purchases_max]
    settled, passed_over = 0, 0
    for purchase in looked_at:
        is_in_time = run.performed_until_us == 0 or purchase.performed_us < run.performed_until_us
        if not is_in_time or run.merchant not in (0, purchase.merchant):
            passed_over += 1
            continue
        try:
            apply_settlement(sheet, purchase.number)
            settled += 1
        except Refused as refused:
            sheet.expected.rows_refused.append((purchase.number, refused.reject))
    after = looked_at[-1].number + 1 if len(looked_at) == action.purchases_max else run.last_purchase + 1
    sheet.put(
        replace(
            run,
            next_purchase=after,
            settled=run.settled + settled,
            passed_over=run.passed_over + passed_over,
            refused=run.refused + len(sheet.expected.rows_refused),
            ended_us=sheet.time_us if after > run.last_purchase else 0,
        )
    )
