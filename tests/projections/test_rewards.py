"""What is read of the rewards desk's rows is what its house holds and its commands did."""

from __future__ import annotations

import itertools
from collections import defaultdict
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from sqlalchemy import Connection

from fondaco.core.purposes import CASH
from fondaco.core.rewards import checks
from fondaco.core.rewards.books import KINDS, Books
from fondaco.core.rewards.entities import (
    Award,
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
from fondaco.projections import rewards
from fondaco.projections.balance_reads import balance_changes_of
from fondaco.projections.database import FILE_NAME, open_engine
from fondaco.projections.rewards_reads import (
    CHOICES,
    DocumentFilter,
    RewardEvent,
    balance_before,
    documents_before,
    documents_of,
    events_after,
    run_rows,
    statement_entries,
)
from tests.projections.flows import SLOW
from tests.projections.houses import caught_up, journal_of
from tests.projections.rewards_flows import FEES, SHOP, RewardsFlow

PROGRAMMES = (SHOP, FEES)
Account = tuple[int, int, int, int]


@pytest.fixture(scope="module")
def flow() -> RewardsFlow:
    return RewardsFlow(61, SLOW).run(400)


@pytest.fixture(scope="module")
def connection(flow: RewardsFlow, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Connection]:
    directory = tmp_path_factory.mktemp("house")
    journal_of(directory, flow)
    caught_up(directory)
    engine = open_engine(directory / FILE_NAME, write=False)
    with engine.connect() as connection:
        yield connection
    engine.dispose()


# ── documents ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def _all(books: Books, kind: EntityKind) -> list[Any]:
    read: dict[EntityKind, Callable[[int], Entity | None]] = {
        EntityKind.PURCHASE: books.purchase,
        EntityKind.AWARD: books.award,
        EntityKind.INVOICE: books.invoice,
        EntityKind.CREDIT_NOTE: books.credit_note,
        EntityKind.PAYMENT: books.payment,
        EntityKind.SPEND: books.spend,
        EntityKind.EXPIRY: books.expiry,
        EntityKind.WRITE_OFF: books.write_off,
    }
    return [read[kind](number) for number in range(1, books.count(kind) + 1)]


def _own_time(books: Books, document: Any) -> int:
    match document:
        case Purchase():
            return document.performed_us
        case Award():
            purchase = books.purchase(document.purchase)
            assert purchase is not None
            return purchase.posted_us
        case Invoice() | CreditNote():
            return document.issued_us
        case Payment():
            return document.received_us
        case Spend():
            return document.spent_us
        case Expiry():
            return document.expired_us
        case WriteOff():
            return document.written_us
    raise AssertionError(document)


def _expected(books: Books, kind: EntityKind, wanted: DocumentFilter) -> list[Any]:
    """Every document is looked at."""

    def is_wanted(document: Any) -> bool:
        time_us = _own_time(books, document)
        due_us = getattr(document, "due_us", 0)
        return (
            all(getattr(document, name) == chosen for name in CHOICES[kind] if (chosen := getattr(wanted, name)))
            and wanted.state in (None, getattr(document, "state", None))
            and wanted.is_settled in (None, getattr(document, "is_settled", None))
            and wanted.is_open in (None, getattr(document, "unsettled_units", 0) > 0)
            and wanted.start_us <= time_us < (wanted.end_us or 1 << 62)
            and wanted.due_start_us <= due_us < (wanted.due_end_us or 1 << 62)
        )

    def place(document: Any) -> tuple[int, int]:
        is_by_due = wanted.due_start_us or wanted.due_end_us
        return document.due_us if is_by_due else _own_time(books, document), document.number

    return sorted(filter(is_wanted, _all(books, kind)), key=place, reverse=True)


def _filters(flow: RewardsFlow, kind: EntityKind) -> Iterator[DocumentFilter]:
    """Everything a kind can be listed by, alone and together."""
    middle_us = flow.batches[0].time_us + (flow.time_us - flow.batches[0].time_us) // 2
    choices: dict[str, tuple[Any, ...]] = dict.fromkeys(CHOICES[kind], (0, 2))
    choices["start_us"], choices["end_us"] = (0, middle_us), (0, middle_us + 86_400_000_000)
    if kind not in (EntityKind.EXPIRY, EntityKind.WRITE_OFF):
        choices["state"] = (None, *DocumentState)
    if kind is EntityKind.PURCHASE:
        choices["is_settled"] = (None, False, True)
    if kind is EntityKind.INVOICE:
        choices |= {"is_open": (None, False, True), "due_start_us": (0, middle_us), "due_end_us": (0, flow.time_us)}
    for chosen in itertools.product(*choices.values()):
        yield DocumentFilter(**dict(zip(choices, chosen, strict=True)))


@pytest.mark.parametrize("kind", CHOICES, ids=lambda kind: kind.name)
def test_lists_show_what_the_house_holds(flow: RewardsFlow, connection: Connection, kind: EntityKind) -> None:
    filled = 0
    for wanted in _filters(flow, kind):
        assert list(_to_the_end(connection, kind, wanted, 3)) == _expected(flow.books(SHOP), kind, wanted), wanted
        expected = _expected(flow.books(SHOP), kind, wanted)
        filled += bool(expected)
        assert documents_of(connection, SHOP, kind, wanted, 0, len(expected) + 1) == expected, wanted
        assert documents_of(connection, SHOP, kind, wanted, 3, 4) == expected[3:7], wanted
    assert filled >= 4
    fees = _expected(flow.books(FEES), kind, DocumentFilter())
    assert documents_of(connection, FEES, kind, DocumentFilter(), 0, 1_000) == fees


def _to_the_end(connection: Connection, kind: EntityKind, wanted: DocumentFilter, limit: int) -> Iterator[Entity]:
    page, place = documents_before(connection, SHOP, kind, wanted, None, limit)
    while place is not None:
        assert 0 < len(page) <= limit
        yield from page
        page, place = documents_before(connection, SHOP, kind, wanted, place, limit)


def test_what_a_programme_is_made_of(flow: RewardsFlow, connection: Connection) -> None:
    for programme in PROGRAMMES:
        books = flow.books(programme)
        for kind, named in (
            (EntityKind.PROGRAMME, {programme: books.programme}),
            (EntityKind.CURRENCY, books.currencies),
            (EntityKind.CURRENCY_RATE, books.rates),
            (EntityKind.MERCHANT, books.merchants),
            (EntityKind.UNIT, books.units),
            (EntityKind.PARTICIPANT, books.participants),
            (EntityKind.RECEIVABLE, books.receivables),
            (EntityKind.SCHEME, books.schemes),
            (EntityKind.OFFER, books.offers),
            (EntityKind.CONTRIBUTION_RULE, books.rules),
            (EntityKind.OPERATOR, books.operators),
            (EntityKind.WEBHOOK, books.webhooks),
            (EntityKind.SETTLEMENT_RUN, books.runs),
        ):
            newest_first = [entity for _, entity in sorted(named.items(), reverse=True)]
            assert documents_of(connection, programme, kind, DocumentFilter(), 0, 100) == newest_first
            assert documents_of(connection, programme, kind, DocumentFilter(), 1, 2) == newest_first[1:3]


def test_a_filter_that_a_kind_does_not_have_is_refused(connection: Connection) -> None:
    with pytest.raises(ValueError, match="PAYMENT documents are not listed by merchant; they are by end_us, receiv"):
        documents_of(connection, SHOP, EntityKind.PAYMENT, DocumentFilter(merchant=1), 0, 10)
    with pytest.raises(ValueError, match="UNIT documents are not listed by state; they are by nothing"):
        documents_of(connection, SHOP, EntityKind.UNIT, DocumentFilter(state=DocumentState.POSTED), 0, 10)


# ── statements ────────────────────────────────────────────────────────────────────────────────────────────────────────


def _sides(flow: RewardsFlow) -> dict[Account, list[tuple[int, int, int, int, int, int]]]:
    """By account: (time_us, seq, kind, document, change, balance) in order."""
    sides: defaultdict[Account, list[tuple[int, int, int, int, int, int]]] = defaultdict(list)
    for seq, fact in flow.facts:
        for entry in fact.entries:
            posted = (fact.time_us, seq, entry.kind, entry.document)
            debit = (fact.programme_id, entry.debit_purpose, entry.debit_owner, entry.currency)
            credit = (fact.programme_id, entry.credit_purpose, entry.credit_owner, entry.currency)
            sides[debit].append((*posted, -entry.units, entry.debit_balance_units))
            sides[credit].append((*posted, entry.units, entry.credit_balance_units))
    return sides


def test_statements_add_up_to_the_ledger(flow: RewardsFlow, connection: Connection) -> None:
    accounts = _sides(flow)
    assert len(accounts) > 20
    for account, expected in accounts.items():
        read = statement_entries(connection, *account, 0, 0, None, 1 << 30)
        assert [(e.time_us, e.seq, e.kind, e.document, e.change_units, e.balance_units) for e in read] == expected
        if account[1] != CASH:  # which the exchange moves as well
            assert sum(entry.change_units for entry in read) == flow.house.rewards.balance(*account)
        paged, after = [], None
        while page := statement_entries(connection, *account, 0, 0, after, 7):
            paged += page
            after = page[-1].position
        assert paged == read


def test_a_statement_of_a_time_begins_with_the_balance_before_it(flow: RewardsFlow, connection: Connection) -> None:
    for account, sides in _sides(flow).items():
        if account[1] == CASH:
            continue
        times_us = sorted({time_us for time_us, *_ in sides})
        for start_us, end_us in ((times_us[0], times_us[-1]), (times_us[len(times_us) // 2], flow.time_us + 1)):
            opening = balance_before(connection, *account, start_us)
            entries = statement_entries(connection, *account, start_us, end_us, None, 1 << 30)
            assert [entry.time_us for entry in entries] == [side[0] for side in sides if start_us <= side[0] < end_us]
            assert opening == sum(side[4] for side in sides if side[0] < start_us)
            assert opening + sum(entry.change_units for entry in entries) == balance_before(
                connection, *account, end_us
            )
    assert balance_before(connection, SHOP, 17, 99, 1, flow.time_us) == 0


# ── events ────────────────────────────────────────────────────────────────────────────────────────────────────────────


def _told(flow: RewardsFlow, programme: int, *, always: bool = False) -> list[tuple[int, str, Entity]]:
    """Each entity is compared with what it was before. What nobody listens to is left out, or ``always`` in."""
    before: dict[tuple[EntityKind, int], Any] = {}
    listening: set[int] = set()
    told: list[tuple[int, str, Entity]] = []
    for seq, fact in flow.facts:
        if fact.programme_id != programme:
            continue
        for entity in fact.changed:
            old = before.get((KINDS[type(entity)], entity.number))
            before[KINDS[type(entity)], entity.number] = entity
            happened: list[tuple[str, Entity]] = []
            match entity:
                case Webhook():
                    (listening.add if entity.active else listening.discard)(entity.number)
                case Invoice() if old is None:
                    happened.append((rewards.INVOICE_POSTED, entity))
                case CreditNote() if old is None:
                    happened.append((rewards.CREDIT_NOTE_POSTED, entity))
                case Purchase():
                    if old is None:
                        happened += ((rewards.AWARD_POSTED, award) for award in entity.awards)
                    elif entity.state is not old.state:
                        happened += ((rewards.AWARD_CANCELLED, award) for award in entity.awards)
                    if entity.is_settled and (old is None or not old.is_settled):
                        happened.append((rewards.SETTLEMENT_APPLIED, entity))
                case _:
                    pass
            if listening or always:
                told += ((seq, *each) for each in happened)
    return told


def test_events_are_what_happened_while_somebody_listened(flow: RewardsFlow, connection: Connection) -> None:
    expected = _told(flow, SHOP)
    assert {type_ for _, type_, _ in expected} == set(checks.EVENTS)
    read = events_after(connection, SHOP, 0, 1 << 30)
    assert [(event.seq, event.type, event.entity) for event in read] == expected
    assert len({(event.seq, event.n) for event in read}) == len(read)
    assert len(read) < len(_told(flow, SHOP, always=True))
    assert events_after(connection, FEES, 0, 1 << 30) == []


def test_a_command_s_events_are_not_divided(flow: RewardsFlow, connection: Connection) -> None:
    expected = events_after(connection, SHOP, 0, 1 << 30)
    for limit in (1, 3):
        read: list[RewardEvent] = []
        seq = 0
        while page := events_after(connection, SHOP, seq, limit):
            assert len(page) >= min(limit, len(expected) - len(read))
            read += page
            seq = page[-1].seq
        assert read == expected


# ── runs and rebates ──────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_run_says_what_it_made_of_each_purchase(flow: RewardsFlow, connection: Connection) -> None:
    steps: defaultdict[int, list[tuple[int, int, int]]] = defaultdict(list)
    for _, fact in flow.facts:
        if fact.action == "settlement_run_step":
            run = next(entity for entity in fact.changed if isinstance(entity, SettlementRun))
            steps[run.number] += ((p.number, p.invoice, 0) for p in fact.changed if isinstance(p, Purchase))
            steps[run.number] += ((row.purchase, 0, row.reject) for row in fact.refused)
    assert len(steps) > 3
    for number, run in flow.books(SHOP).runs.items():
        rows = run_rows(connection, SHOP, number, 0, 1_000)
        assert [(row.purchase, row.invoice, row.reject) for row in rows] == sorted(steps[number])
        assert len(rows) == run.settled + run.refused
        assert run_rows(connection, SHOP, number, rows[0].purchase if rows else 0, 2) == rows[1:3]


def test_users_see_their_rebates(flow: RewardsFlow, connection: Connection) -> None:
    seen = 0
    for user_id in (1, 2):
        expected = [
            (fact.time_us, rebate.asset_id, rebate.units, rebate.balance_units, rebate.award)
            for _, fact in reversed(flow.facts)
            for rebate in reversed(fact.rebates)
            if rebate.user_id == user_id
        ]
        changes = balance_changes_of(connection, user_id, None, "rebate", 0, 0, 0, 1_000)
        assert sorted(
            (c.time_us, c.asset_id, c.change_units, c.balance_units, c.business_id or 0) for c in changes
        ) == sorted(expected)
        assert all(c.detail == f'{{"programme":{FEES},"award":{c.business_id}}}' for c in changes)
        seen += len(changes)
    assert seen > 10
