"""Setting up who takes part: merchants, their units, participants. What is known of people is sealed before it is sent.

A new contact gets a key of its own (journal/people.py), which is given up again if the command was refused or repeated.
An update is sealed with the same person's key, and with a new one after the person was erased.
"""

from __future__ import annotations

from typing import Final, TypeVar

import msgspec
from msgspec import UNSET, UnsetType

from fondaco.core.purposes import PARTICIPANT_DEBT, PARTICIPANT_REWARD
from fondaco.core.rewards import actions as a
from fondaco.core.rewards import entities as e
from fondaco.core.rewards.checks import CONTACT_BYTES_MAX
from fondaco.core.rewards.entities import EntityKind
from fondaco.desks.rewards import translate_set_up as translate
from fondaco.desks.rewards.amounts import ppm_of
from fondaco.desks.rewards.answering import currency_of, view_of
from fondaco.desks.rewards.call import Call
from fondaco.desks.rewards.failure import Code, Failure, invalid, not_found
from fondaco.desks.rewards.method import ADMIN, OPERATE, method
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
)
from fondaco.wire.rewards import set_up as wire
from fondaco.wire.rewards import set_up_requests as asked
from fondaco.wire.rewards.base import ENCODER
from fondaco.wire.rewards.contacts import ContactDetails

_PERSON_BYTES: Final = 16
_OWNER_KEY_OVERHEAD_BYTES: Final = 44
_E = TypeVar("_E", e.Merchant, e.Participant)

_merchant: Final = by_view(translate.merchant)
_unit: Final = by_view(translate.unit)


def _participant(call: Call, entity: e.Participant) -> wire.Participant:
    house = call.floor.house
    reward_units, debt_units = (
        house.rewards.balance(call.programme_id, purpose, entity.number, entity.currency)
        for purpose in (PARTICIPANT_REWARD, PARTICIPANT_DEBT)
    )
    user = house.users[entity.user_id].name if entity.user_id else None
    return translate.participant(view_of(call), entity, user, reward_units, -debt_units)


# ── merchants ─────────────────────────────────────────────────────────────────────────────────────────────────────────


async def create_merchant(call: Call, body: asked.MerchantCreate) -> object:
    currency = currency_of(call, body.currency).number
    return await _put_merchant(call, body, e.Merchant(0, "", 0, b""), currency, 30, body.contact_information)


async def update_merchant(call: Call, body: asked.MerchantUpdate) -> object:
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
    return _merchant(call, await _made_with_contact(call, action, e.Merchant, contact))


async def erase_merchant(call: Call, body: asked.MerchantShow) -> object:
    """As ``erase_participant``: a merchant may be a person."""
    entity: e.Merchant = entity_of(call, EntityKind.MERCHANT, body.merchant_identifier, "merchant_identifier")
    _erase(call, entity.contact)
    return _merchant(call, entity)


# ── units ─────────────────────────────────────────────────────────────────────────────────────────────────────────────


async def create_unit(call: Call, body: asked.UnitCreate) -> object:
    return await _put_unit(call, body, e.Unit(0, "", body.name), body.name)


async def update_unit(call: Call, body: asked.UnitUpdate) -> object:
    old: e.Unit = entity_of(call, EntityKind.UNIT, body.unit_identifier, "unit_identifier")
    return await _put_unit(call, body, old, kept(body.name, old.name))


async def _put_unit(call: Call, body: asked.UnitTerms, old: e.Unit, name: str) -> object:
    unit = e.Unit(
        number=old.number,
        code=text_kept(body.code, old.code),
        name=name,
        merchant=number_kept(call, EntityKind.MERCHANT, body.merchant_identifier, old.merchant, "merchant_identifier"),
        effective=kept(body.effective, old.effective),
    )
    return _unit(call, await made(call, a.UnitPut(unit), e.Unit))


# ── participants ──────────────────────────────────────────────────────────────────────────────────────────────────────


async def create_participant(call: Call, body: asked.ParticipantCreate) -> object:
    user_id = 0
    if body.user is not UNSET:
        user_id = call.floor.house.user_ids.get(body.user, 0)
        if not user_id:
            raise not_found(f"user {body.user} of the exchange", "user")
    currency = currency_of(call, body.currency).number
    fresh = e.Participant(0, "", 0, b"", currency, user_id=user_id)
    return await _put_participant(call, body, fresh, body.contact_information)


async def update_participant(call: Call, body: asked.ParticipantUpdate) -> object:
    field = "participant_identifier"
    old: e.Participant = entity_of(call, EntityKind.PARTICIPANT, body.participant_identifier, field)
    return await _put_participant(call, body, old, body.contact_information)


