"""From the core's entities to the document's objects: pure functions of an entity and a view.

A receivable is named as in the document's example: its number, then first and last name, or the company's name. An
invoice is outstanding once its due date lies behind the time of asking. Source: rewards.md, Referred Objects;
rewards.notes.md, Reversals and Shapes.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Final

import msgspec

from fondaco.core.rewards import entities as e
from fondaco.core.rewards.entities import EntityKind
from fondaco.desks.rewards.amounts import inverse_rate, percentage, rate
from fondaco.desks.rewards.identifiers import number_text
from fondaco.desks.rewards.view import View
from fondaco.wire.rewards import objects as wire
from fondaco.wire.rewards.contacts import ContactDetails, ContactInformation, Demographics

_CONTACT: Final = msgspec.json.Decoder(ContactDetails)
_UNKNOWN: Final = ContactDetails()
_NAMES: Final = ContactDetails.__struct_fields__


def currency(view: View, number: int) -> wire.Currency:
    entity = view.currency(number)
    return view.kept(EntityKind.CURRENCY, number, (entity,), lambda: _currency(view, entity))


def _currency(view: View, entity: e.Currency) -> wire.Currency:
    return wire.Currency(
        id=view.id(EntityKind.CURRENCY, entity.number),
        code=entity.code,
        prefix_symbol=entity.prefix_symbol or None,
        suffix_symbol=entity.suffix_symbol or None,
        life_cycle_state="EFFECTIVE" if entity.effective else "NOT EFFECTIVE",
        integer_part_name=entity.integer_part_name or None,
        decimal_part_name=entity.decimal_part_name or None,
    )


def rate_period(view: View, number: int) -> wire.CurrencyRatePeriod | None:
    """``None`` for 0: no currency was changed into another."""
    if not number:
        return None
    entity = view.books.rates[number]
    return wire.CurrencyRatePeriod(
        id=view.id(EntityKind.CURRENCY_RATE, number),
        rate=rate(entity.rate_e9),
        inverse_rate=inverse_rate(entity.rate_e9),
        from_date=view.date_or_none(entity.from_us),
        to_date=view.date_or_none(entity.to_us),
        currency=currency(view, entity.currency),
        to_currency=currency(view, entity.to_currency),
    )


def receivable(view: View, number: int) -> wire.AccountsReceivable:
    entity = view.books.receivables[number]
    owners = view.books.merchants if entity.owner_kind is e.OwnerKind.MERCHANT else view.books.participants
    owner = owners[entity.owner_number]
    return view.kept(EntityKind.RECEIVABLE, number, (entity, owner), lambda: _receivable(view, entity, owner.contact))


def _receivable(view: View, entity: e.Receivable, sealed: bytes) -> wire.AccountsReceivable:
    number, details = entity.number, contact_details(view, sealed)
    text = number_text(EntityKind.RECEIVABLE, number)
    return wire.AccountsReceivable(
        id=view.id(EntityKind.RECEIVABLE, number),
        number=text,
        name=f"{text} {_name(details)}".rstrip(),
        life_cycle_state=entity.state.name,
        account_owner=contact(view, entity.owner_kind, entity.owner_number, details),
    )


def contact_details(view: View, sealed: bytes) -> ContactDetails:
    """What is known of a person; of one who was erased, nothing."""
    opened = view.open_contact(sealed) if sealed else None
    return _UNKNOWN if opened is None else _CONTACT.decode(opened)


def contact(view: View, owner_kind: int, owner_number: int, details: ContactDetails) -> ContactInformation:
    known = {name: getattr(details, name) for name in _NAMES}
    if details.type == "PERSON" and details.demographics is None:
        known["demographics"] = Demographics()
    return ContactInformation(id=view.contact_id(owner_kind, owner_number), **known)


def invoice(view: View, entity: e.Invoice, now_us: int) -> wire.Invoice:
    unsettled, outstanding = open_amounts(view, entity, now_us)
    issued_on = view.date(entity.issued_us)
    return wire.Invoice(
        id=view.id(EntityKind.INVOICE, entity.number),
        number=number_text(EntityKind.INVOICE, entity.number),
        reference_number=str(entity.reference),
        life_cycle_state=entity.state.name,
        issued_on=issued_on,
        posted_on=issued_on,
        due_on=view.date(entity.due_us),
        total_amount=view.amount(entity.net_units + entity.tax_units, entity.currency),
        outstanding_amount=outstanding,
        unsettled_amount=unsettled,
        currency_rate_period=rate_period(view, entity.rate),
        net_amount=view.amount(entity.net_units, entity.currency),
        tax_amount=view.amount(entity.tax_units, entity.currency),
        tax_percentage=percentage(entity.tax_ppm),
    )


def open_amounts(view: View, entity: e.Invoice, now_us: int) -> tuple[Decimal, Decimal]:
    """Unsettled, and outstanding: the same once the invoice is past due, else 0."""
    unsettled = view.amount(entity.unsettled_units, entity.currency)
    return unsettled, unsettled if now_us > entity.due_us else Decimal(0)


def award(view: View, entity: e.Award, purchase_currency: int) -> wire.AwardTransaction:
    participant = view.books.participants[entity.participant]
    account = receivable(view, participant.receivable)
    alternative = participant.alternative_currency
    return wire.AwardTransaction(
        id=view.id(EntityKind.AWARD, entity.number),
        number=number_text(EntityKind.AWARD, entity.number),
        amount=view.amount(entity.amount_units, entity.currency),
        alternative_amount=view.amount(entity.alternative_units, alternative) if alternative else None,
        life_cycle_state=entity.state.name,
        contribution_percentage=percentage(entity.contribution_ppm),
        initiated_currency=currency(view, purchase_currency),
        currency_rate_period=rate_period(view, entity.rate),
        accounts_receivable=account,
        rewards_participant=wire.RewardsParticipant(
            id=view.id(EntityKind.PARTICIPANT, entity.participant),
            number=number_text(EntityKind.PARTICIPANT, entity.participant),
            accounts_receivable=account,
        ),
    )


def settlement(view: View, purchase: e.Purchase, invoice_: e.Invoice | None, now_us: int) -> wire.Settlement:
    """A purchase as it was settled. The accounts receivable are the merchant's: whoever is invoiced."""
    in_currency = settled_currency(view, purchase)
    merchant = view.books.merchants.get(purchase.merchant)
    return wire.Settlement(
        total_awarded_amount=view.amount(purchase.awarded_units, in_currency),
        total_contribution_amount=view.amount(purchase.contribution_units, in_currency),
        invoice=None if invoice_ is None else invoice(view, invoice_, now_us),
        accounts_receivable=None if merchant is None else receivable(view, merchant.receivable),
        award_transactions_set=[award(view, each, purchase.currency) for each in purchase.awards],
    )


def settled_currency(view: View, purchase: e.Purchase) -> int:
    """In which a purchase's settlement counts: its merchant's receivable's; without one, in which it was awarded."""
    merchant = view.books.merchants.get(purchase.merchant)
    if merchant is not None:
        return view.books.receivables[merchant.receivable].currency
    if view.books.programme.is_fee_rebate:
        return purchase.currency
    return view.books.participants[purchase.participant].currency


def _name(details: ContactDetails) -> str:
    if details.type == "COMPANY":
        return details.company_name or details.name or ""
    parts = [part for part in (details.first_name, details.last_name) if part]
    return " ".join(parts) or details.name or ""
