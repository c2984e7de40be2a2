"""The pauses part of the bench."""

from __future__ import annotations

from typing import Any

import msgspec

from bench.core import encoding
from bench.pauses import measure, moving
from bench.plot import Chart, Series
from bench.report import draw, table

TITLE = "Pauses: the worst single command while the price moves"

NAMES = {
    "p50_ns": "p50",
    "p99_ns": "p99",
    "p9999_ns": "p99.99",
    "max_ns": "worst",
    "any_run_max_ns": "worst of any run",
}


def run() -> tuple[list[str], dict[str, Any]]:
    """Measure; answers the lines for people and the raw figures."""
    flows = [moving.walking(), moving.jumping()]
    story = [
        f"one market, {moving.USERS:,} users, {moving.RESTING_A_SIDE:,} orders a side around the price, "
        f"{100 * moving.FAR_SHARE:g} % of the places 5 to 50 % away; seeded",
        *(sentence for flow in flows for sentence in flow.story),
        f"one command a call, each timed in {measure.RUNS} runs on new houses: its time is the least of them, as the "
        "house does the same work in each and the machine does not; beside it the worst call of any run",
        f"left out: making and encoding the commands, the opening book, the first {measure.UNCOUNTED:,} commands; "
        "the clock's own time is in every figure",
    ]
    print(*(f"  {sentence}" for sentence in story), sep="\n", flush=True)
    found = [measure.measure(encoding.encode(flow)) for flow in flows]
    found.append(measure.measure_clock(found[0].commands))
    shown = table(
        ["µs", *NAMES.values(), "the worst is"],
        [[one.name, *(f"{getattr(one, field) / 1_000:,.2f}" for field in NAMES), one.slowest or "—"] for one in found],
    )
    print(*(f"  {line}" for line in shown), sep="\n", flush=True)
    chart = Chart(
        title="Share of commands that take longer",
        x_label="time of one command, µs",
        y_label="share of commands",
        series=[Series(one.name, [(ns / 1_000, share) for ns, share in one.slower]) for one in found],
        log_y=True,
    )
    picture = draw("pauses", chart)
    raw = {one.name: msgspec.to_builtins(one) for one in found}
    return [*(f"- {line}" for line in story), "", *shown, "", picture], raw
