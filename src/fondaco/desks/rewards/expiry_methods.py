"""Expiries: rewards that a participant did not spend in time. The house posts them when their time is up.

An award is not spent by itself, only out of what a participant has that expires when it does; so an expiry belongs to
the participant, and is over all that expired at that moment.

Source: rewards.notes.md, Entries.
"""

from __future__ import annotations

from typing import Final

from fondaco.core.rewards import entities as e
from fondaco.core.rewards.entities import EntityKind
from fondaco.desks.rewards import translate_documents
from fondaco.desks.rewards.answering import page, time_or_none, view_of
from fondaco.desks.rewards.call import Call
from fondaco.desks.rewards.failure import Code
from fondaco.desks.rewards.method import READ, method
from fondaco.desks.rewards.resolve import entity_of, optional_number
from fondaco.projections.rewards_reads import DocumentFilter
from fondaco.wire.rewards import reward_requests as wire
from fondaco.wire.rewards.documents import Expiry


async def show(call: Call, body: wire.ExpiryRequest) -> Expiry:
    expiry: e.Expiry = entity_of(call, EntityKind.EXPIRY, body.expiry_identifier, "expiry_identifier")
    return translate_documents.expiry(view_of(call), expiry)


async def list_(call: Call, body: wire.ExpiryList) -> wire.Expiries:
    wanted = DocumentFilter(
        participant=optional_number(
            call, EntityKind.PARTICIPANT, body.participant_identifier, "participant_identifier"
        ),
        start_us=time_or_none(call, body.expired_from, "expired_from"),
        end_us=time_or_none(call, body.expired_to, "expired_to"),
    )
    found = await page(call, body, e.Expiry, EntityKind.EXPIRY, wanted)
    view = view_of(call)
    return wire.Expiries(
        expiries=[translate_documents.expiry(view, each) for each in found],
        offset=body.offset,
        number_of_results=len(found),
    )


METHODS: Final = (
    method(
        "reward_transactions/expiries/show",
        READ,
        wire.ExpiryRequest,
        show,
        "One expiry of a participant's rewards.",
        writes=False,
        refuses=(Code.NOT_FOUND,),
        answer=Expiry,
    ),
    method(
        "reward_transactions/expiries/list",
        READ,
        wire.ExpiryList,
        list_,
        "Rewards that expired, newest first.",
        writes=False,
        refuses=(Code.NOT_FOUND, Code.UNAVAILABLE),
        answer=wire.Expiries,
    ),
)
