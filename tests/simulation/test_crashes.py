"""Random traffic, random deaths: whatever the house said before a crash is so after it, once, in the same words."""

from __future__ import annotations

from collections import Counter

from structlog.testing import capture_logs

from fondaco.runtime.recovery import verify
from tests.journal.flows import HOUSE_DIRECTORY
from tests.simulation import seeds
from tests.simulation.machine import Death, Machine

SEEDS = 30
LIVES = 8
#: What a run that shows anything must have met.
MET = (
    *(death.value for death in Death),
    "died while recovering",
    "there, though nobody was told",
    "gone, and nobody was told",
    "refused, nothing done",
    "first answer given again",
    "client order id reused",
    "business id repeated",
    "fills",
    "snapshots",
    "snapshots damaged",
    "disk full",
    "clock leapt",
    "torn batches cut",
)


def simulate(seed: int) -> tuple[Counter[str], str]:
    """One simulation; what it met, and the state it ended with."""
    with capture_logs() as logs:
        machine = Machine(seed)
        machine.run(LIVES)
        report = verify(HOUSE_DIRECTORY, file_system=machine.disk)
    assert {verdict.seq for verdict in report.snapshots if verdict.why} <= machine.damaged_snapshots
    assert not report.imbalances
    assert report.state_hash == machine.witness.state_hash
    tally = machine.witness.tally
    tally["torn batches cut"] = sum("torn batch" in log["event"] for log in logs)
    return tally, report.state_hash


def test_whatever_was_said_before_a_crash_is_so_after_it() -> None:
    tally: Counter[str] = Counter()
    for seed in seeds.chosen(SEEDS):
        with seeds.named(seed, "tests/simulation/test_crashes.py"):
            tally += simulate(seed)[0]
    print(*(f"{count:8} {what}" for what, count in tally.items()), sep="\n")
    if seeds.is_default():
        assert not [what for what in MET if not tally[what]], "the simulation did not meet what it is about"


def test_a_seed_gives_the_same_run_again() -> None:
    seed = seeds.chosen(1)[0]
    assert simulate(seed) == simulate(seed)
