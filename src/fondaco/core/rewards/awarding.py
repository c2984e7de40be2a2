"""Purchases and their awards: what is awarded is decided at posting and frozen.

Offer, rates and the merchant's percentage are those in force when the purchase was performed. One offer in force gives
one award; an award of nothing is not posted. In a fee rebate programme the award goes to the user's cash in the asset
of the fee, and all awards together never pass the fee. Source: rewards.notes.md, Life of a purchase, Settlement, and
Currencies and rates.
"""

from __future__ import annotations

from msgspec.structs import replace

from fondaco.core.purposes import CASH, PARTICIPANT_REWARD, REWARD_COST
from fondaco.core.refusal import Refusal, shown
from fondaco.core.rejects import Reject
from fondaco.core.rewards import actions as a
from fondaco.core.rewards import checks
from fondaco.core.rewards.checks import missing, not_effective, out_of_bounds, text, within
from fondaco.core.rewards.draft import Draft
from fondaco.core.rewards.entities import (
    Award,
    Currency,
    EntityKind,
    Line,
    Merchant,
    Offer,
    Participant,
    Purchase,
    Unit,
)
from fondaco.core.rewards.money import AMOUNT_UNITS_MAX, PPM, RATE_E9, converted, share
from fondaco.core.rewards.open_items import DAY_US


def create_purchase(draft: Draft, action: a.PurchaseCreate) -> Refusal | None:
    """Post a purchase with its awards."""
    if draft.books.programme.is_fee_rebate:
        return Reject.FEES_ALONE, 0, draft.books.programme.number
    return post_purchase(draft, action)


def post_purchase(draft: Draft, action: a.PurchaseCreate) -> Refusal | None:
    books = draft.books
    unit, participant = books.units.get(action.unit), books.participants.get(action.participant)
    currency = books.currencies.get(action.currency)
    if unit is None:
        return missing(EntityKind.UNIT, action.unit)
    if participant is None:
        return missing(EntityKind.PARTICIPANT, action.participant)
    if currency is None:
        return missing(EntityKind.CURRENCY, action.currency)
    refusal = (
        _lines(action.lines, currency)
        or within(action.performed_us, 0, checks.TIME_US_MAX)
        or text(action.reference, checks.REFERENCE_LENGTH_MAX)
    )
    if refusal is not None:
        return refusal
    if action.performed_us > draft.time_us + checks.AHEAD_US_MAX:
        return Reject.PERFORMED_LATER, draft.time_us + checks.AHEAD_US_MAX, action.performed_us
    if action.reference and (taken := books.purchase_by_reference(action.reference)) is not None:
        return Reject.REFERENCE_TAKEN, 0, taken
    if not unit.effective:
        return not_effective(EntityKind.UNIT, unit.number)
    if not participant.effective:
        return not_effective(EntityKind.PARTICIPANT, participant.number)
    if not currency.effective:
        return not_effective(EntityKind.CURRENCY, currency.number)

    number = draft.next_number(EntityKind.PURCHASE)
    total_units = sum(line.total_units for line in action.lines)
    purchase = Purchase(
        number=number,
        reference=action.reference,
        unit=unit.number,
        participant=participant.number,
        merchant=unit.merchant,
        performed_us=action.performed_us,
        posted_us=draft.time_us,
        currency=currency.number,
        total_units=total_units,
        lines=action.lines,
        awards=(),
    )
    merchant = books.merchants[unit.merchant] if unit.merchant else None
    if merchant is not None and not merchant.effective:
        draft.put(purchase)
        return None
    awards = _awards(draft, purchase, unit, merchant, participant)
    if isinstance(awards, tuple):
        return awards
    _give(draft, awards, participant)
    draft.put(replace(purchase, awards=tuple(awards)))
    return None


