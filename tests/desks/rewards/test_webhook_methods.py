"""Webhooks as an admin sets them up, over the whole house, and what receivers find in them."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import msgspec

from fondaco.core.rewards import actions as a
from fondaco.core.rewards.entities import Line, Offer, Rounding, Scheme, Unit
from tests.desks.rewards.office import Office, give, office_on
from tests.desks.rewards.receiving import Receiver, status
from tests.waiting import until

PAGE = Path(__file__).parents[3] / "docs" / "reference" / "rewards" / "webhooks.md"
SHOP: tuple[a.Action, ...] = (
    a.CurrencyPut(0, "EUR", 2, Rounding.HALF_UP),
    a.MerchantPut(0, "m", b"", 1, 4, contribution_ppm=750_000),
    a.UnitPut(Unit(0, "u", "Unit", 1)),
    a.ParticipantPut(0, "p", b"", 1),
    a.SchemePut(Scheme(0, "always")),
    a.OfferPut(Offer(0, 1, "a tenth", award_ppm=100_000)),
)
BUY = a.PurchaseCreate(1, 1, 1_475_083_067_000_000, 1, (Line("1", "1", "150", 15_000),))


def documented_verify() -> Any:
    """The example of the page, as it stands there."""
    (example,) = re.findall(r"```python\n(.*?)```", PAGE.read_text(), re.S)
    names: dict[str, Any] = {}
    exec(example, names)
    return names["verify"]


async def test_what_is_told_is_what_the_methods_show(office: Office) -> None:
    async with Receiver() as receiver:
        made = await office.does("webhooks/create", url=receiver.url, events=["award.posted", "invoice.posted"])
        assert (made["number"], made["active"], made["waiting_events"], made["last_failure"]) == ("1", True, 0, None)
        await give(office.app, *SHOP, BUY, a.SettlementApply(1))
        await until(lambda: len(receiver.received) == 2, "the award and the invoice")
        award, invoice = [msgspec.json.decode(each.body) for each in receiver.received]
        assert (award["type"], invoice["type"]) == ("award.posted", "invoice.posted")
        assert award["programme"] == "Rialto Rewards"
        assert award["data"]["amount"] == 15
        assert award["data"]["contribution_amount"] is None, "it was not settled then"
        shown = await office.does("invoices/show", invoice_identifier={"id": invoice["data"]["id"]})
        assert {name: shown[name] for name in invoice["data"]} == invoice["data"]
        assert invoice["data"]["total_amount"] == 11.25
        verify = documented_verify()
        for each in receiver.received:
            assert verify(made["secret"], each.signature, each.body)
            assert not verify(made["secret"], each.signature, each.body + b" ")
            assert not verify(made["secret"][::-1], each.signature, each.body)


async def test_a_secret_is_shown_once_and_to_a_repeat(office: Office) -> None:
    body = {"url": "http://127.0.0.1:9/hook", "events": ["invoice.posted"]}
    first = await office.asks("ada", "webhooks/create", "key 1", **body)
    again = await office.asks("ada", "webhooks/create", "key 1", **body)
    second = await office.asks("ada", "webhooks/create", "key 2", **body)
    assert first.data == again.data
    assert second.data["secret"] != first.data["secret"]
    listed = await office.does("webhooks/list")
    assert [each["number"] for each in listed["webhooks"]] == ["2", "1"]
    assert "secret" not in msgspec.json.encode(listed).decode()
    kept = await office.does("webhooks/update", webhook_identifier={"number": "1"}, active=False)
    assert (kept["secret"], kept["active"], kept["url"]) == (None, False, body["url"])
    changed = await office.does("webhooks/update", webhook_identifier={"number": "1"}, new_secret=True)
    assert changed["secret"] not in (None, first.data["secret"])


async def test_a_test_says_how_it_went_and_a_replay_tells_again(office: Office) -> None:
    async with Receiver() as receiver:
        made = await office.does("webhooks/create", url=receiver.url, events=["award.posted"])
        which = {"webhook_identifier": {"id": made["id"]}}
        tested = await office.does("webhooks/test", **which)
        assert (tested["delivered"], tested["http_status"], tested["failure"]) == (True, 200, None)
        assert receiver.received[0].type == "webhook.test"
        receiver.answer = status(500)
        tested = await office.does("webhooks/test", **which)
        assert (tested["delivered"], tested["http_status"]) == (False, 500)
        assert "status 500" in tested["failure"]
        receiver.answer = None
        receiver.received.clear()
        await give(office.app, *SHOP, BUY, BUY)
        await until(lambda: len(receiver.received) == 2, "two awards")
        await office.does("webhooks/replay", **which, from_sequence=receiver.received[0].seq)
        await until(lambda: len(receiver.received) == 4, "both again")
        assert receiver.ids[2:] == receiver.ids[:2]
        answer = await office.asks("ada", "webhooks/replay", **which, from_sequence=10**9)
        assert answer.refused[1::2] == ("INVALID_REQUEST", "from_sequence")
        metrics = await (await office.http.get(f"{office.app.url}/metrics")).text()
        assert "fondaco_webhooks_delivered_total 4.0" in metrics
        assert "fondaco_webhooks_waiting 0.0" in metrics


async def test_who_may_not_and_what_cannot_be_sent_to(office: Office) -> None:
    body = {"url": "http://127.0.0.1:9/", "events": ["award.posted"]}
    for who in ("otto", "rita"):
        assert (await office.asks(who, "webhooks/create", **body)).refused[1] == "ACCESS_DENIED"
    for url in ("ftp://127.0.0.1/", "http://10.0.0.1/", "http://a:b@127.0.0.1/", "no address"):
        refused = (await office.asks("ada", "webhooks/create", **body | {"url": url})).refused
        assert refused[1::2] == ("INVALID_REQUEST", "url")
        assert url not in refused[2]
    for events in ([], ["everything"]):
        assert (await office.asks("ada", "webhooks/create", **body | {"events": events})).refused[0] == 400
    for identifier in ({"number": "1"}, {"id": "0" * 32}):
        assert (await office.asks("ada", "webhooks/test", webhook_identifier=identifier)).refused[1] == "NOT_FOUND"


async def test_a_house_that_comes_back_goes_on_telling(tmp_path: Path) -> None:
    async with Receiver() as receiver:
        async with office_on(tmp_path) as office:
            await office.does("webhooks/create", url=receiver.url, events=["award.posted"])
            receiver.answer = status(503)
            await give(office.app, *SHOP, BUY)
            await until(lambda: receiver.received, "an attempt")
        receiver.answer = None
        async with office_on(tmp_path) as office:
            await until(lambda: office.app.webhooks.delivered == 1, "what was not taken before")
            assert len(set(receiver.ids)) == 1


async def test_an_admin_sees_how_a_webhook_fares(office: Office) -> None:
    async with Receiver() as receiver:
        made = await office.does("webhooks/create", url=receiver.url, events=["award.posted"])
        which = {"webhook_identifier": {"number": made["number"]}}
        receiver.answer = status(503)
        await give(office.app, *SHOP, BUY)
        await until(lambda: office.app.webhooks.failed, "an attempt that fails")
        shown = await office.does("webhooks/show", **which)
        assert shown["failed_attempts"] >= 1
        assert "status 503" in shown["last_failure"]
        assert shown["next_attempt_on"] >= shown["last_failed_on"]
        assert (shown["waiting_events"], shown["last_delivered_on"]) == (1, None)
        assert "secret" not in shown
        assert (await office.does("webhooks/list"))["webhooks"][0].keys() == shown.keys()
        receiver.answer = None
        await until(lambda: office.app.webhooks.delivered, "the next attempt")
        shown = await office.does("webhooks/show", **which)
        assert (shown["failed_attempts"], shown["last_failure"], shown["next_attempt_on"]) == (0, None, None)
        assert shown["last_delivered_on"] >= shown["last_failed_on"]
    for who in ("otto", "rita"):
        for path in ("webhooks/show", "webhooks/delete"):
            assert (await office.asks(who, path, **which)).refused[1] == "ACCESS_DENIED"


async def test_nothing_is_sent_to_a_deleted_webhook_and_it_is_found_no_more(tmp_path: Path) -> None:
    async with Receiver() as receiver, Receiver() as other:
        async with office_on(tmp_path) as office:
            made = await office.does("webhooks/create", url=receiver.url, events=["award.posted"])
            await office.does("webhooks/create", url=other.url, events=["award.posted"])
            which = {"webhook_identifier": {"id": made["id"]}}
            receiver.answer = status(503)
            await give(office.app, *SHOP, BUY)
            await until(lambda: receiver.received and other.received, "a first attempt, which fails, and the other's")
            deleted = await office.asks("ada", "webhooks/delete", "key 1", **which)
            assert deleted.data == {}
            came = len(receiver.received)
            receiver.answer = None
            await give(office.app, BUY)
            await until(lambda: len(other.received) == 2, "the other is told")
            for path in ("show", "test", "delete"):
                assert (await office.asks("ada", f"webhooks/{path}", **which)).refused[:2] == (404, "NOT_FOUND")
            replay = await office.asks("ada", "webhooks/replay", **which, from_sequence=1)
            assert replay.refused[:2] == (404, "NOT_FOUND")
            update = await office.asks("ada", "webhooks/update", **which, active=True, new_secret=True)
            assert update.refused[:2] == (404, "NOT_FOUND")
            assert (await office.asks("ada", "webhooks/delete", "key 1", **which)).body == deleted.body
            assert [each["number"] for each in (await office.does("webhooks/list"))["webhooks"]] == ["2"]
            assert office.app.secrets.get("webhook/1/1") is None
            office.app.secrets.put("webhook/1/1", "as if the house had been killed before it was removed")
        async with office_on(tmp_path) as office:
            await give(office.app, BUY)
            await until(lambda: len(other.received) == 3, "the other is told after a restart too")
            assert office.app.secrets.get("webhook/1/1") is None
            assert len(receiver.received) == came
            again = await office.does("webhooks/create", url=receiver.url, events=["award.posted"])
            assert again["number"] == "3", "no number is given twice"


async def test_twenty_webhooks_may_live_at_a_time(office: Office) -> None:
    body = {"url": "http://127.0.0.1:9/", "events": ["award.posted"]}
    for _ in range(20):
        await office.does("webhooks/create", **body)
    assert (await office.asks("ada", "webhooks/create", **body)).refused[:2] == (409, "INVALID_STATE")
    await office.does("webhooks/delete", webhook_identifier={"number": "7"})
    assert (await office.does("webhooks/create", **body))["number"] == "21"
