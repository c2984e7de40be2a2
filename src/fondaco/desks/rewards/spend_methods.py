"""Spends: rewards that a participant redeems, of those that expire first.

Source: rewards.notes.md, Entries and Beyond the product.
"""

from __future__ import annotations

from typing import Final

from msgspec import UNSET

from fondaco.core.rewards import actions as a
from fondaco.core.rewards import entities as e
from fondaco.core.rewards.entities import EntityKind
from fondaco.desks.rewards import translate_documents
from fondaco.desks.rewards.amounts import units_of
from fondaco.desks.rewards.answering import changed, page, state_of, time_or_none, view_of
from fondaco.desks.rewards.call import Call
from fondaco.desks.rewards.failure import Code
from fondaco.desks.rewards.method import OPERATE, READ, method
from fondaco.desks.rewards.resolve import entity_of, number_of, optional_number
from fondaco.projections.rewards_reads import DocumentFilter
from fondaco.wire.rewards import reward_requests as wire
from fondaco.wire.rewards.documents import Spend


async def create(call: Call, body: wire.SpendCreate) -> Spend:
    participant: e.Participant = entity_of(
        call, EntityKind.PARTICIPANT, body.participant_identifier, "participant_identifier"
    )
    amount_units = units_of(body.amount, call.books.currencies[participant.currency], "amount")
    reference = "" if body.reference_number is UNSET else body.reference_number
    fact = await call.send(a.SpendCreate(participant.number, amount_units, reference))
    return translate_documents.spend(view_of(call), changed(fact, e.Spend))


async def cancel(call: Call, body: wire.SpendRequest) -> Spend:
    fact = await call.send(a.SpendCancel(number_of(call, EntityKind.SPEND, body.spend_identifier, "spend_identifier")))
    return translate_documents.spend(view_of(call), changed(fact, e.Spend))


async def show(call: Call, body: wire.SpendRequest) -> Spend:
    spend: e.Spend = entity_of(call, EntityKind.SPEND, body.spend_identifier, "spend_identifier")
    return translate_documents.spend(view_of(call), spend)


async def list_(call: Call, body: wire.SpendList) -> wire.Spends:
    wanted = DocumentFilter(
        participant=optional_number(
            call, EntityKind.PARTICIPANT, body.participant_identifier, "participant_identifier"
        ),
        state=state_of(body.life_cycle_state),
        start_us=time_or_none(call, body.spent_from, "spent_from"),
        end_us=time_or_none(call, body.spent_to, "spent_to"),
    )
    found = await page(call, body, e.Spend, EntityKind.SPEND, wanted)
    view = view_of(call)
    return wire.Spends(
        spends=[translate_documents.spend(view, each) for each in found],
        offset=body.offset,
        number_of_results=len(found),
    )


METHODS: Final = (
    method(
        "reward_transactions/spends/create",
        OPERATE,
        wire.SpendCreate,
        create,
        "Redeem rewards of a participant.",
        writes=True,
        refuses=(Code.NOT_FOUND, Code.INVALID_STATE),
        answer=Spend,
    ),
    method(
        "reward_transactions/spends/cancel",
        OPERATE,
        wire.SpendRequest,
        cancel,
        "Give the rewards of a spend back.",
        writes=True,
        refuses=(Code.NOT_FOUND, Code.INVALID_STATE),
        answer=Spend,
    ),
    method(
        "reward_transactions/spends/show",
        READ,
        wire.SpendRequest,
        show,
        "One spend as it is now.",
        writes=False,
        refuses=(Code.NOT_FOUND,),
        answer=Spend,
    ),
    method(
        "reward_transactions/spends/list",
        READ,
        wire.SpendList,
        list_,
        "Spends, newest first.",
        writes=False,
        refuses=(Code.NOT_FOUND, Code.UNAVAILABLE),
        answer=wire.Spends,
    ),
)
