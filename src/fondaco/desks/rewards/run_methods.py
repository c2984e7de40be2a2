"""Batch runs: settle all there is, and see how far it has come and what became of each purchase.

Source: rewards.notes.md, Beyond the product (batch settlement runs with per-row results).
"""

from __future__ import annotations

from typing import Final

from msgspec import UNSET

from fondaco.core.rejects import Reject
from fondaco.core.rewards import actions as a
from fondaco.core.rewards import entities as e
from fondaco.core.rewards.entities import EntityKind
from fondaco.desks.rewards import translate_documents
from fondaco.desks.rewards.answering import changed, event_number, newest, time_or_none, view_of
from fondaco.desks.rewards.call import Call
from fondaco.desks.rewards.failure import Code
from fondaco.desks.rewards.method import OPERATE, READ, method
from fondaco.desks.rewards.refusals import refusal
from fondaco.desks.rewards.resolve import entity_of, optional_number
from fondaco.desks.rewards.view import View
from fondaco.projections import rewards_reads as reads
from fondaco.wire.rewards import run_requests as wire
from fondaco.wire.rewards.documents import RunRow, SettlementRun

#: The place before the first purchase: ``next_after`` of a run that has no row yet.
_BEGINNING: Final = "0"


async def start(call: Call, body: wire.RunStart) -> SettlementRun:
    merchant = optional_number(call, EntityKind.MERCHANT, body.merchant_identifier, "merchant_identifier")
    until_us = time_or_none(call, body.performed_until, "performed_until")
    run = changed(await call.send(a.SettlementRunStart(merchant, until_us)), e.SettlementRun)
    call.floor.runs.follow(call.programme_id, run.number)
    return translate_documents.run(view_of(call), run)


def _asked(call: Call, body: wire.RunRequest) -> e.SettlementRun:
    run: e.SettlementRun = entity_of(
        call, EntityKind.SETTLEMENT_RUN, body.settlement_run_identifier, "settlement_run_identifier"
    )
    return run


async def show(call: Call, body: wire.RunRequest) -> SettlementRun:
    return translate_documents.run(view_of(call), _asked(call, body))


async def list_(call: Call, body: wire.RunList) -> wire.Runs:
    runs, view = call.books.runs, view_of(call)
    shown = [translate_documents.run(view, runs[number]) for number in newest(len(runs), body)]
    return wire.Runs(settlement_runs=shown, offset=body.offset, number_of_results=len(shown))


async def rows(call: Call, body: wire.RunRows) -> wire.RunRowsAnswer:
    run = _asked(call, body)
    after = 0 if body.after is UNSET or body.after == _BEGINNING else event_number(body.after, "after")
    limit = body.number_of_results
    if run.ended_us:
        call.see_all()  # while it goes on no row is the last anyway, and history may be behind its steps
    found = await call.read(reads.run_rows, call.programme_id, run.number, after, limit, only_refused=body.only_refused)
    view = view_of(call)
    return wire.RunRowsAnswer(
        settlement_run=translate_documents.run(view, run),
        rows=[_row(call, view, row) for row in found],
        number_of_results=len(found),
        next_after=_next_after(run, after, found, limit),
    )


def _next_after(run: e.SettlementRun, after: int, found: list[reads.RunRow], limit: int) -> str | None:
    """``None`` only if no row can come after these."""
    if len(found) < limit and run.ended_us:
        return None
    return str(found[-1].purchase if found else after)


def _row(call: Call, view: View, row: reads.RunRow) -> RunRow:
    code = message = None
    if row.reject:
        action = a.SettlementApply(row.purchase)
        failure = refusal((Reject(row.reject), row.bound, row.value), action, call.books)
        code, message = failure.code.value, failure.message
    return RunRow(
        purchase=view.reference(EntityKind.PURCHASE, row.purchase),
        outcome="REFUSED" if row.reject else "SETTLED",
        invoice=view.reference_or_none(EntityKind.INVOICE, row.invoice),
        code=code,
        message=message,
    )


METHODS: Final = (
    method(
        "customer_events/purchases/apply_settlements",
        OPERATE,
        wire.RunStart,
        start,
        "Start a run that settles every posted, unsettled purchase.",
        writes=True,
        refuses=(Code.NOT_FOUND,),
        answer=SettlementRun,
    ),
    method(
        "settlement_runs/show",
        READ,
        wire.RunRequest,
        show,
        "How far a run has come.",
        writes=False,
        refuses=(Code.NOT_FOUND,),
        answer=SettlementRun,
    ),
    method("settlement_runs/list", READ, wire.RunList, list_, "Runs, newest first.", writes=False, answer=wire.Runs),
    method(
        "settlement_runs/rows",
        READ,
        wire.RunRows,
        rows,
        "What a run did with each purchase.",
        writes=False,
        refuses=(Code.NOT_FOUND, Code.UNAVAILABLE),
        answer=wire.RunRowsAnswer,
    ),
)
