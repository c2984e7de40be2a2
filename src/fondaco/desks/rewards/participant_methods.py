"""Setting participants up: who is awarded, in what, and what he has."""

from __future__ import annotations

from typing import Final

from msgspec import UNSET, UnsetType

from fondaco.core.purposes import PARTICIPANT_DEBT, PARTICIPANT_REWARD
from fondaco.core.rewards import actions as a
from fondaco.core.rewards import entities as e
from fondaco.core.rewards.entities import EntityKind
from fondaco.desks.rewards import translate_set_up as translate
from fondaco.desks.rewards.answering import currency_of, view_of
from fondaco.desks.rewards.call import Call
from fondaco.desks.rewards.contact_sealing import erase_person, made_with_contact
from fondaco.desks.rewards.failure import Code, not_found
from fondaco.desks.rewards.method import ADMIN, OPERATE, method
from fondaco.desks.rewards.resolve import entity_of
from fondaco.desks.rewards.set_up import (
    currency_kept,
    kept,
    listing,
    showing,
    text_kept,
)
from fondaco.wire.rewards import set_up as wire
from fondaco.wire.rewards import set_up_requests as asked
from fondaco.wire.rewards.contacts import ContactDetails


def _participant(call: Call, entity: e.Participant) -> wire.Participant:
    house = call.floor.house
    reward_units, debt_units = (
        house.rewards.balance(call.programme_id, purpose, entity.number, entity.currency)
        for purpose in (PARTICIPANT_REWARD, PARTICIPANT_DEBT)
    )
    user = house.users[entity.user_id].name if entity.user_id else None
    return translate.participant(view_of(call), entity, user, reward_units, -debt_units)


async def create(call: Call, body: asked.ParticipantCreate) -> object:
    user_id = 0
    if body.user is not UNSET:
        user_id = call.floor.house.user_ids.get(body.user, 0)
        if not user_id:
            raise not_found(f"user {body.user} of the exchange", "user")
    currency = currency_of(call, body.currency).number
    fresh = e.Participant(0, "", 0, b"", currency, user_id=user_id)
    return await _put_participant(call, body, fresh, body.contact_information)


async def update(call: Call, body: asked.ParticipantUpdate) -> object:
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
    return _participant(call, await made_with_contact(call, action, e.Participant, contact))


async def erase(call: Call, body: asked.ParticipantShow) -> object:
    """The key of what is known of a person is destroyed; documents and amounts stay."""
    field = "participant_identifier"
    entity: e.Participant = entity_of(call, EntityKind.PARTICIPANT, body.participant_identifier, field)
    erase_person(call, entity.contact)
    return _participant(call, entity)


METHODS: Final = (
    method(
        "participants/create",
        OPERATE,
        asked.ParticipantCreate,
        create,
        "Make a participant with accounts receivable",
        writes=True,
        refuses=(Code.NOT_FOUND, Code.INVALID_STATE),
        answer=wire.Participant,
    ),
    method(
        "participants/update",
        OPERATE,
        asked.ParticipantUpdate,
        update,
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
        erase,
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
