"""Setting up what is awarded and who pays for it: schemes, offers, contribution rules."""

from __future__ import annotations

from typing import Final

import msgspec
from msgspec import UnsetType

from fondaco.core.rewards import actions as a
from fondaco.core.rewards import entities as e
from fondaco.core.rewards.entities import EntityKind
from fondaco.desks.rewards import translate_set_up as translate
from fondaco.desks.rewards.amounts import ppm_of, units_of
from fondaco.desks.rewards.call import Call
from fondaco.desks.rewards.failure import Code, invalid
from fondaco.desks.rewards.method import ADMIN, method
from fondaco.desks.rewards.resolve import entity_of
from fondaco.desks.rewards.set_up import (
    by_view,
    currency_kept,
    kept,
    listing,
    made,
    number_kept,
    showing,
    text_kept,
    time_kept,
)
from fondaco.wire.rewards import set_up as wire
from fondaco.wire.rewards import set_up_requests as asked
from fondaco.wire.rewards.base import DocumentIdentifier

_scheme: Final = by_view(translate.scheme)
_offer: Final = by_view(translate.offer)
_NULL: Final = b"null"
_rule: Final = by_view(translate.contribution_rule)


# ── schemes ───────────────────────────────────────────────────────────────────────────────────────────────────────────


async def create_scheme(call: Call, body: asked.SchemeCreate) -> object:
    return await _put_scheme(call, body, e.Scheme(0, body.name), body.name)


async def update_scheme(call: Call, body: asked.SchemeUpdate) -> object:
    old: e.Scheme = entity_of(call, EntityKind.SCHEME, body.scheme_identifier, "scheme_identifier")
    return await _put_scheme(call, body, old, kept(body.name, old.name))


async def _put_scheme(call: Call, body: asked.SchemeTerms, old: e.Scheme, name: str) -> object:
    scheme = e.Scheme(
        number=old.number,
        name=name,
        from_us=time_kept(call, body.from_date, old.from_us, "from_date"),
        to_us=time_kept(call, body.to_date, old.to_us, "to_date"),
        reward_days=kept(body.reward_days, old.reward_days) or 0,
        effective=kept(body.effective, old.effective),
    )
    return _scheme(call, await made(call, a.SchemePut(scheme), e.Scheme))


# ── offers ────────────────────────────────────────────────────────────────────────────────────────────────────────────


async def create_offer(call: Call, body: asked.OfferCreate) -> object:
    return await _put_offer(call, body, e.Offer(0, 0, body.name), body.scheme_identifier, body.name)


async def update_offer(call: Call, body: asked.OfferUpdate) -> object:
    old: e.Offer = entity_of(call, EntityKind.OFFER, body.offer_identifier, "offer_identifier")
    return await _put_offer(call, body, old, body.scheme_identifier, kept(body.name, old.name))


async def _put_offer(
    call: Call, body: asked.OfferTerms, old: e.Offer, scheme: DocumentIdentifier | UnsetType, name: str
) -> object:
    currency = currency_kept(call, body.currency, old.currency, "currency")
    purchase_currency = currency_kept(call, body.purchase_currency, old.purchase_currency, "purchase_currency")
    award_ppm = _ppm_kept(body.award_percentage, old.award_ppm, "award_percentage")
    award_units = _units_kept(call, body.award_amount, old.award_units, currency, "award_amount", "currency")
    if bool(award_ppm) == bool(award_units):
        raise invalid("an offer awards either award_percentage or award_amount; give one of them", "award_percentage")
    offer = e.Offer(
        number=old.number,
        scheme=number_kept(call, EntityKind.SCHEME, scheme, old.scheme, "scheme_identifier"),
        name=name,
        award_ppm=award_ppm,
        award_units=award_units,
        award_units_max=_units_kept(
            call, body.award_amount_max, old.award_units_max, currency, "award_amount_max", "currency"
        ),
        currency=currency,
        purchase_units_min=_units_kept(
            call,
            body.purchase_amount_min,
            old.purchase_units_min,
            purchase_currency,
            "purchase_amount_min",
            "purchase_currency",
        ),
        purchase_currency=purchase_currency,
        unit=number_kept(call, EntityKind.UNIT, body.unit_identifier, old.unit, "unit_identifier"),
        merchant=number_kept(call, EntityKind.MERCHANT, body.merchant_identifier, old.merchant, "merchant_identifier"),
        group=text_kept(body.group, old.group),
        from_us=time_kept(call, body.from_date, old.from_us, "from_date"),
        to_us=time_kept(call, body.to_date, old.to_us, "to_date"),
        effective=kept(body.effective, old.effective),
    )
    return _offer(call, await made(call, a.OfferPut(offer), e.Offer))


