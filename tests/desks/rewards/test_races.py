"""Clients race: a purchase has exactly one invoice whoever settles it, and of updates at one time none is lost."""

from __future__ import annotations

import asyncio
from pathlib import Path

from fondaco.core.purposes import MERCHANT_RECEIVABLE
from fondaco.core.rewards import actions as a
from fondaco.core.rewards.entities import EntityKind, Line, ReceivableState
from fondaco.desks.rewards.methods import METHODS
from tests.desks.rewards.office import Office, give, office_on
from tests.desks.rewards.shop import event, furnish_shop

ROUNDS = 1_000
SETTLE = "customer_events/purchases/apply_settlement"


async def test_a_thousand_purchases_have_a_thousand_invoices(tmp_path: Path) -> None:
    async with office_on(tmp_path, access_log=False) as office:
        await furnish_shop(office)
        line = (Line("1", "", "", 150_00),)
        await give(office.app, *(a.PurchaseCreate(1, 1, 1, 1, line) for _ in range(ROUNDS)))
        for number in range(1, ROUNDS + 1):
            one, other = await asyncio.gather(*(_settle(office, who, number) for who in ("ada", "otto")))
            assert sorted((one, other)) == ["ALREADY_SETTLED", "OK"], number
        books = office.books
        assert books.count(EntityKind.INVOICE) == ROUNDS
        invoiced = [invoice.purchase for n in range(1, ROUNDS + 1) if (invoice := books.invoice(n)) is not None]
        assert sorted(invoiced) == list(range(1, ROUNDS + 1))
        assert office.app.house.rewards.balance(1, MERCHANT_RECEIVABLE, 1, 1) == -ROUNDS * 11_25


async def _settle(office: Office, who: str, number: int) -> str:
    code: str = (await office.asks(who, SETTLE, **event(number))).envelope["status"]["code"]
    return code


async def test_updates_at_one_time_all_count(tmp_path: Path) -> None:
    merchant = {"merchant_identifier": {"code": "georgia"}}
    receivable = {"accounts_receivable_identifier": {"number": "ACR0000000001"}}
    async with office_on(tmp_path, access_log=False) as office:
        await furnish_shop(office)
        for group, days, percentage in (("one", 11, 21), ("two", 12, 22), ("three", 13, 23)):
            await asyncio.gather(
                office.does("merchants/update", **merchant, group=group),
                office.does("merchants/update", **merchant, credit_days=days),
                office.does("merchants/update", **merchant, tax_percentage=percentage),
                office.does("accounts_receivable/suspend", **receivable),
            )
            terms, account = office.books.merchants[1], office.books.receivables[1]
            assert (terms.group, terms.tax_ppm) == (group, percentage * 10_000)
            assert (account.credit_days, account.state) == (days, ReceivableState.SUSPENDED)
            await office.does("accounts_receivable/resume", **receivable)


def test_whatever_sends_a_thing_as_a_whole_runs_alone() -> None:
    alone = {path for path, method in METHODS.items() if method.alone}
    assert {path for path in METHODS if path.rpartition("/")[2] == "update"} < alone
    states = {f"accounts_receivable/{verb}" for verb in ("suspend", "resume", "terminate")}
    assert states < alone
    assert all(METHODS[path].writes for path in alone)
