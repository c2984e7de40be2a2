"""Write-offs: what a receivable still owed when it was given up, as one document.

Source: rewards.notes.md, Entries.
"""

from __future__ import annotations

from typing import Final

from fondaco.core.rewards import actions as a
from fondaco.core.rewards import entities as e
from fondaco.core.rewards.entities import EntityKind
from fondaco.desks.rewards import translate, translate_documents
from fondaco.desks.rewards.answering import ALLOCATIONS_SHOWN, changed, page, time_or_none, view_of
from fondaco.desks.rewards.call import Call
from fondaco.desks.rewards.failure import Code
from fondaco.desks.rewards.method import ADMIN, READ, method
from fondaco.desks.rewards.receivable_methods import receivable_asked
from fondaco.desks.rewards.resolve import entity_of, optional_number
from fondaco.projections.rewards_reads import DocumentFilter
from fondaco.wire.rewards import write_off_requests as wire
from fondaco.wire.rewards.documents import WriteOffDetails


def _details(call: Call, entity: e.WriteOff) -> WriteOffDetails:
    count, latest = call.books.latest_allocations(EntityKind.WRITE_OFF, entity.number, ALLOCATIONS_SHOWN)
    return translate_documents.write_off_details(view_of(call), entity, count, latest)


async def create(call: Call, body: wire.WriteOffCreate) -> wire.WrittenOff:
    receivable = receivable_asked(call, body)
    fact = await call.send(a.WriteOffCreate(receivable.number, body.reason))
    account = translate.receivable(view_of(call), receivable.number)
    write_off = _details(call, changed(fact, e.WriteOff))
    return wire.WrittenOff(**translate_documents.fields_of(account), write_off=write_off)


async def show(call: Call, body: wire.WriteOffRequest) -> WriteOffDetails:
    return _details(call, entity_of(call, EntityKind.WRITE_OFF, body.write_off_identifier, "write_off_identifier"))


async def list_(call: Call, body: wire.WriteOffList) -> wire.WriteOffs:
    receivable = body.accounts_receivable_identifier
    wanted = DocumentFilter(
        receivable=optional_number(call, EntityKind.RECEIVABLE, receivable, "accounts_receivable_identifier"),
        start_us=time_or_none(call, body.written_off_from, "written_off_from"),
        end_us=time_or_none(call, body.written_off_to, "written_off_to"),
    )
    found = await page(call, body, e.WriteOff, EntityKind.WRITE_OFF, wanted)
    view = view_of(call)
    return wire.WriteOffs(
        write_offs=[translate_documents.write_off(view, each) for each in found],
        offset=body.offset,
        number_of_results=len(found),
    )


METHODS: Final = (
    method(
        "accounts_receivable/write_off",
        ADMIN,
        wire.WriteOffCreate,
        create,
        "Give up all that it owes",
        writes=True,
        refuses=(Code.NOT_FOUND, Code.INVALID_STATE),
        answer=wire.WrittenOff,
    ),
    method(
        "write_offs/show",
        READ,
        wire.WriteOffRequest,
        show,
        "One write-off, with the invoices that it gave up.",
        writes=False,
        refuses=(Code.NOT_FOUND,),
        answer=WriteOffDetails,
    ),
    method(
        "write_offs/list",
        READ,
        wire.WriteOffList,
        list_,
        "Write-offs, newest first.",
        writes=False,
        refuses=(Code.NOT_FOUND, Code.UNAVAILABLE),
        answer=wire.WriteOffs,
    ),
)
