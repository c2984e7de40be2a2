"""Setting a programme up: each function checks one action and puts the entity it makes into the draft.

A number of 0 creates; another replaces the terms of what is there, except for those that documents rest on.
"""

from __future__ import annotations

from collections.abc import Mapping

from msgspec.structs import replace

from fondaco.core.refusal import Refusal, shown
from fondaco.core.rejects import Reject
from fondaco.core.rewards import actions as a
from fondaco.core.rewards import checks
from fondaco.core.rewards.checks import missing, out_of_bounds, period, text, within
from fondaco.core.rewards.draft import Draft
from fondaco.core.rewards.entities import (
    Entity,
    EntityKind,
    Merchant,
    Operator,
    OwnerKind,
    Participant,
    Receivable,
    ReceivableState,
    Webhook,
)
from fondaco.core.rewards.money import AMOUNT_UNITS_MAX
from fondaco.core.rewards.terms import TERMS_MAX


def update_programme(draft: Draft, action: a.ProgrammeUpdate) -> Refusal | None:
    books = draft.books
    if action.base_currency and action.base_currency not in books.currencies:
        return missing(EntityKind.CURRENCY, action.base_currency)
    draft.put(replace(books.programme, clawback=action.clawback, base_currency=action.base_currency))
    return None


def put_rate(draft: Draft, action: a.CurrencyRatePut) -> Refusal | None:
    books, rate = draft.books, action.rate
    for currency in (rate.currency, rate.to_currency):
        if currency not in books.currencies:
            return missing(EntityKind.CURRENCY, currency)
    if rate.currency == rate.to_currency:
        return Reject.CURRENCY_DIFFERS, rate.currency, rate.to_currency
    refusal = within(rate.rate_e9, 1, checks.RATE_E9_MAX) or period(rate.from_us, rate.to_us)
    if refusal is not None:
        return refusal
    if rate.number:
        old = books.rates.get(rate.number)
        if old is None:
            return missing(EntityKind.CURRENCY_RATE, rate.number)
        if replace(old, to_us=rate.to_us) != rate:
            return Reject.TERMS_FIXED, EntityKind.CURRENCY_RATE, rate.number
    refusal = _room(books.rates, rate.number, checks.RATES_MAX)
    if refusal is not None:
        return refusal
    other = books.rate_table.overlapping(rate)
    if other:
        return Reject.RATE_OVERLAP, other, rate.from_us
    draft.put(_numbered(draft, rate, EntityKind.CURRENCY_RATE))
    return None


def put_merchant(draft: Draft, action: a.MerchantPut) -> Refusal | None:
    books = draft.books
    refusal = (
        _code(EntityKind.MERCHANT, books.merchant_codes, action.code, action.number)
        or _contact(action.contact)
        or text(action.group, checks.GROUP_LENGTH_MAX)
        or within(action.contribution_ppm, 0, checks.PPM_MAX)
        or within(action.tax_ppm, 0, checks.PPM_MAX)
        or within(action.credit_days, 0, checks.CREDIT_DAYS_MAX)
    )
    if refusal is not None:
        return refusal
    receivable: Receivable | Refusal
    if action.number:
        old = books.merchants.get(action.number)
        if old is None:
            return missing(EntityKind.MERCHANT, action.number)
        receivable = books.receivables[old.receivable]
        if receivable.currency != action.currency:
            return Reject.TERMS_FIXED, EntityKind.MERCHANT, action.number
        if receivable.credit_days != action.credit_days:
            receivable = draft.put(replace(receivable, credit_days=action.credit_days))
        number = action.number
    else:
        number = draft.next_number(EntityKind.MERCHANT)
        receivable = _new_receivable(draft, OwnerKind.MERCHANT, number, action.currency, action.credit_days)
        if isinstance(receivable, tuple):
            return receivable
    draft.put(
        Merchant(
            number=number,
            code=action.code,
            receivable=receivable.number,
            contact=action.contact,
            group=action.group,
            contribution_ppm=action.contribution_ppm,
            tax_ppm=action.tax_ppm,
            effective=action.effective,
        )
    )
    return None


def put_participant(draft: Draft, action: a.ParticipantPut, users: Mapping[int, object]) -> Refusal | None:
    books = draft.books
    refusal = _code(EntityKind.PARTICIPANT, books.participant_codes, action.code, action.number) or _contact(
        action.contact
    )
    if refusal is not None:
        return refusal
    if action.alternative_currency and action.alternative_currency not in books.currencies:
        return missing(EntityKind.CURRENCY, action.alternative_currency)
    if action.user_id and (action.user_id not in users or not books.programme.is_fee_rebate):
        return Reject.UNKNOWN_USER, 0, shown(action.user_id)
    if action.number:
        old = books.participants.get(action.number)
        if old is None:
            return missing(EntityKind.PARTICIPANT, action.number)
        is_other = old.alternative_currency not in (0, action.alternative_currency)  # awards are told in it
        if is_other or (old.currency, old.user_id) != (action.currency, action.user_id):
            return Reject.TERMS_FIXED, EntityKind.PARTICIPANT, action.number
        number, receivable_number = old.number, old.receivable
    else:
        number = draft.next_number(EntityKind.PARTICIPANT)
        receivable = _new_receivable(draft, OwnerKind.PARTICIPANT, number, action.currency, 0)
        if isinstance(receivable, tuple):
            return receivable
        receivable_number = receivable.number
        draft.new_owners.append(books.participant_owners)
    draft.put(
        Participant(
            number=number,
            code=action.code,
            receivable=receivable_number,
            contact=action.contact,
            currency=action.currency,
            alternative_currency=action.alternative_currency,
            user_id=action.user_id,
            effective=action.effective,
        )
    )
    return None


