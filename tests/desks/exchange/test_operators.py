"""A house keeps somebody who operates it, and a user who was disabled comes back."""

from __future__ import annotations

from typing import Any

from fondaco.core import commands as c
from tests.desks.exchange.venue import Venue

BUY = 2
PUT: tuple[Any, ...] = ("order.put_limit", "BTCUSDT", BUY, "1", "8000")


async def test_an_enabled_user_is_as_before(venue: Venue) -> None:
    oper, alice = await venue.logged_in("oper"), await venue.logged_in("alice")
    resting = await alice.call(*PUT)
    assert (await oper.call("user.disable", "alice"))["disabled"] is True
    assert (await alice.refused(*PUT))[0] == 117
    assert await oper.call("user.enable", "alice") == {"user": 1, "name": "alice", "disabled": False}
    assert await oper.call("user.enable", 1) == {"user": 1, "name": "alice", "disabled": False}
    put = await alice.call(*PUT)
    open_now = (await alice.call("order.query", ["BTCUSDT"], 0, 10))["BTCUSDT"]["records"]
    assert [order["id"] for order in open_now] == [put["id"], resting["id"]]


async def test_a_revoked_key_stays_revoked(venue: Venue) -> None:
    oper, alice = await venue.logged_in("oper"), await venue.logged_in("alice")
    await oper.call("user.disable", "alice")
    await oper.call("key.revoke", "key-of-alice-")
    await oper.call("user.enable", "alice")
    assert (await alice.refused("asset.query"))[0] == 6


async def test_a_disabled_operator_does_not_enable_himself(venue: Venue) -> None:
    venue.user("second", "operate")
    oper, second = await venue.logged_in("oper"), await venue.logged_in("second")
    await oper.call("user.disable", "second")
    assert (await second.refused("user.enable", "second"))[0] == 117


async def test_of_two_operators_who_disable_each_other_at_once_one_stays(venue: Venue) -> None:
    venue.user("second", "operate")
    oper, second = await venue.logged_in("oper"), await venue.logged_in("second")
    venue.turns_by_itself = False
    oper.says({"method": "user.disable", "params": ["second"], "id": 1})
    second.says({"method": "user.disable", "params": ["oper"], "id": 1})
    venue.turn()
    disabled = [user.name for user in venue.house.users.values() if user.disabled]
    assert disabled == ["second"]


async def test_the_last_key_that_operates_is_kept(venue: Venue) -> None:
    """Keys that are revoked, of a disabled user, without their secret, or for something else are no others."""
    own, oper = "key-of-oper-operate-read", await venue.logged_in("oper")
    venue.user("second", "operate")
    venue.user("third", "trade")
    venue.does(
        c.UserDisable(venue.house.user_ids["second"]),
        c.KeyCreate("lost", 3, ("operate",)),
        c.KeyCreate("gone", 3, ("operate",)),
        c.KeyRevoke("gone"),
    )
    venue.secrets.put("gone", "secret")
    code, message = await oper.refused("key.revoke", own)
    assert (code, message) == (
        1,
        f"invalid argument: key {own} is the last that operates this house; make another with key.create first",
    )
    assert not venue.house.keys[own].revoked
    await oper.call("user.enable", "second")
    assert await oper.call("key.revoke", own) == {"status": "success"}
    assert (await oper.refused("key.revoke", own))[0] == 6
