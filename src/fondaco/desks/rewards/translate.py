"""From the core's entities to the objects of the wire: the document's names and shapes stop here.

An answer is made of the entities a command changed and of what they refer to (currencies, rates, people), which is as
it is now. Every function is pure but for opening people's sealed data. Source: rewards.md, Referred Objects.
"""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import TYPE_CHECKING, Final

import msgspec

from fondaco.core.rewards import entities as e
from fondaco.core.rewards.books import Books
from fondaco.core.rewards.entities import DocumentState, EntityKind, OwnerKind
from fondaco.desks.rewards.amounts import amount, inverse_rate, percentage, rate
from fondaco.desks.rewards.dates import Dates
from fondaco.desks.rewards.identifiers import id_of, printed
from fondaco.wire.rewards import contact, objects

if TYPE_CHECKING:
    from fondaco.desks.rewards.call import Call

_CONTACT: Final = msgspec.json.Decoder(contact.Contact)
_EFFECTIVE: Final = {True: "EFFECTIVE", False: "NOT EFFECTIVE"}


class Translator:
    """Of one programme, at one moment. ``opened`` reads sealed data, ``None`` for who was erased."""

    def __init__(self, books: Books, dates: Dates, opened: Callable[[bytes], bytes | None], now_us: int) -> None:
        self._books = books
        self._dates = dates
        self._opened = opened
        self._now_us = now_us

    def id(self, kind: EntityKind, number: int) -> str:
        return id_of(self._books.programme.number, kind, number)

    def date(self, time_us: int) -> str:
        return self._dates.text(time_us) or ""

    # ── what documents refer to ───────────────────────────────────────────────────────────────────────────────────────

    def currency(self, number: int) -> objects.Currency:
        currency = self._books.currencies[number]
        return objects.Currency(
            id=self.id(EntityKind.CURRENCY, number),
            code=currency.code,
            prefix_symbol=currency.prefix_symbol or None,
            suffix_symbol=currency.suffix_symbol or None,
            life_cycle_state=_EFFECTIVE[currency.effective],
            integer_part_name=currency.integer_part_name or None,
            decimal_part_name=currency.decimal_part_name or None,
        )

    def rate_period(self, number: int) -> objects.CurrencyRatePeriod | None:
        if not number:
            return None
        period = self._books.rates[number]
        return objects.CurrencyRatePeriod(
            id=self.id(EntityKind.CURRENCY_RATE, number),
            rate=rate(period.rate_e9),
            inverse_rate=inverse_rate(period.rate_e9),
            from_date=self._dates.text(period.from_us),
            to_date=self._dates.text(period.to_us),
            currency=self.currency(period.currency),
            to_currency=self.currency(period.to_currency),
        )

    def contact(self, kind: EntityKind, number: int, sealed: bytes) -> objects.ContactInformation:
        plain = self._opened(sealed) if sealed else None
        known = contact.Contact() if plain is None else _CONTACT.decode(plain)
        demographics = known.demographics
        if demographics is None and known.type == "PERSON":
            demographics = contact.Demographics()
        return objects.ContactInformation(
            id=self.id(kind, number),
            type=known.type if plain is not None else None,
            life_cycle_state=known.life_cycle_state,
            name=known.name,
            first_name=known.first_name,
            middle_name=known.middle_name,
            last_name=known.last_name,
            title=known.title,
            company_name=known.company_name,
            demographics=demographics,
            company_profile=known.company_profile,
        )

    def receivable(self, number: int) -> objects.AccountsReceivable:
        receivable = self._books.receivables[number]
        is_merchants = receivable.owner_kind is OwnerKind.MERCHANT
        owners = self._books.merchants if is_merchants else self._books.participants
        owner = owners[receivable.owner_number]
        kind = EntityKind.MERCHANT if is_merchants else EntityKind.PARTICIPANT
        who = self.contact(kind, receivable.owner_number, owner.contact)
        names = [who.company_name] if who.company_name else [who.name] if who.name else [who.first_name, who.last_name]
        shown = printed(EntityKind.RECEIVABLE, number)
        return objects.AccountsReceivable(
            id=self.id(EntityKind.RECEIVABLE, number),
            number=shown,
            name=" ".join([shown, *(name for name in names if name)]),
            life_cycle_state=receivable.state.name,
            account_owner=who,
        )

    def participant(self, number: int) -> objects.RewardsParticipant:
        return objects.RewardsParticipant(
            id=self.id(EntityKind.PARTICIPANT, number),
            number=printed(EntityKind.PARTICIPANT, number),
            accounts_receivable=self.receivable(self._books.participants[number].receivable),
        )

    # ── documents ─────────────────────────────────────────────────────────────────────────────────────────────────────

    def settlement(self, purchase: e.Purchase, invoice: e.Invoice | None) -> objects.Settlement:
        """The answer of apply_settlement, as the document has it."""
        merchant = self._books.merchants.get(purchase.merchant)
        if merchant is not None:
            currency = self._books.receivables[merchant.receivable].currency
        else:
            currency = self._books.participants[purchase.participant].currency
        if self._books.programme.is_fee_rebate and merchant is None:
            currency = purchase.currency
        return objects.Settlement(
            total_awarded_amount=self.amount(purchase.awarded_units, currency),
            total_contribution_amount=self.amount(purchase.contribution_units, currency),
            invoice=None if invoice is None else self.invoice(invoice),
            accounts_receivable=None if merchant is None else self.receivable(merchant.receivable),
            award_transactions_set=[
                self.award(award, purchase) for award in purchase.awards if award.state is DocumentState.POSTED
            ],
        )

    def award(self, award: e.Award, purchase: e.Purchase) -> objects.AwardTransaction:
        participant = self.participant(award.participant)
        alternative = self._books.participants[award.participant].alternative_currency
        contributed = None
        if purchase.is_settled and purchase.merchant:
            receivable = self._books.receivables[self._books.merchants[purchase.merchant].receivable]
            contributed = self.amount(award.contribution_units, receivable.currency)
        return objects.AwardTransaction(
            id=self.id(EntityKind.AWARD, award.number),
            number=printed(EntityKind.AWARD, award.number),
            amount=self.amount(award.amount_units, award.currency),
            alternative_amount=self.amount(award.alternative_units, alternative) if award.alternative_units else None,
            life_cycle_state=award.state.name,
            contribution_percentage=percentage(award.contribution_ppm),
            initiated_currency=self.currency(purchase.currency),
            currency_rate_period=self.rate_period(award.rate),
            accounts_receivable=participant.accounts_receivable,
            rewards_participant=participant,
            currency=self.currency(award.currency),
            reversed_amount=self.amount(award.reversed_units, award.currency),
            contribution_amount=contributed,
            expires_on=self._dates.text(award.expires_us),
            offer_id=self.id(EntityKind.OFFER, award.offer),
            customer_event_id=self.id(EntityKind.PURCHASE, award.purchase),
            customer_event_number=printed(EntityKind.PURCHASE, award.purchase),
        )

    def invoice(self, invoice: e.Invoice) -> objects.Invoice:
        currency = invoice.currency
        outstanding = invoice.unsettled_units if self._now_us >= invoice.due_us else 0
        return objects.Invoice(
            id=self.id(EntityKind.INVOICE, invoice.number),
            number=printed(EntityKind.INVOICE, invoice.number),
            reference_number=str(invoice.reference),
            life_cycle_state=invoice.state.name,
            issued_on=self.date(invoice.issued_us),
            posted_on=self.date(invoice.issued_us),
            due_on=self.date(invoice.due_us),
            total_amount=self.amount(invoice.net_units + invoice.tax_units, currency),
            outstanding_amount=self.amount(outstanding, currency),
            unsettled_amount=self.amount(invoice.unsettled_units, currency),
            currency_rate_period=self.rate_period(invoice.rate),
            net_amount=self.amount(invoice.net_units, currency),
            tax_amount=self.amount(invoice.tax_units, currency),
            tax_percentage=percentage(invoice.tax_ppm),
            credited_amount=self.amount(invoice.credited_net_units + invoice.credited_tax_units, currency),
            currency=self.currency(currency),
            accounts_receivable_id=self.id(EntityKind.RECEIVABLE, invoice.receivable),
            customer_event_id=self.id(EntityKind.PURCHASE, invoice.purchase),
            customer_event_number=printed(EntityKind.PURCHASE, invoice.purchase),
        )

    def purchase(self, purchase: e.Purchase) -> objects.Purchase:
        currency = purchase.currency
        awarded = contributed = None
        if purchase.is_settled:
            totals = self.settlement(purchase, None)
            awarded, contributed = totals.total_awarded_amount, totals.total_contribution_amount
        return objects.Purchase(
            id=self.id(EntityKind.PURCHASE, purchase.number),
            number=printed(EntityKind.PURCHASE, purchase.number),
            reference_number=purchase.reference or None,
            life_cycle_state=purchase.state.name,
            settlement_state="SETTLED" if purchase.is_settled else "NOT SETTLED",
            performed_on=self.date(purchase.performed_us),
            posted_on=self.date(purchase.posted_us),
            settled_on=self._dates.text(purchase.settled_us),
            total_amount=self.amount(purchase.total_units, currency),
            reversed_amount=self.amount(purchase.reversed_units, currency),
            total_awarded_amount=awarded,
            total_contribution_amount=contributed,
            currency=self.currency(currency),
            performed_by_unit_id=self.id(EntityKind.UNIT, purchase.unit),
            participant_id=self.id(EntityKind.PARTICIPANT, purchase.participant),
            merchant_id=self.id(EntityKind.MERCHANT, purchase.merchant) if purchase.merchant else None,
            invoice_id=self.id(EntityKind.INVOICE, purchase.invoice) if purchase.invoice else None,
            invoice_number=printed(EntityKind.INVOICE, purchase.invoice) if purchase.invoice else None,
            lines=[
                objects.Line(
                    line_id=line.line_id,
                    quantity=Decimal(line.quantity) if line.quantity else None,
                    unit_price=Decimal(line.unit_price) if line.unit_price else None,
                    total_amount=self.amount(line.total_units, currency),
                    is_reversed=line.is_reversed,
                )
                for line in purchase.lines
            ],
            award_transactions_set=[self.award(award, purchase) for award in purchase.awards],
        )

    def credit_note(self, note: e.CreditNote) -> objects.CreditNote:
        return objects.CreditNote(
            id=self.id(EntityKind.CREDIT_NOTE, note.number),
            number=printed(EntityKind.CREDIT_NOTE, note.number),
            life_cycle_state=note.state.name,
            issued_on=self.date(note.issued_us),
            total_amount=self.amount(note.net_units + note.tax_units, note.currency),
            net_amount=self.amount(note.net_units, note.currency),
            tax_amount=self.amount(note.tax_units, note.currency),
            unallocated_amount=self.amount(note.unallocated_units, note.currency),
            currency=self.currency(note.currency),
            invoice_id=self.id(EntityKind.INVOICE, note.invoice),
            invoice_number=printed(EntityKind.INVOICE, note.invoice),
            customer_event_id=self.id(EntityKind.PURCHASE, note.purchase),
            accounts_receivable_id=self.id(EntityKind.RECEIVABLE, note.receivable),
        )

    def payment(self, payment: e.Payment, allocations: list[tuple[int, int]] | None = None) -> objects.Payment:
        told = None
        if allocations is not None:
            told = [
                objects.Allocation(
                    invoice_id=self.id(EntityKind.INVOICE, invoice),
                    invoice_number=printed(EntityKind.INVOICE, invoice),
                    amount=self.amount(units, payment.currency),
                )
                for invoice, units in allocations
            ]
        return objects.Payment(
            id=self.id(EntityKind.PAYMENT, payment.number),
            number=printed(EntityKind.PAYMENT, payment.number),
            reference_number=payment.reference or None,
            life_cycle_state=payment.state.name,
            type="REFUND" if payment.is_refund else "PAYMENT",
            received_on=self.date(payment.received_us),
            amount=self.amount(payment.amount_units, payment.currency),
            unallocated_amount=self.amount(payment.unallocated_units, payment.currency),
            currency=self.currency(payment.currency),
            accounts_receivable_id=self.id(EntityKind.RECEIVABLE, payment.receivable),
            allocations=told,
        )

    def spend(self, spend: e.Spend) -> objects.Spend:
        return objects.Spend(
            id=self.id(EntityKind.SPEND, spend.number),
            number=printed(EntityKind.SPEND, spend.number),
            reference_number=spend.reference or None,
            life_cycle_state=spend.state.name,
            spent_on=self.date(spend.spent_us),
            amount=self.amount(spend.amount_units, spend.currency),
            currency=self.currency(spend.currency),
            participant_id=self.id(EntityKind.PARTICIPANT, spend.participant),
        )

    def write_off(self, written: e.WriteOff) -> objects.WriteOff:
        return objects.WriteOff(
            id=self.id(EntityKind.WRITE_OFF, written.number),
            number=printed(EntityKind.WRITE_OFF, written.number),
            written_on=self.date(written.written_us),
            amount=self.amount(written.amount_units, written.currency),
            currency=self.currency(written.currency),
            reason=written.reason,
            accounts_receivable_id=self.id(EntityKind.RECEIVABLE, written.receivable),
        )

    def run(self, run: e.SettlementRun) -> objects.SettlementRun:
        purchases = run.last_purchase - run.first_purchase + 1
        looked_at = run.next_purchase - run.first_purchase
        progress = Decimal(1) if run.ended_us else (Decimal(looked_at) / purchases).quantize(Decimal("0.0001"))
        return objects.SettlementRun(
            id=self.id(EntityKind.SETTLEMENT_RUN, run.number),
            number=printed(EntityKind.SETTLEMENT_RUN, run.number),
            life_cycle_state="ENDED" if run.ended_us else "RUNNING",
            started_on=self.date(run.started_us),
            ended_on=self._dates.text(run.ended_us),
            purchases=purchases,
            progress=progress,
            settled=run.settled,
            passed_over=run.passed_over,
            refused=run.refused,
        )

    def amount(self, units: int, currency: int) -> Decimal:
        return amount(units, self._books.currencies[currency])


def translator(call: Call) -> Translator:
    """Of a call's programme, now."""
    return Translator(call.books, call.desk.dates, call.desk.people.open, call.now_us)
