"""A business id moves money once: as a change of a balance, or as a withdrawal."""

from __future__ import annotations

from typing import Any

import pytest

from fondaco.core import commands as c
from tests.desks.exchange.venue import Client, Venue

NAME = ("alice", "BTC", "payout", 7)
UPDATE: tuple[Any, ...] = ("balance.update", *NAME, "-1.5")
FREEZE: tuple[Any, ...] = ("withdraw.freeze", *NAME, "1.5")

TAKEN = "repeat update: payout 7 of alice in BTC was used by a {}, and a business id moves money once; if this is "
UNDER_WAY = "repeat update: payout 7 of alice in BTC is being used by a {} that is under way, and a business id moves "

ORDERS = pytest.mark.parametrize(("first", "second"), [(UPDATE, FREEZE), (FREEZE, UPDATE)])


async def has(venue: Venue, asset: str = "BTC") -> tuple[str, str]:
    found = (await (await venue.logged_in("alice")).call("asset.query", asset))[asset]
    return found["available"], found["freeze"]


async def refused_as_taken(oper: Client, request: tuple[Any, ...], by: str) -> None:
    code, message = await oper.refused(*request)
    assert (code, message[: len(TAKEN.format(by))]) == (10, TAKEN.format(by))


@ORDERS
async def test_the_same_id_moves_money_once(venue: Venue, first: tuple[Any, ...], second: tuple[Any, ...]) -> None:
    oper = await venue.logged_in("oper")
    answer, after = await oper.call(*first), await has(venue)
    await refused_as_taken(oper, second, first[0])
    assert await oper.call(*first) == answer
    assert await has(venue) == after
    assert after[0] == "98.50000000"


@pytest.mark.parametrize("end", ["withdraw.confirm", "withdraw.release"])
async def test_a_withdrawal_that_ended_keeps_its_id(venue: Venue, end: str) -> None:
    oper = await venue.logged_in("oper")
    await oper.call(*FREEZE)
    await oper.call(end, *NAME)
    await refused_as_taken(oper, UPDATE, "withdraw.freeze")


async def test_another_user_asset_business_or_id_is_another_name(venue: Venue) -> None:
    oper = await venue.logged_in("oper")
    await oper.call(*FREEZE)
    for name in (("bob", *NAME[1:]), ("alice", "ETH", "payout", 7), ("alice", "BTC", "gift", 7), (*NAME[:3], 8)):
        assert await oper.call("balance.update", *name, "-1.5") == {"status": "success"}


@ORDERS
async def test_two_connections_in_one_moment(venue: Venue, first: tuple[Any, ...], second: tuple[Any, ...]) -> None:
    oper, other = await venue.logged_in("oper"), await venue.logged_in("oper")
    venue.turns_by_itself = False
    for number in (1, 2):
        oper.says({"method": first[0], "params": first[1:], "id": number})
    other.says({"method": second[0], "params": second[1:], "id": 1})
    venue.turn()
    assert [reply["error"] for reply in oper.inbox] == [None, None]
    (reply,) = other.inbox
    assert reply["error"]["code"] == 10
    assert reply["error"]["message"].startswith(UNDER_WAY.format(first[0]))


@ORDERS
async def test_what_was_refused_used_nothing(venue: Venue, first: tuple[Any, ...], second: tuple[Any, ...]) -> None:
    oper = await venue.logged_in("oper")
    assert (await oper.refused(*first[:-1], first[-1].replace("1.5", "1000")))[0] == 10
    venue.intake_stopped = "the disk is full"
    assert (await oper.refused(*first))[0] == 3
    venue.intake_stopped = None
    await oper.call(*second)
    await refused_as_taken(oper, first, second[0])


async def test_a_house_that_used_an_id_for_both_answers_either_again(venue: Venue) -> None:
    oper, user = await venue.logged_in("oper"), venue.house.user_ids["alice"]
    detail = '{"id":"mine","detail":1,"y":2}'
    venue.does(
        c.BalanceUpdate(user, "BTC", "payout", 7, 0, detail),
        c.WithdrawalFreeze(user, "BTC", "payout", 7, 150_000_000, detail),
    )
    kept = {"id": "mine", "detail": 1, "y": 2}
    assert await oper.call("balance.update", *NAME, "0", kept) == {"status": "success"}
    assert (await oper.call(*FREEZE, kept))["detail"] == kept
    assert await has(venue) == ("98.50000000", "1.50000000")
