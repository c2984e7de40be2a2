"""Ids, numbers, dates, amounts, the comma too many, and the table of refusals: each by itself."""

from __future__ import annotations

import re
import time
from decimal import Decimal
from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fondaco.core.rejects import OF_REWARDS, Reject
from fondaco.core.rewards.actions import SettlementApply, SpendCreate
from fondaco.core.rewards.books import Books
from fondaco.core.rewards.entities import Currency, EntityKind, Participant, Programme, Rounding
from fondaco.desks.rewards import amounts, identifiers
from fondaco.desks.rewards.dates import Dates
from fondaco.desks.rewards.failure import HTTP_STATUS, Code, Failure
from fondaco.desks.rewards.lenient_json import trailing_comma_at, without_trailing_commas
from fondaco.desks.rewards.refusals import TABLE, refusal

ROOT = Path(__file__).parents[3]
EUR = Currency(1, "EUR", 2, Rounding.HALF_UP, 1, 2)
#: Two digits on an asset of eight.
TOKEN = Currency(2, "TOK", 2, Rounding.HALF_UP, 2, 8)

programmes = st.integers(0, identifiers.PROGRAMME_MAX)
kinds = st.integers(0, identifiers.KIND_MAX)
numbers = st.integers(0, identifiers.NUMBER_MAX)


# ── ids ───────────────────────────────────────────────────────────────────────────────────────────────────────────────


@given(programmes, kinds, numbers)
def test_an_id_is_read_back(programme: int, kind: int, number: int) -> None:
    text = identifiers.identifier(programme, kind, number)
    assert re.fullmatch("[0-9A-F]{32}", text)
    assert identifiers.parse(text) == (programme, kind, number)


@given(programmes, kinds, numbers, st.integers(0, 31), st.sampled_from("0123456789ABCDEF"))
def test_a_mistyped_id_is_nobodys(programme: int, kind: int, number: int, place: int, digit: str) -> None:
    text = identifiers.identifier(programme, kind, number)
    mistyped = text[:place] + digit + text[place + 1 :]
    assert (identifiers.parse(mistyped) is None) == (mistyped != text)


@pytest.mark.parametrize("text", ["", "0" * 31, "0" * 33, "g" * 32, "0" * 31 + "\n"])
def test_what_is_no_id(text: str) -> None:
    assert identifiers.parse(text) is None
    assert identifiers.parse(identifiers.identifier(1, 20, 796).lower()) is None


def test_ids_are_for_ever() -> None:
    assert identifiers.identifier(1, EntityKind.PURCHASE, 796) == "303433E85D3B80040B738F47366B2851"


@pytest.mark.parametrize(
    ("kind", "number", "text"),
    [
        (EntityKind.PURCHASE, 796, "796"),
        (EntityKind.AWARD, 1405, "1405"),
        (EntityKind.INVOICE, 2304, "I00002304"),
        (EntityKind.CREDIT_NOTE, 1, "CN00000001"),
        (EntityKind.PAYMENT, 1, "P00000001"),
        (EntityKind.RECEIVABLE, 758, "ACR0000000758"),
        (EntityKind.PARTICIPANT, 342, "RP0000000342"),
        (EntityKind.MERCHANT, 1, "M0000000001"),
        (EntityKind.UNIT, 1, "U0000000001"),
        (EntityKind.INVOICE, 123_456_789, "I123456789"),
    ],
)
def test_numbers_are_printed_as_the_document_does_and_read_exactly_so(kind: EntityKind, number: int, text: str) -> None:
    assert identifiers.number_text(kind, number) == text
    assert identifiers.parse_number(kind, text) == number
    for other in ("0" + text, text + " ", text[:-1] + "٣", text.lower() + "x", "", "0", "-1"):
        assert identifiers.parse_number(kind, other) is None


# ── dates ─────────────────────────────────────────────────────────────────────────────────────────────────────────────


@given(st.integers(1, 240_000_000_000))
def test_a_date_is_read_back_in_utc(seconds: int) -> None:
    dates = Dates("UTC")
    assert dates.time_us(dates.text(seconds * 1_000_000 + 999_999), "x") == seconds * 1_000_000


def test_dates_are_of_the_desks_zone() -> None:
    rome = Dates("Europe/Rome")
    assert rome.text(1_475_075_867_000_000) == "2016-09-28T17:17:47"
    assert rome.time_us("2016-09-28T17:17:47", "x") == 1_475_075_867_000_000
    assert rome.time_us("2016-10-30T02:30:00", "x") == 1_477_787_400_000_000  # shown twice: the first
    assert Dates("UTC").text_or_none(0) is None


