"""Every statement behind a question finds its rows by an index: questions cost the same however long history is."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from msgspec.structs import replace
from sqlalchemy import Engine, event

from fondaco.core.rewards.entities import DocumentState, EntityKind
from fondaco.projections import market_reads, rewards_reads
from fondaco.projections.balance_reads import balance_changes_of
from fondaco.projections.database import open_engine
from fondaco.projections.order_reads import finished_order, finished_orders_of
from fondaco.projections.periods import Calendar
from fondaco.projections.rewards_reads import CHOICES, DocumentFilter
from tests.projections.flows import START_US
from tests.projections.houses import caught_up, journal_of
from tests.projections.rewards_flows import SHOP, RewardsFlow

NOW_S = START_US // 1_000_000 + 1_000
DAY_S = 86_400


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    directory = tmp_path_factory.mktemp("house")
    journal_of(directory, RewardsFlow(51).run(60))
    caught_up(directory)
    engine = open_engine(directory / "projections.sqlite", write=False)
    yield engine
    engine.dispose()


def _only(name: str, number: int) -> DocumentFilter:
    return replace(DocumentFilter(), **{name: number})


QUESTIONS: list[tuple[Any, tuple[Any, ...]]] = [
    (market_reads.latest_deals, (1, 100, 0)),
    (market_reads.rolling_state, (1, DAY_S, NOW_S)),
    (market_reads.rolling_state, (1, 7 * DAY_S, NOW_S)),
    (market_reads.todays_state, (1, NOW_S, Calendar("Europe/Rome"))),
    *(
        (market_reads.candles_between, (1, 0, NOW_S, interval_s, NOW_S, 5_000, Calendar("Europe/Rome")))
        for interval_s in (1, 60, 300, 3_600, DAY_S, 7 * DAY_S, 30 * DAY_S)
    ),
    (market_reads.candles_between, (1, NOW_S - 1, NOW_S, 1, NOW_S, 5_000, Calendar())),
    (finished_order, (1,)),
    (finished_orders_of, (1, 1, 0, 0, 0, 100)),
    (finished_orders_of, (1, 1, 100, NOW_S, 50, 100)),
    (balance_changes_of, (1, None, None, 0, 0, 0, 100)),
    (balance_changes_of, (1, 1, None, 100, NOW_S, 0, 100)),
    (balance_changes_of, (1, None, "trade", 0, 0, 0, 100)),
    (balance_changes_of, (1, 1, "trade", 0, NOW_S, 0, 100)),
    (balance_changes_of, (1, None, None, 0, 0, 100_000, 100)),
    *((rewards_reads.documents_of, (SHOP, kind, DocumentFilter(), 20, 20)) for kind in EntityKind),
    *(
        (rewards_reads.documents_of, (SHOP, kind, wanted, 20, 20))
        for kind, names in CHOICES.items()
        for name in names
        for wanted in (_only(name, 1), replace(_only(name, 1), start_us=1, end_us=NOW_S))
    ),
    *(
        (rewards_reads.documents_of, (SHOP, kind, wanted, 20, 20))
        for kind, wanted in (
            (EntityKind.PURCHASE, DocumentFilter(state=DocumentState.POSTED, is_settled=False)),
            (EntityKind.PURCHASE, DocumentFilter(merchant=1, is_settled=True, start_us=1)),
            (EntityKind.PURCHASE, DocumentFilter(merchant=1, participant=1, unit=1)),
            (EntityKind.AWARD, DocumentFilter(participant=1, state=DocumentState.CANCELLED)),
            (EntityKind.INVOICE, DocumentFilter(is_open=True, due_end_us=START_US)),
            (EntityKind.INVOICE, DocumentFilter(receivable=1, is_open=True, due_start_us=1, start_us=1)),
            (EntityKind.CREDIT_NOTE, DocumentFilter(receivable=1, invoice=1)),
        )
    ),
    *(
        (rewards_reads.documents_before, (SHOP, kind, wanted, (START_US + 10**12, 2), 20))
        for kind, names in CHOICES.items()
        for name in names
        for wanted in (DocumentFilter(), _only(name, 1), replace(_only(name, 1), start_us=1, end_us=1 << 60))
    ),
    (rewards_reads.documents_before, (SHOP, EntityKind.INVOICE, DocumentFilter(due_start_us=1), (1 << 60, 2), 20)),
    (rewards_reads.statement_entries, (SHOP, 18, 1, 1, 0, 0, None, 1_000)),
    (rewards_reads.statement_entries, (SHOP, 18, 1, 1, START_US, 1 << 60, (START_US, 1, 1), 1_000)),
    (rewards_reads.balance_before, (SHOP, 18, 1, 1, START_US)),
    (rewards_reads.events_after, (SHOP, 0, 1)),
    (rewards_reads.run_rows, (SHOP, 1, 0, 100)),
]


@pytest.mark.parametrize(("question", "asked"), QUESTIONS, ids=lambda value: getattr(value, "__name__", None))
def test_every_statement_searches(engine: Engine, question: Any, asked: tuple[Any, ...]) -> None:
    selects = _selects(engine, question, asked)
    assert selects
    for statement, parameters in selects:
        for step in _plan(engine, statement, parameters):
            assert "AUTOMATIC" not in step, (step, statement)
            if step.startswith("SCAN"):  # only what another step has already made small
                assert step.split()[1].startswith(("anon_", "(subquery")), (step, statement)
            if "TEMP B-TREE" in step:
                assert "GROUP BY" in step, (step, statement)


@pytest.mark.parametrize("kind", CHOICES, ids=lambda kind: kind.name)
def test_a_list_that_is_read_to_its_end_goes_on_from_where_it_was(engine: Engine, kind: EntityKind) -> None:
    """The index is entered at the place, not at the period's end with all above the place passed over."""
    for name in (*CHOICES[kind], "start_us"):
        asked = (SHOP, kind, replace(_only(name, 1), end_us=1 << 60), (1 << 59, 2), 20)
        (statement, parameters), *_ = _selects(engine, rewards_reads.documents_before, asked)
        (step,) = _plan(engine, statement, parameters)
        assert "(time_us,number)<(?,?)" in step, (step, statement)


def _selects(engine: Engine, question: Any, asked: tuple[Any, ...]) -> list[tuple[str, Any]]:
    """What a question sends to the database, with its parameters."""
    statements: list[tuple[str, Any]] = []

    @event.listens_for(engine, "before_cursor_execute")
    def record(_connection: Any, _cursor: Any, statement: str, parameters: Any, *_: Any) -> None:
        statements.append((statement, parameters))

    with engine.connect() as connection:
        question(connection, *asked)
    event.remove(engine, "before_cursor_execute", record)
    return [(statement, parameters) for statement, parameters in statements if statement.startswith("SELECT")]


def _plan(engine: Engine, statement: str, parameters: Any) -> list[str]:
    with engine.connect() as connection:
        return [row[3] for row in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", parameters)]