def _awards(
    draft: Draft, purchase: Purchase, unit: Unit, merchant: Merchant | None, participant: Participant
) -> list[Award] | Refusal:
    books = draft.books
    is_fee = books.programme.is_fee_rebate
    source = books.currencies[purchase.currency]
    target = source if is_fee else books.currencies[participant.currency]
    awards: list[Award] = []
    left_units = purchase.total_units
    for offer, scheme in books.terms.offers_at(unit, merchant, purchase.performed_us):
        if not _is_for(offer, purchase, target):
            continue
        rate, rate_e9 = 0, RATE_E9
        if offer.award_ppm and source is not target:
            period = books.rate_table.at(source.number, target.number, purchase.performed_us)
            if period is None:
                return Reject.NO_RATE, source.number, target.number
            rate, rate_e9 = period.number, period.rate_e9
        units = _award_units(offer, purchase, source, rate_e9, target)
        if is_fee:
            units = min(units, left_units)
            left_units -= units
        if units > AMOUNT_UNITS_MAX:
            return Reject.AMOUNT_OVER_LEDGER, AMOUNT_UNITS_MAX, shown(units)
        if not units:
            continue
        alternative = _alternative_units(draft, units, target, participant, purchase.performed_us)
        if alternative > AMOUNT_UNITS_MAX:
            return Reject.AMOUNT_OVER_LEDGER, AMOUNT_UNITS_MAX, shown(alternative)
        days = 0 if is_fee else scheme.reward_days
        awards.append(
            Award(
                number=draft.next_number(EntityKind.AWARD),
                purchase=purchase.number,
                participant=participant.number,
                offer=offer.number,
                currency=target.number,
                amount_units=units,
                alternative_units=alternative,
                contribution_ppm=books.terms.contribution_ppm(offer, unit, merchant, purchase.performed_us),
                rate=rate,
                expires_us=purchase.performed_us + days * DAY_US if days else 0,
            )
        )
    return awards


def _is_for(offer: Offer, purchase: Purchase, target: Currency) -> bool:
    """Whether a purchase is large enough for an offer, and awards in the currency of its fixed amounts."""
    is_large = offer.purchase_currency == purchase.currency and purchase.total_units >= offer.purchase_units_min
    if offer.purchase_units_min and not is_large:
        return False
    return not (offer.award_units or offer.award_units_max) or offer.currency == target.number


def _award_units(offer: Offer, purchase: Purchase, source: Currency, rate_e9: int, target: Currency) -> int:
    """What an offer awards for a purchase that it is for."""
    if offer.award_units:
        units = offer.award_units
    elif source is target:
        units = share(purchase.total_units, offer.award_ppm, source)
    else:
        units = converted(purchase.total_units, offer.award_ppm, source, rate_e9, target)
    return min(units, offer.award_units_max) if offer.award_units_max else units


def _alternative_units(draft: Draft, units: int, currency: Currency, participant: Participant, time_us: int) -> int:
    books = draft.books
    if not participant.alternative_currency:
        return 0
    if participant.alternative_currency == currency.number:
        return units
    period = books.rate_table.at(currency.number, participant.alternative_currency, time_us)
    if period is None:
        return 0
    return converted(units, PPM, currency, period.rate_e9, books.currencies[participant.alternative_currency])


def _give(draft: Draft, awards: list[Award], participant: Participant) -> None:
    books = draft.books
    is_fee = books.programme.is_fee_rebate
    account = (CASH, participant.user_id) if is_fee else (PARTICIPANT_REWARD, participant.number)
    for award in awards:
        draft.post(award.amount_units, award.currency, (REWARD_COST, 0), account, EntityKind.AWARD, award.number)
        if award.expires_us:
            draft.add_to_lot(participant.number, award.expires_us, award.amount_units)


def _lines(lines: tuple[Line, ...], currency: Currency) -> Refusal | None:
    if not 1 <= len(lines) <= checks.LINES_MAX:
        return out_of_bounds(checks.LINES_MAX, len(lines))
    total_units = 0
    for line in lines:
        refusal = (
            text(line.line_id, checks.LINE_ID_LENGTH_MAX, 1)
            or text(line.quantity, checks.NUMBER_TEXT_LENGTH_MAX)
            or text(line.unit_price, checks.NUMBER_TEXT_LENGTH_MAX)
            or within(line.total_units, 0, AMOUNT_UNITS_MAX)
        )
        if refusal is not None:
            return refusal
        if line.total_units % currency.step_units or line.is_reversed:
            return out_of_bounds(currency.step_units, line.total_units)
        total_units += line.total_units
    if len({line.line_id for line in lines}) < len(lines):
        return out_of_bounds(1, len(lines))
    return within(total_units, 1, AMOUNT_UNITS_MAX)