def put_unit(draft: Draft, action: a.UnitPut) -> Refusal | None:
    books, unit = draft.books, action.unit
    refusal = _code(EntityKind.UNIT, books.unit_codes, unit.code, unit.number) or text(
        unit.name, checks.NAME_LENGTH_MAX
    )
    if refusal is not None:
        return refusal
    if unit.number and unit.number not in books.units:
        return missing(EntityKind.UNIT, unit.number)
    if unit.merchant and unit.merchant not in books.merchants:
        return missing(EntityKind.MERCHANT, unit.merchant)
    draft.put(_numbered(draft, unit, EntityKind.UNIT))
    return None


def put_scheme(draft: Draft, action: a.SchemePut) -> Refusal | None:
    books, scheme = draft.books, action.scheme
    refusal = (
        text(scheme.name, checks.NAME_LENGTH_MAX, 1)
        or within(scheme.reward_days, 0, checks.REWARD_DAYS_MAX)
        or period(scheme.from_us, scheme.to_us)
    )
    if refusal is not None:
        return refusal
    if scheme.number and scheme.number not in books.schemes:
        return missing(EntityKind.SCHEME, scheme.number)
    refusal = _room(books.schemes, scheme.number, TERMS_MAX)
    if refusal is None:
        draft.put(_numbered(draft, scheme, EntityKind.SCHEME))
    return refusal


def put_offer(draft: Draft, action: a.OfferPut) -> Refusal | None:
    books, offer = draft.books, action.offer
    refusal = (
        text(offer.name, checks.NAME_LENGTH_MAX, 1)
        or text(offer.group, checks.GROUP_LENGTH_MAX)
        or within(offer.award_ppm, 0, checks.PPM_MAX)
        or within(offer.award_units, 0, AMOUNT_UNITS_MAX)
        or within(offer.award_units_max, 0, AMOUNT_UNITS_MAX)
        or within(offer.purchase_units_min, 0, AMOUNT_UNITS_MAX)
        or period(offer.from_us, offer.to_us)
    )
    if refusal is not None:
        return refusal
    if bool(offer.award_ppm) == bool(offer.award_units):
        return out_of_bounds(1, 0)
    if offer.scheme not in books.schemes:
        return missing(EntityKind.SCHEME, offer.scheme)
    if offer.number and offer.number not in books.offers:
        return missing(EntityKind.OFFER, offer.number)
    amounts = (
        (offer.currency, (offer.award_units, offer.award_units_max)),
        (offer.purchase_currency, (offer.purchase_units_min,)),
    )
    for currency_number, units in amounts:
        if not currency_number and not any(units):
            continue
        currency = books.currencies.get(currency_number)
        if currency is None:
            return missing(EntityKind.CURRENCY, currency_number)
        for each in units:
            if each % currency.step_units:
                return out_of_bounds(currency.step_units, each)
    refusal = _names(draft, offer.unit, offer.merchant) or _room(books.offers, offer.number, TERMS_MAX)
    if refusal is None:
        draft.put(_numbered(draft, offer, EntityKind.OFFER))
    return refusal


def put_rule(draft: Draft, action: a.ContributionRulePut) -> Refusal | None:
    books, rule = draft.books, action.rule
    refusal = (
        within(rule.contribution_ppm, 0, checks.PPM_MAX)
        or text(rule.group, checks.GROUP_LENGTH_MAX)
        or period(rule.from_us, rule.to_us)
    )
    if refusal is not None:
        return refusal
    if rule.number and rule.number not in books.rules:
        return missing(EntityKind.CONTRIBUTION_RULE, rule.number)
    if rule.offer and rule.offer not in books.offers:
        return missing(EntityKind.OFFER, rule.offer)
    refusal = _names(draft, rule.unit, rule.merchant) or _room(books.rules, rule.number, TERMS_MAX)
    if refusal is None:
        draft.put(_numbered(draft, rule, EntityKind.CONTRIBUTION_RULE))
    return refusal


