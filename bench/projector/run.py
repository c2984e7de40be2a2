"""The projector part of the bench."""

from __future__ import annotations

from typing import Any

import msgspec

from bench.core import encoding, synthetic
from bench.peers.environments import FOLDER
from bench.projector import measure, settlements
from bench.report import table

TITLE = "Projector: what an order costs history"

USERS = (50, 1_000)
TRANSACTIONS = (100, 1_250, 5_000, 20_000)
COMMANDS = 120_000
#: Orders a second and orders a batch of the journal.
PACES = ((1_000, 1), (20_000, 20))
SECONDS = 4.0
#: Purchases of a settlement run.
PURCHASES = (10_000, 100_000)


def _encoded(users: int) -> encoding.Encoded:
    return encoding.encode(
        synthetic.make(synthetic.Shape(users, 1, 1_000), mean_distance_ticks=100, segment=COMMANDS // 2, segments=2)
    )


def run() -> tuple[list[str], dict[str, Any]]:
    """Measure; answers the lines for people and the raw figures."""
    story = [
        "the projector on journals of the mix (70 % place, 25 % cancel, 5 % cross): reading, replay into its replica, "
        "and what it writes into SQLite; every order and cancel counted",
        "microseconds of its CPU time an order; a transaction's size is what came since the one before",
        f"asked: somebody needs the newest history every {measure.ASK_INTERVAL_S * 1000:g} ms, and waits for it; "
        f"{SECONDS:g} s each",
        f"settlements: purchases with one award, then one run in steps of {settlements.STEP_PURCHASES}, "
        "each invoiced with tax",
        "left out: writing the journal, reading history",
    ]
    print(*(f"  {sentence}" for sentence in story), sep="\n", flush=True)
    folder = FOLDER / "projector"
    flows = {users: _encoded(users) for users in USERS}
    costs = {
        users: {size: measure.measure_cost(encoded, folder, size) for size in TRANSACTIONS}
        for users, encoded in flows.items()
    }
    shown = table(
        ["µs an order, in transactions of", *(f"{size:,}" for size in TRANSACTIONS)],
        [[f"{users:,} users", *(f"{cost:.1f}" for cost in row.values())] for users, row in costs.items()],
    )
    print(*(f"  {line}" for line in shown), sep="\n", flush=True)
    followed, rows = {}, []
    for per_second, batch in PACES:
        for asked in (False, True):
            name = f"{per_second:,} orders/s, {batch} a batch, {'asked' if asked else 'not asked'}"
            found = measure.measure_following(flows[USERS[0]], folder, per_second, batch, SECONDS, asked=asked)
            followed[name] = found
            waits = ["", ""]
            if asked:
                waits = [f"{wait_ms:.0f}" for wait_ms in measure.median_and_worst(found.waits_ms)]
            rows.append([name, f"{found.cost_us():.1f}", f"{100 * found.cpu_s / found.seconds:.0f} %", *waits])
            print(f"  {' | '.join(rows[-1])}", flush=True)
    runs = [settlements.measure_settlements(folder, purchases) for purchases in PURCHASES]
    settled = table(
        ["a rewards programme", "µs a purchase posted", "µs settled", "bytes posted", "bytes after settling"],
        [
            [
                f"{found.purchases:,} purchases",
                *(
                    f"{figure:.0f}"
                    for figure in (found.post_us, found.settle_us, found.posted_bytes, found.settled_bytes)
                ),
            ]
            for found in runs
        ],
    )
    print(*(f"  {line}" for line in settled), sep="\n", flush=True)
    head = [f"the process, {USERS[0]} users", "µs an order", "of a processor", "wait ms, median", "wait ms, worst"]
    raw = {
        "costs_us": {str(users): {str(size): cost for size, cost in row.items()} for users, row in costs.items()},
        "followed": msgspec.to_builtins(followed),
        "settlements": msgspec.to_builtins(runs),
    }
    return [*(f"- {line}" for line in story), "", *shown, "", *settled, "", *table(head, rows)], raw
