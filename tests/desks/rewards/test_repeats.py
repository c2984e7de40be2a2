"""A request sent again: what tells it from another, and that it brings no old password back."""

from __future__ import annotations

from hashlib import blake2b
from pathlib import Path
from typing import Any

import msgspec

from fondaco.desks.rewards.repeats import SECRET_NAME, Repeats
from fondaco.journal.secrets import SecretStore
from fondaco.wire.rewards.base import ENCODER, EventIdentifier
from fondaco.wire.rewards.purchase_requests import PurchaseRequest
from tests.desks.rewards.office import PROGRAMME, Office, office_on
from tests.desks.rewards.shop import furnish_shop, purchase

CREATE = {"username": "zoe", "role": "READ", "password": "the first one"}


async def logs_in(office: Office, password: str) -> bool:
    login = {"username": "zoe", "organisation": PROGRAMME, "password": password}
    return (await office.send("authentication/token", login)).status == 200


async def test_a_late_repeat_brings_no_old_password_back(office: Office) -> None:
    created = (await office.asks("ada", "operators/create", "key-1", **CREATE)).data
    await office.does("operators/update", username="zoe", password="the second one")
    assert (await office.asks("ada", "operators/create", "key-1", **CREATE)).data == created
    assert not await logs_in(office, "the first one")
    assert await logs_in(office, "the second one")


async def test_a_repeated_update_changes_no_password_and_ends_no_tokens(office: Office) -> None:
    await office.does("operators/create", **CREATE)
    update = {"username": "zoe", "password": "the second one"}
    await office.asks("ada", "operators/update", "key-1", **update)
    await office.does("operators/update", username="zoe", password="the third one")
    login = {"username": "zoe", "organisation": PROGRAMME, "password": "the third one"}
    token = (await office.send("authentication/token", login)).data["token"]
    assert (await office.asks("ada", "operators/update", "key-1", **update)).status == 200
    assert (await office.send("programmes/show", {"token": token})).status == 200
    assert not await logs_in(office, "the second one")


async def test_a_repeat_keeps_the_password_that_the_first_could_not(office: Office) -> None:
    await office.asks("ada", "operators/create", "key-1", **CREATE)
    office.app.secrets.remove(f"rewards/{PROGRAMME}/zoe")
    assert not await logs_in(office, "the first one")
    await office.asks("ada", "operators/create", "key-1", **CREATE)
    assert await logs_in(office, "the first one")


async def test_another_password_is_another_body_after_a_restart_too(tmp_path: Path) -> None:
    async with office_on(tmp_path) as office:
        created = (await office.asks("ada", "operators/create", "key-1", **CREATE)).data
    async with office_on(tmp_path) as office:
        assert (await office.asks("ada", "operators/create", "key-1", **CREATE)).data == created
        other = await office.asks("ada", "operators/create", "key-1", **{**CREATE, "password": "another one"})
        assert other.refused[1::2] == ("CONFLICT", "Idempotency-Key")
        assert await logs_in(office, "the first one")


def test_a_body_cannot_be_confirmed_without_the_secret(tmp_path: Path) -> None:
    store = SecretStore(tmp_path / "secrets")
    body = PurchaseRequest(token="", customer_event_identifier=EventIdentifier(number="796"))
    given = Repeats(store).named(b"name", body)
    assert given == Repeats(store).named(b"name", body)
    assert given.body != blake2b(ENCODER.encode(body), digest_size=16).digest()
    assert len(bytes.fromhex(store.get(SECRET_NAME) or "")) == 32
    elsewhere = Repeats(SecretStore(tmp_path / "others")).named(b"name", body)
    assert elsewhere.name == given.name  # a lost secret refuses what comes again, and does nothing twice
    assert elsewhere.body != given.body


def reversed_members(value: Any) -> Any:
    """The same, with the members of every object in the other order."""
    if isinstance(value, dict):
        return {name: reversed_members(value[name]) for name in reversed(value)}
    return [reversed_members(each) for each in value] if isinstance(value, list) else value


BUY = "customer_events/purchases/create"
LINES = [{"line_id": "1", "quantity": "2", "unit_price": 5.55}, {"line_id": "2", "total_amount": 150}]
BODY = purchase(reference_number="5.5", lines=LINES)


async def test_what_asks_for_the_same_is_the_same(tmp_path: Path) -> None:
    async with office_on(tmp_path) as office:
        await furnish_shop(office)
        bought = await office.asks("ada", BUY, "key-1", **BODY)
        assert bought.status == 200
        same = [{"quantity": 2, "line_id": "1", "unit_price": "555e-2"}, {"total_amount": "150.00", "line_id": "2"}]
    async with office_on(tmp_path) as office:
        for body in (BODY, {**BODY, "lines": same}, reversed_members(BODY), reversed_members({**BODY, "lines": same})):
            token = await office.token("ada")
            content = msgspec.json.encode({"token": token, **body})
            content = content.replace(b'"2"', b'"\\u0032"').replace(b",", b" ,\n ")
            assert (await office.send(BUY, content, {"Idempotency-Key": "key-1"})).body == bought.body
            content = msgspec.json.encode({**body, "fields_set": "number", "token": token})
            assert (await office.send(BUY, content, {"Idempotency-Key": "key-1"})).data == {"number": "1"}
        assert len(office.books.receivables) == 2
        assert office.books.purchase(2) is None


OTHERS: tuple[dict[str, Any], ...] = (
    {"reference_number": "5.50"},
    {"lines": LINES[::-1]},
    {"lines": [{**LINES[0], "unit_price": 5.54}, LINES[1]]},
    {"lines": [{"line_id": "1", "total_amount": "11.1"}, LINES[1]]},
    {"lines": [{**LINES[0], "line_id": "1.0"}, LINES[1]]},
    {"performed_on": "2016-09-28T12:00:01"},
)


async def test_what_asks_for_something_else_is_not(office: Office) -> None:
    await furnish_shop(office)
    await office.asks("ada", BUY, "key-1", **BODY)
    for other in OTHERS:
        answer = await office.asks("ada", BUY, "key-1", **BODY | other)
        assert answer.refused[1::2] == ("CONFLICT", "Idempotency-Key"), other
    assert office.books.purchase(2) is None


async def test_an_amount_is_its_value_in_every_method(office: Office) -> None:
    await furnish_shop(office)
    await office.does(BUY, **purchase(150))
    for path, body in (
        ("payments/create", {"accounts_receivable_identifier": {"number": "ACR0000000001"}}),
        ("reward_transactions/spends/create", {"participant_identifier": {"code": "georgia"}}),
    ):
        first = await office.asks("ada", path, "key-1", amount=5.55, **body)
        assert first.status == 200
        for amount in ("5.55", "5.550", "0005.55", "55.5e-1"):
            assert (await office.asks("ada", path, "key-1", amount=amount, **body)).body == first.body
        for other in (5.56, "55.5", 555):
            answer = await office.asks("ada", path, "key-1", amount=other, **body)
            assert answer.refused[:2] == (409, "CONFLICT")
    assert (office.books.payment(2), office.books.spend(2)) == (None, None)
