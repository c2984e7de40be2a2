"""Money on its way out: set aside first, then gone or given back, each once."""

from __future__ import annotations

import pytest

from fondaco.core import commands as c
from fondaco.core import events as e
from fondaco.core.instruments import Withdrawal, WithdrawalState
from fondaco.core.rejects import Reject
from fondaco.core.units import UNITS_MAX
from tests.core.table import BOTH, Floor, Trader
from tests.core.table_answer import Answer

pytestmark = BOTH
BTC_ID = 1
BTC = 100_000_000


def freezes(floor: Floor, trader: Trader, units: int, business_id: int = 1, *, detail: str = "{}") -> Answer:
    return floor.send(0, c.WithdrawalFreeze(trader.user_id, "BTC", "chain", business_id, units, detail))


def confirms(floor: Floor, trader: Trader, business_id: int = 1) -> Answer:
    return floor.send(0, c.WithdrawalEnd(trader.user_id, "BTC", "chain", business_id, is_confirmed=True))


def releases(floor: Floor, trader: Trader, business_id: int = 1) -> Answer:
    return floor.send(0, c.WithdrawalEnd(trader.user_id, "BTC", "chain", business_id, is_confirmed=False))


def is_told(
    answer: Answer, trader: Trader, units: int, state: WithdrawalState, balance: int, *, repeated: bool = False
) -> None:
    withdrawal = Withdrawal(trader.user_id, BTC_ID, "chain", 1, units, "{}", state)
    assert answer.is_fact() == e.WithdrawalChanged(withdrawal, balance, repeated)


def test_frozen_and_confirmed(floor: Floor, alice: Trader) -> None:
    is_told(freezes(floor, alice, 30 * BTC), alice, 30 * BTC, WithdrawalState.FROZEN, 100 * BTC)
    alice.has("70", "BTC", hold="30")
    alice.sells("70.0001", at="100.00").is_refused(Reject.BALANCE_NOT_ENOUGH, bound=70 * BTC, value=70 * BTC + 10_000)
    floor.restart()
    is_told(confirms(floor, alice), alice, 30 * BTC, WithdrawalState.CONFIRMED, 70 * BTC)
    alice.has("70", "BTC")


def test_frozen_and_released(floor: Floor, alice: Trader) -> None:
    freezes(floor, alice, 30 * BTC)
    floor.restart()
    is_told(releases(floor, alice), alice, 30 * BTC, WithdrawalState.RELEASED, 100 * BTC)
    alice.has("100", "BTC")


def test_beside_the_hold_of_orders(floor: Floor, alice: Trader, bob: Trader) -> None:
    alice.sells(20, at="100.00")
    freezes(floor, alice, 30 * BTC)
    alice.has("50", "BTC", hold="50")
    answer = bob.buys(20, at="100.00").fills("20 @ 100.00 from alice")
    alice.has("50", "BTC", hold="30")
    assert answer.rows[0][13] == 80 * BTC  # all she has, what is on its way out too
    answer = alice.receives("1", "BTC")
    fact = answer.is_fact()
    assert isinstance(fact, e.BalanceUpdated)
    assert fact.balance_units == 81 * BTC


def test_a_repeat_tells_how_it_stands(floor: Floor, alice: Trader) -> None:
    freezes(floor, alice, 30 * BTC)
    again = freezes(floor, alice, 30 * BTC)
    is_told(again, alice, 30 * BTC, WithdrawalState.FROZEN, 100 * BTC, repeated=True)
    confirms(floor, alice)
    floor.later(hours=24 * 365)
    floor.restart()
    for answer in (freezes(floor, alice, 30 * BTC), confirms(floor, alice)):
        is_told(answer, alice, 30 * BTC, WithdrawalState.CONFIRMED, 70 * BTC, repeated=True)
    alice.has("70", "BTC")


def test_it_ends_one_way(floor: Floor, alice: Trader) -> None:
    freezes(floor, alice, BTC, 1)
    freezes(floor, alice, BTC, 2)
    confirms(floor, alice, 1).is_fact()
    releases(floor, alice, 2).is_fact()
    releases(floor, alice, 1).is_refused(Reject.WITHDRAWAL_ENDED)
    confirms(floor, alice, 2).is_refused(Reject.WITHDRAWAL_ENDED)
    assert releases(floor, alice, 2).is_fact().repeated  # type: ignore[union-attr]


def test_another_body_is_refused(floor: Floor, alice: Trader, bob: Trader) -> None:
    freezes(floor, alice, BTC)
    freezes(floor, alice, 2 * BTC).is_refused(Reject.BUSINESS_ID_REUSED, bound=BTC, value=2 * BTC)
    freezes(floor, alice, BTC, detail="[]").is_refused(Reject.BUSINESS_ID_REUSED, bound=BTC, value=BTC)
    freezes(floor, bob, 2 * BTC).is_fact()
    alice.receives("1", "BTC", business_id=1).is_fact()  # balance updates have ids of their own


def test_only_what_is_available(floor: Floor, alice: Trader) -> None:
    alice.sells(40, at="100.00")
    freezes(floor, alice, 60 * BTC + 1).is_refused(Reject.BALANCE_NOT_ENOUGH, bound=60 * BTC, value=60 * BTC + 1)
    freezes(floor, alice, 60 * BTC).is_fact()
    alice.has("0", "BTC", hold="100")


@pytest.mark.parametrize(("units", "shown"), [(0, 0), (-1, -1), (UNITS_MAX + 1, 0), (2**64 - 1, 0)])
def test_units_out_of_bounds(floor: Floor, alice: Trader, units: int, shown: int) -> None:
    freezes(floor, alice, units).is_refused(Reject.INVALID_ARGUMENT, bound=UNITS_MAX, value=shown)


def test_refused(floor: Floor, alice: Trader) -> None:
    confirms(floor, alice).is_refused(Reject.UNKNOWN_WITHDRAWAL)
    floor.send(0, c.WithdrawalFreeze(alice.user_id, "XXX", "chain", 1, 1)).is_refused(Reject.UNKNOWN_ASSET)
    floor.send(0, c.WithdrawalEnd(alice.user_id, "XXX", "chain", 1, True)).is_refused(Reject.UNKNOWN_ASSET)
    floor.send(0, c.WithdrawalFreeze(99, "BTC", "chain", 1, 1)).is_refused(Reject.UNKNOWN_USER)
    for business_id, shown in ((-1, -1), (2**63, 0)):
        answer = freezes(floor, alice, 1, business_id)
        answer.is_refused(Reject.INVALID_ARGUMENT, bound=2**63 - 1, value=shown)
    for business, detail in (("", "{}"), ("-x", "{}"), ("x" * 33, "{}"), ("chain", "x" * 1_025)):
        command = c.WithdrawalFreeze(alice.user_id, "BTC", business, 1, 1, detail)
        floor.send(0, command).is_refused(Reject.INVALID_ARGUMENT)
