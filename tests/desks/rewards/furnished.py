"""A programme with something of everything, set up over HTTP as its admin would: what strangers may knock against."""

from __future__ import annotations

from typing import Any, Final

from tests.desks.rewards.office import Office

PERFORMED_ON: Final = "2016-09-28T12:00:00"
PURCHASES: Final = 12
RATES: Final = (
    *(("EUR", "POINT", 100), ("POINT", "EUR", "0.01")),
    *(("DUCAT", "EUR", 2.5), ("EUR", "DUCAT", "0.4"), ("POINT", "DUCAT", "0.004")),
)
PERSON: Final = {"first_name": "Georgia", "demographics": {"gender": "FEMALE", "date_of_birth": {"year": 1980}}}
COMPANY: Final = {"type": "COMPANY", "company_name": "Mercato", "company_profile": {"annual_turnover": 1.5}}


async def furnish_everything(office: Office, name: str = "Georgia") -> None:
    """Three currencies and their rates, merchants, participants, purchases in every state, money in and out.

    ``name`` is in whatever has one, so that it shows where it is told.
    """
    person = {**PERSON, "first_name": name}
    for code, digits in (("EUR", 2), ("POINT", 0), ("DUCAT", 4)):
        await office.does("currencies/create", code=code, digits=digits)
    for code, other, rate in RATES:
        await office.does(
            "currency_rates/create", currency=code, to_currency=other, rate=rate, from_date="2010-01-01T00:00:00"
        )
    for code, currency, contact in (("mercato", "EUR", COMPANY), ("bottega", "DUCAT", person)):
        await office.does(
            "merchants/create", code=code, currency=currency, contact_information=contact, tax_percentage=22, group="g"
        )
        await office.does(
            "units/create", code=f"till-{code}", name=f"Till of {name}", merchant_identifier={"code": code}
        )
    await office.does("units/create", code="stall", name="A stall without a merchant")
    for code, currency in (("georgia", "EUR"), ("zorzi", "POINT")):
        await office.does(
            "participants/create",
            code=code,
            currency=currency,
            alternative_currency="POINT",
            contact_information=person,
        )
    await office.does("schemes/create", name=f"All of {name}", reward_days=36_500)
    scheme = {"number": "1"}
    await office.does("offers/create", name="Ten per cent", scheme_identifier=scheme, award_percentage=10)
    await office.does(
        "offers/create", name="Fifty cents", scheme_identifier=scheme, award_amount="0.50", currency="EUR", group="g"
    )
    await office.does("contribution_rules/create", contribution_percentage="62.5", offer_identifier={"number": "2"})
    await office.does("operators/create", username="spare", password="a spare password", role="READ")
    await office.does("web_api_keys/create", username="spare", label=name)
    await office.does("webhooks/create", url="http://127.0.0.1:9/", events=["invoice.posted"])
    await office.does("webhooks/update", webhook_identifier={"number": "1"}, active=False)
    await _trade(office)


async def _trade(office: Office) -> None:
    for n in range(1, PURCHASES + 1):
        await office.does("customer_events/purchases/create", **purchase(n))
    for n in range(1, PURCHASES // 2):
        await office.does("customer_events/purchases/apply_settlement", **event(n))
    await office.does("customer_events/purchases/cancel", **event(1), lines=[{"line_id": "1"}])
    await office.does("customer_events/purchases/cancel", **event(PURCHASES))
    await office.does("invoices/cancel", invoice_identifier={"number": "I00000002"})
    await office.does("payments/create", accounts_receivable_identifier=RECEIVABLE, amount=500)
    await office.does("payments/refund", accounts_receivable_identifier=RECEIVABLE, amount="1.25")
    await office.does("reward_transactions/spends/create", participant_identifier={"code": "georgia"}, amount=3)
    await office.does("accounts_receivable/write_off", accounts_receivable_identifier={"number": "ACR0000000002"})


RECEIVABLE: Final = {"number": "ACR0000000001"}


def purchase(n: int) -> dict[str, Any]:
    """The ``n``-th, from 1: of either participant, at any unit."""
    return {
        "performed_by_unit_identifier": {"code": ("till-mercato", "till-bottega", "stall")[n % 3]},
        "participant_identifier": {"code": ("georgia", "zorzi")[n % 2 and n > 6]},
        "performed_on": PERFORMED_ON,
        "currency": "EUR",
        "reference_number": f"R-{n}",
        "lines": [{"line_id": "1", "total_amount": 10 * n}, {"line_id": "2", "quantity": 2, "unit_price": "7.5"}],
    }


def event(n: int) -> dict[str, Any]:
    return {"customer_event_identifier": {"reference_number": f"R-{n}"}}
