"""Half an hour of a real exchange, order by order: Bitstamp BTCUSD, 2026-05-02.

How the record becomes commands, in the order of the exchange's own time (the file's order within a millisecond):

    created   a GTC limit order of the recorded price and volume
    changed   the recorded volume is what remains: a cancel, then a place of that volume at the same price
    deleted   a cancel

The 6,512 ``created`` of the opening book come first and are not timed; the 6,518 ``deleted`` that the recorder made up
at its end are left out. The record names no owners: each order belongs to one of the users by its id.

The replay trades more than the day did: 12,240 fills against 284 trades. Of the orders in the record 124 thousand were
created at a price that crossed and deleted at once with their volume untouched, as a venue does with post-only orders;
here they are plain limit orders and trade. So about as many cancels come too late and are refused.

Junk is kept where an exchange would accept it (asks at 999,999,999); prices of 0, sizes of 0, and what refers to orders
that were never created, are left out, with their count.
"""

from __future__ import annotations

import csv
import os
import shutil
import subprocess
from array import array
from collections import Counter
from pathlib import Path

from bench.core.flow import ASK, BID, CANCEL, PLACE, Flow, Venue
from fondaco.core.units import UNITS_MAX, parse_units

FILE = "l3/bitstamp_btcusd_20260502.orders.csv.zst"
OPENING_ROWS = 6_512
CLOSING_ROWS = 6_518
USERS = 1_000
PRICE_DIGITS = 0
AMOUNT_DIGITS = 8
NAME = f"Bitstamp BTCUSD, 1 market, {USERS:,} users"


class NoRecording(Exception):
    """The recorded day cannot be read here; the message says why and what to do."""


def recording_path() -> Path:
    """Where the recorded day is looked for: ``FONDACO_BENCH_DATA``, else ``../shared/data`` beside the project."""
    folder = os.environ.get("FONDACO_BENCH_DATA")
    root = Path(folder) if folder else Path(__file__).resolve().parents[3] / "shared" / "data"
    return root / FILE


def _rows() -> list[list[str]]:
    path = recording_path()
    if not path.exists():
        raise NoRecording(f"{path} is not there; set FONDACO_BENCH_DATA to the folder that holds {FILE}")
    zstd = shutil.which("zstd")
    if zstd is None:
        raise NoRecording("the recorded day is compressed and zstd is not found (Debian package: zstd)")
    text = subprocess.run([zstd, "-dc", str(path)], capture_output=True, check=True, text=True).stdout
    return list(csv.reader(text.splitlines()))[1:]


def make(*, runs: int) -> Flow:
    """The recorded day as a flow. Raises ``NoRecording`` when it cannot be read here."""
    rows = _rows()
    return to_flow(rows[:OPENING_ROWS], rows[OPENING_ROWS : len(rows) - CLOSING_ROWS], runs=runs)


def to_flow(opening: list[list[str]], live: list[list[str]], *, runs: int) -> Flow:
    """Rows of the file (id, time, exchange's time, price, volume, action, side) as commands."""
    live = sorted(live, key=lambda row: int(row[2]))
    words: array[int] = array("q")
    place_of: dict[str, int] = {}
    left_out: Counter[str] = Counter()
    places = untimed = 0
    for number, (order, _, _, price, volume, action, direction) in enumerate(opening + live):
        if number == len(opening):
            untimed = len(words) // 7
        side = BID if direction == "bid" else ASK
        user = int(order) % USERS + 1
        price_ticks, size_lots = parse_units(price, PRICE_DIGITS), parse_units(volume, AMOUNT_DIGITS)
        if action != "created":
            place = place_of.get(order)
            if place is None:
                left_out["changes of orders never created or left out"] += 1
                continue
            words.extend((CANCEL, user, 1, side, 0, 0, place))
        if action != "deleted":
            if price_ticks == 0 or size_lots == 0:
                left_out["orders of price 0 or size 0"] += 1
                continue
            place_of[order] = places
            words.extend((PLACE, user, 1, side, price_ticks, size_lots, places))
            places += 1
    timed = len(words) // 7 - untimed
    return Flow(
        name=NAME,
        venue=Venue(
            users=USERS,
            markets=1,
            price_digits=PRICE_DIGITS,
            amount_digits=AMOUNT_DIGITS,
            stock_scale_digits=8,
            money_scale_digits=8,
            funds_units=UNITS_MAX // USERS,
        ),
        story=[
            f"Bitstamp BTCUSD of 2026-05-02, 02:36 to 03:06 UTC, order by order: {timed:,} commands (created → place, "
            "deleted → cancel, changed → cancel and place of what remains) after an opening book of "
            f"{untimed:,} orders; every run on a new house",
            "prices and sizes as recorded (1 USD, 10⁻⁸ BTC); owners are made up, by order id",
            "it trades more than the day did (284 trades): what the venue took back as post-only trades here",
        ],
        left_out=[
            "reading and encoding the commands, and the opening book",
            f"the {CLOSING_ROWS:,} deletions the recorder added at its end",
            *(f"{count:,} {what}" for what, count in sorted(left_out.items())),
        ],
        words=words,
        untimed=untimed,
        segment=timed,
        segments=runs,
        fresh=True,
    )
