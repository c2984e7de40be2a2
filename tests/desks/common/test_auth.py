"""Signatures: the vectors of the protocol notes, and everything that must not be believed."""

from __future__ import annotations

import pytest

from fondaco.core.instruments import Key, User
from fondaco.desks.common.auth import Authenticator, NotBelieved, Refusal, Untimely, sign_http, sign_md5, sign_socket
from fondaco.desks.common.desk import Identity
from fondaco.runtime.limits import Limits

NOW_MS = 1_723_075_200_000
SECRETS = {"demo-key": "demo-secret", "bound": "b", "revoked": "r", "disabled": "d"}


class Book:
    """The part of a house that signatures need."""

    def __init__(self) -> None:
        self.time_us = 0
        self.users = {1: User(1, "alice"), 2: User(2, "mallory", disabled=True)}
        self.keys = {
            "demo-key": Key(7, "demo-key", 1, ("read", "trade")),
            "bound": Key(8, "bound", 1, ("read",), ("10.0.0.0/8", "192.0.2.7", "2001:db8::/32")),
            "revoked": Key(9, "revoked", 1, ("read",), revoked=True),
            "disabled": Key(10, "disabled", 2, ("read",)),
            "no-secret": Key(11, "no-secret", 1, ("read",)),
        }


class Wall:
    def __init__(self) -> None:
        self.now_ms = NOW_MS

    def __call__(self) -> int:
        return self.now_ms


@pytest.fixture
def wall() -> Wall:
    return Wall()


@pytest.fixture
def authenticator(wall: Wall) -> Authenticator:
    made = Authenticator(Book(), SECRETS, Limits(signatures_remembered_max=1_000), md5_allowed=True, now_ms=wall)
    wall.now_ms += 60_000  # started a minute ago
    return made


def http(
    authenticator: Authenticator,
    timestamp_ms: int | str,
    *,
    api_key: str = "demo-key",
    secret: str = "demo-secret",
    body: bytes = b'{"params":[],"id":1}',
    sent_body: bytes | None = None,
    path: bytes = b"/exchange/order.query?x=1",
    sent_path: bytes | None = None,
    address: str = "127.0.0.1",
) -> Identity | NotBelieved | None:
    signature = sign_http(secret, timestamp_ms, path, body)
    return authenticator.http(
        api_key, str(timestamp_ms), signature, sent_path or path, body if sent_body is None else sent_body, address
    )


def test_vector_of_the_notes() -> None:
    assert sign_md5("demo-secret", "demo-key") == "C4005493EBAC5954ACFF7FAD7584CD7B"


def test_signatures_as_openssl_computes_them() -> None:
    # printf '1723075200000/exchange/asset.query{"params":[],"id":1}' | openssl dgst -sha256 -hmac demo-secret
    assert (
        sign_http("demo-secret", 1723075200000, "/exchange/asset.query", b'{"params":[],"id":1}')
        == "abba7041ab1a1a6e0c9294f14950d25ca5262412e9b3a817f31ea88ee2d73856"
    )
    # printf 'demo-key1723075200000' | openssl dgst -sha256 -hmac demo-secret
    assert (
        sign_socket("demo-secret", "demo-key", 1723075200000)
        == "7d9b2d10ab90c2f31a7d18b431da28d96f876e587e519179e479f66115e7de29"
    )


def test_a_good_signature_names_its_user_and_scopes(authenticator: Authenticator, wall: Wall) -> None:
    assert http(authenticator, wall.now_ms) == Identity(1, 7, ("read", "trade"), "demo-key")


def test_an_unsigned_request_is_anonymous(authenticator: Authenticator) -> None:
    assert authenticator.http(None, None, None, b"/exchange/price.query", b"", "127.0.0.1") is None


@pytest.mark.parametrize("missing", [0, 1, 2])
def test_a_half_signed_request_is_refused(authenticator: Authenticator, wall: Wall, missing: int) -> None:
    parts: list[str | None] = ["demo-key", str(wall.now_ms), "00"]
    parts[missing] = None
    api_key, timestamp, signature = parts
    assert authenticator.http(api_key, timestamp, signature, b"/", b"", "127.0.0.1") is Refusal.INCOMPLETE


@pytest.mark.parametrize(
    ("changed", "refusal"),
    [
        ({"secret": "other"}, Refusal.WRONG),
        ({"api_key": "unknown"}, Refusal.WRONG),
        ({"api_key": "no-secret", "secret": ""}, Refusal.WRONG),
        ({"sent_body": b"{}"}, Refusal.WRONG),
        ({"sent_path": b"/exchange/order.query?x=2"}, Refusal.WRONG),
        ({"sent_path": b"/exchange/order.query"}, Refusal.WRONG),
        ({"api_key": "revoked", "secret": "r"}, Refusal.REVOKED),
        ({"api_key": "bound", "secret": "b", "address": "11.0.0.1"}, Refusal.ADDRESS),
        ({"api_key": "bound", "secret": "b", "address": "somewhere"}, Refusal.ADDRESS),
    ],
)
def test_what_is_not_believed(
    authenticator: Authenticator, wall: Wall, changed: dict[str, str], refusal: Refusal
) -> None:
    assert http(authenticator, wall.now_ms, **changed) is refusal  # type: ignore[arg-type]


