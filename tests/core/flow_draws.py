"""Single commands drawn at random, close to one price and often wrong by a little, for the flows.

What a draw needs to know of the house (what is open, what was traded, which phase a market is in) it reads from
``Seen``, which is told from rows and facts alone.
"""

from __future__ import annotations

import random
from collections import deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from fondaco.core import commands as c
from fondaco.core import events as e
from fondaco.core.commands import OrderType, Phase, SelfTrade, Side, TimeInForce, Trigger
from fondaco.core.events import EventKind, Fact, Row

FEES_PPM = (0, 1, 250, 999, 1_000, 3_333, 100_001, 500_000)
MAKER_FEES_PPM = (*FEES_PPM[:-1], -1, -250, -3_333, -100_001, -500_000)
NAMES = (*"abcdefgh", "x" * 32)
USERS = 5
SESSIONS = 4

#: name, stock, money, price digits, amount digits, least lots, least money
MARKETS = (
    ("DOTUSD", "DOT", "USD", 0, 0, 1, 0),
    ("BTCUSD", "BTC", "USD", 0, 0, 1, 200),
    ("BTCDOT", "BTC", "DOT", 0, 0, 2, 0),
    ("ETHUSD", "ETH", "USD", 0, 0, 0, 0),
)
MARKET_NAMES = tuple(market[0] for market in MARKETS)


@dataclass
class Seen:
    """What somebody knows who heard all rows and facts of a house."""

    time_us: int = 0
    open: dict[int, Row] = field(default_factory=dict)
    deals: deque[Row] = field(default_factory=lambda: deque(maxlen=40))
    withdrawals: deque[tuple[int, str, int]] = field(default_factory=lambda: deque(maxlen=10))
    phases: dict[str, Phase] = field(default_factory=dict)
    last_price: dict[int, int] = field(default_factory=dict)

    def hear(self, rows: Iterable[Row], facts: Sequence[Fact], time_us: int) -> None:
        self.time_us = time_us
        for row in rows:
            if e.kind_of(row) == EventKind.FILL:
                self.deals.append(row)
                self.last_price[e.market_id_of(row)] = row[3]
            elif e.kind_of(row) == EventKind.ORDER:
                if row[14]:
                    self.open.pop(row[2], None)
                else:
                    self.open[row[2]] = row
        for fact in facts:
            if isinstance(fact, e.MarketPhaseSet):
                self.phases[fact.market.name] = fact.market.phase

    def not_trading(self) -> list[str]:
        """The markets that could trade, and do not."""
        return [name for name, phase in self.phases.items() if phase not in (Phase.CONTINUOUS, Phase.DELISTED)]


def any_user(rng: random.Random) -> int:
    return rng.randint(1, USERS) if rng.random() < 0.98 else rng.choice((0, USERS + 1, 1_000_000))


def any_market(rng: random.Random) -> int:
    return rng.choice((1, 1, 1, 2, 2, 3)) if rng.random() < 0.97 else rng.choice((0, 4, 5, 65_535))


