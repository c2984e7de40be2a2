"""A programme set up over HTTP alone, shown, listed, changed, and what is refused on the way."""

from __future__ import annotations

import base64
from typing import Any

import pytest

from tests.desks.rewards.office import PROGRAMME, Office

GEORGIA = {"type": "PERSON", "first_name": "Georgia", "last_name": "Georgia", "demographics": {"gender": "FEMALE"}}


async def furnish(office: Office) -> None:
    """EUR and USD, a merchant of 75 % with a unit, a participant, a scheme with one offer of 10 %."""
    does = office.does
    await does("currencies/create", code="EUR", digits=2, prefix_symbol="€")
    await does("currencies/create", code="USD", digits=2, rounding="DOWN")
    merchant = {"first_name": "Georgia", "last_name": "Georgia"}
    await does(
        "merchants/create",
        contact_information=merchant,
        currency="EUR",
        code="georgia",
        contribution_percentage=75,
        tax_percentage="19",
        credit_days=4,
    )
    await does("units/create", name="Corner", code="corner", merchant_identifier={"code": "georgia"})
    await does("participants/create", contact_information=GEORGIA, currency="EUR", code="p1")
    scheme = await does("schemes/create", name="All year", reward_days=365)
    await does("offers/create", name="Ten", scheme_identifier={"id": scheme["id"]}, award_percentage=10)


async def test_a_programme_is_set_up_and_used(office: Office) -> None:
    await furnish(office)
    purchase = await office.does(
        "customer_events/purchases/create",
        performed_by_unit_identifier={"code": "corner"},
        participant_identifier={"code": "p1"},
        performed_on="2026-09-28T17:17:47",
        reference_number="till 1",
        currency="EUR",
        lines=[{"line_id": "1", "quantity": 1, "unit_price": 150, "total_amount": 150}],
    )
    assert purchase["life_cycle_state"] == "POSTED"
    settled = await office.does(
        "customer_events/purchases/apply_settlement", customer_event_identifier={"reference_number": "till 1"}
    )
    assert settled["total_awarded_amount"] == 15
    assert settled["total_contribution_amount"] == 11.25
    assert settled["invoice"]["total_amount"] == 13.39
    participant = await office.does("participants/show", participant_identifier={"code": "p1"})
    assert (participant["reward_balance"], participant["debt_amount"]) == (15, 0)
    assert participant["contact_information"]["demographics"]["gender"] == "FEMALE"


SHOWN: list[tuple[str, dict[str, Any], dict[str, Any]]] = [
    ("programmes/show", {}, {"name": PROGRAMME, "clawback": "REFUSE", "base_currency": None}),
    (
        "currencies/show",
        {"currency_identifier": {"code": "USD"}},
        {"digits": 2, "rounding": "DOWN", "asset": "1/USD", "prefix_symbol": None, "life_cycle_state": "EFFECTIVE"},
    ),
    (
        "merchants/show",
        {"merchant_identifier": {"number": "M0000000001"}},
        {"code": "georgia", "contribution_percentage": 75, "tax_percentage": 19, "credit_days": 4, "group": None},
    ),
    ("units/show", {"unit_identifier": {"code": "corner"}}, {"name": "Corner", "number": "U0000000001"}),
    ("participants/show", {"participant_identifier": {"code": "p1"}}, {"number": "RP0000000001", "user": None}),
    ("schemes/show", {"scheme_identifier": {"number": "1"}}, {"name": "All year", "reward_days": 365}),
    ("offers/show", {"offer_identifier": {"number": "1"}}, {"award_percentage": 10, "award_amount": None}),
]


async def test_everything_is_shown_listed_and_found_by_its_id(office: Office) -> None:
    await furnish(office)
    for path, body, expected in SHOWN:
        answer = await office.asks("rita", path, **body)
        assert expected.items() <= answer.data.items(), path
        assert int(answer.headers["As-Of-Sequence"]) == office.app.runtime.durable_seq
        if not body:
            continue
        field, group = next(iter(body)), path.partition("/")[0]
        assert await office.does(path, **{field: {"id": answer.data["id"]}}) == answer.data
        page = await office.does(f"{group}/list", number_of_results=1)
        assert page["number_of_results"] == len(page[group]) == 1
        assert page[group][0]["id"] == answer.data["id"]
        assert (await office.does(f"{group}/list", offset=5))[group] == []
        foreign = {"token": await office.token("ada", "Another"), field: {"id": answer.data["id"]}}
        assert (await office.send(path, foreign)).refused[:2] == (404, "NOT_FOUND")


