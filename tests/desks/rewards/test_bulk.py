"""Purchases by the bulk: each row for itself, and each row once."""

from __future__ import annotations

from pathlib import Path

from fondaco.core.rewards.entities import EntityKind
from tests.desks.rewards.office import office_on
from tests.desks.rewards.shop import furnish_shop, purchase

BULK = "customer_events/bulk/purchases/create"


async def test_rows_stand_for_themselves_and_come_once(tmp_path: Path) -> None:
    async with office_on(tmp_path, access_log=False) as office:
        await furnish_shop(office)
        rows = [purchase(10 + n, request_id=f"row-{n}") for n in range(120)]
        rows[5] = purchase("1.005", request_id="row-5")
        rows[7] = purchase(1, request_id="row-7", currency="XXX")
        rows[9] = purchase(1, request_id="row-9", reference_number="twice")
        rows[11] = purchase(1, request_id="row-11", reference_number="twice")
        first = await office.does(BULK, purchases=rows)
        refused = [(row["request_id"], row["code"], row["description"]) for row in first["unprocessed"]]
        assert refused == [
            ("row-5", "INVALID_REQUEST", "purchases[5].lines[0].total_amount"),
            ("row-7", "NOT_FOUND", "purchases[7].currency"),
            ("row-11", "CONFLICT", "reference_number"),
        ]
        assert [row["purchase"]["number"] for row in first["processed"]] == [str(n) for n in range(1, 118)]
        assert all(len(row["award_transactions_set"]) == 1 for row in first["processed"])
        assert await office.does(BULK, purchases=rows) == first
    async with office_on(tmp_path, access_log=False) as office:
        assert await office.does(BULK, purchases=rows) == first
        changed = await office.does(BULK, purchases=[purchase(1, request_id="row-1")])
        assert [row["code"] for row in changed["unprocessed"]] == ["CONFLICT"]
        assert office.books.count(EntityKind.PURCHASE) == 117


async def test_a_thousand_rows_are_taken_and_no_more(tmp_path: Path) -> None:
    async with office_on(tmp_path, access_log=False) as office:
        await furnish_shop(office)
        rows = [purchase(10, request_id=str(n)) for n in range(1_000)]
        assert len((await office.does(BULK, purchases=rows))["processed"]) == 1_000
        too_many = [*rows, purchase(10, request_id="more")]
        assert (await office.asks("ada", BULK, purchases=too_many)).refused[3] == "purchases"
        twice = [rows[0], rows[1], rows[0]]
        assert (await office.asks("ada", BULK, purchases=twice)).refused[3] == "purchases[2].request_id"