def any_place(rng: random.Random, seen: Seen | None = None) -> c.Place:
    """An order of any type, most of them possible."""
    market_id = any_market(rng)
    side = rng.choice((Side.ASK, Side.BID))
    order_type = OrderType.LIMIT if rng.random() < 0.85 else OrderType.MARKET
    time_in_force = rng.choice((TimeInForce.GTC,) * 4 + (TimeInForce.IOC, TimeInForce.FOK))
    last = 0 if seen is None else seen.last_price.get(market_id, 0)
    middle = 100 + (2 if side == Side.ASK else -2)
    price_ticks = 0 if order_type == OrderType.MARKET else middle + rng.randint(-6, 6)
    if rng.random() < 0.01:
        price_ticks = rng.choice((-1, 0, 1, 10_000, 2**60))
    in_other_unit = order_type == OrderType.MARKET and rng.random() < 0.4
    by_money = order_type == OrderType.MARKET and (side == Side.BID) != in_other_unit
    amount = rng.randint(50, 60_000) if by_money else rng.choice((1, 2, 3, 5, 7, 11, 30))
    if rng.random() < 0.01:
        amount = rng.choice((-1, 0, 2**40, 2**62))
    options = {"display_lots": 0, "trigger_price_ticks": 0, "trail_ticks": 0, "expire_us": 0}
    trigger = Trigger.NONE
    if rng.random() < 0.2:
        trigger = rng.choice((Trigger.STOP, Trigger.TAKE_PROFIT, Trigger.TRAILING))
        in_other_unit = in_other_unit and rng.random() < 0.05
        is_rising = (side == Side.BID) == (trigger != Trigger.TAKE_PROFIT)
        away = rng.choice((1, 1, 2, 3, 5, -1, 0))
        if trigger == Trigger.TRAILING:
            options["trail_ticks"] = rng.choice((1, 2, 3, 6))
        if trigger != Trigger.TRAILING or rng.random() < 0.3:
            options["trigger_price_ticks"] = max((last or 100) + (away if is_rising else -away), 0)
    is_resting = order_type == OrderType.LIMIT and time_in_force == TimeInForce.GTC
    if rng.random() < (0.25 if is_resting else 0.02):
        options["display_lots"] = rng.choice((1, 1, 2, 3, 4))
    if seen is not None and rng.random() < (0.15 if is_resting or trigger else 0.02):
        time_in_force = TimeInForce.GTD
        options["expire_us"] = seen.time_us + rng.choice((-1, 0, 1, 1_000, 1_001, 5_000, 30_000, 1_000_000, 61_000_000))
    if rng.random() < 0.01:
        options[rng.choice(tuple(options))] = rng.choice((-1, 0, 1, 9, 2**50, 2**62, 2**63 - 1))
    return c.Place(
        market_id,
        side,
        order_type,
        time_in_force,
        price_ticks,
        amount,
        rng.choice(NAMES) if rng.random() < 0.08 else "",
        self_trade=rng.choice((SelfTrade.NONE, *SelfTrade)),
        post_only=rng.random() < (0.12 if is_resting else 0.01),
        in_other_unit=in_other_unit,
        trigger=trigger,
        **options,
    )


def any_cancel(rng: random.Random, seen: Seen) -> tuple[int, c.Cancel]:
    """(who, what)"""
    if not seen.open or rng.random() < 0.2:
        name = rng.choice(NAMES) if rng.random() < 0.8 else ""
        return any_user(rng), c.Cancel(any_market(rng), rng.randint(0, 600), name)
    row = rng.choice(tuple(seen.open.values()))
    market_id = e.market_id_of(row) if rng.random() < 0.98 else any_market(rng)
    return (row[3] if rng.random() < 0.97 else any_user(rng)), c.Cancel(market_id, row[2])


def any_amend(rng: random.Random, seen: Seen) -> tuple[int, c.Amend]:
    """(who, what)"""
    user_id, market_id, order_id, name = any_user(rng), any_market(rng), rng.randint(0, 600), ""
    row: Row = (0,) * e.ROW_WORDS
    if seen.open and rng.random() < 0.9:
        row = rng.choice(tuple(seen.open.values()))
        market_id, order_id = e.market_id_of(row), row[2]
        user_id = row[3] if rng.random() < 0.97 else user_id
    elif rng.random() < 0.7:
        name = rng.choice(NAMES)
    price = rng.randint(92, 108) if rng.random() < 0.5 else 0
    amount = 0
    if rng.random() < 0.6:
        amount = max(0, row[5] + rng.choice((-5, -2, -1, -1, 0, 1, 1, 4))) or rng.randint(1, 12)
    if e.is_waiting(row):
        price = price if rng.random() < 0.3 else 0
        trigger_price = seen.last_price.get(market_id, 100) + rng.randint(-4, 4) if rng.random() < 0.6 else 0
    else:
        trigger_price = 100 if rng.random() < 0.02 else 0
    if rng.random() < 0.01:
        price, amount, trigger_price = (rng.choice((-1, 0, 2**40, 2**62)) for _ in range(3))
    return user_id, c.Amend(market_id, order_id, price, amount, trigger_price, name)


