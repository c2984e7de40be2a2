"""What the bench is held against: a table of aims, each with where its figure is found in the raw results.

A figure that is in no result is said to be missing, never guessed. Rates of the core are by CPU time, rates over
sockets by the clock.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import suppress
from statistics import median
from typing import Any

import msgspec

from bench.core import bitstamp, workloads

MISSING = "not measured in this run"
HEAD = ["what", "at least", "reach for", "seen", "", "part, taken"]

NOTE = "The core and replay by CPU time, medians but for replay (best of 3); sockets by the clock."

SMALL = workloads.SMALL.name
WIDE = workloads.WIDE.name
DEEP = workloads.DEEP.name
_RATIO_PEER = "bourse"

_MEMORY = (
    "The memory bounds it, not the steps: a place touches some nine cache lines drawn at random and a cancel ten, "
    "out of 8 MB where the second-level cache holds one, and each command writes 200 bytes of rows. The same "
    "commands over one market and 1,000 users take two thirds of the time, and C++ that only matches, in a loop "
    "of its own, does 3.8 M of this flow here (below). Tried: asking the memory ahead in one to four steps, pages "
    "of 2 MiB, a table of wallets for each user, one go for plain orders, no copy of rows and batches (all kept "
    "but the fourth step); other indexes, `-march=native` and profile-guided compilation (no gain). Measured in "
    "`docs/decisions/core-data-path.md`."
)
_ONE_CALL = (
    "An empty call of a compiled function takes a fifth of it, the command's own steps the rest, with nothing "
    "asked ahead. Tried, in `docs/decisions/core-data-path.md`: the run called without a frame of Python, "
    "deadlines and answers in C, no copies; 321 → 140 ns on a quiet machine."
)
_SENDS = (
    "A loop of bare sends to as many sockets takes most of it (in the part): the kernel's way through the "
    "loopback, once a subscriber. To that come the orders in between, 1,000/s, each with a sync of the disk, and "
    "some 2 µs a subscriber of the house's own. Tried: one message made for all, written without the loop's "
    "buffer (kept); a subscriber that only reads, other ways of congestion control (no difference)."
)

_SHARED = (
    "As over ten markets, it waits for memory, in a cache that others on the machine share: its runs lie far apart, "
    "and other runs of the same day met the aim. Tried: what stands there."
)
_SYNC = (
    "One sync of the disk a command (its median stands above the part), and server, projector and load share two "
    "cores: runs of the same day gave 299 to 355 µs and 0.58 to 1.7 ms. Tried: the load scheduled first, the projector "
    "in the background (both kept), direct writes to the disk (no faster)."
)

Raw = dict[str, Any]


class Aim(msgspec.Struct, frozen=True):
    """One row. ``seen`` finds the figure in the raw results of ``part``; a ``KeyError`` means that it is missing."""

    what: str
    part: str
    at_least: float
    reach_for: float | None
    unit: str
    seen: Callable[[Raw], float]
    #: Times and bytes: the aim is a most, not a least.
    most: bool = False
    #: Said where the figure falls short: what bounds it, and what was tried.
    limit: str = ""

    def verdict(self, figure: float) -> str:
        def met(bound: float) -> bool:
            return figure <= bound if self.most else figure >= bound

        if self.reach_for is not None and met(self.reach_for):
            return "reached"
        if met(self.at_least):
            return "met"
        short = figure / self.at_least if self.most else self.at_least / figure
        return f"short, {short:.1f} ×"

    def bound(self, figure: float | None) -> str:
        return "" if figure is None else f"{'≤ ' if self.most else ''}{self.show(figure)}"

    def show(self, figure: float) -> str:
        for size, letter in ((1e6, "M"), (1e3, "k")):
            if figure >= size and not self.most:
                return f"{figure / size:.3g} {letter} {self.unit}"
        return f"{figure:,.0f} {self.unit}" if figure >= 100 else f"{figure:.3g} {self.unit}"


def _core(workload: str) -> Callable[[Raw], float]:
    return lambda raw: float(median(raw["workloads"][workload]["fondaco"]["cpu"]))


def _ratio(raw: Raw) -> float:
    """The house's rate over the peer's, on the same flow in the same run."""
    found = raw["workloads"][WIDE]
    rates = [peer["cpu"] for peer in found["peers"] if peer["package"].startswith(_RATIO_PEER)]
    if not rates or not rates[0]:
        raise KeyError(_RATIO_PEER)
    return float(median(found["fondaco"]["cpu"]) / median(rates[0]))


def _answered(load: str) -> Callable[[Raw], float]:
    return lambda raw: float(raw[load]["answered"] / raw[load]["seconds"])


def _per_second(raw: Raw) -> float:
    return float(raw["answered"] / raw["seconds"])


def _million(raw: Raw) -> Raw:
    """The batch run of a million purchases. Raises ``KeyError`` if the largest was of another size."""
    runs: dict[int, Raw] = {run["purchases"]: run for run in raw["runs"]}
    return runs[1_000_000]


AIMS = (
    Aim(f"core, {WIDE}", "core", 20e6, 46e6, "commands/s", _core(WIDE), limit=_MEMORY),
    Aim("the same, times bourse on the same flow", "core", 5, None, "×", _ratio, limit=_MEMORY),
    Aim(f"core, {DEEP}", "core", 6e6, 14e6, "commands/s", _core(DEEP), limit=_SHARED),
    Aim("core on the real Bitstamp file", "core", 8e6, 20e6, "commands/s", _core(bitstamp.NAME)),
    Aim(
        f"one command from Python, p50, {SMALL}",
        "core",
        150,
        80,
        "ns",
        lambda raw: raw["workloads"][SMALL]["singles"]["p50_ns"],
        most=True,
        limit=_ONE_CALL,
    ),
    Aim(
        "durable orders, 50 connections, one at a time",
        "end_to_end",
        40e3,
        77e3,
        "orders/s",
        _answered("fondaco: 50 connections, one at a time"),
    ),
    Aim(
        "the same, 16 in flight",
        "end_to_end",
        120e3,
        330e3,
        "orders/s",
        _answered("fondaco: 50 connections, 16 in flight"),
    ),
    Aim(
        "durable acknowledgement at 1,000/s, p50",
        "fanout",
        300,
        230,
        "µs",
        lambda raw: raw["quiet"]["p50_us"],
        most=True,
        limit=_SYNC,
    ),
    Aim(
        "the same, p99 (median of each thousand's)",
        "fanout",
        1_000,
        500,
        "µs",
        lambda raw: raw["quiet"]["p99_us_typical"],
        most=True,
        limit=_SYNC,
    ),
    Aim(
        "one depth update to 1,000 subscribers, zlib",
        "fanout",
        12,
        7,
        "ms",
        lambda raw: raw["update_ms_p50"],
        most=True,
        limit=_SENDS,
    ),
    Aim(
        "acknowledgement p99 at 1,000/s with 1,000 subscribers, times the quiet one",
        "fanout",
        3,
        None,
        "×",
        lambda raw: raw["with_subscribers"]["p99_us_typical"] / raw["quiet"]["p99_us_typical"],
        most=True,
    ),
    Aim("replay, journal to state", "journal", 3e6, 10e6, "commands/s", lambda raw: max(raw["replayed"]["replay"])),
    Aim("memory of a resting order", "memory", 200, None, "B", lambda raw: raw["orders"]["bytes_each"], most=True),
    Aim(
        "memory of 1,000,000 users × 3 assets",
        "memory",
        400,
        None,
        "MB",
        lambda raw: raw["users"]["bytes_in_all"] / 1e6,
        most=True,
    ),
    Aim(
        "worst single command, price walks 10 %",
        "pauses",
        1_000,
        None,
        "µs",
        lambda raw: raw["walk"]["max_ns"] / 1_000,
        most=True,
    ),
    Aim(
        "durable settlements, 32 connections, one at a time",
        "rewards",
        2_000,
        None,
        "settlements/s",
        lambda raw: _per_second(raw["house"]),
    ),
    Aim("the same, p99", "rewards", 50, None, "ms", lambda raw: raw["house"]["p99_us"] / 1e3, most=True),
    Aim(
        "a batch run of 1,000,000 purchases, in core and journal",
        "rewards",
        60,
        None,
        "s",
        lambda raw: _million(raw)["seconds"],
        most=True,
    ),
    Aim(
        "the same, until history has it",
        "rewards",
        300,
        None,
        "s",
        lambda raw: _million(raw)["projected_s"],
        most=True,
    ),
    Aim(
        "orders' p99 at 1,000/s beside a batch run, times the quiet one (medians of each thousand's)",
        "rewards",
        2,
        None,
        "×",
        lambda raw: raw["times_quiet"],
        most=True,
    ),
    Aim(
        "first byte of a statement, all of a batch run in it",
        "rewards",
        200,
        None,
        "ms",
        lambda raw: raw["reads"][-1]["statement_first_ms"],
        most=True,
    ),
)


def limits(parts: Mapping[str, tuple[str, Raw]]) -> list[str]:
    """What bounds the figures that fall short, a line each where that is known."""
    found = []
    for aim in AIMS:
        with suppress(KeyError):
            if aim.limit and aim.verdict(aim.seen(parts.get(aim.part, ("", {}))[1])).startswith("short"):
                found.append(f"- {aim.what}: {aim.limit}")
    return found


def rows(parts: Mapping[str, tuple[str, Raw]]) -> list[list[str]]:
    """The table's rows, from (date, raw results) of each part there is."""
    found = []
    for aim in AIMS:
        date, raw = parts.get(aim.part, ("", {}))
        try:
            figure = aim.seen(raw)
        except KeyError:
            seen, verdict, date = MISSING, "", ""
        else:
            seen, verdict = aim.show(figure), aim.verdict(figure)
        taken = f"{aim.part}, {date}" if date else aim.part
        found.append([aim.what, aim.bound(aim.at_least), aim.bound(aim.reach_for), seen, verdict, taken])
    return found
