"""Operator methods: everything a house is made of, made over the wire."""

from __future__ import annotations

import errno
from pathlib import Path
from typing import Any

import pytest

from fondaco.desks.common.auth import sign_socket
from fondaco.runtime.limits import Limits
from tests.desks.exchange.conftest import furnish
from tests.desks.exchange.venue import Venue


async def test_a_house_from_nothing(venue: Venue) -> None:
    oper = await venue.logged_in("oper")
    assert await oper.call("asset.create", "EUR", 6) == {"name": "EUR", "scale_digits": 6}
    terms = {
        "price_digits": 2,
        "amount_digits": 4,
        "min_amount": "0.01",
        "min_money": "1.5",
        "maker_fee": "0.0005",
        "taker_fee": "0.001",
    }
    market = await oper.call("market.create", "BTCEUR", "BTC", "EUR", terms)
    assert market == {
        "name": "BTCEUR",
        "stock": "BTC",
        "money": "EUR",
        "price_digits": 2,
        "amount_digits": 4,
        "min_amount": "0.0100",
        "min_money": "1.500000",
        "maker_fee": "0.0005",
        "taker_fee": "0.001",
        "phase": "continuous",
    }
    changed = await oper.call("market.update", "BTCEUR", {"min_amount": "0", "taker_fee": "0"})
    assert changed == {**market, "min_amount": "0.0001", "taker_fee": "0"}
    assert (await oper.call("market.list"))[-1] == changed
    user = await oper.call("user.create", "carol@example.org")
    assert user == {"user": 4, "name": "carol@example.org", "disabled": False}
    key = await oper.call("key.create", "carol@example.org", ["trade", "read"], {"label": "bot"})
    assert set(key) == {"api_key", "secret"}
    assert len(key["secret"]) == 64
    assert venue.secrets.get(key["api_key"]) == key["secret"]
    made = venue.house.keys[key["api_key"]]
    assert (made.user_id, made.scopes, made.addresses, made.label) == (4, ("read", "trade"), (), "bot")
    done = {"status": "success"}
    assert await oper.call("balance.update", 4, "EUR", "deposit", 1, "1000.5") == done

    carol, now_ms = venue.connect(), venue.now_us // 1000
    sign = sign_socket(key["secret"], key["api_key"], now_ms)
    assert await carol.call("server.auth", key["api_key"], sign, now_ms) == done
    assert await carol.call("asset.query", "EUR") == {"EUR": {"available": "1000.500000", "freeze": "0"}}
    order = await carol.call("order.put_limit", "BTCEUR", 2, "0.01", "50000")
    assert (order["user"], order["left"]) == (4, "0.0100")

    assert await oper.call("key.revoke", key["api_key"]) == done
    assert (await carol.refused("asset.query"))[0] == 6
    assert await oper.call("user.disable", "carol@example.org") == {**user, "disabled": True}


async def test_balance_updates_are_done_once_for_ever(venue: Venue) -> None:
    oper = await venue.logged_in("oper")
    deposit = ("alice", "BTC", "deposit", 500, "1.5", {"detail": {"txid": "abc"}})
    for _ in range(3):
        assert await oper.call("balance.update", *deposit) == {"status": "success"}
    alice = await venue.logged_in("alice")
    assert (await alice.call("asset.query", "BTC"))["BTC"]["available"] == "101.50000000"
    (record,) = (await alice.call("asset.history", "BTC", "deposit", 1723075201 - 1, 0, 0, 1))["records"]
    assert (record["change"], record["detail"]) == ("1.50000000", {"id": 500, "txid": "abc"})
    code, message = await oper.refused("balance.update", *deposit[:4], "1.6", deposit[5])
    assert code == 10
    assert message.startswith("repeat update: deposit 500 of alice in BTC was used for a change with another body")
    code, message = await oper.refused("balance.update", "alice", "BTC", "withdraw", 1, "-101.6")
    assert code == 10
    assert message.startswith("balance not enough: withdraw 1 of alice in BTC needs ")


async def test_a_detail_without_its_name_is_the_detail(venue: Venue) -> None:
    oper, alice = await venue.logged_in("oper"), await venue.logged_in("alice")
    await oper.call("balance.update", "alice", "BTC", "bonus", 1, "1", {"memo": "x", "note": 5})
    (record,) = (await alice.call("asset.history", "BTC", "bonus", 0, 0, 0, 1))["records"]
    assert record["detail"] == {"id": 1, "memo": "x", "note": 5}


TERMS = {"price_digits": 2, "amount_digits": 4}

