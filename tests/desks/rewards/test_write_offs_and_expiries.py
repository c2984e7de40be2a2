"""What is given up, by the house or by a participant's waiting, is a document like any other: shown, listed, chosen."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from fondaco.core.purposes import BAD_DEBT, BREAKAGE
from fondaco.core.rewards import actions as a
from fondaco.core.rewards.entities import Scheme
from tests.desks.rewards.office import Office, give
from tests.desks.rewards.shop import PARTICIPANT, event, furnish_shop, purchase
from tests.waiting import until

BUY, SETTLE = "customer_events/purchases/create", "customer_events/purchases/apply_settlement"
RECEIVABLE: dict[str, Any] = {"accounts_receivable_identifier": {"number": "ACR0000000001"}}


async def test_a_write_off_tells_what_it_gave_up_of_which_invoice(office: Office) -> None:
    await furnish_shop(office, tax_ppm=220_000)
    for n, total in enumerate((150, 100), 1):
        await office.does(BUY, **purchase(total))
        await office.does(SETTLE, **event(n))
    await office.does("payments/create", amount=3.73, **RECEIVABLE)
    made = await office.asks("ada", "accounts_receivable/write_off", "key 1", reason="gone", **RECEIVABLE)
    assert made.data["number"] == "ACR0000000001"
    given_up = made.data["write_off"]
    assert (given_up["number"], given_up["amount"], given_up["reason"]) == ("1", 19.15, "gone")
    allocated = [(each["invoice"]["number"], each["amount"]) for each in given_up["allocations"]]
    assert allocated == [("I00000001", 10), ("I00000002", 9.15)]
    assert (await office.asks("ada", "accounts_receivable/write_off", "key 1", reason="gone", **RECEIVABLE)).data == (
        made.data
    )
    shown = (await office.asks("rita", "write_offs/show", write_off_identifier={"id": given_up["id"]})).data
    assert shown == given_up
    (listed,) = (await office.does("write_offs/list", **RECEIVABLE))["write_offs"]
    assert listed == {name: each for name, each in given_up.items() if "allocations" not in name}
    assert (await office.asks("rita", "write_offs/list")).data["write_offs"] == [listed]
    assert (await office.does("write_offs/list", written_off_to="2017-01-01T00:00:00"))["write_offs"] == []
    other = {"accounts_receivable_identifier": {"number": "ACR0000000002"}}
    assert (await office.does("write_offs/list", **other))["write_offs"] == []
    assert office.app.house.rewards.balance(1, BAD_DEBT, 0, 1) == -19_15

    invoice = {"invoice_identifier": {"number": "I00000001"}}
    assert (await office.does("invoices/show", **invoice))["written_off_amount"] == 10
    await office.does("customer_events/purchases/cancel", **event(1))
    assert (await office.does("invoices/show", **invoice))["written_off_amount"] == 0
    missing = await office.asks("rita", "write_offs/show", write_off_identifier={"number": "2"})
    assert missing.refused[1::2] == ("NOT_FOUND", "write_off_identifier.number")


async def test_what_is_not_spent_in_time_is_seen_to_expire(office: Office) -> None:
    await furnish_shop(office)
    await give(office.app, a.SchemePut(Scheme(1, "A day", reward_days=1)))
    expires = datetime.now(UTC) + timedelta(seconds=3)
    performed_on = (expires - timedelta(days=1)).strftime("%Y-%m-%dT%H:%M:%S")
    await office.does(BUY, **purchase(150, performed_on=performed_on))
    await office.does("reward_transactions/spends/create", participant_identifier=PARTICIPANT, amount=4)
    award = await office.does("reward_transactions/awards/show", award_identifier={"number": "1"})
    assert (award["expires_on"], award["expired_on"]) == (expires.strftime("%Y-%m-%dT%H:%M:%S"), None)
    assert (await office.does("reward_transactions/expiries/list"))["expiries"] == []

    await until(lambda: office.books.expiry(1), "the reward's time is up")
    (listed,) = (await office.does("reward_transactions/awards/list"))["awards"]
    shown = await office.does("reward_transactions/awards/show", award_identifier={"number": "1"})
    assert shown == listed == award | {"expired_on": award["expires_on"]}
    await until(lambda: office.app.history.seq >= office.app.house.next_seq - 1, "history has it")
    chosen = {"participant_identifier": PARTICIPANT, "expired_from": award["expires_on"]}
    (expiry,) = (await office.asks("rita", "reward_transactions/expiries/list", **chosen)).data["expiries"]
    assert (expiry["amount"], expiry["currency"]["code"], expiry["number"]) == (11, "EUR", "1")
    assert expiry["rewards_participant"] == {"id": expiry["rewards_participant"]["id"], "number": "RP0000000001"}
    assert expiry["expired_on"] >= award["expires_on"]
    by_id = {"expiry_identifier": {"id": expiry["id"]}}
    assert (await office.asks("rita", "reward_transactions/expiries/show", **by_id)).data == expiry
    assert office.app.house.rewards.balance(1, BREAKAGE, 0, 1) == 11_00
    wrong = await office.asks("ada", SETTLE, customer_event_identifier={"id": expiry["id"]})
    assert wrong.refused[:2] == (409, "WRONG_EVENT_TYPE")
    listed = await office.does("reward_transactions/expiries/list", expired_to="2017-01-01T00:00:00")
    assert listed["expiries"] == []


async def test_what_is_posted_after_its_time_expires_then_and_what_was_taken_back_does_not(office: Office) -> None:
    await furnish_shop(office)
    await give(office.app, a.SchemePut(Scheme(1, "A day", reward_days=1)))
    late = await office.does(BUY, **purchase(150))
    await until(lambda: office.books.expiry(1), "it expires at once")
    award = await office.does("reward_transactions/awards/show", award_identifier={"number": "1"})
    assert (award["expires_on"], award["expired_on"]) == ("2016-09-29T12:00:00", late["posted_on"])
    await give(office.app, a.SchemePut(Scheme(1, "For ever")))
    await office.does(BUY, **purchase(150))
    await office.does("customer_events/purchases/cancel", **event(2))
    award = await office.does("reward_transactions/awards/show", award_identifier={"number": "2"})
    assert (award["life_cycle_state"], award["expires_on"], award["expired_on"]) == ("CANCELLED", None, None)
