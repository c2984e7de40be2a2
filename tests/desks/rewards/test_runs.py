"""Batch runs: all there is is settled once, refused rows say why, and a run goes on after the house was ended."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

from fondaco.core.purposes import MERCHANT_RECEIVABLE
from fondaco.core.rewards import actions as a
from fondaco.core.rewards.entities import EntityKind, Line, ReceivableState, Unit
from tests.desks.rewards.office import Office, give, office_on
from tests.desks.rewards.shop import event, furnish_shop
from tests.waiting import until

START = "customer_events/purchases/apply_settlements"
RECEIVABLE = {"accounts_receivable_identifier": {"number": "ACR0000000001"}}
LINE = (Line("1", "", "", 150_00),)


async def ended(office: Office, number: str) -> dict[str, Any]:
    """The run, once it has ended."""
    await until(lambda: office.books.runs[int(number)].ended_us, f"the end of run {number}")
    run: dict[str, Any] = await office.does("settlement_runs/show", settlement_run_identifier={"number": number})
    assert run["life_cycle_state"] == "ENDED"
    return run


async def test_a_run_settles_what_can_be_and_tells_of_each(tmp_path: Path) -> None:
    async with office_on(tmp_path, access_log=False) as office:
        await furnish_shop(office)
        await give(
            office.app,
            a.MerchantPut(0, "closed", b"", 1, contribution_ppm=500_000),
            a.UnitPut(Unit(0, "shut", "Shut", 2)),
            *(a.PurchaseCreate(1, 1, 1, 1, LINE) for _ in range(40)),
            a.PurchaseCreate(2, 1, 1, 1, LINE),
            a.PurchaseCancel(7),
            a.SettlementApply(9),
        )
        receivable = office.books.merchants[2].receivable
        await give(office.app, a.ReceivablePut(receivable, 4, ReceivableState.SUSPENDED))
        run = await ended(office, (await office.does(START))["number"])
        assert (run["settled"], run["refused"], run["passed_over"], run["progress_percentage"]) == (38, 1, 0, 100)

        rows = await office.does("settlement_runs/rows", settlement_run_identifier={"id": run["id"]})
        numbers = [row["purchase"]["number"] for row in rows["rows"]]
        assert numbers == [str(n) for n in range(1, 42) if n not in (7, 9)]
        assert (rows["rows"][0]["outcome"], rows["rows"][0]["invoice"]["number"]) == ("SETTLED", "I00000002")
        refused = await office.does(
            "settlement_runs/rows", settlement_run_identifier={"id": run["id"]}, only_refused=True
        )
        (row,) = refused["rows"]
        assert (row["purchase"]["number"], row["outcome"], row["code"]) == ("41", "REFUSED", "INVALID_STATE")
        assert "SUSPENDED" in row["message"]
        page = await office.does(
            "settlement_runs/rows", settlement_run_identifier={"id": run["id"]}, number_of_results=2
        )
        again = await office.does(
            "settlement_runs/rows",
            settlement_run_identifier={"id": run["id"]},
            number_of_results=2,
            after=page["next_after"],
        )
        assert [row["purchase"]["number"] for row in again["rows"]] == ["3", "4"]

        await give(office.app, a.ReceivablePut(receivable, 4, ReceivableState.ACTIVE))
        second = await ended(office, (await office.does(START))["number"])
        assert (second["settled"], second["refused"]) == (1, 0)
        listed = await office.does("settlement_runs/list")
        assert [each["number"] for each in listed["settlement_runs"]] == ["2", "1"]


async def test_rows_and_statement_are_whole_for_who_wrote_nothing(tmp_path: Path) -> None:
    count = 3_000
    async with office_on(tmp_path, access_log=False) as office:
        await furnish_shop(office)
        await give(office.app, *(a.PurchaseCreate(1, 1, 1, 1, LINE) for _ in range(count)))
        number = (await office.does(START))["number"]
        await until(lambda: office.books.runs[int(number)].ended_us, "the end of the run")
        # History is behind the run's steps, and none of them is a write of these tokens.
        told, statement = await asyncio.gather(
            _all_rows(office, number), office.asks("otto", "accounts_receivable/statement", **RECEIVABLE)
        )
        assert len(told) == len(set(told)) == count
        assert len(statement.data["lines"]) == count


async def _all_rows(office: Office, number: str) -> list[str]:
    """The purchases that a reader is told of, page after page."""
    told: list[str] = []
    place: dict[str, str] = {}
    while True:
        run = {"settlement_run_identifier": {"number": number}}
        page = (await office.asks("rita", "settlement_runs/rows", **run, number_of_results=1_000, **place)).data
        told += [row["purchase"]["number"] for row in page["rows"]]
        if page["next_after"] is None:
            return told
        place = {"after": page["next_after"]}


async def test_rows_of_an_open_run_always_say_where_to_go_on(tmp_path: Path) -> None:
    async with office_on(tmp_path, access_log=False) as office:
        await furnish_shop(office)
        await give(
            office.app,
            *(a.PurchaseCreate(1, 1, 1, 1, LINE) for _ in range(3)),
            a.SettlementRunStart(),  # nobody drives it: it stays open
        )

        async def rows(**more: object) -> tuple[list[str], str | None]:
            run = {"settlement_run_identifier": {"number": "1"}}
            told = await office.does("settlement_runs/rows", **run, **more)
            return [row["purchase"]["number"] for row in told["rows"]], told["next_after"]

        history = office.app.history
        await history.wait_for(office.app.runtime.durable_seq)
        assert await rows() == ([], "0")
        await give(office.app, a.SettlementRunStep(1, 2))
        await history.wait_for(office.app.runtime.durable_seq)
        assert await rows(after="0") == (["1", "2"], "2")
        assert await rows(after="2") == ([], "2")
        await give(office.app, a.SettlementRunStep(1, 1))
        assert await rows(after="2") == (["3"], None)


async def test_a_run_of_one_merchant_passes_over_the_others(tmp_path: Path) -> None:
    async with office_on(tmp_path, access_log=False) as office:
        await furnish_shop(office)
        await give(
            office.app,
            a.MerchantPut(0, "other", b"", 1),
            a.UnitPut(Unit(0, "else", "Elsewhere", 2)),
            *(a.PurchaseCreate(1 + n % 2, 1, 1 + n, 1, LINE) for n in range(10)),
        )
        start = await office.does(START, merchant_identifier={"code": "other"})
        run = await ended(office, start["number"])
        assert (run["settled"], run["passed_over"], run["merchant"]["number"]) == (5, 5, "M0000000002")


async def test_a_run_goes_on_after_a_restart_and_settles_each_purchase_once(tmp_path: Path) -> None:
    count = 6_000
    async with office_on(tmp_path, access_log=False) as office:
        await furnish_shop(office)
        await give(office.app, *(a.PurchaseCreate(1, 1, 1, 1, LINE) for _ in range(count)))
        number = (await office.does(START))["number"]
        await until(lambda: office.books.count(EntityKind.INVOICE), "the first invoice of the run")
    # The house was ended in the middle of the run.
    async with office_on(tmp_path, access_log=False) as office:
        assert 0 < office.books.count(EntityKind.INVOICE) < count
        run = await ended(office, number)
        assert (run["settled"], run["refused"]) == (count, 0)
        invoices = [office.books.invoice(n) for n in range(1, count + 1)]
        assert sorted(invoice.purchase for invoice in invoices if invoice) == list(range(1, count + 1))
        assert office.app.house.rewards.balance(1, MERCHANT_RECEIVABLE, 1, 1) == -count * 11_25
        assert (await office.asks("ada", "customer_events/purchases/apply_settlement", **event(5))).refused[1] == (
            "ALREADY_SETTLED"
        )
