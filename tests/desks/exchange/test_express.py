"""The express way of plain orders beside the ordinary one: both must make the same of the same bytes."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

import msgspec
import pytest

from fondaco.core import commands as c
from fondaco.core.command_records import encode_cancel, encode_place
from fondaco.core.commands import Sender
from fondaco.core.events import IS_ANSWER, EventKind
from fondaco.desks.exchange.plain_request import PlainRequest
from fondaco.desks.exchange.translate import order_record, price_ticks, size_lots
from fondaco.wire.exchange import ENCODER, REQUEST_DECODER, Reply
from tests.core.test_determinism import printed
from tests.desks.exchange.conftest import furnish
from tests.desks.exchange.plain_ways import requests, rows
from tests.desks.exchange.test_translate import TERMS
from tests.desks.exchange.venue import Client, Venue

SEED = 20_240_808
PUT = b'{"method":"order.put_limit","params":["BTCUSDT",1,"0.5","8000.01"],"id":1}'
CANCEL = b'{"method":"order.cancel","params":["BTCUSDT",17],"id":2}'


def test_answers_are_what_the_record_and_the_encoder_give() -> None:
    written = 0
    for row, request_id in rows(SEED, 4_000):
        text = TERMS.order_text.answer(row, request_id)
        if row[0] & 0xFF == EventKind.ORDER and row[0] >> 56 == IS_ANSWER:
            assert text == ENCODER.encode(Reply(None, order_record(TERMS, row), request_id))
            written += 1
        else:
            assert text is None
    assert written > 2_000


def test_what_is_read_as_plain_means_the_same_to_the_decoder() -> None:
    request, taken = PlainRequest(), {1: 0, 2: 0}
    for message in requests(SEED, 20_000):
        if not request.read(message):
            continue
        decoded = REQUEST_DECODER.decode(message)
        taken[request.method] += 1
        assert decoded.id == request.request_id
        assert decoded.params[0].encode() == request.market
        if decoded.method == "order.cancel":
            assert (request.method, [request.order_id]) == (2, decoded.params[1:])
        else:
            assert (request.method, decoded.method) == (1, "order.put_limit")
            assert decoded.params[1] == request.side
            for count, read, text in (
                (request.amount(message, 4), size_lots, decoded.params[2]),
                (request.price(message, 2), price_ticks, decoded.params[3]),
            ):
                if count:
                    assert read(TERMS, text) == count
    assert taken[1] > 2_000
    assert taken[2] > 1_000


@pytest.mark.parametrize("message", [PUT, CANCEL, PUT.replace(b",", b" , "), b" " + CANCEL + b"\n"])
def test_plain_requests_are_read(message: bytes) -> None:
    assert PlainRequest().read(message)


@pytest.mark.parametrize(
    "message",
    [
        b"",
        b"{",
        b"{}",
        PUT[:-1],
        PUT + b"x",
        PUT.replace(b'"id":1', b'"id":01'),
        PUT.replace(b'"id":1', b'"id":-1'),
        PUT.replace(b'"id":1', b'"id":1.0'),
        PUT.replace(b'"id":1', b'"id":null'),
        PUT.replace(b',"id":1', b""),
        PUT.replace(b'"id":1', b'"id":1,"id":1'),
        PUT.replace(b'"id":1', b'"id":1234567890123456789'),
        PUT.replace(b"BTCUSDT", b"BTC\\u0055SDT"),
        PUT.replace(b"BTCUSDT", "BTCÜSDT".encode()),
        PUT.replace(b"put_limit", b"put_market"),
        PUT.replace(b"1,", b"3,", 1),
        PUT.replace(b"]", b",{}]"),
        CANCEL.replace(b"17", b"0"),
        CANCEL.replace(b"17", b'{"client_order_id":"mine"}'),
        CANCEL.replace(b"17", b"17,18"),
    ],
)
def test_everything_else_is_left_to_the_decoder(message: bytes) -> None:
    assert not PlainRequest().read(message)


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("0.5", 5_000),
        ("1", 10_000),
        ("00.50", 5_000),
        ("12345678901234", 123_456_789_012_340_000),
        ("0", 0),
        ("-1", 0),
        ("1e2", 0),
        ("0.00001", 0),
        ("1.", 0),
        (".5", 0),
        ("1.2.3", 0),
        ("123456789012345", 0),
        ("1234567890123456789", 0),
        ("", 0),
    ],
)
def test_decimals_are_counted_or_left_to_the_ordinary_way(text: str, count: int) -> None:
    request = PlainRequest()
    message = PUT.replace(b"0.5", text.encode())
    assert request.read(message)
    assert request.amount(message, 4) == count
    if count:
        assert size_lots(TERMS, text) == count


def test_compiled_and_interpreted_are_the_same() -> None:
    program = ("tests.desks.exchange.plain_ways", str(SEED), "3000")
    assert printed(*program) == printed(*program, "pure")


# ── two houses: one whose sessions never go the express way ───────────────────────────────────────────────────────────


class Twin:
    """A venue with two people; ``ordinary``: without the express way. Keeps what was submitted."""

    def __init__(self, directory: Path, *, ordinary: bool) -> None:
        directory.mkdir()
        self.venue = Venue(directory)
        furnish(self.venue)
        self.records: list[bytes] = []
        submit = self.venue.submit

        def kept(record: bytes, waiter: Any) -> None:
            self.records.append(record)
            submit(record, waiter)

        self.venue.submit = kept  # type: ignore[method-assign]
        self._ordinary = ordinary
        self.clients: list[Client] = []

    async def open(self) -> None:
        for name, path, subprotocol in (("alice", "/exchange", "json"), ("bob", "/exchange/v2", "")):
            client = await self.venue.logged_in(name, path, subprotocol)
            if self._ordinary:
                client.session._express.sign(client.session.sender, False)
            self.clients.append(client)


async def test_both_ways_send_the_same_records_and_give_the_same_answers(tmp_path: Path) -> None:
    draw = random.Random(SEED)
    twins = [Twin(tmp_path / name, ordinary=name == "ordinary") for name in ("express", "ordinary")]
    for twin in twins:
        await twin.open()
    nearly = list(requests(SEED, 600))
    for number in range(600):
        who = draw.randrange(2)
        if draw.random() < 0.3:
            message = nearly[number]
        elif draw.random() < 0.7:
            side, price = draw.choice((1, 2)), 8_000 + draw.randrange(-20, 20)
            params = ["BTCUSDT", side, f"{draw.randrange(1, 30) / 10:.1f}", str(price)]
            message = msgspec.json.encode({"method": "order.put_limit", "params": params, "id": number})
        else:
            params = ["BTCUSDT", draw.randrange(1, number + 2)]
            message = msgspec.json.encode({"method": "order.cancel", "params": params, "id": number})
        for twin in twins:
            twin.clients[who].says(message)
            twin.venue.turn()
            twin.venue.now_us += 1_000
            assert twin.clients[who].in_flight == 0
    express, ordinary = twins
    assert len(express.records) > 300
    assert express.records == ordinary.records
    for one, other in zip(express.clients, ordinary.clients, strict=True):
        assert one.raw[1:] == other.raw[1:]  # the first is the answer of signing in, whose time differs
    assert express.venue.house.state_hash() == ordinary.venue.house.state_hash()
    for twin in twins:
        await twin.venue.close()


async def test_the_record_is_what_the_encoders_write(venue: Venue) -> None:
    client = await venue.logged_in("alice")
    sender = client.session.sender
    venue.turns_by_itself = False
    for message in (PUT, PUT.replace(b",1,", b",2,"), CANCEL):
        client.says(message)
    assert [record for record, _ in venue._queue] == [
        encode_place(sender, 1, 1, 1, 0, 800_001, 5_000),
        encode_place(sender, 1, 2, 1, 0, 800_001, 5_000),
        encode_cancel(sender, 1, 17),
    ]


async def test_a_stranger_and_a_key_that_may_only_read_go_the_ordinary_way(venue: Venue) -> None:
    venue.user("alice", "read")
    stranger, reader = venue.connect(), await venue.logged_in("alice")
    for client, code in ((stranger, 6), (reader, 120)):
        client.says(PUT)
        assert client.inbox.pop()["error"]["code"] == code


async def test_a_signing_in_as_another_and_a_revoked_key_are_seen_at_once(venue: Venue) -> None:
    client = await venue.logged_in("alice")
    client.says(PUT)
    session = client.session
    session.login(venue.identity("bob"))
    venue.turns_by_itself = False
    client.says(PUT)
    key = next(key for key in venue.house.keys.values() if key.user_id == venue.house.user_ids["bob"])
    bob = Sender(1, session.sender.session_id, key.user_id)
    assert venue._queue[-1][0] == encode_place(bob, 1, 1, 1, 0, 800_001, 5_000)
    session.logout()
    client.says(PUT)
    assert client.inbox[-1]["error"]["code"] == 6


async def test_what_an_operator_changes_holds_for_the_next_order(venue: Venue) -> None:
    client = await venue.logged_in("alice")
    assert (await client.call("order.put_limit", "BTCUSDT", 1, "0.5", "8000"))["taker_fee"] == "0.002"
    venue.does(c.MarketUpdate("BTCUSDT", amount_lots_min=6_000, taker_fee_ppm=500))
    code, sentence = await client.refused("order.put_limit", "BTCUSDT", 1, "0.5", "8000")
    assert code == 11
    assert "0.6000 BTC" in sentence
    assert (await client.call("order.put_limit", "BTCUSDT", 1, "0.6", "8000"))["taker_fee"] == "0.0005"
    venue.does(c.UserDisable(venue.house.user_ids["alice"]))
    assert (await client.refused("order.put_limit", "BTCUSDT", 1, "0.6", "8000"))[0] == 117
    assert (await client.call("order.cancel", "BTCUSDT", 1))["id"] == 1


async def test_a_house_that_takes_nothing_says_so(venue: Venue) -> None:
    client = await venue.logged_in("alice")
    venue.intake_stopped = "the disk is full"
    for message in (PUT, CANCEL):
        client.says(message)
        assert client.inbox.pop()["error"] == {"code": 3, "message": "service unavailable: the disk is full"}
    assert client.in_flight == 0
