"""Numbers and names between wire and core, and the total table of refusals."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fondaco.core.commands import OrderType, Side
from fondaco.core.events import EventKind
from fondaco.core.instruments import Asset, Market
from fondaco.core.rejects import OF_REWARDS, Reject
from fondaco.desks.exchange.errors import Code, WireError
from fondaco.desks.exchange.refusals import TABLE, Asked, refusal
from fondaco.desks.exchange.translate import (
    Terms,
    interval_ticks,
    money_units,
    order_record,
    price_ticks,
    same_decimal,
    seconds,
    size_lots,
)
from fondaco.wire.exchange import ENCODER, NumberText

TERMS = Terms(
    Market(1, "BTCUSDT", 1, 2, 2, 4, 100, 10_000, 10, 5 * 10**8, 1_000, 2_000),
    Asset(1, "BTC", 8),
    Asset(2, "USDT", 8),
)


@pytest.mark.parametrize(
    ("time_us", "text"),
    [
        (1_512_454_847_188_796, b"1512454847.188796"),
        (1_512_442_929_040_507, b"1512442929.040507"),
        (1_512_442_929_000_000, b"1512442929.000000"),
        (1_512_442_929_000_001, b"1512442929.000001"),
    ],
)
def test_times_are_exact(time_us: int, text: bytes) -> None:
    assert bytes(seconds(time_us)) == text


@given(st.integers(0, 2**52))
def test_a_time_read_as_a_double_is_the_microsecond_it_was(time_us: int) -> None:
    assert round(float(bytes(seconds(time_us))) * 1_000_000) == time_us


@given(st.integers(1, 2**62))
def test_prices_and_amounts_come_back_as_they_went(count: int) -> None:
    assert price_ticks(TERMS, TERMS.price(count)) == count
    assert size_lots(TERMS, TERMS.amount(count)) == count
    assert money_units(TERMS, TERMS.money_amount(count)) == count


@pytest.mark.parametrize("text", ["0e-8", "0", "0.00", "-0", "0e30"])
def test_zero_is_zero_however_it_is_written(text: str) -> None:
    with pytest.raises(WireError) as refused:
        size_lots(TERMS, text)
    assert refused.value.code == Code.AMOUNT_TOO_SMALL


@pytest.mark.parametrize(
    ("value", "ticks"),
    [
        ("0", 0),
        ("0.00000001", 0),
        ("0.0000000001", 0),
        ("1000000", 100_000_000),
        ("0.01", 0),
        ("0.1", 10),
        (NumberText("1e-1"), 10),
        ("1", 100),
        (5, 500),
        ("0.25", 25),
    ],
)
def test_intervals_of_depth(value: object, ticks: int) -> None:
    assert interval_ticks(TERMS, value) == ticks


def test_the_same_number_in_other_words() -> None:
    assert same_decimal("1e-1", ("0", "0.1")) == "0.1"
    assert same_decimal(NumberText("0.10"), ("0", "0.1")) == "0.1"
    assert same_decimal(0, ("0", "0.1")) == "0"
    assert same_decimal("0.11", ("0", "0.1")) is None
    assert same_decimal("0.000000001", ("0", "0.1")) is None


def test_a_record_of_an_order_in_the_digits_of_its_market() -> None:
    word = EventKind.ORDER | Side.ASK << 16 | OrderType.LIMIT << 24 | 1 << 32
    row = (
        word,
        1,
        7,
        5,
        800_001,
        15_000,
        5_000,
        10_000,
        800_001_000_000,
        1_600_002,
        10**15,
        10**15 + 1,
        2_000 | 1_000 << 32,
        0,
        0,
        5,
    )
    record = order_record(TERMS, row, pushed=True, client_order_id="mine", ftime_us=10**15 + 2)
    assert ENCODER.encode(record) == (
        b'{"id":7,"market":"BTCUSDT","source":"","type":1,"side":1,"user":5,'
        b'"ctime":1000000000.000000,"mtime":1000000000.000001,"price":"8000.01","amount":"1.5000",'
        b'"taker_fee":"0.002","maker_fee":"0.001","left":"0.5000","deal_stock":"1.0000",'
        b'"deal_money":"8000.010000","deal_fee":"0.01600002","ftime":1000000000.000002,"client_order_id":"mine"}'
    )


# ── refusals ──────────────────────────────────────────────────────────────────────────────────────────────────────────

LIMIT_BUY = Asked(TERMS, Side.BID, OrderType.LIMIT, "order 7")
MARKET_BUY = Asked(TERMS, Side.BID, OrderType.MARKET)
LIMIT_SELL = Asked(TERMS, Side.ASK, OrderType.LIMIT)
NAMED = Asked(TERMS, Side.BID, OrderType.LIMIT, client_order_id="mine")
RARE = Asked(subject="the thing")

ROWS: list[tuple[Reject, Asked, int, int, int, str]] = [
    (Reject.INVALID_ARGUMENT, RARE, 0, 0, 1, "invalid argument: the house does not take the thing as it is; "),
    (Reject.UNKNOWN_ASSET, RARE, 0, 0, 114, "unknown asset: the thing; "),
    (Reject.UNKNOWN_MARKET, RARE, 0, 0, 113, "unknown market: the thing; "),
    (Reject.NAME_TAKEN, RARE, 0, 4, 1, "invalid argument: the name of the thing is taken; "),
    (Reject.SCALE_TOO_COARSE, RARE, 8, 9, 1, "invalid argument: the thing asks for 9 digits where the asset has 8; "),
    (Reject.CLIENT_ORDER_ID_REUSED, NAMED, 0, 7, 110, "client_order_id mine is taken by order 7, which was asked "),
    (Reject.BUSINESS_ID_REUSED, RARE, 1, 2, 10, "repeat update: the thing was used for a change with another body; "),
    (Reject.UNKNOWN_WITHDRAWAL, RARE, 0, 0, 1, "invalid argument: unknown withdrawal: the thing; "),
    (Reject.WITHDRAWAL_ENDED, RARE, 0, 0, 10, "repeat update: the thing has ended the other way, which is for ever; "),
    (Reject.MARKET_DELISTED, LIMIT_BUY, 0, 1, 115, "BTCUSDT is delisted, for ever; "),
    (Reject.MARKET_HALTED, LIMIT_BUY, 0, 1, 108, "BTCUSDT is halted; "),
    (Reject.CLOSE_ONLY, LIMIT_BUY, 0, 1, 109, "BTCUSDT takes no bids now, it is close only; "),
    (Reject.NOT_IN_THIS_PHASE, MARKET_BUY, 0, 1, 115, "BTCUSDT is in auction, where an order rests until it ends: "),
    (Reject.UNKNOWN_USER, RARE, 0, 9, 1, "invalid argument: unknown user: the thing; "),
    (Reject.UNKNOWN_KEY, RARE, 0, 0, 1, "invalid argument: unknown key: the thing; "),
    (Reject.ACCOUNT_DISABLED, LIMIT_BUY, 0, 5, 117, "the account is disabled; "),
    (Reject.TOO_MANY_OPEN_ORDERS, LIMIT_BUY, 10, 10, 111, "10 orders are open and 10 is the most; cancel some first"),
    (Reject.ORDER_NOT_FOUND, LIMIT_BUY, 0, 7, 10, "order not found: order 7 is not open on BTCUSDT; "),
    (Reject.NOT_YOUR_ORDER, LIMIT_BUY, 0, 7, 11, "user not match: order 7 is another user's; "),
    (
        Reject.EXPIRED_ALREADY,
        LIMIT_BUY,
        1_500_000,
        500_000,
        1,
        "invalid argument: expire is 0.500000, which has passed: it is 1.500000 now; send a later one",
    ),
    (
        Reject.PRICE_OUT_OF_BOUNDS,
        LIMIT_BUY,
        900,
        901,
        103,
        "price 9.01 of BTCUSDT is out of bounds; it takes ",
    ),
    (
        Reject.TRIGGER_OUT_OF_BOUNDS,
        LIMIT_BUY,
        900,
        901,
        103,
        "stop_price or trail 9.01 of BTCUSDT is out of bounds; it ",
    ),
    (
        Reject.AMOUNT_TOO_SMALL,
        Asked(TERMS, Side.BID, OrderType.LIMIT, "order 7", is_amended=True),
        10,
        9,
        11,
        "amount too small: 0.0009 BTC; order 7 takes at least 0.0010 BTC, as an amount holds what has traded: ",
    ),
    (Reject.AMOUNT_TOO_SMALL, LIMIT_BUY, 10, 9, 11, "amount too small: 0.0009 BTC; BTCUSDT takes at least 0.0010 BTC"),
    (
        Reject.AMOUNT_TOO_LARGE,
        LIMIT_BUY,
        10**8,
        10**9,
        104,
        "amount 100000.0000 BTC is too large; BTCUSDT takes at most 10000.0000 BTC at this price",
    ),
    (
        Reject.AMOUNT_TOO_LARGE,
        MARKET_BUY,
        10**8,
        10**9,
        104,
        "amount 10.00000000 USDT is too large; BTCUSDT takes at most 1.00000000 USDT",
    ),
    (
        Reject.ORDER_TOO_SMALL_IN_MONEY,
        LIMIT_BUY,
        5 * 10**8,
        4 * 10**8,
        122,
        "the order is worth 4.00000000 USDT; BTCUSDT takes at least 5.00000000 USDT: raise the amount or the price",
    ),
    (
        Reject.ORDER_TOO_SMALL_IN_MONEY,
        MARKET_BUY,
        8 * 10**8,
        7 * 10**8,
        122,
        "7.00000000 USDT does not buy the smallest amount of BTCUSDT at its best ask, which costs 8.00000000 USDT; ",
    ),
    (
        Reject.DISPLAY_OUT_OF_BOUNDS,
        LIMIT_BUY,
        10,
        9,
        1,
        "invalid argument: display is 0.0009 BTC; this order takes at least",
    ),
    (
        Reject.DISPLAY_OUT_OF_BOUNDS,
        LIMIT_BUY,
        10,
        11,
        1,
        "invalid argument: display is 0.0011 BTC; this order takes at most",
    ),
    (
        Reject.BALANCE_NOT_ENOUGH,
        Asked(TERMS, Side.ASK, OrderType.MARKET, in_other_unit=True),
        10**8,
        10**9,
        10,
        "balance not enough: the order needs 10.00000000 BTC and 1.00000000 BTC is available; ",
    ),
    (
        Reject.BALANCE_NOT_ENOUGH,
        Asked(subject="the thing", asset=Asset(1, "BTC", 8)),
        10**8,
        10**9,
        10,
        "balance not enough: the thing needs 10.00000000 BTC and 1.00000000 BTC is available",
    ),
    (
        Reject.BALANCE_NOT_ENOUGH,
        LIMIT_BUY,
        10**8,
        10**9,
        10,
        "balance not enough: the order needs 10.00000000 USDT and 1.00000000 USDT is available; ",
    ),
    (
        Reject.BALANCE_NOT_ENOUGH,
        LIMIT_SELL,
        10**8,
        10**9,
        10,
        "balance not enough: the order needs 10.00000000 BTC and 1.00000000 BTC is available; ",
    ),
    (Reject.BALANCE_NOT_ENOUGH, RARE, 1, 2, 10, "balance not enough: the thing needs 2 and 1 is available; "),
    (Reject.BALANCE_TOO_LARGE, RARE, 1, 2, 104, "the thing would be more than the house can hold of one asset; "),
    (
        Reject.BELOW_FLOOR,
        Asked(subject="the thing", asset=Asset(1, "BTC", 8)),
        10**9,
        10**8,
        10,
        "balance not enough: the thing would leave 1.00000000 BTC, and 10.00000000 BTC is the floor; ",
    ),
    (Reject.NO_COUNTERPARTY, MARKET_BUY, 0, 0, 12, "no enough trader: nobody sells on BTCUSDT now; "),
    (Reject.NO_COUNTERPARTY, LIMIT_SELL, 0, 0, 12, "no enough trader: nobody buys on BTCUSDT now; "),
    (Reject.FILL_OR_KILL_UNFILLABLE, LIMIT_SELL, 0, 10_000, 107, "1.0000 BTC cannot be filled at once on BTCUSDT; "),
    (
        Reject.POST_ONLY_WOULD_TAKE,
        LIMIT_BUY,
        800_000,
        800_001,
        105,
        "a post-only order at 8000.01 would trade at once: the best ask of BTCUSDT is 8000.00",
    ),
    (Reject.SELF_TRADE, LIMIT_BUY, 7, 0, 106, "it would trade with your own order 7; cancel that first, or choose"),
    (
        Reject.PRICE_BAND,
        LIMIT_BUY,
        880_000,
        880_001,
        116,
        "price 8800.01 is outside the price band of BTCUSDT; it takes at most 8800.00 now",
    ),
    (
        Reject.PRICE_BAND,
        Asked(TERMS, Side.ASK, OrderType.MARKET),
        720_000,
        719_999,
        116,
        "the best price of BTCUSDT is 7199.99; its price band takes at least 7200.00 now: put a limit order",
    ),
    (
        Reject.TRIGGER_WOULD_FIRE,
        LIMIT_SELL,
        800_000,
        800_001,
        118,
        "a trigger at 8000.01 would fire at once: the last price of BTCUSDT is 8000.00; ",
    ),
    (
        Reject.NO_LAST_PRICE,
        LIMIT_SELL,
        0,
        0,
        1,
        "invalid argument: BTCUSDT has not traded yet, so there is no price to",
    ),
    (
        Reject.TOO_MANY_TRAILING,
        LIMIT_SELL,
        1_000,
        1_000,
        111,
        "1000 trailing stops wait on BTCUSDT and 1000 is the most; ",
    ),
]


@pytest.mark.parametrize(("reject", "asked", "bound", "value", "code", "sentence"), ROWS)
def test_each_refusal_has_its_code_and_sentence(
    reject: Reject, asked: Asked, bound: int, value: int, code: int, sentence: str
) -> None:
    error = refusal((EventKind.REJECT, 1, reject, 5, bound, value, *[0] * 10), asked)
    assert error.code == code
    assert error.message.startswith(sentence)


def test_the_table_of_refusals_is_total() -> None:
    assert set(TABLE) == set(Reject) - OF_REWARDS
    assert {row[0] for row in ROWS} == set(TABLE)