@pytest.mark.parametrize(
    "text", ["2016-02-30T00:00:00", "1969-12-31T23:59:59", "9999-01-01T00:00:00", "0001-01-01T00:00:00"]
)
def test_what_is_no_date(text: str) -> None:
    with pytest.raises(Failure) as refused:
        Dates("Europe/Rome").time_us(text, "performed_on")
    assert (refused.value.code, refused.value.description) == (Code.INVALID_REQUEST, "performed_on")


# ── amounts ───────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("text", "currency", "units"),
    [
        ("15", EUR, 1_500),
        ("11.25", EUR, 1_125),
        ('"11.250"', EUR, 1_125),
        ('"\\u0031"', EUR, 100),
        ("1.5e2", EUR, 15_000),
        ("0.01", TOKEN, 1_000_000),
    ],
)
def test_amounts_come_in_exactly(text: str, currency: Currency, units: int) -> None:
    assert amounts.units_of(msgspec.Raw(text.encode()), currency, "amount") == units


@pytest.mark.parametrize(
    "text",
    [
        *("0", "-1", "0.001", "1e99", '"x"', "true", "null", "{}", "[1]", '"NaN"', '""', "1" * 41, '"1 "'),
        *('"\\ud800"', '"\udcff"', '["\udcff"]', '"1\\n"', '"' + "\\u0031" * 41 + '"'),
    ],
)
def test_what_is_no_amount(text: str) -> None:
    with pytest.raises(Failure) as refused:
        amounts.units_of(msgspec.Raw(text.encode(errors="surrogateescape")), EUR, "lines[0].total_amount")
    assert (refused.value.code, refused.value.description) == (Code.INVALID_REQUEST, "lines[0].total_amount")


@given(st.integers(-(10**20), 10**20), st.integers(0, 12))
def test_amounts_leave_exactly_and_short(count: int, digits: int) -> None:
    shown = amounts.shortened(count, digits)
    assert shown == Decimal(count).scaleb(-digits)
    text = msgspec.json.Encoder(decimal_format="number").encode(shown).decode()
    mantissa = text.partition("E")[0]  # below 10**-6 a JSON number is written with an exponent
    assert Decimal(text) == shown
    assert "." not in mantissa or not mantissa.endswith("0")


def test_the_documents_amounts() -> None:
    shown = [
        amounts.amount(1_500, EUR),
        amounts.amount(1_125, EUR),
        amounts.amount(0, EUR),
        amounts.percentage(750_000),
    ]
    assert [str(each) for each in shown] == ["15", "11.25", "0", "75"]
    assert amounts.inverse_rate(800_000_000) == Decimal("1.25")


# ── the comma too many ────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("body", "place", "without"),
    [
        (b'{"a":1,}', 6, b'{"a":1 }'),
        (b'{"a":[1, 2 , \n ] , }', 11, b'{"a":[1, 2   \n ]   }'),
        (b'{"a":",}","b":"\\",]"}', None, None),
        (b'{"a":1,"b":2}', None, None),
        (b'{"a":"unended,}', None, None),
        (b"{,,}", 2, b"{, }"),
    ],
)
def test_the_comma_after_the_last_member(body: bytes, place: int | None, without: bytes | None) -> None:
    assert trailing_comma_at(body) == place
    assert without_trailing_commas(body) == (body if without is None else without)


@pytest.mark.parametrize("part", [b'\\"', b'"', b",", b", ", b'"\\', b"[,", b",\n\t "])
def test_no_body_takes_long(part: bytes) -> None:
    started_s = time.process_time()
    trailing_comma_at(b'{"' + part * (1_048_576 // len(part)))
    assert time.process_time() - started_s < 2


# ── refusals ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_every_refusal_of_the_core_has_its_row() -> None:
    sources = "".join(path.read_text() for path in (ROOT / "src/fondaco/core/rewards").glob("*.py"))
    given_there = {Reject[name] for name in re.findall(r"Reject\.([A-Z_]+)", sources)}
    assert set(TABLE) == given_there | OF_REWARDS | {Reject.INVALID_ARGUMENT}


@pytest.mark.parametrize("reject", TABLE, ids=lambda reject: reject.name)
def test_every_refusal_is_a_sentence_that_names_the_rule(reject: Reject) -> None:
    books = Books(Programme(1, "Rialto"), 1)
    failure = refusal((reject, 7, 3), SettlementApply(1), books)
    assert failure.code in HTTP_STATUS
    assert failure.description
    assert len(failure.message) > 20


def test_amounts_of_refusals_are_in_their_currency() -> None:
    books = Books(Programme(1, "Rialto"), 1)
    books.put(EUR)
    books.put(Participant(1, "", 1, b"", 1))
    failure = refusal((Reject.REWARD_NOT_ENOUGH, 1_125, 1_500), SpendCreate(1, 1_500), books)
    assert failure.message == "the participant has 11.25 EUR of rewards and 15 EUR was asked; spend less"