REFUSALS: list[tuple[str, list[Any], int, str]] = [
    ("asset.create", ["BTC", 8], 1, "the name of the asset BTC is taken; choose another"),
    ("asset.create", ["btc", 8], 1, "name 'btc' cannot be a name; send A-Z, 0-9, . _ -, beginning with a"),
    ("asset.create", ["A" * 17, 8], 1, "name has 17 characters; it takes 1 to 16"),
    ("asset.create", ["A" * 65, 8], 1, "name has 65 characters; it takes 1 to 16"),
    ("market.create", ["M" * 65, "BTC", "USDT", TERMS], 1, "name has 65 characters; it takes 1 to 32"),
    ("user.create", ["u" * 65], 1, "name has 65 characters; it takes 1 to 64"),
    ("balance.update", ["alice", "BTC", "b" * 65, 1, "1"], 1, "business has 65 characters; it takes 1 to 32"),
    ("asset.create", ["EUR", 19], 1, "scale_digits is 19; it takes 0 to 18"),
    ("asset.create", ["EUR", "6"], 1, "scale_digits is text; send an integer"),
    ("asset.create", ["EUR"], 1, "1 params came; the method takes 2: [name, scale_digits]"),
    ("market.create", ["BTCUSDT", "BTC", "USDT", TERMS], 1, "the name of the market BTCUSDT is taken"),
    ("market.create", ["X", "NOSUCH", "USDT", TERMS], 114, "unknown asset: NOSUCH"),
    ("market.create", ["X", "BTC", "BTC", TERMS], 1, "stock and money are both BTC"),
    ("market.create", ["X", "BTC", "USDT", {"price_digits": 2}], 1, "amount_digits is missing"),
    (
        "market.create",
        ["X", "BTC", "USDT", {"price_digits": 6, "amount_digits": 4}],
        1,
        "price_digits 6 + amount_digits 4 is more than the 8 of USDT; lower one of them",
    ),
    (
        "market.create",
        ["X", "BTC", "USDT", {"price_digits": 0, "amount_digits": 9}],
        1,
        "amount_digits 9 is finer than BTC, which has 8; lower it",
    ),
    ("market.create", ["X", "BTC", "USDT", {**TERMS, "fee": "0"}], 1, "option fee is not known; the method takes "),
    ("market.create", ["X", "BTC", "USDT", {**TERMS, "maker_fee": "-0.6"}], 1, "maker_fee -0.6 is out of bounds"),
    (
        "market.create",
        ["X", "BTC", "USDT", {**TERMS, "taker_fee": "0.6"}],
        1,
        "taker_fee 0.6 is out of bounds; ",
    ),
    (
        "market.create",
        ["X", "BTC", "USDT", {**TERMS, "taker_fee": "1e-7"}],
        1,
        "taker_fee 1e-7 has 7 decimals; ",
    ),
    (
        "market.create",
        ["X", "BTC", "USDT", {**TERMS, "min_amount": "0.00001"}],
        1,
        "min_amount 0.00001 has 5 decimals; this market takes 4",
    ),
    ("market.create", ["X", "BTC", "USDT", {**TERMS, "min_amount": "-1"}], 1, "min_amount is out of bounds"),
    ("market.create", ["X", "BTC", "USDT", {**TERMS, "min_money": "1e20"}], 104, "min_money 1e20 USDT is beyond what"),
    ("market.update", ["NOSUCH", {"taker_fee": "0"}], 113, "unknown market: NOSUCH"),
    ("market.update", ["BTCUSDT", {}], 1, "nothing to change; send one of min_amount, min_money, maker_fee, taker_fee"),
    (
        "market.update",
        ["BTCUSDT", {"price_digits": 3}],
        1,
        "option price_digits is not known; ",
    ),
    ("user.create", ["alice"], 1, "the name of the user alice is taken"),
    ("user.create", ["al ice"], 1, "name 'al ice' cannot be a name; send A-Z, a-z, 0-9, . _ @ + -, beginning"),
    ("user.create", ["123"], 1, "name 123 is digits alone, which reads as a user's number; add a letter"),
    ("user.disable", ["oper"], 1, "user oper is you, and could not undo it; ask another operator to disable you"),
    ("user.disable", [3], 1, "user oper is you, and could not undo it; ask another operator to disable you"),
    ("user.disable", ["3"], 1, 'unknown user: "3"; text is a name, send 3 without quotes for the user\'s number'),
    ("user.enable", ["nobody"], 1, "unknown user: nobody; user.create makes one"),
    ("user.enable", [99], 1, "unknown user: 99; user.create makes one"),
    ("user.disable", ["nobody"], 1, "unknown user: nobody; user.create makes one"),
    ("user.disable", [99], 1, "unknown user: 99; user.create makes one"),
    ("key.create", ["nobody", ["read"]], 1, "unknown user: nobody"),
    ("key.create", ["alice", []], 1, "scopes is empty; a key needs one of read, trade, transfer, operate"),
    ("key.create", ["alice", ["all"]], 1, "'all' is no scope; there are read, trade, transfer, operate"),
    ("key.create", ["alice", "read"], 1, "scopes is text; send an array"),
    ("key.create", ["alice", ["read"], {"addresses": ["10.0.0.0/8", "x"]}], 1, "'x' is no address; send addresses or"),
    ("key.create", ["alice", ["read"], {"expires": 5}], 1, "option expires is not known; the method takes addresses"),
    ("key.revoke", ["no-such-key"], 1, "unknown key: no-such-key; "),
    (
        "key.revoke",
        ["key-of-oper-operate-read"],
        1,
        "key key-of-oper-operate-read is the last that operates ",
    ),
    ("balance.update", ["nobody", "BTC", "deposit", 1, "1"], 1, "unknown user: nobody"),
    ("balance.update", ["alice", "NOSUCH", "deposit", 1, "1"], 114, "unknown asset: NOSUCH"),
    ("balance.update", ["alice", "BTC", "trade", 1, "1"], 1, "business trade is for changes made by deals"),
    (
        "balance.update",
        ["alice", "BTC", "de posit", 1, "1"],
        1,
        "business 'de posit' cannot be a name; send A-Z, a-z, ",
    ),
    ("balance.update", ["alice", "BTC", "deposit", "1", "1"], 1, "business_id is text; send an integer"),
    (
        "balance.update",
        ["alice", "BTC", "deposit", 1, "0.000000001"],
        102,
        "change 0.000000001 has 9 decimals; ",
    ),
    (
        "balance.update",
        ["alice", "BTC", "deposit", 9, "1e20"],
        104,
        "change 1e20 BTC is beyond what ",
    ),
    (
        "balance.update",
        ["alice", "BTC", "deposit", 9, "5e10"],
        104,
        "deposit 9 of alice in BTC would be ",
    ),
    ("balance.update", ["alice", "BTC", "deposit", 9, "x"], 123, "change: 'x' is not a decimal number"),
    ("balance.update", ["alice", "BTC", "deposit", 9, "1", "why"], 1, "detail is text; send an object"),
    ("balance.update", ["alice", "BTC", "deposit", 9, "1", {"detail": 5}], 1, "detail is an integer; send an object"),
    (
        "balance.update",
        ["alice", "BTC", "deposit", 9, "1", {"m": "x" * 1100}],
        1,
        "detail has 1108 characters; at ",
    ),
    (
        "balance.update",
        ["alice", "BTC", "deposit", 9, "1", {"detail": {}, "y": 2}],
        1,
        'beside detail stands y; send {"detail": {…}} alone, with all that is to be kept in it',
    ),
    (
        "balance.update",
        ["alice", "BTC", "deposit", 9, "0.0"],
        1,
        "change is 0.0, which moves nothing; send what comes ",
    ),
]


