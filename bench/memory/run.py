"""The memory part of the bench."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import Any

from bench.memory.measure import ASSETS, OWNERS, PRICES_A_SIDE
from bench.report import table

TITLE = "Memory: what the house keeps"

ORDERS = 1_000_000
#: One more than a power of two: a table that grows by doubling is at its emptiest.
ORDERS_AFTER_GROWTH = (1 << 20) + 1
NAMES = 1_000_000
USERS = 1_000_000
USERS_DEPOSITING = 100_000


def measured(kind: str, count: int) -> dict[str, Any]:
    """One measurement in a fresh process."""
    run = subprocess.run(
        [sys.executable, "-m", "bench.memory.measure", kind, str(count)], capture_output=True, text=True, check=True
    )
    found: dict[str, Any] = json.loads(run.stdout)
    return found


def run() -> tuple[list[str], dict[str, Any]]:
    """Measure; answers the lines for people and the raw figures."""
    story = [
        "resident memory of a fresh process after, less before; the commands are made on the way and not kept",
        f"orders: one market, {2 * PRICES_A_SIDE:,} prices, {OWNERS:,} users, no client order ids; at a power of two "
        "and one, too, where tables have just doubled",
        "client order ids: of 16 characters, each remembered with request and answer for a day after its order ended",
        f"users: each with one deposit in each of {len(ASSETS)} assets; no keys. A deposit is remembered for ever, so "
        "that it is not done twice: what that takes alone is the last row",
    ]
    print(*(f"  {sentence}" for sentence in story), sep="\n", flush=True)
    raw = {
        "orders": measured("orders", ORDERS),
        "orders_after_growth": measured("orders", ORDERS_AFTER_GROWTH),
        "names": measured("names", NAMES),
        "users": measured("users", USERS),
        "deposits": measured("deposits", USERS_DEPOSITING),
    }
    names = {
        "orders": "resting orders",
        "orders_after_growth": "resting orders, tables just doubled",
        "names": "client order ids of ended orders",
        "users": f"users × {len(ASSETS)} assets",
        "deposits": "deposits remembered",
    }
    shown = table(
        ["", "how many", "MB in all", "bytes each"],
        [
            [names[kind], f"{one['count']:,}", f"{one['bytes_in_all'] / 1e6:,.0f}", f"{one['bytes_each']:,.0f}"]
            for kind, one in raw.items()
        ],
    )
    print(*(f"  {line}" for line in shown), sep="\n", flush=True)
    return [*(f"- {line}" for line in story), "", *shown], raw