# ── contribution rules ────────────────────────────────────────────────────────────────────────────────────────────────


async def create_rule(call: Call, body: asked.RuleCreate) -> object:
    return await _put_rule(call, body, e.ContributionRule(0, 0), body.contribution_percentage)


async def update_rule(call: Call, body: asked.RuleUpdate) -> object:
    field = "contribution_rule_identifier"
    old: e.ContributionRule = entity_of(call, EntityKind.CONTRIBUTION_RULE, body.contribution_rule_identifier, field)
    return await _put_rule(call, body, old, body.contribution_percentage)


async def _put_rule(
    call: Call, body: asked.RuleTerms, old: e.ContributionRule, contribution: msgspec.Raw | UnsetType
) -> object:
    rule = e.ContributionRule(
        number=old.number,
        contribution_ppm=_ppm_kept(contribution, old.contribution_ppm, "contribution_percentage"),
        offer=number_kept(call, EntityKind.OFFER, body.offer_identifier, old.offer, "offer_identifier"),
        unit=number_kept(call, EntityKind.UNIT, body.unit_identifier, old.unit, "unit_identifier"),
        merchant=number_kept(call, EntityKind.MERCHANT, body.merchant_identifier, old.merchant, "merchant_identifier"),
        group=text_kept(body.group, old.group),
        from_us=time_kept(call, body.from_date, old.from_us, "from_date"),
        to_us=time_kept(call, body.to_date, old.to_us, "to_date"),
        effective=kept(body.effective, old.effective),
    )
    return _rule(call, await made(call, a.ContributionRulePut(rule), e.ContributionRule))


def _ppm_kept(given: msgspec.Raw | UnsetType, old_ppm: int, field: str) -> int:
    """0 stands for null."""
    if isinstance(given, UnsetType):
        return old_ppm
    return 0 if bytes(given) == _NULL else ppm_of(given, field)


def _units_kept(
    call: Call, given: msgspec.Raw | UnsetType, old_units: int, currency: int, field: str, currency_field: str
) -> int:
    """An amount of the currency in another field; 0 stands for null."""
    if isinstance(given, UnsetType):
        return old_units
    if bytes(given) == _NULL:
        return 0
    if not currency:
        raise invalid(f"{field} is an amount of {currency_field}; give that too", currency_field)
    return units_of(given, call.books.currencies[currency], field)


METHODS: Final = (
    method(
        "schemes/create",
        ADMIN,
        asked.SchemeCreate,
        create_scheme,
        "Make an award scheme",
        writes=True,
        refuses=(Code.INVALID_STATE,),
        answer=wire.Scheme,
    ),
    method(
        "schemes/update",
        ADMIN,
        asked.SchemeUpdate,
        update_scheme,
        "Change an award scheme, for purchases posted from now on",
        writes=True,
        refuses=(Code.NOT_FOUND,),
        alone=True,
        answer=wire.Scheme,
    ),
    showing("schemes", EntityKind.SCHEME, "scheme_identifier", asked.SchemeShow, _scheme, wire.Scheme),
    listing("schemes", EntityKind.SCHEME, _scheme, wire.Schemes),
    method(
        "offers/create",
        ADMIN,
        asked.OfferCreate,
        create_offer,
        "Make an offer",
        writes=True,
        refuses=(Code.NOT_FOUND, Code.INVALID_STATE),
        answer=wire.Offer,
    ),
    method(
        "offers/update",
        ADMIN,
        asked.OfferUpdate,
        update_offer,
        "Change an offer, for purchases posted from now on",
        writes=True,
        refuses=(Code.NOT_FOUND,),
        alone=True,
        answer=wire.Offer,
    ),
    showing("offers", EntityKind.OFFER, "offer_identifier", asked.OfferShow, _offer, wire.Offer),
    listing("offers", EntityKind.OFFER, _offer, wire.Offers),
    method(
        "contribution_rules/create",
        ADMIN,
        asked.RuleCreate,
        create_rule,
        "Make a rule of who contributes how much",
        writes=True,
        refuses=(Code.NOT_FOUND, Code.INVALID_STATE),
        answer=wire.ContributionRule,
    ),
    method(
        "contribution_rules/update",
        ADMIN,
        asked.RuleUpdate,
        update_rule,
        "Change a contribution rule, for purchases posted from now on",
        writes=True,
        refuses=(Code.NOT_FOUND,),
        alone=True,
        answer=wire.ContributionRule,
    ),
    showing(
        "contribution_rules",
        EntityKind.CONTRIBUTION_RULE,
        "contribution_rule_identifier",
        asked.RuleShow,
        _rule,
        wire.ContributionRule,
    ),
    listing("contribution_rules", EntityKind.CONTRIBUTION_RULE, _rule, wire.ContributionRules),
)
