"""Purchases in the naive accountant's hand: awards, settlement, and what comes back."""

from __future__ import annotations

from msgspec.structs import replace

from fondaco.core.purposes import (
    PARTICIPANT_REWARD,
    REWARD_COST,
)
from fondaco.core.rejects import Reject
from fondaco.core.rewards import actions as a
from fondaco.core.rewards.entities import (
    Award,
    ContributionRule,
    Currency,
    EntityKind,
    Line,
    Merchant,
    Offer,
    Participant,
    Programme,
    Purchase,
    Scheme,
    Unit,
)
from tests.core.rewards.accountant_money import DAY_US, is_in_force, rate_between, rounded, share, whole
from tests.core.rewards.accountant_open_items import HOUSE
from tests.core.rewards.accountant_sheet import Refused, Sheet


def create(sheet: Sheet, action: a.PurchaseCreate) -> None:
    if sheet.get(Programme, sheet.programme_id).is_fee_rebate:  # its purchases are made by the house alone
        raise Refused(Reject.FEES_ALONE, 0, sheet.programme_id)
    unit = sheet.get(Unit, action.unit)
    participant = sheet.get(Participant, action.participant)
    currency = sheet.currency(action.currency)
    check_lines(action.lines, currency)
    if action.performed_us > sheet.time_us + DAY_US:
        raise Refused(Reject.PERFORMED_LATER, sheet.time_us + DAY_US, action.performed_us)
    for other in sheet.all(Purchase).values():
        if action.reference and other.reference == action.reference:
            raise Refused(Reject.REFERENCE_TAKEN, 0, other.number)
    for kind, entity in (
        (EntityKind.UNIT, unit),
        (EntityKind.PARTICIPANT, participant),
        (EntityKind.CURRENCY, currency),
    ):
        if not entity.effective:
            raise Refused(Reject.ENTITY_NOT_EFFECTIVE, kind, entity.number)
    number = sheet.next_number(EntityKind.PURCHASE)
    purchase = Purchase(
        number=number,
        reference=action.reference,
        unit=action.unit,
        participant=action.participant,
        merchant=unit.merchant,
        performed_us=action.performed_us,
        posted_us=sheet.time_us,
        currency=action.currency,
        total_units=sum(line.total_units for line in action.lines),
        lines=action.lines,
        awards=(),
    )
    awards: list[Award] = []
    for offer in offers_for(sheet, purchase):
        award = award_by(sheet, purchase, participant, offer, sheet.next_number(EntityKind.AWARD) + len(awards))
        if award is not None:
            awards.append(award)
    sheet.put(replace(purchase, awards=tuple(awards)))
    for award in awards:
        sheet.put(award)
        pay_award(sheet, award)


def check_lines(lines: tuple[Line, ...], currency: Currency) -> None:
    names = [line.line_id for line in lines]
    if not lines or len(set(names)) != len(names):
        raise Refused(Reject.VALUE_OUT_OF_BOUNDS)
    for line in lines:
        if line.total_units < 0 or line.total_units % currency.step_units:
            raise Refused(Reject.VALUE_OUT_OF_BOUNDS)
    if sum(line.total_units for line in lines) == 0:
        raise Refused(Reject.VALUE_OUT_OF_BOUNDS)


def offers_for(sheet: Sheet, purchase: Purchase) -> list[Offer]:
    """The offers that award something for a purchase, by number."""
    merchant = sheet.get(Merchant, purchase.merchant) if purchase.merchant else None
    if merchant is not None and not merchant.effective:
        return []
    found = []
    for _, offer in sorted(sheet.all(Offer).items()):
        scheme = sheet.get(Scheme, offer.scheme)
        in_force = all(
            terms.effective and is_in_force(terms.from_us, terms.to_us, purchase.performed_us)
            for terms in (scheme, offer)
        )
        fits = (
            offer.unit in (0, purchase.unit)
            and offer.merchant in (0, purchase.merchant)
            and offer.group in ("", "" if merchant is None else merchant.group)
            and (offer.purchase_units_min == 0 or is_large(offer, purchase))
        )
        if in_force and fits:
            found.append(offer)
    return found


def is_large(offer: Offer, purchase: Purchase) -> bool:
    return offer.purchase_currency == purchase.currency and purchase.total_units >= offer.purchase_units_min


def award_by(sheet: Sheet, purchase: Purchase, participant: Participant, offer: Offer, number: int) -> Award | None:
    own = sheet.currency(participant.currency)
    rate_number = 0
    if (offer.award_units or offer.award_units_max) and offer.currency != participant.currency:
        return None
    if offer.award_units:
        units = offer.award_units
    else:
        found = rate_between(sheet.rates(), purchase.currency, participant.currency, purchase.performed_us)
        if found is None:
            raise Refused(Reject.NO_RATE, purchase.currency, participant.currency)
        rate_number, rate = found
        total = whole(purchase.total_units, sheet.currency(purchase.currency))
        units = rounded(total * share(offer.award_ppm) * rate, own)
    if offer.award_units_max:
        units = min(units, offer.award_units_max)
    if units == 0:
        return None
    scheme = sheet.get(Scheme, offer.scheme)
    return Award(
        number=number,
        purchase=purchase.number,
        participant=participant.number,
        offer=offer.number,
        currency=participant.currency,
        amount_units=units,
        alternative_units=alternative(sheet, participant, units, purchase.performed_us),
        contribution_ppm=contribution_ppm(sheet, purchase, offer),
        rate=rate_number,
        expires_us=purchase.performed_us + scheme.reward_days * DAY_US if scheme.reward_days else 0,
    )


def alternative(sheet: Sheet, participant: Participant, units: int, time_us: int) -> int:
    if participant.alternative_currency == 0:
        return 0
    found = rate_between(sheet.rates(), participant.currency, participant.alternative_currency, time_us)
    if found is None:
        return 0
    amount = whole(units, sheet.currency(participant.currency)) * found[1]
    return rounded(amount, sheet.currency(participant.alternative_currency))


def contribution_ppm(sheet: Sheet, purchase: Purchase, offer: Offer) -> int:
    """The most specific rule's share: an offer's own before others, then unit, merchant, group; then the newest."""
    if purchase.merchant == 0:
        return 0
    merchant = sheet.get(Merchant, purchase.merchant)
    fitting = [
        rule
        for rule in sheet.all(ContributionRule).values()
        if rule.effective
        and is_in_force(rule.from_us, rule.to_us, purchase.performed_us)
        and rule.offer in (0, offer.number)
        and rule.unit in (0, purchase.unit)
        and rule.merchant in (0, purchase.merchant)
        and rule.group in ("", merchant.group)
    ]

    def weight(rule: ContributionRule) -> tuple[bool, int, int]:
        place = 3 if rule.unit else 2 if rule.merchant else 1 if rule.group else 0
        return rule.offer != 0, place, rule.number

    return max(fitting, key=weight).contribution_ppm if fitting else merchant.contribution_ppm


def pay_award(sheet: Sheet, award: Award) -> None:
    reward = PARTICIPANT_REWARD, award.participant
    sheet.post((REWARD_COST, HOUSE), reward, award.currency, award.amount_units, (EntityKind.AWARD, award.number))
    sheet.add_to_lot(award.participant, award.expires_us, award.amount_units)
