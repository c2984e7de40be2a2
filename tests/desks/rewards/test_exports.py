"""Tables as CSV over HTTP: the whole of what was chosen, with the amounts that JSON tells page by page."""

from __future__ import annotations

import asyncio
import csv
import io
from decimal import Decimal
from pathlib import Path
from typing import Any

import msgspec
import pytest

from fondaco.desks.rewards import exporting
from fondaco.desks.rewards.award_methods import COLUMNS as AWARD_COLUMNS
from fondaco.desks.rewards.invoice_methods import CREDIT_NOTE_COLUMNS, INVOICE_COLUMNS
from fondaco.desks.rewards.payment_methods import COLUMNS as PAYMENT_COLUMNS
from fondaco.desks.rewards.receivable_methods import AGEING_COLUMNS
from tests.desks.rewards.furnished import furnish_everything
from tests.desks.rewards.office import Answer, Office, office_on

EXACT = msgspec.json.Decoder(float_hook=Decimal)
LISTS = {
    "invoices/list": ("invoices", INVOICE_COLUMNS),
    "credit_notes/list": ("credit_notes", CREDIT_NOTE_COLUMNS),
    "payments/list": ("payments", PAYMENT_COLUMNS),
    "reward_transactions/awards/list": ("awards", AWARD_COLUMNS),
}
FILTERS: dict[str, tuple[dict[str, Any], ...]] = {
    "invoices/list": ({"is_open": False}, {"due_from": "2020-01-01T00:00:00"}, {"life_cycle_state": "CANCELLED"}),
    "payments/list": ({"accounts_receivable_identifier": {"number": "ACR0000000001"}},),
    "reward_transactions/awards/list": ({"participant_identifier": {"code": "zorzi"}},),
}


def table(answer: Answer, name: str) -> list[list[str]]:
    assert answer.status == 200, answer.body
    assert answer.headers["Content-Type"] == "text/csv; charset=utf-8"
    assert answer.headers["Content-Disposition"] == f'attachment; filename="{name}.csv"'
    assert int(answer.headers["As-Of-Sequence"])
    return list(csv.reader(io.StringIO(answer.body.decode(), newline="")))


def cell(value: Any) -> str:
    """A value of JSON as a table has it."""
    if isinstance(value, dict):
        return str(value["code"] if "code" in value and "number" not in value else value["number"])
    return "" if value is None else str(value)


async def whole(office: Office, path: str, plural: str, **chosen: Any) -> list[Any]:
    found: list[Any] = []
    while True:
        body = (await office.asks("ada", path, number_of_results=3, offset=len(found), **chosen)).body
        page = EXACT.decode(body)["data"][plural]
        if not page:
            return found
        found += page


async def test_a_table_is_what_the_pages_of_the_list_say(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(exporting, "PAGE", 2)
    async with office_on(tmp_path) as office:
        await furnish_everything(office)
        for path, (plural, columns) in LISTS.items():
            for chosen in ({}, *FILTERS.get(path, ())):
                rows = table(await office.asks("ada", path, format="csv", number_of_results=1, **chosen), plural)
                found = await whole(office, path, plural, **chosen)
                assert rows == [list(columns), *([cell(each[name]) for name in columns] for each in found)]
                assert len(rows) > 1 + (not chosen), (path, chosen)
            nothing = await office.asks("ada", path, format="csv", **FROM_THEN_ON[path])
            assert table(nothing, plural) == [list(columns)]
            refused = (await office.asks("ada", path, format="csv", fields_set=plural)).refused
            assert refused[1::2] == ("INVALID_REQUEST", "fields_set")
            assert (await office.asks("ada", path, format="xml")).refused[1::2] == ("INVALID_REQUEST", "format")


FROM_THEN_ON = {
    "invoices/list": {"issued_from": "2100-01-01T00:00:00"},
    "credit_notes/list": {"issued_from": "2100-01-01T00:00:00"},
    "payments/list": {"received_from": "2100-01-01T00:00:00"},
    "reward_transactions/awards/list": {"posted_from": "2100-01-01T00:00:00"},
}


async def test_ageing_and_trial_balance_as_tables(tmp_path: Path) -> None:
    async with office_on(tmp_path) as office:
        await furnish_everything(office)
        rows = table(await office.asks("rita", "accounts_receivable/ageing", format="csv"), "ageing")
        aged = EXACT.decode((await office.asks("rita", "accounts_receivable/ageing")).body)["data"]
        buckets = AGEING_COLUMNS[2:-1]
        assert rows[0] == list(AGEING_COLUMNS)
        assert [row[:-1] for row in rows[1:-2]] == [
            [cell(each["accounts_receivable"]), each["currency"]["code"], *(cell(each["ageing"][b]) for b in buckets)]
            for each in reversed(aged["accounts_receivable"])
        ]
        assert all(row[-2] == row[-1] for row in rows[1:]), "the total and the ledger's balance"
        assert rows[-2:] == [
            [
                "TOTAL",
                each["currency"]["code"],
                *(cell(each["ageing"][b]) for b in buckets),
                cell(each["ledger_balance"]),
            ]
            for each in aged["totals"]
        ]
        one = {"accounts_receivable_identifier": {"number": "ACR0000000001"}}
        only = table(await office.asks("rita", "accounts_receivable/ageing", format="csv", **one), "ageing")
        assert [row[0] for row in only] == ["accounts_receivable", "ACR0000000001", "TOTAL"]

        rows = table(await office.asks("rita", "accounts/trial_balance", format="csv", offset=9), "trial_balance")
        told = EXACT.decode((await office.asks("rita", "accounts/trial_balance")).body)["data"]["trial_balances"]
        assert rows[0] == ["currency", "type", "owner_type", "debit_amount", "credit_amount"]
        meant = [
            [each["currency"]["code"], row["type"], row["owner_type"], *map(cell, list(row.values())[2:])]
            for each in told
            for row in (
                *each["accounts"],
                {"type": "TOTAL", "owner_type": "", "d": each["total_debit_amount"], "c": each["total_credit_amount"]},
            )
        ]
        assert rows[1:] == meant
        for path in ("accounts_receivable/ageing", "accounts/trial_balance"):
            refused = (await office.asks("rita", path, format="csv", fields_set="as_of")).refused
            assert refused[1::2] == ("INVALID_REQUEST", "fields_set")


async def test_a_table_is_sent_while_it_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The second page is asked for once the first has gone out, and what is posted meanwhile stays out."""
    monkeypatch.setattr(exporting, "PAGE", 1)
    async with office_on(tmp_path) as office:
        await furnish_everything(office)
        known = len(table(await office.asks("ada", "payments/list", format="csv"), "payments"))
        may_go_on, ask, asked = asyncio.Event(), office.app.history.ask, 0

        async def held(*args: Any, **kwargs: Any) -> object:
            nonlocal asked
            asked += 1
            if asked == 2:
                await may_go_on.wait()
            return await ask(*args, **kwargs)

        monkeypatch.setattr(office.app.history, "ask", held)
        body = {"token": office.tokens["ada"], "format": "csv"}
        async with office.http.post(f"{office.app.url}/rewards/payments/list", json=body) as answer:
            first = await asyncio.wait_for(answer.content.readany(), 10)
            await office.does(
                "payments/create", accounts_receivable_identifier={"number": "ACR0000000001"}, amount="0.01"
            )
            may_go_on.set()
            rest = await answer.content.read()
        assert first.count(b"\r\n") == 2, "the head and the first row"
        assert (first + rest).count(b"\r\n") == known