CHANGES: list[tuple[str, dict[str, Any], dict[str, Any]]] = [
    ("programmes/update", {"clawback": "FORGIVE", "base_currency": "EUR"}, {"clawback": "FORGIVE"}),
    ("currencies/update", {"currency_identifier": {"code": "EUR"}, "effective": False}, {"rounding": "HALF_UP"}),
    (
        "merchants/update",
        {"merchant_identifier": {"code": "georgia"}, "credit_days": 9, "group": "shops"},
        {"credit_days": 9, "group": "shops", "contribution_percentage": 75, "code": "georgia"},
    ),
    (
        "units/update",
        {"unit_identifier": {"code": "corner"}, "merchant_identifier": None},
        {"merchant": None, "name": "Corner", "code": "corner"},
    ),
    (
        "participants/update",
        {"participant_identifier": {"code": "p1"}, "alternative_currency": "USD", "code": None},
        {"code": None},
    ),
    ("schemes/update", {"scheme_identifier": {"number": "1"}, "reward_days": None}, {"reward_days": None}),
    (
        "offers/update",
        {
            "offer_identifier": {"number": "1"},
            "award_percentage": None,
            "award_amount": 2.5,
            "currency": "EUR",
            "purchase_amount_min": "10.00",
            "purchase_currency": "USD",
        },
        {"award_percentage": None, "award_amount": 2.5, "purchase_amount_min": 10, "name": "Ten"},
    ),
]


async def test_an_update_changes_what_it_names_and_nothing_else(office: Office) -> None:
    await furnish(office)
    for path, body, expected in CHANGES:
        assert expected.items() <= (await office.does(path, **body)).items(), path


async def test_rates_and_rules(office: Office) -> None:
    await furnish(office)
    rate = await office.does(
        "currency_rates/create", currency="USD", to_currency="EUR", rate=0.8, from_date="2026-01-01T00:00:00"
    )
    assert (rate["rate"], rate["inverse_rate"], rate["to_date"]) == (0.8, 1.25, None)
    overlap = {"currency": "USD", "to_currency": "EUR", "rate": 2, "from_date": "2027-01-01T00:00:00"}
    assert (await office.asks("ada", "currency_rates/create", **overlap)).refused[1::2] == ("CONFLICT", "from_date")
    ended = await office.does(
        "currency_rates/update", currency_rate_identifier={"id": rate["id"]}, to_date="2027-01-01T00:00:00"
    )
    assert ended["to_date"] == "2027-01-01T00:00:00"
    await office.does("currency_rates/create", **overlap)
    assert len((await office.does("currency_rates/list"))["currency_rates"]) == 2
    rule = await office.does(
        "contribution_rules/create", contribution_percentage=50, offer_identifier={"number": "1"}, group="shops"
    )
    assert (rule["contribution_percentage"], rule["group"]) == (50, "shops")
    changed = await office.does(
        "contribution_rules/update", contribution_rule_identifier={"id": rule["id"]}, group=None, effective=False
    )
    assert (changed["contribution_percentage"], changed["group"]) == (50, None)
    shown = await office.does("contribution_rules/show", contribution_rule_identifier={"number": "1"})
    assert shown == changed == (await office.does("contribution_rules/list"))["contribution_rules"][0]


