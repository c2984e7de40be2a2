"""Logging in and out, and what everybody else is told."""

from __future__ import annotations

import base64
import re
from pathlib import Path

import msgspec
import pytest

from fondaco.core.rewards.actions import OperatorPut
from fondaco.core.rewards.entities import Role
from fondaco.runtime.limits import Limits
from tests.desks.rewards.office import PASSWORD, PROGRAMME, Office, give, office_on

LOGIN = {"username": "ada", "password": PASSWORD, "organisation": PROGRAMME}


async def test_a_token_is_given_used_and_released(office: Office) -> None:
    answer = await office.send("authentication/token", LOGIN)
    assert answer.envelope["status"] == {"code": "OK", "message": "", "description": ""}
    token = answer.data["token"]
    assert len(token) == 32
    assert set(token) <= set("0123456789ABCDEF")
    released = await office.send("authentication/token/release", {"token": token})
    assert released.data == {}
    assert int(released.headers["As-Of-Sequence"]) == office.app.runtime.durable_seq
    again = await office.send("authentication/token/release", {"token": token})
    assert again.refused[:2] == (401, "INVALID_TOKEN")


@pytest.mark.parametrize(
    "wrong", [{"password": "another password"}, {"username": "nobody"}, {"organisation": "Nobody's"}]
)
async def test_a_wrong_login_does_not_say_what_is_wrong(office: Office, wrong: dict[str, str]) -> None:
    answer = await office.send("authentication/token", {**LOGIN, **wrong})
    sentence = "the organisation, the username or the password is wrong"
    assert answer.refused == (403, "ACCESS_DENIED", sentence, "password")


async def test_who_is_not_active_any_more_may_nothing(office: Office) -> None:
    token = await office.token("ada")
    await give(office.app, OperatorPut(1, "ada", Role.ADMIN, active=False))
    denied = await office.send("authentication/token/release", {"token": token})
    assert denied.refused[:2] == (403, "ACCESS_DENIED")
    assert (await office.send("authentication/token", LOGIN)).status == 403


async def test_attempts_are_limited(tmp_path: Path) -> None:
    async with office_on(tmp_path, Limits(rewards_logins_per_minute_max=3)) as office:
        wrong = {**LOGIN, "password": "another password"}
        statuses = [(await office.send("authentication/token", wrong)).status for _ in range(4)]
        assert statuses == [403, 403, 403, 429]
        refused = await office.send("authentication/token", LOGIN)
        assert refused.refused[1::2] == ("TOO_MANY_REQUESTS", "rewards_logins_per_minute_max")


async def test_requests_of_a_token_are_limited(tmp_path: Path) -> None:
    limits = Limits(requests_per_second_max=1, requests_burst_max=3)
    async with office_on(tmp_path, limits) as office:
        token = await office.token("rita")
        body = {"token": token, "more": 1}
        statuses = [(await office.send("authentication/token/release", body)).status for _ in range(4)]
        assert statuses[-1] == 429


async def test_a_key_needs_its_header(office: Office) -> None:
    async def asked(header: str | None) -> tuple[int, str, str, str]:
        headers = None if header is None else {"Authorization": header}
        return (await office.send("authentication/web_api_key/token", {}, headers)).refused

    assert (await asked(None))[1::2] == ("MISSING_PARAMETER", "Authorization")
    assert (await asked("Bearer x"))[1::2] == ("MISSING_PARAMETER", "Authorization")
    assert (await asked("Basic ###"))[1::2] == ("INVALID_REQUEST", "Authorization")
    assert (await asked("Basic " + base64.b64encode(b"key:secret").decode()))[1] == "ACCESS_DENIED"


@pytest.mark.parametrize(
    ("path", "body", "expected"),
    [
        ("authentication/tokens", {}, (404, "NOT_FOUND", "path")),
        ("authentication/token/", {}, (404, "NOT_FOUND", "path")),
        ("authentication/token", {}, (400, "MISSING_PARAMETER", "username")),
        ("authentication/token", {**LOGIN, "more": 1}, (400, "INVALID_REQUEST", "more")),
        ("authentication/token", {**LOGIN, "username": 7}, (400, "INVALID_REQUEST", "username")),
        ("authentication/token", {**LOGIN, "password": ""}, (400, "INVALID_REQUEST", "password")),
        ("authentication/token", [], (400, "INVALID_REQUEST", "body")),
        ("authentication/token", b"", (400, "INVALID_REQUEST", "body")),
        ("authentication/token", b"{", (400, "INVALID_REQUEST", "body")),
        ("authentication/token", b"\xff", (400, "INVALID_REQUEST", "body")),
        ("authentication/token", b"[" * 10_000, (400, "INVALID_REQUEST", "body")),
        ("authentication/token/release", {}, (400, "MISSING_PARAMETER", "token")),
        ("authentication/token/release", {"token": "F" * 32}, (401, "INVALID_TOKEN", "token")),
    ],
)
async def test_bad_requests_name_the_field(
    office: Office, path: str, body: object, expected: tuple[int, str, str]
) -> None:
    status, code, message, description = (await office.send(path, body)).refused
    assert (status, code, description) == expected
    assert message