@pytest.mark.parametrize("address", ["10.200.3.4", "192.0.2.7", "::ffff:10.1.1.1", "2001:db8::1"])
def test_a_bound_key_from_its_addresses(authenticator: Authenticator, wall: Wall, address: str) -> None:
    assert isinstance(http(authenticator, wall.now_ms, api_key="bound", secret="b", address=address), Identity)


@pytest.mark.parametrize(
    ("offset_ms", "believed"), [(0, True), (-5_000, True), (5_000, True), (-5_001, False), (5_001, False)]
)
def test_the_window(authenticator: Authenticator, wall: Wall, offset_ms: int, believed: bool) -> None:
    answer = http(authenticator, wall.now_ms + offset_ms)
    assert isinstance(answer, Identity) if believed else answer == Untimely(offset_ms, 5_000)


@pytest.mark.parametrize("timestamp", ["", "12e3", "-1", "1.5", "٣", "9" * 17])
def test_a_malformed_timestamp(authenticator: Authenticator, timestamp: str) -> None:
    assert http(authenticator, timestamp) is Refusal.TIMESTAMP_MALFORMED


def test_a_signature_is_good_once(authenticator: Authenticator, wall: Wall) -> None:
    signed_ms = wall.now_ms
    assert isinstance(http(authenticator, signed_ms), Identity)
    assert http(authenticator, signed_ms) is Refusal.REPLAYED
    wall.now_ms += 4_999
    assert http(authenticator, signed_ms) is Refusal.REPLAYED
    assert isinstance(http(authenticator, signed_ms + 1), Identity)


def test_a_clock_set_back_does_not_let_a_signature_in_again(authenticator: Authenticator, wall: Wall) -> None:
    signed_ms = wall.now_ms
    assert isinstance(http(authenticator, signed_ms), Identity)
    wall.now_ms += 60_000
    assert isinstance(http(authenticator, wall.now_ms), Identity)
    wall.now_ms = signed_ms
    assert isinstance(http(authenticator, signed_ms), Untimely)


def test_a_signature_from_before_the_start(wall: Wall) -> None:
    restarted = Authenticator(Book(), SECRETS, Limits(), md5_allowed=False, now_ms=wall)
    assert http(restarted, NOW_MS - 1) is Refusal.BEFORE_START
    assert isinstance(http(restarted, NOW_MS), Identity)


def test_the_memory_of_used_signatures_is_bounded(authenticator: Authenticator, wall: Wall) -> None:
    for number in range(1_000):
        assert isinstance(http(authenticator, wall.now_ms, body=b"%d" % number), Identity)
    assert http(authenticator, wall.now_ms) is Refusal.TOO_MANY
    wall.now_ms += 10_001
    assert isinstance(http(authenticator, wall.now_ms), Identity)


def test_socket_login_is_good_once_too(authenticator: Authenticator, wall: Wall) -> None:
    sign = sign_socket("demo-secret", "demo-key", wall.now_ms)
    assert isinstance(authenticator.socket("demo-key", sign, wall.now_ms, "127.0.0.1"), Identity)
    assert authenticator.socket("demo-key", sign, str(wall.now_ms), "127.0.0.1") is Refusal.REPLAYED
    assert authenticator.socket("demo-key", sign.upper(), wall.now_ms, "127.0.0.1") is Refusal.WRONG
    assert authenticator.socket("demo-key", "ключ", wall.now_ms, "127.0.0.1") is Refusal.WRONG


def test_the_documents_sign_may_be_switched_off(authenticator: Authenticator, wall: Wall) -> None:
    sign = "C4005493EBAC5954ACFF7FAD7584CD7B"
    assert isinstance(authenticator.socket_md5("demo-key", sign, "127.0.0.1"), Identity)
    assert isinstance(authenticator.socket_md5("demo-key", sign.lower(), "127.0.0.1"), Identity)
    assert authenticator.socket_md5("demo-key", sign[:-1] + "C", "127.0.0.1") is Refusal.WRONG
    assert authenticator.socket_md5("unknown", sign, "127.0.0.1") is Refusal.WRONG
    off = Authenticator(Book(), SECRETS, Limits(), md5_allowed=False, now_ms=wall)
    assert off.socket_md5("demo-key", sign, "127.0.0.1") is Refusal.MD5_OFF


def test_no_refusal_names_a_secret() -> None:
    assert all("secret" not in refusal.value for refusal in Refusal)


def test_a_used_signature_is_not_good_after_a_restart_with_the_clock_set_back(wall: Wall) -> None:
    book = Book()
    before = Authenticator(book, SECRETS, Limits(), md5_allowed=True, now_ms=wall)
    used_ms = wall.now_ms
    assert isinstance(http(before, used_ms), Identity)
    book.time_us = (wall.now_ms + 1) * 1_000
    wall.now_ms -= 3_000
    after = Authenticator(book, SECRETS, Limits(), md5_allowed=True, now_ms=wall)
    assert http(after, used_ms) is Refusal.BEFORE_START
    assert isinstance(http(after, used_ms + 1), Identity)