REFUSED: list[tuple[str, str, dict[str, Any], tuple[str, str]]] = [
    ("rita", "currencies/create", {"code": "GBP", "digits": 2}, ("ACCESS_DENIED", "role")),
    ("otto", "merchants/list", {"number_of_results": 0}, ("INVALID_REQUEST", "number_of_results")),
    ("ada", "currencies/create", {"code": "EUR", "digits": 2}, ("CONFLICT", "code")),
    ("ada", "currencies/create", {"code": "eur", "digits": 2}, ("INVALID_REQUEST", "code")),
    ("ada", "currencies/create", {"code": "GBP", "digits": 13}, ("INVALID_REQUEST", "digits")),
    ("ada", "currencies/create", {"code": "BTC", "digits": 2, "asset": "BTC"}, ("NOT_FOUND", "asset")),
    ("ada", "currencies/show", {"currency_identifier": {}}, ("INVALID_REQUEST", "currency_identifier")),
    (
        "ada",
        "currencies/show",
        {"currency_identifier": {"code": "EUR", "id": "0" * 32}},
        ("INVALID_REQUEST", "currency_identifier"),
    ),
    ("ada", "currencies/show", {"currency_identifier": {"id": "0" * 32}}, ("NOT_FOUND", "currency_identifier.id")),
    ("ada", "merchants/show", {"merchant_identifier": {"number": "1"}}, ("NOT_FOUND", "merchant_identifier.number")),
    ("ada", "merchants/create", {"currency": "EUR"}, ("MISSING_PARAMETER", "contact_information")),
    ("ada", "merchants/create", {"contact_information": {}, "currency": "XXX"}, ("NOT_FOUND", "currency")),
    (
        "ada",
        "merchants/create",
        {"contact_information": {"demographics": {"gender": "OTHER"}}, "currency": "EUR"},
        ("INVALID_REQUEST", "contact_information.demographics.gender"),
    ),
    (
        "ada",
        "merchants/update",
        {"merchant_identifier": {"code": "georgia"}, "contribution_percentage": 100.1},
        ("INVALID_REQUEST", "contribution_percentage"),
    ),
    (
        "ada",
        "merchants/update",
        {"merchant_identifier": {"code": "georgia"}, "contribution_percentage": "1.23456"},
        ("INVALID_REQUEST", "contribution_percentage"),
    ),
    (
        "ada",
        "merchants/update",
        {"merchant_identifier": {"code": "georgia"}, "contribution_percentage": [1]},
        ("INVALID_REQUEST", "contribution_percentage"),
    ),
    (
        "ada",
        "offers/update",
        {"offer_identifier": {"number": "1"}, "award_amount": 2},
        ("INVALID_REQUEST", "currency"),
    ),
    (
        "ada",
        "offers/update",
        {"offer_identifier": {"number": "1"}, "award_amount": 2, "currency": "EUR"},
        ("INVALID_REQUEST", "award_percentage"),
    ),
    (
        "ada",
        "offers/update",
        {"offer_identifier": {"number": "1"}, "from_date": "2026-02-30T00:00:00"},
        ("INVALID_REQUEST", "from_date"),
    ),
    (
        "ada",
        "offers/update",
        {"offer_identifier": {"number": "1"}, "from_date": "2026-02-02"},
        ("INVALID_REQUEST", "from_date"),
    ),
    ("ada", "programmes/show", {"fields_set": "name,nothing"}, ("INVALID_REQUEST", "fields_set")),
    ("ada", "participants/create", {"contact_information": {}, "currency": "EUR", "user": "x"}, ("NOT_FOUND", "user")),
    ("ada", "operators/update", {"username": "nobody"}, ("NOT_FOUND", "username")),
    ("ada", "operators/update", {"username": "ada", "role": "READ"}, ("INVALID_STATE", "username")),
    (
        "ada",
        "operators/create",
        {"username": "rita", "role": "READ", "password": "long enough"},
        ("CONFLICT", "username"),
    ),
    (
        "ada",
        "operators/create",
        {"username": "new", "role": "READ", "password": "short"},
        ("INVALID_REQUEST", "password"),
    ),
    ("ada", "web_api_keys/revoke", {"key": "A" * 32}, ("NOT_FOUND", "key")),
]


async def test_what_is_refused_names_the_field_and_the_rule(office: Office) -> None:
    await furnish(office)
    seq = office.app.runtime.durable_seq
    for who, path, body, expected in REFUSED:
        answer = await office.asks(who, path, **body)
        assert answer.refused[1::2] == expected, (path, body, answer.body)
        assert answer.refused[2], path
    assert office.app.runtime.durable_seq == seq + 3  # the core saw only two names that were taken and an asset


async def test_an_idempotency_key_repeats_and_does_not_repeat_another_body(office: Office) -> None:
    await furnish(office)
    body = {"contact_information": GEORGIA, "currency": "EUR"}
    first = await office.asks("ada", "participants/create", "key-1", **body)
    again = await office.asks("ada", "participants/create", "key-1", **body)
    assert first.body == again.body
    assert len(office.books.participants) == 2
    other = await office.asks("ada", "participants/create", "key-1", **{**body, "code": "p3"})
    assert other.refused[:2] == (409, "CONFLICT")
    assert (await office.asks("ada", "participants/create", "key-2", **body)).data["number"] == "RP0000000003"
    assert len(office.app.people) == 4  # each person has a key, and no repeat has left one behind
    for key in ("", "x" * 256, "ä"):
        refused = await office.asks("ada", "participants/create", key, **body)
        assert refused.refused[1::2] == ("INVALID_REQUEST", "Idempotency-Key")


