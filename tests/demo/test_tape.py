"""The recorded evening is read as it was recorded: counts, order, scales, and quotes no denser than asked."""

from __future__ import annotations

from collections import Counter
from itertools import pairwise
from pathlib import Path

import msgspec
import pytest

import fondaco
from fondaco.core.commands import Side
from fondaco.core.units import TooManyDigits
from fondaco.demo.tape import RECORDINGS, Levels, Prints, Quote, Recording, recorded_levels, recorded_trades, tape

BITCOIN, ETHER = RECORDINGS
SAMPLES_BYTES_MAX = 3_000_000


@pytest.mark.parametrize(
    ("recording", "trades", "lots", "first"),
    [
        (BITCOIN, 9_757, 21_203_315, (Side.ASK, 6_183_763, 2_000)),
        (ETHER, 6_106, 22_613_149, (Side.ASK, 268_380, 20)),
    ],
    ids=lambda value: value.market if isinstance(value, Recording) else "",
)
def test_every_recorded_trade_is_there(
    recording: Recording, trades: int, lots: int, first: tuple[Side, int, int]
) -> None:
    found = [trade for prints in recorded_trades(recording) for trade in prints.trades]
    assert len(found) == trades
    assert sum(trade.size_lots for trade in found) == lots
    assert (found[0].side, found[0].price_ticks, found[0].size_lots) == first


@pytest.mark.parametrize("recording", RECORDINGS, ids=lambda recording: recording.market)
def test_the_levels_are_ten_a_side_and_never_crossed(recording: Recording) -> None:
    images = list(recorded_levels(recording))
    assert len(images) == 494  # one a second, more when the market runs away
    for image in images:
        prices = [price for price, _ in reversed(image.bids)] + [price for price, _ in image.asks]
        assert len(image.bids) == len(image.asks) == 10
        assert prices == sorted(set(prices))


def test_steps_come_in_time_and_quotes_are_never_crossed() -> None:
    steps = tape()
    assert all(before.time_ms <= after.time_ms for before, after in pairwise(steps))
    assert {type(step) for step in steps} == {Quote, Levels, Prints}
    assert all(step.bid[0] < step.ask[0] for step in steps if isinstance(step, Quote))


@pytest.mark.parametrize("interval_ms", [100, 1000, 10_000])
def test_quotes_are_conflated_but_for_those_a_trade_hits(interval_ms: int) -> None:
    quotes, prints = Counter[int](), Counter[int]()
    for step in tape([BITCOIN], interval_ms):
        if isinstance(step, Quote | Prints):
            (quotes if isinstance(step, Quote) else prints)[step.time_ms // interval_ms] += 1
    assert all(count <= 1 + prints[interval] for interval, count in quotes.items())
    assert len(quotes) > 0.9 * 346_000 / max(interval_ms, 150)  # quiet intervals of 100 ms have none


def test_a_sample_finer_than_its_market_is_refused() -> None:
    coarse = msgspec.structs.replace(BITCOIN, amount_digits=4)
    with pytest.raises(TooManyDigits, match="has 5 decimals; at most 4 are taken"):
        recorded_trades(coarse)


def test_the_samples_stay_small() -> None:
    folder = Path(fondaco.__file__).parent / "samples"
    assert 0 < sum(path.stat().st_size for path in folder.iterdir()) <= SAMPLES_BYTES_MAX
