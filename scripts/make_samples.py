"""Makes the demo's samples from a capture of Binance's spot streams: `python scripts/make_samples.py DIRECTORY`.

DIRECTORY holds, for each market, `binance_spot_<market>_<day>.{trades,bookticker}.csv.zst` and `….raw.jsonl.zst`, the
latter with depth updates and one snapshot (made from the examples of hftbacktest, see NOTICE). Written to
src/fondaco/samples/, gzip'd CSV which the standard library reads:

    trades  time_ms, price, amount, taker_side                         every trade
    quotes  time_ms, bid_price, bid_amount, ask_price, ask_amount      every change of the best bid and ask
    levels  time_ms, side, price, amount                               what changed among the ten best levels a side;
                                                                       amount 0: no longer among them

The levels are looked at once a second, and as soon as the market moved so far that few of those shown are left.

Times are the exchange's, in ms since 1970. Spot book tickers carry none: the capture's clock stamped them, and the
median distance of the two clocks over all trades (some 1.27 s, steady within 26 ms) is added. The output depends on the
input alone, bit for bit. Needs the program `zstd`.
"""

from __future__ import annotations

import csv
import gzip
import io
import json
import subprocess
import sys
from collections.abc import Iterable, Iterator
from decimal import Decimal
from pathlib import Path
from statistics import median_low
from typing import Any

MARKETS = ("btcusdt", "ethusdt")
DAY = "20240808"
LEVELS = 10
LEVELS_LEFT_MIN = 6
SAMPLES = Path(__file__).resolve().parent.parent / "src" / "fondaco" / "samples"

Book = dict[Decimal, str]
Row = tuple[object, ...]


def lines(path: Path) -> Iterator[str]:
    """The decompressed lines of a zstd file."""
    try:
        run = subprocess.run(["zstd", "-dcq", str(path)], capture_output=True, check=False)
    except FileNotFoundError:
        raise SystemExit("the program zstd is not found; install it (Debian package: zstd)") from None
    if run.returncode != 0:
        raise SystemExit(f"{path} cannot be read: {run.stderr.decode().strip()}")
    yield from run.stdout.decode().splitlines()


def plain(number: str) -> str:
    """A decimal without the zeros at its end."""
    return number.rstrip("0").rstrip(".") if "." in number else number


def trades(path: Path) -> tuple[list[Row], int]:
    """The trades, and how many ms the exchange's clock is ahead of the capture's."""
    rows: list[Row] = []
    ahead_ms = []
    for trade in csv.DictReader(lines(path)):
        side = "sell" if trade["buyer_is_maker"] == "1" else "buy"
        rows.append((int(trade["trade_ms"]), plain(trade["price"]), plain(trade["qty"]), side))
        ahead_ms.append(int(trade["exch_event_ms"]) - int(trade["local_ns"]) // 1_000_000)
    return rows, median_low(ahead_ms)


def quotes(path: Path, ahead_ms: int) -> Iterator[Row]:
    for quote in csv.DictReader(lines(path)):
        time_ms = int(quote["local_ns"]) // 1_000_000 + ahead_ms
        yield time_ms, *(plain(quote[name]) for name in ("bid_px", "bid_qty", "ask_px", "ask_qty"))


def change(book: Book, levels: Iterable[tuple[str, str]]) -> None:
    for price, amount in levels:
        if Decimal(amount):
            book[Decimal(price)] = plain(amount)
        else:
            book.pop(Decimal(price), None)


def levels(path: Path) -> Iterator[Row]:
    """The ten best levels of the book a side, as changes."""
    bids: Book = {}
    asks: Book = {}
    early: list[dict[str, Any]] = []  # updates before the snapshot came
    snapshot_id = second = 0
    shown: dict[tuple[str, Decimal], str] = {}
    for line in lines(path):
        message = json.loads(line.split(" ", 1)[1])
        if "lastUpdateId" in message:
            snapshot_id = message["lastUpdateId"]
            change(bids, message["bids"])
            change(asks, message["asks"])
            continue
        if "@depth" not in message["stream"]:
            continue
        early.append(message["data"])
        if not snapshot_id:
            continue
        for update in early:
            if update["u"] > snapshot_id:
                change(bids, update["b"])
                change(asks, update["a"])
        early.clear()
        time_ms = message["data"]["E"]
        if time_ms // 1000 == second and not few_left(shown, max(bids), min(asks)):
            continue
        second = time_ms // 1000
        best = {("bid", price): bids[price] for price in sorted(bids, reverse=True)[:LEVELS]}
        best |= {("ask", price): asks[price] for price in sorted(asks)[:LEVELS]}
        for side, price in shown.keys() - best.keys():
            best[side, price] = "0"
        for side, price in sorted(best):
            if shown.get((side, price)) != best[side, price]:
                yield time_ms, side, plain(str(price)), best[side, price]
        shown = {level: amount for level, amount in best.items() if amount != "0"}


def few_left(shown: dict[tuple[str, Decimal], str], best_bid: Decimal, best_ask: Decimal) -> bool:
    """Whether the market has moved over most of the levels of one side."""
    bids_left = sum(side == "bid" and price <= best_bid for side, price in shown)
    asks_left = sum(side == "ask" and price >= best_ask for side, price in shown)
    return min(bids_left, asks_left) < LEVELS_LEFT_MIN


def write(name: str, header: str, rows: Iterable[Row]) -> None:
    text = io.StringIO()
    text.write(header + "\n")
    csv.writer(text, lineterminator="\n").writerows(rows)
    packed = gzip.compress(text.getvalue().encode(), 9, mtime=0)
    (SAMPLES / name).write_bytes(packed)
    print(f"{name}: {text.getvalue().count(chr(10)) - 1} rows, {len(packed)} bytes")


def main() -> None:
    if len(sys.argv) != 2:
        raise SystemExit("usage: python scripts/make_samples.py DIRECTORY (the folder with binance_spot_*.zst)")
    SAMPLES.mkdir(exist_ok=True)
    for market in MARKETS:
        stem = Path(sys.argv[1]) / f"binance_spot_{market}_{DAY}"
        name = f"binance_spot_{market}_{DAY}"
        rows, ahead_ms = trades(stem.with_name(name + ".trades.csv.zst"))
        write(f"{name}.trades.csv.gz", "time_ms,price,amount,taker_side", rows)
        ticker = quotes(stem.with_name(name + ".bookticker.csv.zst"), ahead_ms)
        write(f"{name}.quotes.csv.gz", "time_ms,bid_price,bid_amount,ask_price,ask_amount", ticker)
        depth = levels(stem.with_name(name + ".raw.jsonl.zst"))
        write(f"{name}.levels.csv.gz", "time_ms,side,price,amount", depth)


if __name__ == "__main__":
    main()
