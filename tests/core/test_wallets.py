"""Where the ledger has its accounts: against a plain dictionary, with assets that fall together and many users."""

from __future__ import annotations

import random

import pytest

from fondaco.core.house import House
from fondaco.core.purposes import CASH, FEE_INCOME, HOUSE_OWNER, ORDER_HOLD, WITHDRAWAL_HOLD

ASSETS_MAX = 1 << 16
IN_A_WALLET = (CASH, ORDER_HOLD, WITHDRAWAL_HOLD)
ELSEWHERE = (FEE_INCOME, 17, 255)


def assets_of(draw: random.Random, how: str) -> list[int]:
    if how == "in a row":
        return list(range(1, draw.randint(2, 40)))
    if how == "far apart":
        return draw.sample(range(1, ASSETS_MAX), draw.randint(1, 30))
    step = 1 << draw.randint(2, 12)  # all in one place, in any small table
    return [step * number for number in range(1, min(20, ASSETS_MAX // step))]


@pytest.mark.parametrize("how", ["in a row", "far apart", "fallen together"])
def test_against_a_dictionary(how: str) -> None:
    draw = random.Random(how)
    ledger = House()._matching.ledger
    plain: dict[tuple[int, int, int], int] = {}
    accounts = [
        (user, asset, purpose)
        for user in draw.sample(range(1, 20_000), 200)
        for asset in assets_of(draw, how)
        for purpose in draw.sample((*IN_A_WALLET, *ELSEWHERE), 2)
    ]
    draw.shuffle(accounts)
    outside = ledger.open(HOUSE_OWNER, 1, 4)
    for account in accounts:
        units = draw.randint(1, 1_000)
        address = ledger.open(*account)
        ledger.move(outside, address, units)
        plain[account] = plain.get(account, 0) + units
        assert ledger.find(*account) == address
    for account in accounts:
        assert ledger.balance(*account) == plain[account]
    for user, asset, purpose in accounts[:500]:
        for stranger in ((user, asset ^ 0x8000, purpose), (user + 20_000, asset, purpose), (-user, asset, purpose)):
            assert ledger.balance(*stranger) == plain.get(stranger, 0)
    expected = {(user << 24) | (asset << 8) | purpose: units for (user, asset, purpose), units in plain.items()}
    expected[HOUSE_OWNER << 24 | 1 << 8 | 4] = -sum(plain.values())
    assert dict(ledger.accounts()) == expected


def test_addresses_stay_the_same_while_everything_grows() -> None:
    ledger = House()._matching.ledger
    first = [ledger.open(user, asset, CASH) for user in range(1, 50) for asset in (1, 2, 3)]
    for user in range(1, 30_000):
        ledger.open(user, user % 7 + 1, CASH)
    assert first == [ledger.open(user, asset, CASH) for user in range(1, 50) for asset in (1, 2, 3)]
    assert first == [ledger.find(user, asset, CASH) for user in range(1, 50) for asset in (1, 2, 3)]
