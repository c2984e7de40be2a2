"""Setting a programme up, as the naive accountant understands it: who is who, and on what terms."""

from __future__ import annotations

from collections.abc import Iterable

from msgspec.structs import replace

from fondaco.core.rejects import Reject
from fondaco.core.rewards import actions as a
from fondaco.core.rewards.entities import (
    ContributionRule,
    Currency,
    CurrencyRate,
    EntityKind,
    Merchant,
    Offer,
    Operator,
    OwnerKind,
    Participant,
    Programme,
    Receivable,
    ReceivableState,
    Scheme,
    Unit,
    Webhook,
)
from tests.core.rewards.accountant_money import overlaps
from tests.core.rewards.accountant_sheet import Refused, Sheet

#: Assets of the exchange by name: (asset id, digits).
Assets = dict[str, tuple[int, int]]


def must_be_free(code: str, taken: Iterable[tuple[int, str]], number: int) -> None:
    """No other entity of the kind may have the code, and it can be read."""
    if not code.isprintable():
        raise Refused(Reject.TEXT_NOT_PRINTABLE)
    for other, name in taken:
        if name == code and other != number:
            raise Refused(Reject.ENTITY_NAME_TAKEN)


def must_not_be_empty(from_us: int, to_us: int) -> None:
    if to_us and to_us <= from_us:
        raise Refused(Reject.PERIOD_EMPTY, from_us, to_us)


def update_programme(sheet: Sheet, action: a.ProgrammeUpdate) -> None:
    sheet.need(Currency, action.base_currency)
    old = sheet.get(Programme, sheet.programme_id)
    sheet.put(replace(old, clawback=action.clawback, base_currency=action.base_currency))


def put_currency(sheet: Sheet, action: a.CurrencyPut, assets: Assets) -> None:
    if action.number:
        old = sheet.get(Currency, action.number)
        if (action.code, action.digits) != (old.code, old.digits):
            raise Refused(Reject.TERMS_FIXED, EntityKind.CURRENCY, action.number)
        asset_id, asset_digits = old.asset_id, old.asset_digits
    else:
        must_be_free(action.code, ((number, old.code) for number, old in sheet.all(Currency).items()), 0)
        if action.asset and action.asset not in assets:
            raise Refused(Reject.UNKNOWN_ASSET)
        asset_id, asset_digits = assets[action.asset] if action.asset else (0, action.digits)
        if asset_id and asset_id in [other.asset_id for other in sheet.all(Currency).values()]:
            raise Refused(Reject.ENTITY_NAME_TAKEN)
        if action.digits > asset_digits:
            raise Refused(Reject.VALUE_OUT_OF_BOUNDS, asset_digits, action.digits)
    number = action.number or sheet.next_number(EntityKind.CURRENCY)
    sheet.put(
        Currency(
            number,
            action.code,
            action.digits,
            action.rounding,
            # an asset of its own has no name outside: any number will do that is nobody else's
            asset_id or -(1000 * sheet.programme_id + number),
            asset_digits,
            action.prefix_symbol,
            action.suffix_symbol,
            action.integer_part_name,
            action.decimal_part_name,
            action.effective,
        )
    )


def put_rate(sheet: Sheet, action: a.CurrencyRatePut) -> None:
    rate = action.rate
    sheet.get(Currency, rate.currency)
    sheet.get(Currency, rate.to_currency)
    if rate.currency == rate.to_currency:
        raise Refused(Reject.CURRENCY_DIFFERS)
    must_not_be_empty(rate.from_us, rate.to_us)
    if rate.number:
        old = sheet.get(CurrencyRate, rate.number)
        if replace(old, to_us=rate.to_us) != rate:
            raise Refused(Reject.TERMS_FIXED, EntityKind.CURRENCY_RATE, rate.number)
    for other in sheet.rates():
        same_pair = (other.currency, other.to_currency) == (rate.currency, rate.to_currency)
        if same_pair and other.number != rate.number and overlaps(rate, other):
            raise Refused(Reject.RATE_OVERLAP, None, rate.from_us)
    sheet.put(replace(rate, number=rate.number or sheet.next_number(EntityKind.CURRENCY_RATE)))


def put_merchant(sheet: Sheet, action: a.MerchantPut) -> None:
    must_be_free(action.code, ((n, other.code) for n, other in sheet.all(Merchant).items()), action.number)
    if action.number:
        number, receivable = action.number, sheet.get(Merchant, action.number).receivable
        old = sheet.get(Receivable, receivable)
        if action.currency != old.currency:
            raise Refused(Reject.TERMS_FIXED, EntityKind.MERCHANT, number)
        if old.credit_days != action.credit_days:
            sheet.put(replace(old, credit_days=action.credit_days))
    else:
        sheet.get(Currency, action.currency)
        number, receivable = sheet.next_number(EntityKind.MERCHANT), sheet.next_number(EntityKind.RECEIVABLE)
        sheet.put(Receivable(receivable, OwnerKind.MERCHANT, number, action.currency, action.credit_days))
    sheet.put(
        Merchant(
            number,
            action.code,
            receivable,
            action.contact,
            action.group,
            action.contribution_ppm,
            action.tax_ppm,
            action.effective,
        )
    )


def put_unit(sheet: Sheet, action: a.UnitPut) -> None:
    unit = action.unit
    must_be_free(unit.code, ((number, old.code) for number, old in sheet.all(Unit).items()), unit.number)
    sheet.need(Unit, unit.number)
    sheet.need(Merchant, unit.merchant)
    sheet.put(replace(unit, number=unit.number or sheet.next_number(EntityKind.UNIT)))


