"""What is shown of a programme: the document's example, field by field, and what is frozen or depends on the time."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import Any

import msgspec
import pytest

from fondaco.core.rewards import actions as a
from fondaco.core.rewards.entities import CurrencyRate, Invoice, Purchase, ReceivableState, Rounding, Unit
from fondaco.core.rewards.facts import RewardsApplied
from fondaco.core.rewards.open_items import DAY_US
from fondaco.desks.rewards import translate, translate_documents
from fondaco.wire.rewards.base import ENCODER
from tests.desks.rewards.rialto import GEORGIA, SETTLED_US, Rialto, contact
from tests.desks.rewards.shapes import differences

SAMPLE = msgspec.json.decode((Path(__file__).parents[2] / "vectors" / "rewards.json").read_bytes())


def settled(rialto: Rialto, number: int = 1) -> RewardsApplied:
    return rialto.do(a.SettlementApply(number))


def answer(rialto: Rialto, fact: RewardsApplied, now_us: int = 0) -> Any:
    """The answer to a settlement as a client reads it."""
    purchase = next(entity for entity in fact.changed if isinstance(entity, Purchase))
    invoice = next((entity for entity in fact.changed if isinstance(entity, Invoice)), None)
    shown = translate.settlement(rialto.view, purchase, invoice, now_us or fact.time_us)
    return msgspec.json.decode(ENCODER.encode(shown))


def test_the_documents_example_has_its_keys_nesting_types_and_amounts() -> None:
    rialto = Rialto()
    rialto.purchase(150_00)
    assert differences(SAMPLE["response"]["data"], answer(rialto, settled(rialto))) == []


@pytest.mark.parametrize(
    ("path", "value", "said"),
    [
        (("total_awarded_amount",), 15.5, "data.total_awarded_amount is 15.5, not 15"),
        (("invoice", "number"), "J00000001", "data.invoice.number is 'J00000001', not like 'I00002304'"),
        (("invoice",), None, "data.invoice is NoneType, not an object"),
        (("award_transactions_set",), [], "data.award_transactions_set is not a list of 1"),
    ],
)
def test_the_comparison_with_the_example_finds(path: tuple[str, ...], value: Any, said: str) -> None:
    rialto = Rialto()
    rialto.purchase(150_00)
    wrong = answer(rialto, settled(rialto))
    place = wrong
    for name in path[:-1]:
        place = place[name]
    place[path[-1]] = value
    assert differences(SAMPLE["response"]["data"], wrong) == [said]


def test_the_receivable_in_the_answer_is_the_merchants() -> None:
    rialto = Rialto()
    rialto.purchase(150_00)
    shown = answer(rialto, settled(rialto))
    merchants, participants = (owner[1].receivable for owner in (rialto.books.merchants, rialto.books.participants))
    assert merchants != participants
    assert shown["accounts_receivable"]["number"] == f"ACR{merchants:010d}"
    assert shown["award_transactions_set"][0]["accounts_receivable"]["number"] == f"ACR{participants:010d}"


def test_tax_is_shown_apart_and_is_part_of_the_total() -> None:
    rialto = Rialto()
    rialto.do(a.MerchantPut(1, "georgia", contact(GEORGIA), 1, 4, contribution_ppm=750_000, tax_ppm=220_000))
    rialto.purchase(150_00)
    invoice = answer(rialto, settled(rialto))["invoice"]
    names = ("net_amount", "tax_amount", "total_amount", "tax_percentage")
    assert [invoice[name] for name in names] == [11.25, 2.48, 13.73, 22]


def test_without_a_merchant_nothing_is_invoiced() -> None:
    rialto = Rialto()
    rialto.do(a.UnitPut(Unit(0, "street", "Street")))
    rialto.purchase(150_00, unit=2)
    shown = answer(rialto, settled(rialto))
    assert (shown["invoice"], shown["accounts_receivable"]) == (None, None)
    assert (shown["total_awarded_amount"], shown["total_contribution_amount"]) == (15, 0)


@pytest.mark.parametrize(("days", "outstanding"), [(0, 0), (4, 0), (5, 11.25)])
def test_an_invoice_is_outstanding_once_it_is_past_due(days: int, outstanding: float) -> None:
    rialto = Rialto()
    rialto.purchase(150_00)
    invoice = answer(rialto, settled(rialto), SETTLED_US + days * DAY_US)["invoice"]
    assert (invoice["unsettled_amount"], invoice["outstanding_amount"]) == (11.25, outstanding)


def test_a_company_is_called_by_its_name_and_an_erased_person_not_at_all() -> None:
    rialto = Rialto()
    rialto.do(a.MerchantPut(1, "georgia", contact({"type": "COMPANY", "company_name": "Rialto & Sons"}), 1, 4))
    assert translate.receivable(rialto.view, 1).name == "ACR0000000001 Rialto & Sons"
    erased = msgspec.structs.replace(rialto.view, open_contact=lambda sealed: None)
    shown = translate.receivable(erased, 1)
    assert (shown.name, shown.account_owner.first_name) == ("ACR0000000001", None)


def test_another_currency_shows_the_rate_it_was_converted_by() -> None:
    rialto = Rialto()
    rialto.do(a.CurrencyPut(0, "USD", 2, Rounding.HALF_UP))
    rialto.do(a.CurrencyRatePut(CurrencyRate(0, 1, 2, 1_100_000_000, SETTLED_US - DAY_US, SETTLED_US + DAY_US)))
    rialto.do(a.MerchantPut(0, "american", contact(GEORGIA), 2, contribution_ppm=500_000))
    rialto.do(a.UnitPut(Unit(0, "abroad", "Abroad", 2)))
    rialto.purchase(150_00, unit=2)
    shown = answer(rialto, settled(rialto))
    period = shown["invoice"]["currency_rate_period"]
    assert (shown["total_awarded_amount"], shown["total_contribution_amount"]) == (16.5, 8.25)
    assert (period["rate"], period["inverse_rate"]) == (1.1, 0.909090909)
    assert (period["from_date"], period["to_date"]) == ("2016-09-27T17:17:47", "2016-09-29T17:17:47")
    assert (period["currency"]["code"], period["to_currency"]["code"]) == ("EUR", "USD")
    assert shown["award_transactions_set"][0]["currency_rate_period"] is None


def test_what_a_settlement_froze_does_not_follow_later_changes() -> None:
    rialto = Rialto()
    rialto.purchase(150_00)
    fact = settled(rialto)
    first = answer(rialto, fact)
    rialto.do(a.PaymentCreate(1, 11_25))
    rialto.do(a.PurchaseCancel(1))
    assert answer(rialto, fact) == first
    invoice = rialto.books.invoice(1)
    assert invoice is not None
    assert translate_documents.invoice(rialto.view, invoice, SETTLED_US).credited_amount == Decimal("11.25")


def test_a_suspended_receivable_says_so() -> None:
    rialto = Rialto()
    rialto.do(a.ReceivablePut(1, 4, ReceivableState.SUSPENDED))
    assert translate.receivable(rialto.view, 1).life_cycle_state == "SUSPENDED"


def test_every_object_is_complete_whatever_is_unknown() -> None:
    """Null where unknown, never absent: a struct without a default cannot leave a field out."""
    rialto = Rialto()
    rialto.purchase(150_00, 50_00)
    shown = answer(rialto, settled(rialto))
    owner = shown["accounts_receivable"]["account_owner"]
    assert owner["demographics"]["name_day"] == {"day": None, "month": None}
    assert owner["demographics"]["date_of_birth"] == {"day": None, "month": None, "year": None}
    assert owner["demographics"]["country_of_residence"] is None
    assert owner["company_profile"] is None