async def _put_participant(
    call: Call, body: asked.ParticipantTerms, old: e.Participant, contact: ContactDetails | UnsetType
) -> object:
    alternative = currency_kept(call, body.alternative_currency, old.alternative_currency, "alternative_currency")
    action = a.ParticipantPut(
        number=old.number,
        code=text_kept(body.code, old.code),
        contact=old.contact,
        currency=old.currency,
        alternative_currency=alternative,
        user_id=old.user_id,
        effective=kept(body.effective, old.effective),
    )
    return _participant(call, await _made_with_contact(call, action, e.Participant, contact))


async def erase_participant(call: Call, body: asked.ParticipantShow) -> object:
    """The key of what is known of a person is destroyed; documents and amounts stay."""
    field = "participant_identifier"
    entity: e.Participant = entity_of(call, EntityKind.PARTICIPANT, body.participant_identifier, field)
    _erase(call, entity.contact)
    return _participant(call, entity)


# ── people ────────────────────────────────────────────────────────────────────────────────────────────────────────────


def _erase(call: Call, contact: bytes) -> None:
    if contact:
        call.floor.people.erase(contact)
        call.floor.shown.forget()


async def _made_with_contact(
    call: Call, action: a.MerchantPut | a.ParticipantPut, type_: type[_E], contact: ContactDetails | UnsetType
) -> _E:
    if isinstance(contact, UnsetType):
        return await made(call, action, type_)
    people = call.floor.people
    plain = ENCODER.encode(contact)
    if len(plain) + _OWNER_KEY_OVERHEAD_BYTES > CONTACT_BYTES_MAX:
        raise invalid(
            f"contact_information has {len(plain)} bytes; {CONTACT_BYTES_MAX - _OWNER_KEY_OVERHEAD_BYTES} are kept",
            "contact_information",
        )
    if action.contact and people.open(action.contact) is not None:
        sealed = people.seal(action.contact[:_PERSON_BYTES], plain)
        return await made(call, msgspec.structs.replace(action, contact=sealed), type_)
    person = people.new_person()
    sealed = people.seal(person, plain)
    is_kept = False
    try:
        entity = await made(call, msgspec.structs.replace(action, contact=sealed), type_)
        is_kept = entity.contact == sealed
    except Failure:
        people.erase(person)
        raise
    if not is_kept:  # the same Idempotency-Key came before
        people.erase(person)
    return entity


METHODS: Final = (
    method(
        "merchants/create",
        ADMIN,
        asked.MerchantCreate,
        create_merchant,
        "Make a merchant with accounts receivable",
        writes=True,
        refuses=(Code.NOT_FOUND,),
        answer=wire.Merchant,
    ),
    method(
        "merchants/update",
        ADMIN,
        asked.MerchantUpdate,
        update_merchant,
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
        erase_merchant,
        "Make all that is known of a merchant unreadable for ever",
        writes=False,
        refuses=(Code.NOT_FOUND,),
        answer=wire.Merchant,
    ),
    showing("merchants", EntityKind.MERCHANT, "merchant_identifier", asked.MerchantShow, _merchant, wire.Merchant),
    listing("merchants", EntityKind.MERCHANT, _merchant, wire.Merchants),
    method(
        "units/create",
        ADMIN,
        asked.UnitCreate,
        create_unit,
        "Make a place where purchases are made",
        writes=True,
        refuses=(Code.NOT_FOUND,),
        answer=wire.Unit,
    ),
    method(
        "units/update",
        ADMIN,
        asked.UnitUpdate,
        update_unit,
        "Change a unit",
        writes=True,
        refuses=(Code.NOT_FOUND,),
        alone=True,
        answer=wire.Unit,
    ),
    showing("units", EntityKind.UNIT, "unit_identifier", asked.UnitShow, _unit, wire.Unit),
    listing("units", EntityKind.UNIT, _unit, wire.Units),
    method(
        "participants/create",
        OPERATE,
        asked.ParticipantCreate,
        create_participant,
        "Make a participant with accounts receivable",
        writes=True,
        refuses=(Code.NOT_FOUND, Code.INVALID_STATE),
        answer=wire.Participant,
    ),
    method(
        "participants/update",
        OPERATE,
        asked.ParticipantUpdate,
        update_participant,
        "Change a participant",
        writes=True,
        refuses=(Code.NOT_FOUND, Code.INVALID_STATE),
        alone=True,
        answer=wire.Participant,
    ),
    method(
        "participants/erase",
        ADMIN,
        asked.ParticipantShow,
        erase_participant,
        "Make all that is known of a participant unreadable for ever",
        writes=False,
        refuses=(Code.NOT_FOUND,),
        answer=wire.Participant,
    ),
    showing(
        "participants",
        EntityKind.PARTICIPANT,
        "participant_identifier",
        asked.ParticipantShow,
        _participant,
        wire.Participant,
    ),
    listing("participants", EntityKind.PARTICIPANT, _participant, wire.Participants),
)
