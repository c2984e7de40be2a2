"""The recorded evening, as steps in time: quotes, the levels behind them, and trades.

The samples (src/fondaco/samples, made by scripts/make_samples.py) are Binance's spot streams of 2024-08-08, 23:54:15 to
24:00 UTC. Prices and sizes become ticks and lots here; a sample finer than its market is an error, never rounded.

Quotes come 80 times a second, more often than anybody can read, so they are conflated: one per market and
``quote_interval_ms``, the last one. A trade is always preceded by the quote it hit, where the recording has it. Cost:
some 0.2 s for both markets, 12,000 steps; all in memory.
"""

from __future__ import annotations

import csv
import gzip
import heapq
from collections.abc import Iterator, Sequence
from importlib import resources

import msgspec

from fondaco.core.commands import Side
from fondaco.core.units import parse_units

Level = tuple[int, int]  # price_ticks, size_lots


class Recording(msgspec.Struct, frozen=True):
    """One recorded market: the samples' name, and the scale that holds its prices and sizes."""

    market: str
    stock: str
    money: str
    price_digits: int
    amount_digits: int
    samples: str


RECORDINGS = (
    Recording("BTCUSDT", "BTC", "USDT", price_digits=2, amount_digits=5, samples="binance_spot_btcusdt_20240808"),
    Recording("ETHUSDT", "ETH", "USDT", price_digits=2, amount_digits=4, samples="binance_spot_ethusdt_20240808"),
)


class Quote(msgspec.Struct, frozen=True):
    """The best bid and ask from this moment on."""

    time_ms: int
    market: str
    bid: Level
    ask: Level


class Levels(msgspec.Struct, frozen=True):
    """The ten best levels a side at this moment, best first."""

    time_ms: int
    market: str
    bids: tuple[Level, ...]
    asks: tuple[Level, ...]


class Trade(msgspec.Struct, frozen=True):
    """One recorded trade; ``side`` is the taker's."""

    side: Side
    price_ticks: int
    size_lots: int


class Prints(msgspec.Struct, frozen=True):
    """The trades of one millisecond, in the order in which they happened."""

    time_ms: int
    market: str
    trades: tuple[Trade, ...]


Step = Quote | Levels | Prints


def tape(recordings: Sequence[Recording] = RECORDINGS, quote_interval_ms: int = 100) -> list[Step]:
    """All steps of the recordings, merged in time."""
    return list(heapq.merge(*(_steps(each, quote_interval_ms) for each in recordings), key=lambda step: step.time_ms))


def recorded_trades(recording: Recording) -> list[Prints]:
    """The recording's trades, those of one millisecond joined."""
    joined: list[Prints] = []
    for time_text, price, amount, side in _rows(recording, "trades"):
        trade = Trade(
            Side.BID if side == "buy" else Side.ASK,
            parse_units(price, recording.price_digits),
            parse_units(amount, recording.amount_digits),
        )
        time_ms = int(time_text)
        if joined and joined[-1].time_ms == time_ms:
            trade_before = joined.pop()
            joined.append(Prints(time_ms, recording.market, (*trade_before.trades, trade)))
        else:
            joined.append(Prints(time_ms, recording.market, (trade,)))
    return joined


def recorded_levels(recording: Recording) -> Iterator[Levels]:
    """The recording's ten best levels a side: once a second, and when the market ran away from them."""
    books: dict[str, dict[int, int]] = {"bid": {}, "ask": {}}
    shown_ms = 0
    for time_text, side, price, amount in _rows(recording, "levels"):
        time_ms = int(time_text)
        if shown_ms and time_ms != shown_ms:
            yield _levels(shown_ms, recording, books)
        shown_ms = time_ms
        price_ticks = parse_units(price, recording.price_digits)
        if amount == "0":
            del books[side][price_ticks]
        else:
            books[side][price_ticks] = parse_units(amount, recording.amount_digits)
    yield _levels(shown_ms, recording, books)


def _levels(time_ms: int, recording: Recording, books: dict[str, dict[int, int]]) -> Levels:
    bids, asks = sorted(books["bid"].items(), reverse=True), sorted(books["ask"].items())
    return Levels(time_ms, recording.market, tuple(bids), tuple(asks))


def _steps(recording: Recording, quote_interval_ms: int) -> list[Step]:
    """One recording in time, its quotes conflated: the last of each interval, and the one a trade is about to hit."""
    others: list[Step] = [*recorded_levels(recording), *recorded_trades(recording)]
    others.sort(key=lambda step: step.time_ms)
    steps: list[Step] = []
    quotes = _rows(recording, "quotes")
    upcoming = next(quotes, None)
    waiting: list[str] | None = None  # the newest quote not yet a step
    standing: Quote | None = None
    for other in [*others, None]:
        while upcoming is not None and (other is None or int(upcoming[0]) <= other.time_ms):
            interval = int(upcoming[0]) // quote_interval_ms
            if waiting is not None and int(waiting[0]) // quote_interval_ms != interval:
                standing = _quote(recording, waiting)
                steps.append(standing)
            waiting, upcoming = upcoming, next(quotes, None)
        if isinstance(other, Prints) and waiting is not None and not _stands(standing, other.trades[0]):
            standing = _quote(recording, waiting)
            steps.append(standing)
            waiting = None
        if other is not None:
            steps.append(other)
    if waiting is not None:
        steps.append(_quote(recording, waiting))
    steps.sort(key=lambda step: step.time_ms)  # an interval's last quote is known only at the next one
    return steps


def _stands(quote: Quote | None, trade: Trade) -> bool:
    """Whether the trade's price is already quoted."""
    return quote is not None and (quote.ask if trade.side == Side.BID else quote.bid)[0] == trade.price_ticks


def _quote(recording: Recording, row: list[str]) -> Quote:
    time_text, bid_price, bid_amount, ask_price, ask_amount = row
    return Quote(
        int(time_text),
        recording.market,
        (parse_units(bid_price, recording.price_digits), parse_units(bid_amount, recording.amount_digits)),
        (parse_units(ask_price, recording.price_digits), parse_units(ask_amount, recording.amount_digits)),
    )


def _rows(recording: Recording, kind: str) -> Iterator[list[str]]:
    """The rows of a sample without its header."""
    path = resources.files("fondaco").joinpath("samples", f"{recording.samples}.{kind}.csv.gz")
    with path.open("rb") as packed, gzip.open(packed, "rt", encoding="ascii", newline="") as text:
        reader = csv.reader(text)
        next(reader)
        yield from reader
