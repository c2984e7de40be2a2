"""docs/concepts/settlement.md: its entries and its statement are those of a house that does what the page tells."""

from __future__ import annotations

import re
from pathlib import Path

from fondaco.core import purposes
from fondaco.core.rewards import actions as a
from fondaco.core.rewards.entities import EntityKind
from fondaco.core.rewards.facts import RewardsApplied
from fondaco.desks.rewards.identifiers import number_text
from tests.desks.rewards.rialto import Rialto

PAGE = (Path(__file__).parents[3] / "docs" / "concepts" / "settlement.md").read_text()
NAMES = {value: name.lower() for name, value in vars(purposes).items() if isinstance(value, int)}


def table(heading: str) -> list[list[str]]:
    """The rows of the first table under a heading, without its head."""
    section = PAGE.partition(f"## {heading}\n")[2]
    rows = re.search(r"(?:^\|.*\n)+", section, re.MULTILINE)
    assert rows is not None
    return [[cell.strip(" `") for cell in row.strip("|").split("|")] for row in rows[0].splitlines()[2:]]


def steps(rialto: Rialto) -> list[RewardsApplied]:
    return [
        rialto.purchase(100_00, 50_00),
        rialto.do(a.SettlementApply(1)),
        rialto.do(a.PaymentCreate(1, 11_25)),
        rialto.do(a.PurchaseCancel(1, ("2",))),
        rialto.purchase(30_00),
        rialto.do(a.SettlementApply(2)),
        rialto.do(a.PaymentRefund(1, 1_50)),
    ]


def test_the_entries_are_those_of_the_page() -> None:
    posted = [
        [str(step), NAMES[entry.debit_purpose], NAMES[entry.credit_purpose], f"{entry.units / 100:.2f}"]
        for step, fact in enumerate(steps(Rialto()), 1)
        for entry in fact.entries
    ]
    assert posted == table("The example")


def test_the_statement_is_that_of_the_page() -> None:
    lines = [["opening balance", "", "", "0.00"]]
    for fact in steps(Rialto()):
        for entry in fact.entries:
            document, amount = number_text(EntityKind(entry.kind), entry.document), f"{entry.units / 100:.2f}"
            if entry.debit_purpose == purposes.MERCHANT_RECEIVABLE:
                lines.append([document, amount, "", f"{-entry.debit_balance_units / 100:.2f}"])
            elif entry.credit_purpose == purposes.MERCHANT_RECEIVABLE:
                lines.append([document, "", amount, f"{-entry.credit_balance_units / 100:.2f}"])
    lines.append(["closing balance", "", "", "0.00"])
    assert [[cell.replace("-0.00", "0.00") for cell in line] for line in lines] == table("The merchant's statement")


def test_every_account_of_a_programme_is_on_the_page() -> None:
    named = [row[0] for row in table("The accounts")]
    assert sorted(named) == sorted(NAMES[value] for value in NAMES if value >= purposes.REWARD_COST)
