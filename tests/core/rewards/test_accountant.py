"""The house against the naive accountant, over whole programmes at random. The seed is the name of a test."""

from __future__ import annotations

from collections import Counter
from functools import cache
from typing import get_args

import pytest

from fondaco.core.rewards import actions as a
from tests.core.rewards.accountant import tag_of
from tests.core.rewards.draws import flow

SEEDS = range(1, 41)


@cache
def answered(seed: int) -> Counter[str]:
    """What the house answered to a flow, by action and by refusal, after all of it was compared."""
    return flow(seed, 400).answered


@pytest.mark.parametrize("seed", SEEDS)
def test_house_and_accountant_agree(seed: int) -> None:
    assert answered(seed).total() > 400


def test_a_long_story() -> None:
    assert flow(1_000, 1_500).answered.total() > 1_500


@pytest.mark.parametrize(
    "action", [*get_args(a.Action), "reward_expiry"], ids=lambda action: getattr(action, "__name__", action)
)
def test_the_flows_meet(action: type[a.Action] | str) -> None:
    """Every action is carried out by some of these flows: what is never drawn would agree for nothing."""
    tag = action if isinstance(action, str) else tag_of(action)
    assert any(answered(seed)[tag] for seed in SEEDS)
