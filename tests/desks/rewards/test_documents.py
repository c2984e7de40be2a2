"""A programme over HTTP: the document's example, from the purchase to the last cent of the statement, and refusals."""

from __future__ import annotations

import csv
import io
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

from fondaco.core.purposes import CLAWBACK_LOSS, PARTICIPANT_DEBT, PARTICIPANT_REWARD
from fondaco.core.rewards import actions as a
from fondaco.core.rewards.entities import Clawback, EntityKind, ReceivableState
from tests.desks.rewards.office import Office, give, office_on
from tests.desks.rewards.shapes import differences
from tests.desks.rewards.shop import PARTICIPANT, event, furnish_shop, purchase

SAMPLE = msgspec.json.decode((Path(__file__).parents[2] / "vectors" / "rewards.json").read_bytes())
BUY, CANCEL = "customer_events/purchases/create", "customer_events/purchases/cancel"
SETTLE, PREVIEW = "customer_events/purchases/apply_settlement", "customer_events/purchases/preview_settlement"
RECEIVABLE = {"accounts_receivable_identifier": {"number": "ACR0000000001"}}


@pytest.fixture
async def shop(tmp_path: Path) -> AsyncIterator[Office]:
    async with office_on(tmp_path) as office:
        await furnish_shop(office)
        yield office


async def test_the_documents_example(shop: Office) -> None:
    await shop.does(BUY, **purchase(150))
    previewed = await shop.does(PREVIEW, **event(1))
    settled = await shop.does(SETTLE, **event(1))
    assert differences(SAMPLE["response"]["data"], settled) == []
    assert (settled["total_awarded_amount"], settled["total_contribution_amount"]) == (15, 11.25)
    for moment in ("issued_on", "posted_on", "due_on"):  # a second may have begun between the two
        previewed["invoice"][moment] = settled["invoice"][moment]
    assert previewed == settled


async def test_a_preview_changes_nothing(shop: Office) -> None:
    await shop.does(BUY, **purchase(150))
    before = shop.app.house.dump()
    await shop.does(PREVIEW, **event(1))
    assert shop.app.house.dump() == before


async def test_the_worked_settlement_to_the_last_cent(shop: Office) -> None:
    """As docs/concepts/settlement.md tells it."""
    await shop.does(BUY, **purchase(100, 50))
    await shop.does(SETTLE, **event(1))
    paid = await shop.does("payments/create", amount=11.25, **RECEIVABLE)
    assert paid["unallocated_amount"] == 0
    cancelled = await shop.does(CANCEL, lines=[{"line_id": "2"}], **event(1))
    assert (cancelled["credit_note"]["total_amount"], cancelled["credit_note"]["unallocated_amount"]) == (3.75, 3.75)
    await shop.does(BUY, **purchase(30))
    second = await shop.does(SETTLE, **event(2))
    assert (second["invoice"]["total_amount"], second["invoice"]["unsettled_amount"]) == (2.25, 0)
    await shop.does("payments/refund", amount="1.5", **RECEIVABLE)

    statement = await shop.does("accounts_receivable/statement", **RECEIVABLE)
    lines = [
        (line["document"]["number"], line["debit_amount"], line["credit_amount"], line["balance_amount"])
        for line in statement["lines"]
    ]
    assert lines == [
        ("I00000001", 11.25, 0, 11.25),
        ("P00000001", 0, 11.25, 0),
        ("CN00000001", 0, 3.75, -3.75),
        ("I00000002", 2.25, 0, -1.5),
        ("P00000002", 1.5, 0, 0),
    ]
    assert (statement["opening_balance"], statement["closing_balance"]) == (0, 0)
    shown = await shop.does("accounts_receivable/show", **RECEIVABLE)
    assert shown["balance_amount"] == 0
    note = await shop.does("credit_notes/show", credit_note_identifier={"number": "CN00000001"})
    assert [(each["invoice"]["number"], each["amount"]) for each in note["allocations"]] == [("I00000002", 2.25)]


