"""What strange input once brought about, each by itself; test_fuzz.py looks for what it may yet."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fondaco.core.rewards.entities import Currency, Rounding
from fondaco.desks.rewards.failure import Failure
from fondaco.desks.rewards.lenient_json import without_trailing_commas
from fondaco.desks.rewards.purchase_lines import FACTOR_DIGITS, lines_of
from fondaco.desks.rewards.webhook_endpoint import secret_name
from fondaco.wire.rewards.purchase_requests import PurchaseLineGiven
from tests.desks.rewards.furnished import furnish_everything, purchase
from tests.desks.rewards.office import Office, office_on

EUR = Currency(1, "EUR", 2, Rounding.HALF_UP, 1, 2)


async def test_a_wrong_fields_set_is_refused_before_anything_is_done(tmp_path: Path) -> None:
    async with office_on(tmp_path) as office:
        await furnish_everything(office)
        before = office.app.house.state_hash()
        asked = {**purchase(100), "fields_set": "number,nonsense"}
        answer = await office.asks("ada", "customer_events/purchases/create", **asked)
        assert answer.refused[1::2] == ("INVALID_REQUEST", "fields_set")
        assert office.app.house.state_hash() == before


@pytest.mark.parametrize("figure", ['"NaN"', '"Infinity"', '"1e999999"', "1e999999", "1e14", '"1"', "9" * 5_000])
async def test_a_company_has_figures_that_json_can_write(office: Office, figure: str) -> None:
    await office.does("currencies/create", code="EUR", digits=2)
    office.tokens["ada"] = token = await office.token("ada")
    body = (
        b'{"token":"%s","currency":"EUR","contact_information":{"type":"COMPANY","company_profile":'
        b'{"annual_turnover":%s}}}' % (token.encode(), figure.encode())
    )
    answer = await office.send("merchants/create", body)
    assert answer.refused[1::2] == ("INVALID_REQUEST", "contact_information.company_profile.annual_turnover")


async def test_bytes_that_are_no_text_are_no_amount(office: Office) -> None:
    token = (await office.token("ada")).encode()
    body = b'{"token":"%s","contribution_percentage":["\xff"]}' % token
    answer = await office.send("contribution_rules/create", body)
    assert answer.refused[1::2] == ("INVALID_REQUEST", "contribution_percentage")


def test_a_product_is_not_rounded_to_fit() -> None:
    """Of these two the product is whole cents and 10**-24 more, which 28 digits do not hold."""
    quantity = 1_000_000_000_001
    unit_price = pow(quantity, -1, 10 ** (2 * FACTOR_DIGITS - EUR.digits))
    quantity_text, unit_price_text = (
        msgspec.Raw(f"{each // 10**12}.{each % 10**12:012}".encode()) for each in (quantity, unit_price)
    )
    with pytest.raises(Failure, match="has 24 decimals"):
        lines_of([PurchaseLineGiven(quantity=quantity_text, unit_price=unit_price_text)], EUR)


async def test_a_client_that_was_told_to_go_away_is_not_told_to_go_on(
    office: Office, caplog: pytest.LogCaptureFixture
) -> None:
    host, port = office.app.url.removeprefix("http://").split(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    head = b"POST /rewards/invoices/list HTTP/1.1\r\nExpect: 100-continue\r\nTransfer-Encoding: chunked\r\n\r\n"
    writer.write(head + b"this is no chunk")
    assert (await reader.read(-1)).startswith(b"HTTP/1.1 400 ")
    writer.close()
    await writer.wait_closed()
    assert not caplog.records


async def test_an_answer_tells_nothing_of_the_houses_files(tmp_path: Path) -> None:
    """A reader who wrote nothing waits for nothing, and may come before history is there."""
    async with office_on(tmp_path) as office:
        answer = await office.asks("rita", "invoices/list")
        assert str(tmp_path) not in answer.body.decode()
        if answer.status != 200:
            assert answer.refused[1:3] == ("UNAVAILABLE", "history is being built anew; ask again")


async def test_a_text_that_does_not_print_is_named(office: Office) -> None:
    lines = {"contact_information": {}, "currency": "EUR", "group": "a\nb"}
    await office.does("currencies/create", code="EUR", digits=2)
    answer = await office.asks("ada", "merchants/create", **lines)
    assert answer.refused[1::2] == ("INVALID_REQUEST", "group")
    answer = await office.asks("ada", "units/create", name="\u2028")
    assert answer.refused[1:] == (
        "INVALID_REQUEST",
        r"name has characters that do not print: '\u2028'; leave them out",
        "name",
    )


async def test_a_refused_change_of_a_webhook_leaves_its_secret(office: Office) -> None:
    made = await office.does("webhooks/create", url="http://127.0.0.1:9/", events=["invoice.posted"])
    named = {"webhook_identifier": {"id": made["id"]}}
    await office.asks("ada", "webhooks/update", "key", **named, active=False)
    answer = await office.asks("ada", "webhooks/update", "key", **named, new_secret=True)
    assert answer.refused[1] == "CONFLICT"
    assert office.app.secrets.get(secret_name(1, 1)) == made["secret"]
    once, again = [await office.asks("ada", "webhooks/update", "other", **named, new_secret=True) for _ in range(2)]
    assert once.data["secret"] == again.data["secret"] == office.app.secrets.get(secret_name(1, 1)) != made["secret"]


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(alphabet='a,]}["\\\n :'),
    lambda inside: st.lists(inside, max_size=4) | st.dictionaries(st.text(alphabet='b,}"'), inside, max_size=4),
)


@given(_JSON, st.sampled_from(("", " ", "\n\t")))
def test_leniency_takes_out_the_last_commas_and_nothing_else(value: object, blank: str) -> None:
    assert without_trailing_commas(json.dumps(value).encode()) == json.dumps(value).encode()
    assert json.loads(without_trailing_commas(_with_commas(value, blank).encode())) == value


def _with_commas(value: object, blank: str) -> str:
    """JSON with a comma after each last member."""
    if isinstance(value, list) and value:
        return "[" + ",".join(_with_commas(each, blank) for each in value) + f"{blank},{blank}]"
    if isinstance(value, dict) and value:
        members = (f"{json.dumps(name)}:{_with_commas(each, blank)}" for name, each in value.items())
        return "{" + ",".join(members) + f"{blank},{blank}}}"
    return json.dumps(value)
