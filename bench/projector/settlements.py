"""Times the projector on a settlement run: purchases that were posted one by one, settled in steps of 64.

Every purchase has one award and is invoiced with tax to one of a few merchants, so a settlement is a purchase, an
invoice, four sides of postings and a row of the run. Participants are many, so their part of the indexes is spread.
"""

from __future__ import annotations

import random
import sqlite3
import time
from contextlib import closing
from pathlib import Path

import msgspec

from bench.projector.measure import Written, journal
from fondaco.core import command_records
from fondaco.core import commands as c
from fondaco.core.rewards import actions as a
from fondaco.core.rewards.entities import Line, Offer, Rounding, Scheme, Unit
from fondaco.projections.database import FILE_NAME
from fondaco.projections.tail import Tail

MERCHANTS = 20
STEP_PURCHASES = 64
#: How much is appended before the projector takes it.
TRANSACTION_PURCHASES = 4_096
_PROGRAMME = 1


class Settled(msgspec.Struct, frozen=True):
    """CPU time and room in history for each purchase: posted, and then settled on top."""

    purchases: int
    post_us: float
    settle_us: float
    posted_bytes: float
    settled_bytes: float


def measure_settlements(folder: Path, purchases: int) -> Settled:
    """Post so many purchases, then settle them all in one run."""
    draws = random.Random(1)
    participants = max(1, purchases // 5)
    with journal(folder) as written, closing(Tail(folder)) as tail:
        _take(tail, written, _opening(participants))
        empty_bytes = _history_bytes(folder)
        posts = [_record(_purchase(draws, participants, number)) for number in range(purchases)]
        post_s = sum(
            _take(tail, written, posts[first : first + TRANSACTION_PURCHASES])
            for first in range(0, purchases, TRANSACTION_PURCHASES)
        )
        posted_bytes = _history_bytes(folder) - empty_bytes
        _take(tail, written, [_record(a.SettlementRunStart())])
        steps = [_record(a.SettlementRunStep(1, STEP_PURCHASES))] * -(-purchases // STEP_PURCHASES)
        at_once = TRANSACTION_PURCHASES // STEP_PURCHASES
        settle_s = sum(_take(tail, written, steps[first : first + at_once]) for first in range(0, len(steps), at_once))
        settled_bytes = _history_bytes(folder) - empty_bytes
    return Settled(
        purchases,
        post_us=post_s / purchases * 1e6,
        settle_us=settle_s / purchases * 1e6,
        posted_bytes=posted_bytes / purchases,
        settled_bytes=settled_bytes / purchases,
    )


def _take(tail: Tail, written: Written, records: list[bytes]) -> float:
    """Append, and let the projector take it; answers the seconds of CPU time that took: reading, replay and rows."""
    written.append(records)
    began_s = time.process_time()
    while tail.turn():
        pass
    return time.process_time() - began_s


def _record(action: a.Action) -> bytes:
    return command_records.encode(c.HOUSE, c.Rewards(_PROGRAMME, 0, action))


def _opening(participants: int) -> list[bytes]:
    actions: list[a.Action] = [
        a.CurrencyPut(0, "EUR", 2, Rounding.HALF_UP),
        *(a.MerchantPut(0, f"m{n}", b"", 1, 4, contribution_ppm=750_000, tax_ppm=200_000) for n in range(MERCHANTS)),
        *(a.UnitPut(Unit(0, f"u{n}", f"Unit {n}", n + 1)) for n in range(MERCHANTS)),
        *(a.ParticipantPut(0, f"p{n}", b"", 1) for n in range(participants)),
        a.SchemePut(Scheme(0, "always", reward_days=365)),
        a.OfferPut(Offer(0, 1, "five", award_ppm=50_000)),
    ]
    create = command_records.encode(c.HOUSE, c.Rewards(0, 0, a.ProgrammeCreate("Bench")))
    return [create, *map(_record, actions)]


def _purchase(draws: random.Random, participants: int, number: int) -> a.PurchaseCreate:
    return a.PurchaseCreate(
        unit=draws.randint(1, MERCHANTS),
        participant=draws.randint(1, participants),
        performed_us=1_777_689_380_000_000 + number,
        currency=1,
        lines=(Line("1", "1", "", draws.randint(100, 90_000)),),
        reference=f"order {number}",
    )


def _history_bytes(folder: Path) -> int:
    """The pages of the database, those still in its log included."""
    with closing(sqlite3.connect(folder / FILE_NAME)) as connection:
        (pages,), (page_bytes,) = (
            connection.execute(f"PRAGMA {name}").fetchone() for name in ("page_count", "page_size")
        )
    return int(pages) * int(page_bytes)