async def test_a_statement_of_a_period_and_as_csv(shop: Office) -> None:
    for total in (100, 10):
        number = (await shop.does(BUY, **purchase(total)))["number"]
        await shop.does(SETTLE, **event(number))
    answer = await shop.asks("ada", "accounts_receivable/statement", format="csv", **RECEIVABLE)
    assert answer.headers["Content-Type"].startswith("text/csv")
    rows = list(csv.reader(io.StringIO(answer.body.decode())))
    assert [row[1:] for row in rows] == [
        ["type", "document", "debit_amount", "credit_amount", "balance_amount"],
        ["OPENING_BALANCE", "", "", "", "0"],
        ["INVOICE", "I00000001", "7.5", "0", "7.5"],
        ["INVOICE", "I00000002", "0.75", "0", "8.25"],
        ["CLOSING_BALANCE", "", "", "", "8.25"],
    ]
    after = await shop.does("accounts_receivable/statement", from_date="2100-01-01T00:00:00",
                            to_date="2101-01-01T00:00:00", **RECEIVABLE)  # fmt: skip
    assert (after["opening_balance"], after["lines"], after["closing_balance"]) == (8.25, [], 8.25)
    only = await shop.does("accounts_receivable/statement", fields_set="lines.balance_amount", **RECEIVABLE)
    assert only == {"lines": [{"balance_amount": 7.5}, {"balance_amount": 8.25}]}
    only = await shop.does("accounts_receivable/statement", fields_set="closing_balance", **RECEIVABLE)
    assert only == {"closing_balance": 8.25}


async def test_ageing_equals_the_ledger(shop: Office) -> None:
    for total in (100, 10):
        await shop.does(SETTLE, **event((await shop.does(BUY, **purchase(total)))["number"]))
    await shop.does("payments/create", amount=20, **RECEIVABLE)
    aged = await shop.does("accounts_receivable/ageing")
    (total,) = aged["totals"]
    assert (total["ageing"]["not_due"], total["ageing"]["unallocated_credit"]) == (0, 11.75)
    assert total["ageing"]["total_amount"] == total["ledger_balance"] == -11.75
    one = await shop.does("accounts_receivable/ageing", **RECEIVABLE)
    assert one["totals"] == aged["totals"]
    assert aged["accounts_receivable"] == one["accounts_receivable"]


async def test_a_payment_is_undone_exactly(shop: Office) -> None:
    await shop.does(BUY, **purchase(150))
    await shop.does(SETTLE, **event(1))
    payment = await shop.does("payments/create", amount=10, invoice_identifier={"number": "I00000001"}, **RECEIVABLE)
    shown = await shop.does("invoices/show", invoice_identifier={"number": "I00000001"})
    assert shown["unsettled_amount"] == 1.25
    cancelled = await shop.does("payments/cancel", payment_identifier={"id": payment["id"]})
    assert cancelled["life_cycle_state"] == "CANCELLED"
    shown = await shop.does("invoices/show", invoice_identifier={"number": "I00000001"})
    assert shown["unsettled_amount"] == 11.25


async def test_an_invoice_is_credited_once_and_its_purchase_stays_settled(shop: Office) -> None:
    await shop.does(BUY, **purchase(150))
    await shop.does(SETTLE, **event(1))
    invoice = {"invoice_identifier": {"number": "I00000001"}}
    cancelled = await shop.does("invoices/cancel", **invoice)
    assert (cancelled["invoice"]["life_cycle_state"], cancelled["credit_note"]["total_amount"]) == ("CANCELLED", 11.25)
    assert (await shop.asks("ada", "invoices/cancel", **invoice)).refused[:2] == (409, "INVALID_STATE")
    assert (await shop.asks("ada", SETTLE, **event(1))).refused[:2] == (409, "ALREADY_SETTLED")


async def test_rewards_are_spent_and_given_back(shop: Office) -> None:
    await shop.does(BUY, **purchase(150))
    spend = await shop.does("reward_transactions/spends/create", participant_identifier=PARTICIPANT, amount=12)
    assert (spend["amount"], spend["rewards_participant"]["number"]) == (12, "RP0000000001")
    too_much = await shop.asks(
        "ada", "reward_transactions/spends/create", participant_identifier=PARTICIPANT, amount=3.01
    )
    assert too_much.refused[:3] == (
        409, "INVALID_STATE", "the participant has 3 EUR of rewards and 3.01 EUR was asked; spend less"
    )  # fmt: skip
    refused = await shop.asks("ada", CANCEL, **event(1))
    assert refused.refused[:2] == (409, "INVALID_STATE")
    await shop.does("reward_transactions/spends/cancel", spend_identifier={"number": spend["number"]})
    cancelled = await shop.does(CANCEL, **event(1))
    assert [award["life_cycle_state"] for award in cancelled["award_transactions_set"]] == ["CANCELLED"]
    assert cancelled["credit_note"] is None