def any_rare_command(rng: random.Random, seen: Seen) -> c.RareCommand:
    kinds = (
        (any_balance_update, 22),
        (any_market_update, 10),
        (any_phase, 10),
        (any_of_sessions, 12),
        (any_fees, 8),
        (any_funding, 7),
        (any_withdrawal, 12),
        (any_bust, 8),
        (any_registration, 6),
    )
    draw = rng.choices([kind for kind, _ in kinds], [weight for _, weight in kinds])[0]
    return draw(rng, seen)


def any_asset(rng: random.Random) -> str:
    return rng.choice(("USD", "DOT", "BTC", "ETH")) if rng.random() < 0.95 else "XXX"


def any_balance_update(rng: random.Random, seen: Seen) -> c.RareCommand:
    change = rng.choice((-1_000_000, -5_000, -10, 1, 700, 40_000, 40_000, 2**62))
    detail = rng.choice(("{}", "[]"))
    return c.BalanceUpdate(any_user(rng), any_asset(rng), "transfer", rng.randint(1, 60), change, detail)


def any_market_update(rng: random.Random, seen: Seen) -> c.RareCommand:
    update = {
        name: rng.choice(choices)
        for name, choices in (
            ("maker_fee_ppm", (*MAKER_FEES_PPM, 500_001, -500_001)),
            ("taker_fee_ppm", (*FEES_PPM, -1)),
            ("amount_lots_min", (0, 1, 2, -1)),
            ("money_units_min", (0, 90, 2_000)),
            ("price_band_ppm", (0, 0, 30_000, 50_000, 100_000, 1_000_000, 1_000_001)),
            ("reference_price_ticks", (0, 0, 98, 101, 2**62, -1)),
        )
        if rng.random() < 0.4
    }
    return c.MarketUpdate(rng.choice((*MARKET_NAMES, "NONE")), **update)


def any_phase(rng: random.Random, seen: Seen) -> c.RareCommand:
    name = rng.choice((*MARKET_NAMES, "NONE")) if rng.random() < 0.1 else rng.choice(MARKET_NAMES[:3])
    if name in MARKET_NAMES[2:] and rng.random() < 0.1:
        return c.MarketPhase(name, Phase.DELISTED)
    return c.MarketPhase(name, rng.choice((Phase.AUCTION, Phase.AUCTION, Phase.HALT, Phase.CLOSE_ONLY)))


def back_to_trading(rng: random.Random, seen: Seen) -> c.RareCommand:
    phase = Phase.CONTINUOUS if rng.random() < 0.8 else Phase.CLOSE_ONLY
    return c.MarketPhase(rng.choice(seen.not_trading()), phase)


def any_of_sessions(rng: random.Random, seen: Seen) -> c.RareCommand:
    dice = rng.random()
    if dice < 0.2:
        market_id = rng.choice((0, 0, 1, 2, 3, 9))
        return c.OrdersCancel(any_user(rng), market_id, rng.random() < 0.5)
    if dice < 0.5:
        return c.DeadMan(any_user(rng), rng.choice((0, 1_000_000, 1_000_000, 5_000_000, 999_999, 86_400_000_001, -1)))
    session_id = rng.randint(1, SESSIONS) if rng.random() < 0.97 else rng.choice((0, 9, 2**32))
    if dice < 0.8:
        return c.CancelOnDisconnect(session_id, rng.random() < 0.8)
    return c.SessionEnd(session_id) if dice < 0.96 else c.HouseOpen()