async def test_an_erased_person_is_nulls(office: Office) -> None:
    await furnish(office)
    erased = await office.does("participants/erase", participant_identifier={"code": "p1"})
    assert erased["contact_information"]["last_name"] is None
    assert erased["accounts_receivable"]["name"] == "ACR0000000002"
    updated = await office.does(
        "participants/update", participant_identifier={"code": "p1"}, contact_information={"last_name": "Again"}
    )
    assert updated["contact_information"]["last_name"] == "Again"
    gone = await office.does("merchants/erase", merchant_identifier={"number": "M0000000001"})
    assert gone["contact_information"]["company_name"] is None
    assert gone["accounts_receivable"]["name"] == "ACR0000000001"


async def test_operators_and_keys(office: Office) -> None:
    created = await office.does("operators/create", username="zoe", role="READ", password="the first one")
    assert (created["role"], created["active"]) == ("READ", True)
    login = {"username": "zoe", "organisation": PROGRAMME}
    token = (await office.send("authentication/token", {**login, "password": "the first one"})).data["token"]
    await office.does("operators/update", username="zoe", password="the second one", role="OPERATE")
    assert (await office.send("programmes/show", {"token": token})).refused[:2] == (401, "EXPIRED_TOKEN")
    assert (await office.send("authentication/token", {**login, "password": "the first one"})).status == 403
    assert (await office.send("authentication/token", {**login, "password": "the second one"})).status == 200
    operators = (await office.does("operators/list"))["operators"]
    assert [each["username"] for each in operators] == ["zoe", "rita", "otto", "ada"]

    key = await office.does("web_api_keys/create", username="zoe", label="till")
    listed = (await office.does("web_api_keys/list"))["web_api_keys"]
    assert listed == [{name: value for name, value in key.items() if name != "secret"}]
    basic = base64.b64encode(f"{key['key']}:{key['secret']}".encode()).decode()
    headers = {"Authorization": f"Basic {basic}"}
    token = (await office.send("authentication/web_api_key/token", {}, headers)).data["token"]
    assert (await office.send("programmes/show", {"token": token})).data["name"] == PROGRAMME
    foreign = {"token": await office.token("ada", "Another"), "key": key["key"]}
    assert (await office.send("web_api_keys/revoke", foreign)).refused[1] == "NOT_FOUND"
    other = await office.does("web_api_keys/create", username="zoe", label="another till")
    others = base64.b64encode(f"{other['key']}:{other['secret']}".encode()).decode()
    kept = await office.send("authentication/web_api_key/token", {}, {"Authorization": f"Basic {others}"})
    await office.does("web_api_keys/revoke", key=key["key"])
    assert (await office.send("programmes/show", {"token": token})).refused[1] == "EXPIRED_TOKEN"
    assert (await office.send("programmes/show", {"token": kept.data["token"]})).status == 200
    assert (await office.send("authentication/web_api_key/token", {}, headers)).refused[1] == "ACCESS_DENIED"


@pytest.mark.parametrize(("fields_set", "expected"), [("name", {"name": PROGRAMME}), ("base_currency.code,name", None)])
async def test_only_the_fields_that_are_asked_for(
    office: Office, fields_set: str, expected: dict[str, Any] | None
) -> None:
    await furnish(office)
    await office.does("programmes/update", base_currency="EUR")
    shown = await office.does("programmes/show", fields_set=fields_set)
    assert shown == (expected or {"name": PROGRAMME, "base_currency": {"code": "EUR"}})


async def test_accounts_receivable_are_suspended_and_ended(office: Office) -> None:
    await furnish(office)
    account = {"accounts_receivable_identifier": {"number": "ACR0000000001"}}
    states = []
    for verb in ("suspend", "resume", "terminate"):
        states.append((await office.does(f"accounts_receivable/{verb}", **account))["life_cycle_state"])
    assert states == ["SUSPENDED", "ACTIVE", "TERMINATED"]
    assert (await office.asks("ada", "accounts_receivable/resume", **account)).refused[:2] == (409, "INVALID_STATE")
    owes = {"accounts_receivable_identifier": {"number": "ACR0000000002"}}
    nothing = await office.asks("ada", "accounts_receivable/write_off", **owes)
    assert nothing.refused[1::2] == ("INVALID_STATE", "accounts_receivable.balance")