def put_participant(sheet: Sheet, action: a.ParticipantPut, free_users: frozenset[int], users: frozenset[int]) -> None:
    """A user of the exchange takes part in one fee rebate programme at most, once, and stays who he is."""
    if action.user_id in users and action.user_id not in free_users and not action.number:
        raise Refused(Reject.USER_REFERRED, 0, action.user_id)
    must_be_free(action.code, ((n, other.code) for n, other in sheet.all(Participant).items()), action.number)
    sheet.need(Currency, action.alternative_currency)
    takes_users = sheet.get(Programme, sheet.programme_id).is_fee_rebate
    if action.user_id and not (takes_users and action.user_id in users):
        raise Refused(Reject.UNKNOWN_USER, 0, action.user_id)
    if action.number:
        old = sheet.get(Participant, action.number)
        if (action.currency, action.user_id) != (old.currency, old.user_id):
            raise Refused(Reject.TERMS_FIXED, EntityKind.PARTICIPANT, action.number)
        if old.alternative_currency and action.alternative_currency != old.alternative_currency:
            raise Refused(Reject.TERMS_FIXED, EntityKind.PARTICIPANT, action.number)
        number, receivable = action.number, old.receivable
    else:
        sheet.get(Currency, action.currency)
        number, receivable = sheet.next_number(EntityKind.PARTICIPANT), sheet.next_number(EntityKind.RECEIVABLE)
        sheet.put(Receivable(receivable, OwnerKind.PARTICIPANT, number, action.currency, 0))
    sheet.put(
        Participant(
            number,
            action.code,
            receivable,
            action.contact,
            action.currency,
            action.alternative_currency,
            action.user_id,
            action.effective,
        )
    )


def put_scheme(sheet: Sheet, action: a.SchemePut) -> None:
    scheme = action.scheme
    must_not_be_empty(scheme.from_us, scheme.to_us)
    sheet.need(Scheme, scheme.number)
    sheet.put(replace(scheme, number=scheme.number or sheet.next_number(EntityKind.SCHEME)))


def put_offer(sheet: Sheet, action: a.OfferPut) -> None:
    offer = action.offer
    must_not_be_empty(offer.from_us, offer.to_us)
    sheet.get(Scheme, offer.scheme)
    sheet.need(Offer, offer.number)
    for currency, amounts in (
        (offer.currency, (offer.award_units, offer.award_units_max)),
        (offer.purchase_currency, (offer.purchase_units_min,)),
    ):
        if currency or any(amounts):
            step = sheet.currency(currency).step_units
            if any(units % step for units in amounts):
                raise Refused(Reject.VALUE_OUT_OF_BOUNDS)
    sheet.need(Unit, offer.unit)
    sheet.need(Merchant, offer.merchant)
    sheet.put(replace(offer, number=offer.number or sheet.next_number(EntityKind.OFFER)))


def put_contribution_rule(sheet: Sheet, action: a.ContributionRulePut) -> None:
    rule = action.rule
    must_not_be_empty(rule.from_us, rule.to_us)
    sheet.need(ContributionRule, rule.number)
    sheet.need(Offer, rule.offer)
    sheet.need(Unit, rule.unit)
    sheet.need(Merchant, rule.merchant)
    sheet.put(replace(rule, number=rule.number or sheet.next_number(EntityKind.CONTRIBUTION_RULE)))


def put_operator(sheet: Sheet, action: a.OperatorPut) -> None:
    must_be_free(action.username, ((n, old.username) for n, old in sheet.all(Operator).items()), action.number)
    if action.number and sheet.get(Operator, action.number).username != action.username:
        raise Refused(Reject.TERMS_FIXED, EntityKind.OPERATOR, action.number)
    number = action.number or sheet.next_number(EntityKind.OPERATOR)
    sheet.put(Operator(number, action.username, action.role, action.active))


def put_webhook(sheet: Sheet, action: a.WebhookPut, seq: int) -> None:
    """A new one begins after the command that made it."""
    delivered_seq = _living(sheet, action.number).delivered_seq if action.number else seq
    number = action.number or sheet.next_number(EntityKind.WEBHOOK)
    sheet.put(Webhook(number, action.url, action.events, delivered_seq, action.active))


def mark_webhook(sheet: Sheet, action: a.WebhookMark) -> None:
    sheet.put(replace(_living(sheet, action.number), delivered_seq=action.delivered_seq))


def delete_webhook(sheet: Sheet, action: a.WebhookDelete) -> None:
    """Only that it was there, and how far it had come."""
    old = _living(sheet, action.number)
    sheet.put(Webhook(old.number, "", (), old.delivered_seq, active=False, deleted=True))


def _living(sheet: Sheet, number: int) -> Webhook:
    webhook = sheet.get(Webhook, number)
    if webhook.deleted:
        raise Refused(Reject.ENTITY_NOT_FOUND, EntityKind.WEBHOOK, number)
    return webhook


def put_receivable(sheet: Sheet, action: a.ReceivablePut) -> None:
    old = sheet.get(Receivable, action.number)
    if old.state == ReceivableState.TERMINATED:
        raise Refused(Reject.RECEIVABLE_TERMINATED, 0, old.number)
    if action.state == ReceivableState.TERMINATED:
        is_open = sum(invoice.unsettled_units for invoice in sheet.open_invoices(old.number))
        unallocated = sum(credit.unallocated_units for credit in sheet.unallocated(old.number))
        if is_open or unallocated:
            raise Refused(Reject.RECEIVABLE_NOT_EMPTY, is_open, unallocated)
    sheet.put(replace(old, credit_days=action.credit_days, state=action.state))