def put_operator(draft: Draft, action: a.OperatorPut) -> Refusal | None:
    books = draft.books
    if checks.USERNAME.fullmatch(action.username) is None:
        return out_of_bounds(checks.CODE_LENGTH_MAX, len(action.username))
    taken = books.usernames.get(action.username, action.number)
    if taken != action.number:
        return Reject.ENTITY_NAME_TAKEN, EntityKind.OPERATOR, taken
    if action.number:
        old = books.operators.get(action.number)
        if old is None:
            return missing(EntityKind.OPERATOR, action.number)
        if old.username != action.username:
            return Reject.TERMS_FIXED, EntityKind.OPERATOR, action.number
    refusal = _room(books.operators, action.number, checks.OPERATORS_MAX)
    if refusal is None:
        operator = Operator(action.number, action.username, action.role, action.active)
        draft.put(_numbered(draft, operator, EntityKind.OPERATOR))
    return refusal


def put_webhook(draft: Draft, action: a.WebhookPut, seq: int) -> Refusal | None:
    """``seq`` is that of the command: a new webhook is told what comes after it."""
    living = {number: webhook for number, webhook in draft.books.webhooks.items() if not webhook.deleted}
    if action.number and action.number not in living:
        return missing(EntityKind.WEBHOOK, action.number)
    refusal = text(action.url, checks.URL_LENGTH_MAX, 1) or _room(living, action.number, checks.WEBHOOKS_MAX)
    if refusal is not None:
        return refusal
    unknown = [name for name in action.events if name not in checks.EVENTS]
    if unknown or not action.events or len(set(action.events)) < len(action.events):
        return out_of_bounds(len(checks.EVENTS), len(action.events))
    delivered_seq = living[action.number].delivered_seq if action.number else seq
    webhook = Webhook(action.number, action.url, action.events, delivered_seq, action.active)
    draft.put(_numbered(draft, webhook, EntityKind.WEBHOOK))
    return None


def mark_webhook(draft: Draft, action: a.WebhookMark, seq: int) -> Refusal | None:
    webhook = draft.books.webhooks.get(action.number)
    if webhook is None or webhook.deleted:
        return missing(EntityKind.WEBHOOK, action.number)
    refusal = within(action.delivered_seq, 0, seq)
    if refusal is None:
        draft.put(replace(webhook, delivered_seq=action.delivered_seq))
    return refusal


def delete_webhook(draft: Draft, action: a.WebhookDelete) -> Refusal | None:
    webhook = draft.books.webhooks.get(action.number)
    if webhook is None or webhook.deleted:
        return missing(EntityKind.WEBHOOK, action.number)
    draft.put(Webhook(webhook.number, "", (), webhook.delivered_seq, active=False, deleted=True))
    return None


def put_receivable(draft: Draft, action: a.ReceivablePut) -> Refusal | None:
    books = draft.books
    receivable = books.receivables.get(action.number)
    if receivable is None:
        return missing(EntityKind.RECEIVABLE, action.number)
    refusal = within(action.credit_days, 0, checks.CREDIT_DAYS_MAX)
    if refusal is not None:
        return refusal
    if receivable.state is ReceivableState.TERMINATED:
        return Reject.RECEIVABLE_TERMINATED, 0, action.number
    if action.state is ReceivableState.TERMINATED:
        ageing = books.open_items(action.number).ageing(0)
        if any(ageing):
            return Reject.RECEIVABLE_NOT_EMPTY, sum(ageing[:-1]), ageing.unallocated_units
    draft.put(replace(receivable, credit_days=action.credit_days, state=action.state))
    return None


def _new_receivable(
    draft: Draft, owner_kind: OwnerKind, owner_number: int, currency: int, credit_days: int
) -> Receivable | Refusal:
    if currency not in draft.books.currencies:
        return missing(EntityKind.CURRENCY, currency)
    number = draft.next_number(EntityKind.RECEIVABLE)
    draft.new_owners.append(draft.books.receivable_owners)
    return draft.put(Receivable(number, owner_kind, owner_number, currency, credit_days))


def _numbered(draft: Draft, entity: Entity, kind: EntityKind) -> Entity:
    return entity if entity.number else replace(entity, number=draft.next_number(kind))


def _room(entities: Mapping[int, object], number: int, count_max: int) -> Refusal | None:
    if not number and len(entities) >= count_max:
        return Reject.TOO_MANY_ENTITIES, count_max, len(entities)
    return None


def _names(draft: Draft, unit: int, merchant: int) -> Refusal | None:
    if unit and unit not in draft.books.units:
        return missing(EntityKind.UNIT, unit)
    if merchant and merchant not in draft.books.merchants:
        return missing(EntityKind.MERCHANT, merchant)
    return None


def _code(kind: EntityKind, codes: Mapping[str, int], code: str, number: int) -> Refusal | None:
    """Codes are free to be left out; one that is given names one entity."""
    refusal = text(code, checks.CODE_LENGTH_MAX)
    if refusal is None and codes.get(code, number) != number:
        return Reject.ENTITY_NAME_TAKEN, kind, codes[code]
    return refusal


def _contact(contact: bytes) -> Refusal | None:
    return None if len(contact) <= checks.CONTACT_BYTES_MAX else out_of_bounds(checks.CONTACT_BYTES_MAX, len(contact))