async def test_the_comma_of_the_documents_request(tmp_path: Path) -> None:
    body = b'{ "token":"' + b"F" * 32 + b'", }'
    async with office_on(tmp_path / "strict") as office:
        refused = (await office.send("authentication/token/release", body)).refused
        assert refused[:2] == (400, "INVALID_REQUEST")
        assert "the comma at byte 44 has nothing after it" in refused[2]
    async with office_on(tmp_path / "lenient", lenient_json=True) as office:
        assert (await office.send("authentication/token/release", body)).refused[1] == "INVALID_TOKEN"


async def test_other_verbs_and_other_paths(office: Office) -> None:
    async with office.http.get(f"{office.app.url}/rewards/authentication/token") as answer:
        assert (answer.status, answer.headers["Allow"]) == (405, "POST")
        assert (await answer.json())["status"]["code"] == "INVALID_REQUEST"
    async with office.http.get(f"{office.app.url}/rewards") as answer:
        assert (answer.status, (await answer.json())["status"]["code"]) == (404, "NOT_FOUND")
    for path in ("/healthz", "/docs"):
        async with office.http.get(office.app.url + path) as answer:
            assert answer.status == 200


async def test_bodies_have_a_bound_of_their_own(tmp_path: Path) -> None:
    async with office_on(tmp_path, Limits(http_body_bytes_max=1_024, rewards_body_bytes_max=4_096)) as office:
        statuses = []
        for size in (2_000, 5_000):
            statuses.append((await office.send("authentication/token", b" " * size)).status)
        async with office.http.post(f"{office.app.url}/exchange/server.time", data=b" " * 2_000) as answer:
            statuses.append(answer.status)
        assert statuses == [400, 413, 413]


async def test_the_page_describes_the_desk(office: Office) -> None:
    async with office.http.get(f"{office.app.url}/docs/openapi.json") as answer:
        page = msgspec.json.decode(await answer.read())
    operation = page["paths"]["/rewards/authentication/token"]["post"]
    schema = operation["requestBody"]["content"]["application/json"]["schema"]
    assert schema == {"$ref": "#/components/schemas/TokenRequest"}
    assert page["components"]["schemas"]["TokenRequest"]["additionalProperties"] is False
    assert "/exchange/{method}" in page["paths"]
    async with office.http.get(f"{office.app.url}/docs") as answer:
        text = await answer.text()
    assert "/rewards/authentication/token" in text
    assert "<script" not in text
    assert re.findall(r"[^.]\.\.[ <]", text) == []
    create = text.partition("POST /rewards/customer_events/purchases/create<")[2].partition("<h2>")[0]
    assert '200: OK, <a href="#shape-Purchase">Purchase</a>' in create
    assert '<a href="#shape-rewards.409.INVALID_STATE.NOT_EFFECTIVE.CONFLICT">409</a>' in create
    show = page["paths"]["/rewards/programmes/show"]["post"]["responses"]
    assert show.keys() == {"200", "400", "401", "403", "405", "408", "413", "429", "431", "500"}
    assert "<code>performed_on</code> text of at most 19 characters: YYYY-MM-DDTHH:MM:SS" in create
    line = '<a href="#shape-PurchaseLineGiven">PurchaseLineGiven</a>'
    assert f"<code>lines</code> list of {line}, 1 to 200 of them, required" in create
    assert "<code>reference_number</code> text of 1 to 64 characters<" in create
    shape = text.partition('<h3 id="shape-PurchaseLineGiven">')[2].partition("<h3")[0]
    assert "<code>quantity</code> number, at least 0, or its text<" in shape
    linked, there = (set(re.findall(form, text)) for form in (r'href="#([^"]+)"', r' id="([^"]+)"'))
    assert linked <= there
