"""Two clients race to settle the same purchases: each has exactly one invoice, and one of the two is told so."""

from __future__ import annotations

import asyncio
from pathlib import Path

from fondaco.core.purposes import MERCHANT_RECEIVABLE
from fondaco.core.rewards import actions as a
from fondaco.core.rewards.entities import EntityKind, Line
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
