"""What is said to who sent something that is not taken: the field, the value, the bound and the way out."""

from __future__ import annotations

import msgspec
import pytest

from fondaco.core.rejects import Reject
from fondaco.core.rewards import actions as a
from fondaco.core.rewards.books import Books
from fondaco.core.rewards.entities import (
    Currency,
    EntityKind,
    OwnerKind,
    Participant,
    Programme,
    Receivable,
    Role,
    Rounding,
)
from fondaco.core.rewards.money import AMOUNT_UNITS_MAX
from fondaco.desks.rewards.bodies import decoded
from fondaco.desks.rewards.failure import Failure
from fondaco.desks.rewards.fields_set import check
from fondaco.desks.rewards.methods import METHODS
from fondaco.desks.rewards.purchase_lines import lines_of
from fondaco.desks.rewards.refusals import refusal
from fondaco.wire.rewards.documents import Purchase
from fondaco.wire.rewards.purchase_requests import PurchaseLineGiven

EUR = Currency(1, "EUR", 2, Rounding.HALF_UP, 1, 2)
CREATE = "customer_events/purchases/create"
LIST = "customer_events/purchases/list"


@pytest.mark.parametrize(
    ("path", "body", "field", "message"),
    [
        (
            CREATE,
            {"lines": [{"foo": 1}]},
            "lines[0].foo",
            f"{CREATE} has no field lines[0].foo; /docs lists those it has",
        ),
        (CREATE, {"bar": 1}, "bar", f"{CREATE} has no field bar; /docs lists those it has"),
        (
            CREATE,
            {"performed_on": "2016-13-01"},
            "performed_on",
            "2016-13-01 is no date; write one like 2016-09-28T17:17:47",
        ),
        (
            CREATE,
            {"performed_on": "2016-09-28T17:17:47+02:00"},
            "performed_on",
            "2016-09-28T17:17:47+02:00 is no date; write one like 2016-09-28T17:17:47",
        ),
        (LIST, {"performed_from": "\n"}, "performed_from", r"'\n' is no date; write one like 2016-09-28T17:17:47"),
        (LIST, {"life_cycle_state": "DRAFT"}, "life_cycle_state", "DRAFT is none of POSTED, CANCELLED"),
        (LIST, {"life_cycle_state": 7}, "life_cycle_state", "life_cycle_state: Expected `str`, got `int`"),
        (
            "participants/create",
            {"contact_information": {"type": "ROBOT"}},
            "contact_information.type",
            "ROBOT is none of PERSON, COMPANY",
        ),
    ],
)
def test_a_body_that_does_not_fit(path: str, body: object, field: str, message: str) -> None:
    with pytest.raises(Failure) as refused:
        decoded(METHODS[path], msgspec.json.encode(body), lenient=False)
    assert (refused.value.description, refused.value.message) == (field, message)


def test_a_body_that_breaks_off_behind_a_wrong_date_is_refused_all_the_same() -> None:
    with pytest.raises(Failure) as refused:
        decoded(METHODS[CREATE], b'{"performed_on":"2016-13-01"', lenient=False)
    assert refused.value.description in ("performed_on", "body")


@pytest.mark.parametrize(
    ("totals", "field", "message"),
    [
        (("0", "0.00"), "lines", "the lines come to 0 EUR; a purchase takes more than 0"),
        (("5", "-1"), "lines[1].total_amount", "-1 EUR is too little; it takes 0 or more"),
        (
            (f"{AMOUNT_UNITS_MAX // 100}", "1"),
            "lines",
            "1000000000000001 EUR is too much; at most 1000000000000000 is taken",
        ),
    ],
)
def test_the_lines_of_a_purchase(totals: tuple[str, ...], field: str, message: str) -> None:
    with pytest.raises(Failure) as refused:
        lines_of([PurchaseLineGiven(total_amount=msgspec.Raw(total.encode())) for total in totals], EUR)
    assert (refused.value.description, refused.value.message) == (field, message)


@pytest.mark.parametrize("fields_set", ["", ",", " ", "id,", "id,,number"])
def test_fields_that_have_no_name(fields_set: str) -> None:
    with pytest.raises(Failure, match="fields_set has no name before or after a comma"):
        check(fields_set, Purchase)


def books() -> Books:
    made = Books(Programme(1, "Rialto"), 1)
    for entity in (
        EUR,
        Currency(2, "USD", 2, Rounding.HALF_UP, 3, 2),
        Participant(1, "p1", 1, b"", 1),
        Receivable(1, OwnerKind.PARTICIPANT, 1, 2, 30),
    ):
        made.put(entity)
    return made


TAKEN = Reject.ENTITY_NAME_TAKEN
MADE = a.PurchaseCreate(unit=1, participant=1, performed_us=1, currency=1, lines=(), reference="")


@pytest.mark.parametrize(
    ("given", "action", "field", "message"),
    [
        (
            (TAKEN, EntityKind.MERCHANT, 1),
            a.MerchantPut(0, "georgia", b"", 1),
            "code",
            "this code is that of merchant M0000000001; choose another",
        ),
        (
            (TAKEN, EntityKind.PARTICIPANT, 1),
            a.ParticipantPut(0, "p1", b"", 1),
            "code",
            "this code is that of participant RP0000000001; choose another",
        ),
        (
            (TAKEN, EntityKind.PARTICIPANT, 77),
            a.ParticipantPut(0, "p2", b"", 1, user_id=77),
            "user",
            "this user is that of a participant already; choose another",
        ),
        (
            (TAKEN, EntityKind.OPERATOR, 1),
            a.OperatorPut(0, "ada", Role.READ),
            "username",
            "this username is that of operator ada; choose another",
        ),
        (
            (Reject.CREDIT_NOT_ENOUGH, 10_000, 100_000),
            a.PaymentRefund(1, 100_000),
            "amount",
            "100 USD of credit is unallocated and 1000 USD was asked for; refund less",
        ),
        (
            (Reject.NO_RATE, 1, 2),
            a.SettlementApply(1),
            "currency_rates",
            "no rate from EUR to USD is in force at the moment of settlement, which is now; "
            "make one that is with currency_rates/create",
        ),
        (
            (Reject.NO_RATE, 1, 2),
            MADE,
            "currency_rates",
            "no rate from EUR to USD is in force on performed_on; make one that is with currency_rates/create",
        ),
    ],
)
def test_a_refusal_of_the_house(given: tuple[Reject, int, int], action: a.Action, field: str, message: str) -> None:
    failure = refusal(given, action, books())
    assert (failure.description, failure.message) == (field, message)
