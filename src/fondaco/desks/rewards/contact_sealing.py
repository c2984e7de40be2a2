"""What is known of a merchant or a participant is sealed before it is sent, and made unreadable when it is erased.

A new contact gets a key of its own (journal/people.py), which is given up again if the command was refused or repeated.
An update is sealed with the same person's key, and with a new one after the person was erased.
"""

from __future__ import annotations

from typing import Final, TypeVar

import msgspec
from msgspec import UnsetType

from fondaco.core.rewards import actions as a
from fondaco.core.rewards import entities as e
from fondaco.core.rewards.checks import CONTACT_BYTES_MAX
from fondaco.desks.rewards.call import Call
from fondaco.desks.rewards.failure import Failure, invalid
from fondaco.desks.rewards.set_up import made
from fondaco.wire.rewards.base import ENCODER
from fondaco.wire.rewards.contacts import ContactDetails

_PERSON_BYTES: Final = 16
_OWNER_KEY_OVERHEAD_BYTES: Final = 44
_E = TypeVar("_E", e.Merchant, e.Participant)


def erase_person(call: Call, contact: bytes) -> None:
    """Destroy the key of what is known of a person; nothing that was shown of it is kept."""
    if contact:
        call.floor.people.erase(contact)
        call.floor.shown.forget()


async def made_with_contact(
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
