"""Plays the tape into a running house, for ever: a client like any other, inside the server's process.

Each step's commands are submitted together and awaited before the next step, so the feed never has more than one step
under way and never queues behind itself. Time runs as recorded, times ``speed``; a feed that fell more than
``LATE_S_MAX`` behind (a suspended laptop, a busy disk) goes on from where it is instead of rushing.

At each seam, and at the start for what a killed process left, the maker's quotes are cancelled and the demo's own
accounts set back to ``WHOLE_UNITS_EACH_ROUND`` by journalled balance updates. Nobody else's orders or balances are
touched. When the house takes no commands (a full disk), the feed waits and then starts the tape anew.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Protocol

import structlog

from fondaco.core.applied import Applied
from fondaco.core.command_records import encode
from fondaco.core.commands import HOUSE, BalanceUpdate, Cancel, Command, Sender
from fondaco.core.events import EventKind, Row, kind_of, market_id_of
from fondaco.core.house import House
from fondaco.demo.market_maker import Instruction, MarketMaker
from fondaco.demo.tape import RECORDINGS, Recording, Step, tape

LATE_S_MAX = 5.0
RETRY_S = 1.0
QUOTE_INTERVAL_MS = 100
SPEED_MAX = 1000.0
CANCELS_AT_ONCE = 1000

#: What the maker and the taker start each round of the tape with, in whole units: more than a round can use up.
WHOLE_UNITS_EACH_ROUND = {"BTC": 10_000, "ETH": 100_000, "USDT": 1_000_000_000}


class IntakeStopped(Exception):
    """The house takes no commands now; nothing of what was sent was done."""


class Answers:
    """Waits for the answers of commands submitted together. They come in the order of the commands."""

    def __init__(self, count: int) -> None:
        self._count = count
        self._rows: list[tuple[Row, Applied]] = []
        self.all: asyncio.Future[list[tuple[Row, Applied]]] = asyncio.get_running_loop().create_future()

    def answered(self, row: Row, applied: Applied) -> None:
        self._rows.append((row, applied))
        if len(self._rows) == self._count and not self.all.done():
            self.all.set_result(self._rows)

    def failed(self, reason: str) -> None:
        if not self.all.done():
            self.all.set_exception(IntakeStopped(reason))


class Submits(Protocol):
    """What the feed needs of the runtime."""

    house: House

    def submit(self, record: bytes, waiter: Answers) -> None: ...


async def ask(runtime: Submits, commands: Sequence[tuple[Sender, Command]]) -> list[tuple[Row, Applied]]:
    """Submits the commands in one go and waits for their answers, in the same order. Raises ``IntakeStopped``."""
    if not commands:
        return []
    answers = Answers(len(commands))
    for sender, command in commands:
        runtime.submit(encode(sender, command), answers)
    return await answers.all


class Feed:
    """The maker and the taker of all recorded markets."""

    def __init__(
        self,
        runtime: Submits,
        maker_user_id: int,
        taker_user_id: int,
        speed: float = 1.0,
        recordings: Sequence[Recording] = RECORDINGS,
    ) -> None:
        if not 0 < speed <= SPEED_MAX:
            raise ValueError(f"the speed {speed:g} is out of bounds; it takes more than 0 and at most {SPEED_MAX:g}")
        self._runtime = runtime
        self._maker, self._taker = Sender(user_id=maker_user_id), Sender(user_id=taker_user_id)
        self._speed = speed
        self._tape = tape(recordings, round(QUOTE_INTERVAL_MS * max(speed, 1.0)))
        self._recordings = recordings
        self._market_makers: dict[str, MarketMaker] = {}

    async def run(self) -> None:
        """Plays round after round until cancelled."""
        log = structlog.get_logger()
        while True:
            try:
                await self.play_round(self._tape)
            except IntakeStopped as stopped:
                log.warning("the demo feed waits: the house takes no commands", reason=str(stopped))
                await asyncio.sleep(RETRY_S)

    async def play_round(self, steps: Sequence[Step]) -> None:
        """Cancels what the demo's accounts have resting, tops them up and plays the steps once."""
        await self._begin()
        loop = asyncio.get_running_loop()
        started_s, started_ms = loop.time(), steps[0].time_ms
        for step in steps:
            ahead_s = started_s + (step.time_ms - started_ms) / 1000 / self._speed - loop.time()
            if ahead_s > 0:
                await asyncio.sleep(ahead_s)
            elif ahead_s < -LATE_S_MAX:
                started_s -= ahead_s
            await self._play(step)

    async def _play(self, step: Step) -> None:
        market_maker = self._market_makers[step.market]
        instructions = market_maker.instructions(step)
        answers = await ask(self._runtime, [(self._sender(each), each.command) for each in instructions])
        for instruction, (row, _) in zip(instructions, answers, strict=True):
            if instruction.by_maker:
                market_maker.answered(row)

    def _sender(self, instruction: Instruction) -> Sender:
        return self._maker if instruction.by_maker else self._taker

    async def _begin(self) -> None:
        house = self._runtime.house
        for sender in (self._maker, self._taker):
            await self._cancel_all(sender)
            await self._top_up(sender)
        self._market_makers = {
            recording.market: MarketMaker(house, house.market_ids[recording.market]) for recording in self._recordings
        }

    async def _cancel_all(self, sender: Sender) -> None:
        house = self._runtime.house
        cancels: list[tuple[Sender, Command]] = []
        for order_id in house.open_orders(sender.user_id, None):
            row = house.order(order_id)
            if row is not None:
                cancels.append((sender, Cancel(market_id_of(row), order_id)))
        for first in range(0, len(cancels), CANCELS_AT_ONCE):
            await ask(self._runtime, cancels[first : first + CANCELS_AT_ONCE])

    async def _top_up(self, sender: Sender) -> None:
        """Sets the account back to what each round starts with. The business id is new each time: the next sequence."""
        house = self._runtime.house
        updates: list[tuple[Sender, Command]] = []
        for name, whole_units in WHOLE_UNITS_EACH_ROUND.items():
            asset = house.assets[house.asset_ids[name]]
            change_units = whole_units * 10**asset.scale_digits - sum(house.balance(sender.user_id, asset.asset_id))
            if change_units:
                update = BalanceUpdate(sender.user_id, name, "demo.round", house.next_seq, change_units)
                updates.append((HOUSE, update))
        for row, _ in await ask(self._runtime, updates):
            if kind_of(row) == EventKind.REJECT:
                raise IntakeStopped(f"the demo's accounts cannot be topped up (refusal {row[2]})")
