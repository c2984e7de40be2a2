"""The trial balance over HTTP: both sides are the same, and each row is what the ledger's accounts add up to."""

from __future__ import annotations

import re
from collections import Counter
from decimal import Decimal
from pathlib import Path
from typing import Any

import msgspec

from fondaco.core import purposes
from fondaco.desks.rewards.account_methods import TYPES
from tests.desks.rewards.furnished import furnish_everything
from tests.desks.rewards.office import Answer, Office, office_on

PAGE = Path(__file__).parents[3] / "docs" / "reference" / "rewards" / "accounts.md"
EXACT = msgspec.json.Decoder(float_hook=Decimal)


def rows(answer: Answer) -> dict[str, dict[str, Decimal]]:
    """By currency and type, credit positive. The two sides are the same, and no row is on both."""
    found: dict[str, dict[str, Decimal]] = {}
    assert answer.status == 200
    for each in EXACT.decode(answer.body)["data"]["trial_balances"]:
        units = {row["type"]: Decimal(row["credit_amount"]) - Decimal(row["debit_amount"]) for row in each["accounts"]}
        assert all(not row["credit_amount"] or not row["debit_amount"] for row in each["accounts"])
        assert sum(units.values()) == 0
        credit = sum(amount for amount in units.values() if amount > 0)
        assert each["total_debit_amount"] == each["total_credit_amount"] == credit
        found[each["currency"]["code"]] = units
    return found


def added_up(office: Office) -> dict[str, dict[str, Decimal]]:
    """The same, account by account of the ledger."""
    books, rewards = office.books, office.app.house.rewards
    totals: Counter[tuple[int, int]] = Counter()
    for purpose, (_, owner_type) in TYPES.items():
        if owner_type == "PROGRAMME":
            totals.update({(number, purpose): rewards.balance(1, purpose, 0, number) for number in books.currencies})
    for number, receivable in books.receivables.items():
        balance = rewards.balance(1, purposes.MERCHANT_RECEIVABLE, number, receivable.currency)
        totals[receivable.currency, purposes.MERCHANT_RECEIVABLE] += balance
    for number, participant in books.participants.items():
        for purpose in (purposes.PARTICIPANT_REWARD, purposes.PARTICIPANT_DEBT):
            totals[participant.currency, purpose] += rewards.balance(1, purpose, number, participant.currency)
    return {
        currency.code: {
            type_: Decimal(totals[number, purpose]).scaleb(-currency.asset_digits)
            for purpose, (type_, _) in TYPES.items()
        }
        for number, currency in books.currencies.items()
    }


async def test_both_sides_are_the_ledgers(tmp_path: Path) -> None:
    async with office_on(tmp_path) as office:
        await furnish_everything(office)
        found = rows(await office.asks("rita", "accounts/trial_balance"))
        assert list(found) == ["DUCAT", "POINT", "EUR"], "newest first"
        assert found == added_up(office)
        told = {type_ for units in found.values() for type_, amount in units.items() if amount}
        assert told >= {"PROGRAMME_CASH", "MERCHANT_RECEIVABLE", "PARTICIPANT_REWARD", "SPEND_PAYABLE", "BAD_DEBT"}
        one: Any = await office.does("accounts/trial_balance", currency_identifier={"code": "EUR"})
        paged = await office.does("accounts/trial_balance", offset=2)
        assert one["trial_balances"] == paged["trial_balances"]
        missing = await office.asks("rita", "accounts/trial_balance", currency_identifier={"code": "LIRA"})
        assert missing.refused[1::2] == ("NOT_FOUND", "currency_identifier.code")
    async with office_on(tmp_path) as office:
        assert rows(await office.asks("rita", "accounts/trial_balance")) == found == added_up(office)


def test_the_page_lists_every_type() -> None:
    listed = re.findall(r"^\| (`.*`) \| `([A-Z]+)` \|", PAGE.read_text(), re.MULTILINE)
    found = [(type_, owner) for types, owner in listed for type_ in re.findall("`([A-Z_]+)`", types)]
    assert found == list(TYPES.values())
