"""Setting up currencies and the rates between them."""

from __future__ import annotations

from typing import Final

from fondaco.core.rewards import actions as a
from fondaco.core.rewards import entities as e
from fondaco.core.rewards.entities import EntityKind, Rounding
from fondaco.desks.rewards import translate_set_up as translate
from fondaco.desks.rewards.amounts import rate_e9_of
from fondaco.desks.rewards.answering import currency_of, view_of
from fondaco.desks.rewards.call import Call
from fondaco.desks.rewards.failure import Code
from fondaco.desks.rewards.method import ADMIN, method
from fondaco.desks.rewards.resolve import entity_of
from fondaco.desks.rewards.set_up import (
    by_view,
    kept,
    listing,
    made,
    showing,
    time_kept,
)
from fondaco.wire.rewards import set_up as wire
from fondaco.wire.rewards import set_up_requests as asked
from fondaco.wire.rewards.objects import CurrencyRatePeriod


def _shown(call: Call, entity: e.Currency) -> wire.CurrencyDetails:
    return translate.currency(view_of(call), entity, call.floor.house.assets[entity.asset_id].name)


_rate_shown: Final = by_view(translate.rate_period)


async def create_currency(call: Call, body: asked.CurrencyCreate) -> object:
    return await _put(call, body, e.Currency(0, body.code, body.digits, Rounding.HALF_UP, 0, 0), kept(body.asset, ""))


async def update_currency(call: Call, body: asked.CurrencyUpdate) -> object:
    old: e.Currency = entity_of(call, EntityKind.CURRENCY, body.currency_identifier, "currency_identifier")
    return await _put(call, body, old, "")


async def _put(call: Call, body: asked.CurrencyTerms, old: e.Currency, asset: str) -> object:
    action = a.CurrencyPut(
        number=old.number,
        code=old.code,
        digits=old.digits,
        rounding=Rounding[kept(body.rounding, old.rounding.name)],
        asset=asset,
        prefix_symbol=kept(body.prefix_symbol, old.prefix_symbol),
        suffix_symbol=kept(body.suffix_symbol, old.suffix_symbol),
        integer_part_name=kept(body.integer_part_name, old.integer_part_name),
        decimal_part_name=kept(body.decimal_part_name, old.decimal_part_name),
        effective=kept(body.effective, old.effective),
    )
    return _shown(call, await made(call, action, e.Currency))


async def create_rate(call: Call, body: asked.RateCreate) -> object:
    rate = e.CurrencyRate(
        number=0,
        currency=currency_of(call, body.currency).number,
        to_currency=currency_of(call, body.to_currency, "to_currency").number,
        rate_e9=rate_e9_of(body.rate, "rate"),
        from_us=call.floor.dates.time_us(body.from_date, "from_date"),
        to_us=time_kept(call, body.to_date, 0, "to_date"),
    )
    return _rate_shown(call, await made(call, a.CurrencyRatePut(rate), e.CurrencyRate))


async def update_rate(call: Call, body: asked.RateUpdate) -> object:
    field = "currency_rate_identifier"
    old: e.CurrencyRate = entity_of(call, EntityKind.CURRENCY_RATE, body.currency_rate_identifier, field)
    to_us = time_kept(call, body.to_date, 0, "to_date")
    rate = e.CurrencyRate(old.number, old.currency, old.to_currency, old.rate_e9, old.from_us, to_us)
    return _rate_shown(call, await made(call, a.CurrencyRatePut(rate), e.CurrencyRate))


METHODS: Final = (
    method(
        "currencies/create",
        ADMIN,
        asked.CurrencyCreate,
        create_currency,
        "Make a currency",
        writes=True,
        refuses=(Code.NOT_FOUND, Code.INVALID_STATE),
        answer=wire.CurrencyDetails,
    ),
    method(
        "currencies/update",
        ADMIN,
        asked.CurrencyUpdate,
        update_currency,
        "Change the names, rounding or effectiveness of a currency",
        writes=True,
        refuses=(Code.NOT_FOUND,),
        alone=True,
        answer=wire.CurrencyDetails,
    ),
    showing("currencies", EntityKind.CURRENCY, "currency_identifier", asked.CurrencyShow, _shown, wire.CurrencyDetails),
    listing("currencies", EntityKind.CURRENCY, _shown, wire.Currencies),
    method(
        "currency_rates/create",
        ADMIN,
        asked.RateCreate,
        create_rate,
        "Make a period of an exchange rate",
        writes=True,
        refuses=(Code.NOT_FOUND, Code.INVALID_STATE),
        answer=CurrencyRatePeriod,
    ),
    method(
        "currency_rates/update",
        ADMIN,
        asked.RateUpdate,
        update_rate,
        "End a period of an exchange rate, or move its end",
        writes=True,
        refuses=(Code.NOT_FOUND,),
        alone=True,
        answer=CurrencyRatePeriod,
    ),
    showing(
        "currency_rates",
        EntityKind.CURRENCY_RATE,
        "currency_rate_identifier",
        asked.RateShow,
        _rate_shown,
        CurrencyRatePeriod,
    ),
    listing("currency_rates", EntityKind.CURRENCY_RATE, _rate_shown, wire.CurrencyRates),
)