@pytest.mark.parametrize(("method", "params", "code", "sentence"), REFUSALS)
async def test_refusals(venue: Venue, method: str, params: list[Any], code: int, sentence: str) -> None:
    oper = await venue.logged_in("oper")
    hash_before = venue.house.markets.copy(), dict(venue.house.users), len(venue.house.keys)
    got, message = await oper.refused(method, *params)
    assert got == code
    assert message.removeprefix("invalid argument: ").startswith(sentence)
    assert hash_before == (venue.house.markets, dict(venue.house.users), len(venue.house.keys))


async def test_a_key_whose_secret_cannot_be_kept_is_not_made(venue: Venue, monkeypatch: pytest.MonkeyPatch) -> None:
    oper = await venue.logged_in("oper")

    def full(_api_key: str, _secret: str) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(venue.secrets, "put", full)
    keys = len(venue.house.keys)
    code, message = await oper.refused("key.create", "alice", ["read"])
    assert code == 3
    assert message.startswith("service unavailable: the secret could not be kept (No space left on device); ")
    assert len(venue.house.keys) == keys


async def test_the_secret_is_on_disk_before_the_key_is_journalled(venue: Venue) -> None:
    oper = await venue.logged_in("oper")
    venue.turns_by_itself = False
    oper.says({"method": "key.create", "params": ["alice", ["read"]], "id": 5})
    on_disk = (venue.directory / "secrets").read_text()
    venue.turn()
    (reply,) = oper.inbox
    assert reply["result"]["secret"] in on_disk


async def test_a_house_has_as_many_keys_as_its_limits_say(tmp_path: Path) -> None:
    small = Venue(tmp_path, Limits(keys_max=3))
    furnish(small)
    oper = await small.logged_in("oper")
    code, message = await oper.refused("key.create", "alice", ["read"])
    assert (code, message) == (
        1,
        "invalid argument: the house has 3 keys and takes no more; raise keys_max in its limits",
    )
    await small.close()


async def test_a_demos_business_is_nobody_elses(venue: Venue) -> None:
    oper = await venue.logged_in("oper")
    code, message = await oper.refused("balance.update", "alice", "BTC", "demo.gift", 1, "1", {})
    assert (code, "what a demo begins with" in message) == (1, True)


async def test_no_secret_is_written_while_intake_is_stopped(venue: Venue) -> None:
    oper = await venue.logged_in("oper")
    path = venue.directory / "secrets"
    before = path.read_bytes()
    venue.intake_stopped = "the disk is full"
    assert await oper.refused("key.create", "alice", ["read"]) == (3, "service unavailable: the disk is full")
    assert path.read_bytes() == before