async def test_lists_choose_and_turn_pages(shop: Office) -> None:
    for n in range(3):
        await shop.does(BUY, **purchase(10 + n, reference_number=f"till-{n}"))
    await shop.does(SETTLE, **event(2))
    await shop.does(CANCEL, **event(3))

    async def numbers(path: str, plural: str, **chosen: object) -> list[str]:
        answer = await shop.does(path, **chosen)
        assert answer["number_of_results"] == len(answer[plural])
        return [each["number"] for each in answer[plural]]

    buys = "customer_events/purchases/list"
    assert await numbers(buys, "purchases") == ["3", "2", "1"]
    assert await numbers(buys, "purchases", number_of_results=1, offset=1) == ["2"]
    assert await numbers(buys, "purchases", is_settled=True) == ["2"]
    assert await numbers(buys, "purchases", life_cycle_state="CANCELLED") == ["3"]
    assert await numbers(buys, "purchases", performed_from="2017-01-01T00:00:00") == []
    assert await numbers(buys, "purchases", merchant_identifier={"code": "georgia"}, is_settled=False) == ["3", "1"]
    awards = "reward_transactions/awards/list"
    assert await numbers(awards, "awards", customer_event_identifier={"reference_number": "till-1"}) == ["2"]
    assert await numbers("invoices/list", "invoices", is_open=True, **RECEIVABLE) == ["I00000001"]
    assert await numbers("credit_notes/list", "credit_notes") == []
    assert await numbers("payments/list", "payments", **RECEIVABLE) == []
    assert await numbers("reward_transactions/spends/list", "spends", participant_identifier=PARTICIPANT) == []
    everyone = ["ACR0000000002", "ACR0000000001"]
    assert await numbers("accounts_receivable/list", "accounts_receivable") == everyone
    assert await numbers("accounts_receivable/list", "accounts_receivable", owner_type="MERCHANT") == everyone[1:]


SHAPES: list[tuple[str, dict[str, Any], str, str]] = [
    (BUY, purchase("10.005"), "INVALID_REQUEST", "lines[0].total_amount"),
    (BUY, purchase(-1), "INVALID_REQUEST", "lines[0].total_amount"),
    (BUY, purchase(), "INVALID_REQUEST", "lines"),
    (BUY, purchase(1, performed_on="yesterday"), "INVALID_REQUEST", "performed_on"),
    (BUY, purchase(1, performed_on="2016-13-28T12:00:00"), "INVALID_REQUEST", "performed_on"),
    (BUY, purchase(1, currency="USD"), "NOT_FOUND", "currency"),
    (BUY, purchase(1, colour="red"), "INVALID_REQUEST", "colour"),
    (BUY, purchase(1, performed_by_unit_identifier={"code": "attic"}), "NOT_FOUND",
     "performed_by_unit_identifier.code"),
    (BUY, purchase(lines=[{"quantity": 2}]), "INVALID_REQUEST", "lines[0].total_amount"),
    (BUY, purchase(lines=[{"quantity": 0.1, "unit_price": 0.25}]), "INVALID_REQUEST", "lines[0].unit_price"),
    (BUY, purchase(lines=[{"line_id": "a", "total_amount": 1}] * 2), "INVALID_REQUEST", "lines[1].line_id"),
    (SETTLE, event(99), "NOT_FOUND", "customer_event_identifier.number"),
    (SETTLE, event("0001"), "NOT_FOUND", "customer_event_identifier.number"),
    (SETTLE, {}, "MISSING_PARAMETER", "customer_event_identifier"),
    (SETTLE, {"customer_event_identifier": {}}, "INVALID_REQUEST", "customer_event_identifier"),
    (CANCEL, {**event(1), "lines": [{"line_id": "9"}]}, "NOT_FOUND", "lines"),
    ("payments/create", {**RECEIVABLE, "amount": 0}, "INVALID_REQUEST", "amount"),
    ("payments/refund", {**RECEIVABLE, "amount": 1}, "INVALID_STATE", "amount"),
    ("invoices/show", {"invoice_identifier": {"id": "0" * 32}}, "NOT_FOUND", "invoice_identifier.id"),
    ("accounts_receivable/statement", {**RECEIVABLE, "format": "csv", "fields_set": "lines"}, "INVALID_REQUEST",
     "fields_set"),
    ("accounts_receivable/statement",
     {**RECEIVABLE, "from_date": "2020-01-01T00:00:00", "to_date": "2020-01-01T00:00:00"}, "INVALID_REQUEST",
     "to_date"),
    ("settlement_runs/show", {"settlement_run_identifier": {"number": "1"}}, "NOT_FOUND",
     "settlement_run_identifier.number"),
]  # fmt: skip


