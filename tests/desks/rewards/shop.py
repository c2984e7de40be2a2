"""The document's example in a whole house: 10 % of a purchase is awarded, the merchant bears 75 %, due in 4 days."""

from __future__ import annotations

from typing import Any

from fondaco.core.rewards import actions as a
from fondaco.core.rewards.entities import Offer, Rounding, Scheme, Unit
from tests.desks.rewards.office import Office, give
from tests.desks.rewards.rialto import GEORGIA, contact

PERFORMED_ON = "2016-09-28T12:00:00"
UNIT = {"code": "till"}
PARTICIPANT = {"code": "georgia"}


async def furnish_shop(office: Office, *, tax_ppm: int = 0) -> None:
    """In the programme of the office, whose currency is EUR."""
    people = office.app.rewards.floor.people
    georgia = people.seal(people.new_person(), contact(GEORGIA))
    await give(
        office.app,
        a.CurrencyPut(0, "EUR", 2, Rounding.HALF_UP),
        a.MerchantPut(0, "georgia", georgia, 1, credit_days=4, contribution_ppm=750_000, tax_ppm=tax_ppm),
        a.UnitPut(Unit(0, "till", "Till 1", 1)),
        a.ParticipantPut(0, "georgia", georgia, 1),
        a.SchemePut(Scheme(0, "Everything")),
        a.OfferPut(Offer(0, 1, "Ten per cent", award_ppm=100_000)),
    )


def purchase(*totals: float | str, **more: object) -> dict[str, Any]:
    """The body of a purchase with a line for each total."""
    return {
        "performed_by_unit_identifier": UNIT,
        "participant_identifier": PARTICIPANT,
        "performed_on": PERFORMED_ON,
        "currency": "EUR",
        "lines": [{"total_amount": total} for total in totals],
        **more,
    }


def event(number: int | str) -> dict[str, Any]:
    return {"customer_event_identifier": {"number": str(number)}}
