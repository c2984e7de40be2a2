"""Many users who trade at random, lose their answers in a crash, and ask again.

Everyone names most orders with a client order id, keeps what was sent under it, and repeats it at times: after a crash
whatever got no answer, and now and then something old. The operator opens the house at every start with the same
commands, which are idempotent: names are taken, business ids were used.

Amounts and fees are rough, prices meet in a narrow band, purses are short: fills, refusals and empty books mix.
"""

from __future__ import annotations

import asyncio
import random
from collections import deque
from typing import Final

from fondaco.core import command_records
from fondaco.core import commands as c
from fondaco.core.applied import Applied
from fondaco.core.events import Row
from fondaco.runtime.sequencer import Runtime
from tests.core.flow_draws import FEES_PPM, MARKETS, any_place
from tests.simulation.witness import Witness

USERS: Final = 14
PAUSE_S_MAX: Final = 0.1
REMEMBERED: Final = 30


def opening() -> list[c.RareCommand]:
    markets = [
        c.MarketCreate(name, stock, money, price_digits, amount_digits, lots_min, money_min, FEES_PPM[1], FEES_PPM[5])
        for name, stock, money, price_digits, amount_digits, lots_min, money_min in MARKETS[:3]
    ]
    deposits = [
        c.BalanceUpdate(user_id, asset, "opening", user_id, units)
        for user_id in range(1, USERS + 1)
        for asset, units in (("USD", 1_000_000), ("DOT", 90_000), ("BTC", 50_000 * user_id))
    ]
    users = [c.UserCreate(f"user-{user_id}") for user_id in range(1, USERS + 1)]
    return [c.AssetCreate("USD", 1), c.AssetCreate("DOT", 0), c.AssetCreate("BTC", 3), *markets, *users, *deposits]


class Sending:
    """One command under way, and who waits for it."""

    def __init__(self, trader: Trader | None, witness: Witness, command: c.Command) -> None:
        self.command = command
        self._trader = trader
        self._witness = witness
        self._number = witness.number()

    def submit(self, runtime: Runtime, user_id: int) -> None:
        sender = c.Sender(key_id=user_id, session_id=self._number, user_id=user_id)
        runtime.submit(command_records.encode(sender, self.command), self)

    def answered(self, row: Row, applied: Applied) -> None:
        self._witness.answered(self._number, row)
        if self._trader is not None:
            self._trader.under_way.remove(self)

    def failed(self, reason: str) -> None:
        assert reason.strip(), "a refusal says why"
        self._witness.failed(self._number)
        if self._trader is not None:
            self._trader.under_way.remove(self)


class Trader:
    """``under_way`` outlives the house: what is in it at a crash got no answer."""

    def __init__(self, user_id: int, chance: random.Random, witness: Witness) -> None:
        self.user_id = user_id
        self.under_way: list[Sending] = []
        self._chance = chance
        self._witness = witness
        self._sent: deque[c.Place | c.BalanceUpdate] = deque(maxlen=REMEMBERED)
        self._names = 0

    def begin(self, runtime: Runtime) -> None:
        """A house is there (again): ask once more for whatever got no answer, then go on trading."""
        unanswered, self.under_way = self.under_way, []
        for sending in unanswered:
            command = sending.command
            if isinstance(command, c.BalanceUpdate) or (isinstance(command, c.Place) and command.client_order_id):
                self._send(runtime, command)
        self._go_on(runtime)

    def _act(self, runtime: Runtime) -> None:
        for _ in range(self._chance.choice((1, 1, 1, 2, 5, 12))):
            self._send(runtime, self._draw(runtime))
        self._go_on(runtime)

    def _go_on(self, runtime: Runtime) -> None:
        pause_s = self._chance.choice((0.0, self._chance.uniform(0, PAUSE_S_MAX), self._chance.uniform(0, PAUSE_S_MAX)))
        asyncio.get_running_loop().call_later(pause_s, self._act, runtime)

    def _send(self, runtime: Runtime, command: c.Command) -> None:
        sending = Sending(self, self._witness, command)
        self.under_way.append(sending)
        sending.submit(runtime, self.user_id)

    def _draw(self, runtime: Runtime) -> c.Command:
        chance, dice = self._chance, self._chance.random()
        if dice < 0.62 or not self._sent:
            return self._keep(self._named(any_place(chance)))
        if dice < 0.72:
            return chance.choice(self._sent)
        if dice < 0.75:
            known = chance.choice(self._sent)
            name = known.client_order_id if isinstance(known, c.Place) else ""
            return _with_name(any_place(chance), name)
        if dice < 0.94:
            return self._cancel(runtime)
        asset, change_units = chance.choice(("USD", "DOT", "BTC")), chance.choice((-5_000, -10, 1, 700, 40_000))
        return self._keep(c.BalanceUpdate(self.user_id, asset, "transfer", chance.randrange(1_000), change_units))

    def _keep(self, command: c.Place | c.BalanceUpdate) -> c.Place | c.BalanceUpdate:
        if isinstance(command, c.BalanceUpdate) or command.client_order_id:
            self._sent.append(command)
        return command

    def _named(self, place: c.Place) -> c.Place:
        self._names += 1
        return _with_name(place, f"{self.user_id}-{self._names}" if self._chance.random() < 0.8 else "")

    def _cancel(self, runtime: Runtime) -> c.Cancel:
        chance = self._chance
        mine = runtime.house.open_orders(self.user_id)
        order_id = chance.choice(mine) if mine else chance.randrange(1, 500)
        row = runtime.house.order(order_id)
        market_id = (row[0] >> 32) & 0xFFFF if row else 1
        name = runtime.house.client_order_id(order_id)
        if name and chance.random() < 0.5:
            return c.Cancel(market_id, client_order_id=name)
        return c.Cancel(market_id, order_id)


class Traffic:
    """All users and the operator."""

    def __init__(self, chance: random.Random, witness: Witness) -> None:
        self._witness = witness
        self._traders = [Trader(user_id, chance, witness) for user_id in range(1, USERS + 1)]

    def begin(self, runtime: Runtime) -> None:
        """The house was started: called inside its loop."""
        for command in opening():
            Sending(None, self._witness, command).submit(runtime, 0)
        for trader in self._traders:
            trader.begin(runtime)


def _with_name(place: c.Place, client_order_id: str) -> c.Place:
    return c.Place(
        place.market_id,
        place.side,
        place.order_type,
        place.time_in_force,
        place.price_ticks,
        place.amount,
        client_order_id,
    )