async def test_refusals_name_the_field_or_rule(shop: Office) -> None:
    await shop.does(BUY, **purchase(10))
    for path, body, code, field in SHAPES:
        refused = (await shop.asks("ada", path, **body)).refused
        assert (refused[1], refused[3]) == (code, field), (path, body, refused)
    kinds = (EntityKind.PURCHASE, EntityKind.AWARD, EntityKind.INVOICE, EntityKind.CREDIT_NOTE, EntityKind.PAYMENT)
    assert [shop.books.count(kind) for kind in kinds] == [1, 1, 0, 0, 0]


async def test_the_ids_of_others_are_not_found(shop: Office) -> None:
    bought = await shop.does(BUY, **purchase(150))
    award = bought["award_transactions_set"][0]["id"]
    wrong = await shop.asks("ada", SETTLE, customer_event_identifier={"id": award})
    assert wrong.refused[:2] == (409, "WRONG_EVENT_TYPE")
    stranger = await shop.token("ada", "Another")
    for path in (SETTLE, PREVIEW, "customer_events/purchases/show"):
        body = {"token": stranger, "customer_event_identifier": {"id": bought["id"]}}
        assert (await shop.send(path, body)).refused[:2] == (404, "NOT_FOUND")
    assert (await shop.send("reward_transactions/awards/show",
                            {"token": stranger, "award_identifier": {"id": award}})).refused[0] == 404  # fmt: skip


async def test_what_cannot_be_settled(shop: Office) -> None:
    await shop.does(BUY, **purchase(150))
    await shop.does(BUY, **purchase(150))
    await shop.does(CANCEL, **event(2))
    await give(shop.app, a.ReceivablePut(1, 4, ReceivableState.SUSPENDED))
    for path in (SETTLE, PREVIEW):
        assert (await shop.asks("ada", path, **event(1))).refused[:2] == (409, "INVALID_STATE")
        assert (await shop.asks("ada", path, **event(2))).refused[:2] == (409, "INVALID_STATE")
    assert (await shop.asks("rita", SETTLE, **event(1))).refused[:2] == (403, "ACCESS_DENIED")
    await give(shop.app, a.ReceivablePut(1, 4, ReceivableState.ACTIVE))
    await shop.does(SETTLE, **event(1))
    for path in (SETTLE, PREVIEW):
        assert (await shop.asks("ada", path, **event(1))).refused[:2] == (409, "ALREADY_SETTLED")


@pytest.mark.parametrize(
    ("policy", "bearer"), [(Clawback.ALLOW_DEBT, (PARTICIPANT_DEBT, 1)), (Clawback.FORGIVE, (CLAWBACK_LOSS, 0))]
)
async def test_a_spent_reward_is_owed_or_forgiven_by_policy(
    shop: Office, policy: Clawback, bearer: tuple[int, int]
) -> None:
    await give(shop.app, a.ProgrammeUpdate(policy))
    await shop.does(BUY, **purchase(100))
    await shop.does("reward_transactions/spends/create", participant_identifier=PARTICIPANT, amount="8.5")
    cancelled = await shop.does(CANCEL, **event(1))
    assert cancelled["purchase"]["life_cycle_state"] == "CANCELLED"
    rewards = shop.app.house.rewards
    assert (rewards.balance(1, PARTICIPANT_REWARD, 1, 1), rewards.balance(1, *bearer, 1)) == (0, -8_50)


async def test_a_repeat_gets_the_first_answer_also_after_a_restart(tmp_path: Path) -> None:
    async with office_on(tmp_path) as office:
        await furnish_shop(office)
        bought = await office.asks("ada", BUY, "buy-1", **purchase(150))
        assert (await office.asks("ada", BUY, "buy-1", **purchase(150))).body == bought.body
        settled = await office.asks("ada", SETTLE, "settle-1", **event(1))
        await office.does("payments/create", amount=11.25, **RECEIVABLE)
    async with office_on(tmp_path) as office:
        assert (await office.asks("ada", BUY, "buy-1", **purchase(150))).body == bought.body
        assert (await office.asks("ada", SETTLE, "settle-1", **event(1))).body == settled.body
        assert (await office.asks("ada", SETTLE, "settle-1", **event(2))).refused[0] in (404, 409)
        await office.does(BUY, **purchase(10))
        assert (await office.asks("ada", SETTLE, "settle-1", **event(2))).refused[:2] == (409, "CONFLICT")
        assert office.books.count(EntityKind.INVOICE) == 1
