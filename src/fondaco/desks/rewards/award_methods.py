"""Awards: the reward transactions that purchases gave. They are posted with their purchase and never by themselves.

Source: rewards.md, Referred Objects (award reward transaction).
"""

from __future__ import annotations

from typing import Final

from fondaco.core.rewards import entities as e
from fondaco.core.rewards.entities import EntityKind
from fondaco.desks.rewards import translate_documents
from fondaco.desks.rewards.answering import page, state_of, time_or_none, view_of
from fondaco.desks.rewards.call import Call
from fondaco.desks.rewards.exporting import exported
from fondaco.desks.rewards.failure import Code
from fondaco.desks.rewards.method import READ, Stream, method
from fondaco.desks.rewards.resolve import entity_of, optional_number
from fondaco.projections.rewards_reads import DocumentFilter
from fondaco.wire.rewards import reward_requests as wire
from fondaco.wire.rewards.documents import AwardDetails

COLUMNS: Final = (
    *("number", "life_cycle_state", "purchase", "offer", "rewards_participant", "currency", "amount"),
    *("reversed_amount", "alternative_amount", "initiated_currency", "contribution_percentage", "contribution_amount"),
    *("expires_on", "expired_on", "id"),
)


def _shown(call: Call, awards: list[e.Award]) -> list[AwardDetails]:
    view, now_us, shown = view_of(call), call.now_us, []
    for award in awards:
        purchase = call.books.purchase(award.purchase)
        assert purchase is not None
        shown.append(translate_documents.award(view, award, purchase, now_us))
    return shown


async def show(call: Call, body: wire.AwardRequest) -> AwardDetails:
    award: e.Award = entity_of(call, EntityKind.AWARD, body.award_identifier, "award_identifier")
    return _shown(call, [award])[0]


async def list_(call: Call, body: wire.AwardList) -> wire.Awards | Stream:
    wanted = DocumentFilter(
        purchase=optional_number(
            call, EntityKind.PURCHASE, body.customer_event_identifier, "customer_event_identifier"
        ),
        participant=optional_number(
            call, EntityKind.PARTICIPANT, body.participant_identifier, "participant_identifier"
        ),
        state=state_of(body.life_cycle_state),
        start_us=time_or_none(call, body.posted_from, "posted_from"),
        end_us=time_or_none(call, body.posted_to, "posted_to"),
    )
    if body.format == "csv":
        return await exported(
            call, body, "awards", EntityKind.AWARD, wanted, COLUMNS, lambda found: _shown(call, found)
        )
    found = await page(call, body, e.Award, EntityKind.AWARD, wanted)
    return wire.Awards(awards=_shown(call, found), offset=body.offset, number_of_results=len(found))


METHODS: Final = (
    method(
        "reward_transactions/awards/show",
        READ,
        wire.AwardRequest,
        show,
        "One award as it is now.",
        writes=False,
        refuses=(Code.NOT_FOUND,),
        answer=AwardDetails,
    ),
    method(
        "reward_transactions/awards/list",
        READ,
        wire.AwardList,
        list_,
        "Awards, newest first, as JSON by pages or as CSV, streamed.",
        writes=False,
        refuses=(Code.NOT_FOUND, Code.WRONG_EVENT_TYPE, Code.UNAVAILABLE),
        streams=True,
        answer=wire.Awards,
    ),
)
