"""A long statement is sent while it is read: its beginning does not wait for its end."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec

from fondaco.desks.rewards.statement import PAGE
from tests.desks.rewards.office import office_on
from tests.desks.rewards.test_runs import START, ended
from tests.simulation.programme import INVOICED_UNITS, RECEIVABLE, furnish

PAGES = 12
COUNT = PAGES * PAGE


async def test_the_first_bytes_of_a_long_statement_come_before_the_rest_is_read(tmp_path: Path) -> None:
    furnish(tmp_path, COUNT)
    async with office_on(tmp_path, access_log=False) as office:
        run = await ended(office, (await office.does(START))["number"])
        assert run["settled"] == COUNT
        await office.does("payments/create", accounts_receivable_identifier=RECEIVABLE, amount=0.01)
        questions: list[Callable[..., object]] = []
        ask = office.app.history.ask

        async def counted(question: Callable[..., object], *args: Any, **kwargs: Any) -> object:
            questions.append(question)
            return await ask(question, *args, **kwargs)

        office.app.history.ask = counted  # type: ignore[method-assign, assignment]
        body = {"token": office.tokens["ada"], "accounts_receivable_identifier": RECEIVABLE}
        async with office.http.post(f"{office.app.url}/rewards/accounts_receivable/statement", json=body) as answer:
            pieces = [await answer.content.readany()]
            asked_at_first = len(questions)
            pieces += [piece async for piece in answer.content.iter_any()]
        assert asked_at_first < PAGES / 2, f"{asked_at_first} pages had been read before a byte was sent"
        assert len(questions) > PAGES
        statement = msgspec.json.decode(b"".join(pieces))["data"]
        assert len(statement["lines"]) == COUNT + 1
        assert round(statement["closing_balance"] * 100) == COUNT * INVOICED_UNITS - 1
