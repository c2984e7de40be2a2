"""From the core's entities to the objects of a programme's set-up: pure functions of a view and an entity."""

from __future__ import annotations

from decimal import Decimal

import msgspec

from fondaco.core.rewards import entities as e
from fondaco.core.rewards.entities import EntityKind
from fondaco.desks.rewards import translate
from fondaco.desks.rewards.amounts import percentage
from fondaco.desks.rewards.identifiers import number_text
from fondaco.desks.rewards.view import View
from fondaco.wire.rewards import objects, set_up

_EFFECTIVE = {True: "EFFECTIVE", False: "NOT EFFECTIVE"}


def programme(view: View, entity: e.Programme) -> set_up.Programme:
    return set_up.Programme(
        id=view.id(EntityKind.PROGRAMME, entity.number),
        name=entity.name,
        clawback=entity.clawback.name,
        is_fee_rebate=entity.is_fee_rebate,
        base_currency=_currency(view, entity.base_currency),
    )


def currency(view: View, entity: e.Currency, asset: str) -> set_up.CurrencyDetails:
    """``asset`` is the name of what it is in the ledger."""
    known = translate.currency(view, entity.number)
    return set_up.CurrencyDetails(
        **msgspec.structs.asdict(known), digits=entity.digits, rounding=entity.rounding.name, asset=asset
    )


def rate_period(view: View, entity: e.CurrencyRate) -> objects.CurrencyRatePeriod:
    shown = translate.rate_period(view, entity.number)
    assert shown is not None
    return shown


def merchant(view: View, entity: e.Merchant) -> set_up.Merchant:
    receivable = view.books.receivables[entity.receivable]
    account = translate.receivable(view, entity.receivable)
    return set_up.Merchant(
        id=view.id(EntityKind.MERCHANT, entity.number),
        number=number_text(EntityKind.MERCHANT, entity.number),
        code=entity.code or None,
        life_cycle_state=_EFFECTIVE[entity.effective],
        group=entity.group or None,
        contribution_percentage=percentage(entity.contribution_ppm),
        tax_percentage=percentage(entity.tax_ppm),
        credit_days=receivable.credit_days,
        currency=translate.currency(view, receivable.currency),
        contact_information=account.account_owner,
        accounts_receivable=account,
    )


def participant(
    view: View, entity: e.Participant, user: str | None, reward_units: int, debt_units: int
) -> set_up.Participant:
    account = translate.receivable(view, entity.receivable)
    return set_up.Participant(
        id=view.id(EntityKind.PARTICIPANT, entity.number),
        number=number_text(EntityKind.PARTICIPANT, entity.number),
        code=entity.code or None,
        life_cycle_state=_EFFECTIVE[entity.effective],
        currency=translate.currency(view, entity.currency),
        alternative_currency=_currency(view, entity.alternative_currency),
        user=user,
        reward_balance=view.amount(reward_units, entity.currency),
        debt_amount=view.amount(debt_units, entity.currency),
        contact_information=account.account_owner,
        accounts_receivable=account,
    )


def unit(view: View, entity: e.Unit) -> set_up.Unit:
    return set_up.Unit(
        id=view.id(EntityKind.UNIT, entity.number),
        number=number_text(EntityKind.UNIT, entity.number),
        code=entity.code or None,
        name=entity.name,
        life_cycle_state=_EFFECTIVE[entity.effective],
        merchant=view.reference_or_none(EntityKind.MERCHANT, entity.merchant),
    )


def scheme(view: View, entity: e.Scheme) -> set_up.Scheme:
    return set_up.Scheme(
        id=view.id(EntityKind.SCHEME, entity.number),
        number=number_text(EntityKind.SCHEME, entity.number),
        name=entity.name,
        life_cycle_state=_EFFECTIVE[entity.effective],
        from_date=view.date_or_none(entity.from_us),
        to_date=view.date_or_none(entity.to_us),
        reward_days=entity.reward_days or None,
    )


def offer(view: View, entity: e.Offer) -> set_up.Offer:
    return set_up.Offer(
        id=view.id(EntityKind.OFFER, entity.number),
        number=number_text(EntityKind.OFFER, entity.number),
        name=entity.name,
        life_cycle_state=_EFFECTIVE[entity.effective],
        scheme=view.reference(EntityKind.SCHEME, entity.scheme),
        award_percentage=percentage(entity.award_ppm) if entity.award_ppm else None,
        award_amount=_amount(view, entity.award_units, entity.currency),
        award_amount_max=_amount(view, entity.award_units_max, entity.currency),
        currency=_currency(view, entity.currency),
        purchase_amount_min=_amount(view, entity.purchase_units_min, entity.purchase_currency),
        purchase_currency=_currency(view, entity.purchase_currency),
        unit=view.reference_or_none(EntityKind.UNIT, entity.unit),
        merchant=view.reference_or_none(EntityKind.MERCHANT, entity.merchant),
        group=entity.group or None,
        from_date=view.date_or_none(entity.from_us),
        to_date=view.date_or_none(entity.to_us),
    )


def contribution_rule(view: View, entity: e.ContributionRule) -> set_up.ContributionRule:
    return set_up.ContributionRule(
        id=view.id(EntityKind.CONTRIBUTION_RULE, entity.number),
        number=number_text(EntityKind.CONTRIBUTION_RULE, entity.number),
        life_cycle_state=_EFFECTIVE[entity.effective],
        contribution_percentage=percentage(entity.contribution_ppm),
        offer=view.reference_or_none(EntityKind.OFFER, entity.offer),
        unit=view.reference_or_none(EntityKind.UNIT, entity.unit),
        merchant=view.reference_or_none(EntityKind.MERCHANT, entity.merchant),
        group=entity.group or None,
        from_date=view.date_or_none(entity.from_us),
        to_date=view.date_or_none(entity.to_us),
    )


def operator(view: View, entity: e.Operator) -> set_up.Operator:
    return set_up.Operator(
        id=view.id(EntityKind.OPERATOR, entity.number),
        number=number_text(EntityKind.OPERATOR, entity.number),
        username=entity.username,
        role=entity.role.name,
        active=entity.active,
    )


def _currency(view: View, number: int) -> objects.Currency | None:
    return translate.currency(view, number) if number else None


def _amount(view: View, units: int, currency: int) -> Decimal | None:
    return view.amount(units, currency) if units else None