def any_fees(rng: random.Random, seen: Seen) -> c.RareCommand:
    maker = rng.choice((*MAKER_FEES_PPM, *MAKER_FEES_PPM, None, 500_001))
    taker = rng.choice((*FEES_PPM, *FEES_PPM, -1)) if (maker is None) == (rng.random() < 0.1) else None
    return c.FeesSet(any_user(rng), rng.choice(("", "", *MARKET_NAMES, "NONE")), maker, taker)


def any_funding(rng: random.Random, seen: Seen) -> c.RareCommand:
    change = rng.choice((-200, -1, 0, 5, 100, 4_000, 2**62))
    floor = rng.choice((None, None, None, 0, 50, 1_000, -1))
    return c.RebateFund(any_asset(rng), rng.randint(1, 60) if rng.random() < 0.98 else -1, change, floor)


def any_withdrawal(rng: random.Random, seen: Seen) -> c.RareCommand:
    if seen.withdrawals and rng.random() < 0.5:
        user_id, asset, business_id = rng.choice(seen.withdrawals)
        if rng.random() < 0.05:
            business_id += 100
        return c.WithdrawalEnd(user_id, asset, "out", business_id, rng.random() < 0.6)
    user_id, asset, business_id = any_user(rng), any_asset(rng), rng.randint(1, 30)
    seen.withdrawals.append((user_id, asset, business_id))
    units = rng.choice((0, -1, 1, 90, 5_000, 5_000, 200_000, 2**62 + 1))
    return c.WithdrawalFreeze(user_id, asset, "out", business_id, units, rng.choice(("{}", "{}", "[]")))


def any_bust(rng: random.Random, seen: Seen) -> c.RareCommand:
    """Of a deal that happened; now and then with terms that are a little wrong."""
    if not seen.deals:
        return c.Tick()
    row = rng.choice(seen.deals)
    taker, maker = row[8] & 0xFFFF_FFFF, row[8] >> 32
    terms: list[Any] = [
        e.market_id_of(row),
        row[2],
        taker,
        maker,
        Side(e.side_of(row)),
        row[4],
        row[5],
        row[9],
        row[10],
    ]
    if rng.random() < 0.1:
        place = rng.choice((0, 1, 2, 3, 5, 6, 7, 8))
        terms[place] += rng.choice((-1, 1, 30_000))
    reason = rng.choice(("", "erroneous", "x" * 201) if rng.random() < 0.1 else ("", "fat finger"))
    return c.TradeBust(**dict(zip(c.TradeBust.__struct_fields__, [*terms, reason], strict=True)))


def any_registration(rng: random.Random, seen: Seen) -> c.RareCommand:
    dice = rng.random()
    if dice < 0.3:
        name, stock, money, price_digits, amount_digits, lots_min, money_min = rng.choice(MARKETS)
        money = rng.choice((money, money, stock, "XXX"))
        band, reference = rng.choice(((0, 0), (0, 0), (200_000, 100), (-1, 0), (0, 2**62)))
        sizes = (price_digits, amount_digits, lots_min, money_min)
        return c.MarketCreate(
            name, stock, money, *sizes, 1_000, 2_000, band, reference, rng.choice((Phase.CONTINUOUS, Phase.AUCTION))
        )
    if dice < 0.45:
        return c.UserCreate(f"user-{rng.randint(1, USERS + 2)}")
    if dice < 0.6:
        return c.AssetCreate(rng.choice(("USD", "EUR")), rng.choice((2, 18, 19, -1)))
    if dice < 0.7:
        return c.KeyCreate(f"key-{rng.randint(1, 5)}", any_user(rng), ("read",))
    if dice < 0.8:
        return c.KeyRevoke(f"key-{rng.randint(1, 5)}")
    if rng.random() < 0.4:  # the last user is disabled once in a while, and enabled again; the others stay
        return rng.choice((c.UserDisable, c.UserEnable))(rng.choice((USERS, 99)))
    return c.Tick()
