"""A programme in a bare house, as in the document's example: 10 % of a purchase is awarded, the merchant bears 75 %."""

from __future__ import annotations

from typing import Any

import msgspec

from fondaco.core import command_records
from fondaco.core import commands as c
from fondaco.core.commands import HOUSE
from fondaco.core.events import EventKind, is_answer, kind_of
from fondaco.core.house import House
from fondaco.core.rejects import Reject
from fondaco.core.rewards import actions as a
from fondaco.core.rewards.books import Books
from fondaco.core.rewards.entities import Line, Offer, Rounding, Scheme, Unit
from fondaco.core.rewards.facts import RewardsApplied
from fondaco.desks.rewards.dates import Dates
from fondaco.desks.rewards.shown import Shown
from fondaco.desks.rewards.view import View

SECOND_US = 1_000_000
#: 2016-09-28T17:17:47, when the document's purchase was settled.
SETTLED_US = 1_475_083_067 * SECOND_US
GEORGIA = {"type": "PERSON", "first_name": "Georgia", "last_name": "Georgia"}
PROGRAMME = 1


class Rialto:
    """The house, its only programme, and commands as they would come from its desk. Contacts lie open."""

    def __init__(self) -> None:
        self.house = House()
        self.time_us = SETTLED_US
        self.do(a.ProgrammeCreate("Rialto Rewards"), programme_id=0)
        self.do(a.CurrencyPut(0, "EUR", 2, Rounding.HALF_UP, prefix_symbol="€"))
        self.do(a.MerchantPut(0, "georgia", contact(GEORGIA), 1, credit_days=4, contribution_ppm=750_000))
        self.do(a.UnitPut(Unit(0, "till", "Till 1", 1)))
        self.do(a.ParticipantPut(0, "georgia", contact(GEORGIA), 1))
        self.do(a.SchemePut(Scheme(0, "Everything")))
        self.do(a.OfferPut(Offer(0, 1, "Ten per cent", award_ppm=100_000)))

    @property
    def books(self) -> Books:
        return self.house.rewards.programmes[PROGRAMME]

    @property
    def view(self) -> View:
        return View(self.books, Dates("UTC"), lambda sealed: sealed, Shown())

    def do(self, action: a.Action, programme_id: int = PROGRAMME) -> RewardsApplied:
        outcome = self.ask(action, programme_id)
        assert isinstance(outcome, RewardsApplied), outcome
        return outcome

    def ask(self, action: a.Action, programme_id: int = PROGRAMME) -> RewardsApplied | Reject:
        """What the house makes of an action."""
        record = command_records.encode(HOUSE, c.Rewards(programme_id, 0, action))
        applied = self.house.apply(record, self.time_us)
        (row,) = [row for row in applied if is_answer(row)]
        if kind_of(row) == EventKind.REJECT:
            return Reject(row[2])
        fact = applied.facts[row[2]]
        assert isinstance(fact, RewardsApplied)
        return fact

    def purchase(self, *totals: int, unit: int = 1, reference: str = "") -> RewardsApplied:
        """One with a line for each total, in cents."""
        lines = tuple(Line(str(n), "", "", total) for n, total in enumerate(totals, 1))
        return self.do(a.PurchaseCreate(unit, 1, self.time_us, 1, lines, reference))


def contact(details: dict[str, Any]) -> bytes:
    return msgspec.json.encode(details)
