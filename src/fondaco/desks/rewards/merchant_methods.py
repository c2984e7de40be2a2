"""Setting merchants up: each with its accounts receivable, its share of awards and its tax."""

from __future__ import annotations

from typing import Final

from msgspec import UNSET, UnsetType

from fondaco.core.rewards import actions as a
from fondaco.core.rewards import entities as e
from fondaco.core.rewards.entities import EntityKind
from fondaco.desks.rewards import translate_set_up as translate
from fondaco.desks.rewards.amounts import ppm_of
from fondaco.desks.rewards.answering import currency_of
from fondaco.desks.rewards.call import Call
from fondaco.desks.rewards.contact_sealing import erase_person, made_with_contact
from fondaco.desks.rewards.failure import Code
from fondaco.desks.rewards.method import ADMIN, method
from fondaco.desks.rewards.resolve import entity_of
from fondaco.desks.rewards.set_up import (
    by_view,
    kept,
    listing,
    showing,
    text_kept,
)
from fondaco.wire.rewards import set_up as wire
from fondaco.wire.rewards import set_up_requests as asked
from fondaco.wire.rewards.contacts import ContactDetails

_merchant: Final = by_view(translate.merchant)


async def create(call: Call, body: asked.MerchantCreate) -> object:
    currency = currency_of(call, body.currency).number
    return await _put_merchant(call, body, e.Merchant(0, "", 0, b""), currency, 30, body.contact_information)


async def update(call: Call, body: asked.MerchantUpdate) -> object:
    old: e.Merchant = entity_of(call, EntityKind.MERCHANT, body.merchant_identifier, "merchant_identifier")
    account = call.books.receivables[old.receivable]
    return await _put_merchant(call, body, old, account.currency, account.credit_days, body.contact_information)


async def _put_merchant(
    call: Call,
    body: asked.MerchantTerms,
    old: e.Merchant,
    currency: int,
    credit_days: int,
    contact: ContactDetails | UnsetType,
) -> object:
    contribution, tax = body.contribution_percentage, body.tax_percentage
    action = a.MerchantPut(
        number=old.number,
        code=text_kept(body.code, old.code),
        contact=old.contact,
        currency=currency,
        credit_days=kept(body.credit_days, credit_days),
        group=text_kept(body.group, old.group),
        contribution_ppm=old.contribution_ppm
        if contribution is UNSET
        else ppm_of(contribution, "contribution_percentage"),
        tax_ppm=old.tax_ppm if tax is UNSET else ppm_of(tax, "tax_percentage"),
        effective=kept(body.effective, old.effective),
    )
    return _merchant(call, await made_with_contact(call, action, e.Merchant, contact))


async def erase(call: Call, body: asked.MerchantShow) -> object:
    """A merchant may be a person, of whom all that is known is made unreadable; documents and amounts stay."""
    entity: e.Merchant = entity_of(call, EntityKind.MERCHANT, body.merchant_identifier, "merchant_identifier")
    erase_person(call, entity.contact)
    return _merchant(call, entity)


METHODS: Final = (
    method(
        "merchants/create",
        ADMIN,
        asked.MerchantCreate,
        create,
        "Make a merchant with accounts receivable",
        writes=True,
        refuses=(Code.NOT_FOUND,),
        answer=wire.Merchant,
    ),
    method(
        "merchants/update",
        ADMIN,
        asked.MerchantUpdate,
        update,
        "Change the terms of a merchant",
        writes=True,
        refuses=(Code.NOT_FOUND,),
        alone=True,
        answer=wire.Merchant,
    ),
    method(
        "merchants/erase",
        ADMIN,
        asked.MerchantShow,
        erase,
        "Make all that is known of a merchant unreadable for ever",
        writes=False,
        refuses=(Code.NOT_FOUND,),
        answer=wire.Merchant,
    ),
    showing("merchants", EntityKind.MERCHANT, "merchant_identifier", asked.MerchantShow, _merchant, wire.Merchant),
    listing("merchants", EntityKind.MERCHANT, _merchant, wire.Merchants),
)
