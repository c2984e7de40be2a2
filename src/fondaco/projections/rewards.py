"""Rewards: what each command did to documents and accounts, as rows.

A document is written once a transaction, in its latest state, however often it changed. What is new is told from what
changed by its number, because numbers of a kind are given in order; so the last numbers are all there is to know of
what was written before, and of programmes which have an active webhook. Sides of entries and events are counted within
a command, over all facts that bear its sequence.

Cost: a settled purchase is a purchase, an invoice, two to four sides and a row of its run, some 30 to 70 µs together
as history grows; each event some 8 µs more. Known limit: events are kept for ever, because a webhook may be set back to
any of them.
"""

from __future__ import annotations

from collections import defaultdict
from typing import Final

import msgspec
from sqlalchemy import Connection, Engine, func, select

from fondaco.core.rewards.actions import SettlementApply, SettlementRunStep
from fondaco.core.rewards.books import KINDS
from fondaco.core.rewards.entities import (
    CreditNote,
    DocumentState,
    Entity,
    EntityKind,
    Expiry,
    Invoice,
    Payment,
    Purchase,
    SettlementRun,
    Spend,
    Webhook,
    WriteOff,
)
from fondaco.core.rewards.facts import RewardsApplied
from fondaco.projections.database import insert_text, upsert_text
from fondaco.projections.rewards_tables import reward_documents, reward_entries, reward_events, reward_run_rows

AWARD_POSTED: Final = "award.posted"
AWARD_CANCELLED: Final = "award.cancelled"
SETTLEMENT_APPLIED: Final = "settlement.applied"
INVOICE_POSTED: Final = "invoice.posted"
CREDIT_NOTE_POSTED: Final = "credit_note.posted"

_RUN_STEP: Final = str(SettlementRunStep.__struct_config__.tag)
#: The commands that settle every purchase they change, if it is settled after them.
_SETTLING: Final = (str(SettlementApply.__struct_config__.tag), _RUN_STEP, "fee_day")
#: Kinds whose new documents must be told from changed ones.
_TOLD_APART: Final = (EntityKind.PURCHASE, EntityKind.INVOICE, EntityKind.CREDIT_NOTE)

_ENCODE: Final = msgspec.msgpack.Encoder().encode
_DECODE_WEBHOOK: Final = msgspec.msgpack.Decoder(Webhook).decode

#: status, time_us, due_us, account, origin, place
_Chosen = tuple[int | None, int | None, int | None, int | None, int | None, int | None]
_UNCHOSEN: Final[_Chosen] = (None, None, None, None, None, None)
_Key = tuple[int, int, int]
_Row = tuple[int | bytes | None, ...]
_d = reward_documents.c


def status_of(state: DocumentState, *, is_flagged: bool = False) -> int:
    """The number under which documents of a state lie together; ``is_flagged``: settled, or something unsettled."""
    return (state - 1) * 2 + is_flagged


class RewardsProjection:
    def __init__(self, engine: Engine) -> None:
        self._merge_documents = upsert_text(engine, reward_documents, latest=("status", "body"))
        self._insert_entries = insert_text(engine, reward_entries)
        self._insert_events = insert_text(engine, reward_events)
        self._insert_run_rows = insert_text(engine, reward_run_rows)
        self._changed: dict[_Key, Entity] = {}
        self._awards: dict[_Key, _Row] = {}
        self._entries: list[tuple[int, ...]] = []
        self._events: list[tuple[int | str | bytes, ...]] = []
        self._run_rows: list[tuple[int, ...]] = []
        self._last_numbers: defaultdict[tuple[int, EntityKind], int] = defaultdict(int)
        self._webhooks: defaultdict[int, set[int]] = defaultdict(set)
        self._seq = self._sides = self._events_of_seq = self._time_us = 0

    def load(self, connection: Connection) -> None:
        """Learn the last numbers there are, and who has an active webhook."""
        programmes = connection.execute(select(func.max(_d.programme))).scalar_one() or 0
        for programme in range(1, programmes + 1):
            for kind in _TOLD_APART:
                of_kind = (_d.programme == programme, _d.kind == kind)
                last = connection.execute(select(func.max(_d.number)).where(*of_kind)).scalar_one()
                self._last_numbers[programme, kind] = last or 0
            webhooks = select(_d.body).where(_d.programme == programme, _d.kind == EntityKind.WEBHOOK)
            for body in connection.execute(webhooks).scalars():
                self._webhook_changed(programme, _DECODE_WEBHOOK(body))

    def applied(self, fact: RewardsApplied, seq: int) -> None:
        """Gather what one command, or a deadline, did; a repeat did nothing."""
        if fact.repeated:
            return
        if seq != self._seq:
            self._seq, self._sides, self._events_of_seq = seq, 0, 0
        self._time_us = fact.time_us
        programme, changed = fact.programme_id, self._changed
        for entity in fact.changed:
            kind = KINDS[type(entity)]
            changed[programme, kind, entity.number] = entity
            if isinstance(entity, Purchase):
                self._purchase_changed(fact, entity)
            elif isinstance(entity, (Invoice, CreditNote)):
                if self._is_new(programme, kind, entity.number):
                    self._tell(programme, INVOICE_POSTED if kind == EntityKind.INVOICE else CREDIT_NOTE_POSTED, entity)
            elif isinstance(entity, Webhook):
                self._webhook_changed(programme, entity)
        self._post(fact)
        if fact.action == _RUN_STEP:
            self._run_went_on(fact)

    def write(self, connection: Connection) -> None:
        """Write what was gathered, in the caller's transaction."""
        if self._changed:
            rows: list[_Row] = [(*key, *_chosen(entity), _ENCODE(entity)) for key, entity in self._changed.items()]
            rows += [(*key, *award) for key, award in self._awards.items()]
            rows.sort(key=_key)
            connection.exec_driver_sql(self._merge_documents, rows)
        for statement, gathered in (
            (self._insert_entries, self._entries),
            (self._insert_events, self._events),
            (self._insert_run_rows, self._run_rows),
        ):
            if gathered:
                gathered.sort()
                connection.exec_driver_sql(statement, gathered)
                gathered.clear()
        self._changed.clear()
        self._awards.clear()

    def _purchase_changed(self, fact: RewardsApplied, purchase: Purchase) -> None:
        programme = fact.programme_id
        is_new = self._is_new(programme, EntityKind.PURCHASE, purchase.number)
        is_cancelled = purchase.state is DocumentState.CANCELLED
        if is_new or is_cancelled:
            for award in purchase.awards:
                status = status_of(award.state)
                self._awards[programme, EntityKind.AWARD, award.number] = (
                    status,
                    purchase.posted_us,
                    None,
                    award.participant,
                    purchase.number,
                    None,
                    b"",
                )
                self._tell(programme, AWARD_POSTED if is_new else AWARD_CANCELLED, award)
        if purchase.is_settled and fact.action in _SETTLING:
            self._tell(programme, SETTLEMENT_APPLIED, purchase)

    def _is_new(self, programme: int, kind: EntityKind, number: int) -> bool:
        if number <= self._last_numbers[programme, kind]:
            return False
        self._last_numbers[programme, kind] = number
        return True

    def _webhook_changed(self, programme: int, webhook: Webhook) -> None:
        if webhook.active:
            self._webhooks[programme].add(webhook.number)
        else:
            self._webhooks[programme].discard(webhook.number)

    def _tell(self, programme: int, type_: str, entity: Entity) -> None:
        """Gather an event, if there is somebody to be told."""
        if not self._webhooks.get(programme):
            return
        n = self._events_of_seq
        place = (programme, self._seq, n, self._time_us)
        self._events.append((*place, type_, KINDS[type(entity)], entity.number, _ENCODE(entity)))
        self._events_of_seq = n + 1

    def _post(self, fact: RewardsApplied) -> None:
        """Gather both sides of every posting."""
        programme, time_us, seq, side = fact.programme_id, fact.time_us, self._seq, self._sides
        rows = self._entries
        for entry in fact.entries:
            units, currency, kind, document = entry.units, entry.currency, entry.kind, entry.document
            account = (programme, entry.debit_purpose, entry.debit_owner, currency)
            rows.append((*account, time_us, seq, side, kind, document, -units, entry.debit_balance_units))
            account = (programme, entry.credit_purpose, entry.credit_owner, currency)
            rows.append((*account, time_us, seq, side + 1, kind, document, units, entry.credit_balance_units))
            side += 2
        self._sides = side

    def _run_went_on(self, fact: RewardsApplied) -> None:
        """Gather what a step of a run made of each purchase; the run itself stands last in the fact."""
        run = fact.changed[-1]
        assert isinstance(run, SettlementRun)
        programme, rows = fact.programme_id, self._run_rows
        rows += [
            (programme, run.number, purchase.number, purchase.invoice, 0, 0, 0)
            for purchase in fact.changed
            if isinstance(purchase, Purchase)
        ]
        rows += [(programme, run.number, row.purchase, 0, row.reject, row.bound, row.value) for row in fact.refused]


def _key(row: _Row) -> _Row:
    return row[:3]


def _chosen(entity: Entity) -> _Chosen:
    """The columns that lists are chosen by (rewards_tables.py)."""
    if isinstance(entity, Purchase):
        status = status_of(entity.state, is_flagged=entity.is_settled)
        return status, entity.performed_us, None, entity.participant, entity.merchant or None, entity.unit
    if isinstance(entity, Invoice):
        status = status_of(entity.state, is_flagged=entity.unsettled_units > 0)
        return status, entity.issued_us, entity.due_us, entity.receivable, None, None
    if isinstance(entity, CreditNote):
        return status_of(entity.state), entity.issued_us, None, entity.receivable, entity.invoice, None
    if isinstance(entity, Payment):
        return status_of(entity.state), entity.received_us, None, entity.receivable, None, None
    if isinstance(entity, Spend):
        return status_of(entity.state), entity.spent_us, None, entity.participant, None, None
    if isinstance(entity, Expiry):
        return status_of(DocumentState.POSTED), entity.expired_us, None, entity.participant, None, None
    if isinstance(entity, WriteOff):
        return status_of(DocumentState.POSTED), entity.written_us, None, entity.receivable, None, None
    return _UNCHOSEN
