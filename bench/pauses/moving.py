"""Books whose price moves far: one that walks 10 % up, down and back, and one that jumps by 10 % at a time.

A ladder of ticks with a window must re-centre or fall back under them; a table must grow; a tree must not degenerate.

Both keep about a thousand orders a side, an exponential 0.4 % from the fair price, so that its way costs about 0.4
orders a command on the side it runs into. What it passes is swept, at most eight orders a command; what the book then
lacks is placed on the side that has fewer; what is too many is cancelled, any resting order as likely. One place in
fifty lies 5 to 50 % away, where no window reaches, and waits there to be cancelled or passed.

When the price jumps, nine of ten orders are cancelled and placed anew around the new price, one after the other; the
tenth stays behind, or is swept.
"""

from __future__ import annotations

from collections.abc import Callable

from bench.core.flow import ASK, BID, Flow
from bench.core.own_book import OwnBook
from bench.core.synthetic import FAIR_PRICE_TICKS, venue

USERS = 1_000
RESTING_A_SIDE = 1_000
MEAN_DISTANCE_TICKS = 4_000
TENTH_TICKS = FAIR_PRICE_TICKS // 10
COMMANDS = 240_000
JUMP_EVERY_COMMANDS = 10_000
SWEPT_ORDERS_MAX = 8
FAR_SHARE = 0.02
STAYING_SHARE = 0.1
_MARKET = 1


class _Moving:
    def __init__(self, seed: int) -> None:
        self.book = OwnBook(seed, USERS, 1)
        self.random = self.book.random
        self.fair_ticks = FAIR_PRICE_TICKS
        self.leaving: list[tuple[int, int, int]] = []

    def _place(self, side: int) -> None:
        if self.random.random() < FAR_SHARE:
            distance = int(FAIR_PRICE_TICKS * (0.05 + 0.45 * self.random.random()))
        else:
            distance = 1 + int(self.random.expovariate(1 / MEAN_DISTANCE_TICKS))
        self.book.rest(_MARKET, side, self.fair_ticks + (distance if side == ASK else -distance))

    def open(self) -> None:
        for _ in range(RESTING_A_SIDE):
            self._place(ASK)
            self._place(BID)

    def jump(self, fair_ticks: int) -> None:
        self.fair_ticks = fair_ticks
        leaving = [order for order in self.book.resting if self.random.random() >= STAYING_SHARE]
        self.random.shuffle(leaving)
        self.leaving = leaving

    def step(self) -> None:
        book = self.book
        ask, bid = book.best(_MARKET, ASK), book.best(_MARKET, BID)
        if ask is not None and ask <= self.fair_ticks:
            book.cross(_MARKET, BID, SWEPT_ORDERS_MAX, self.fair_ticks)
            return
        if bid is not None and bid >= self.fair_ticks:
            book.cross(_MARKET, ASK, SWEPT_ORDERS_MAX, self.fair_ticks)
            return
        asks, bids = book.count(_MARKET, ASK), book.count(_MARKET, BID)
        if min(asks, bids) < RESTING_A_SIDE and (not self.leaving or self.random.random() < 0.5):
            self._place(ASK if asks < bids else BID)
            return
        while self.leaving:
            order = self.leaving.pop()
            if book.is_resting(order[2]):
                book.cancel(*order)
                return
        book.cancel_any()


def _make(name: str, story: list[str], commands: int, runs: int, move: Callable[[_Moving, int], None]) -> Flow:
    moving = _Moving(20_240_808)
    moving.open()
    untimed = moving.book.commands
    for number in range(commands):
        move(moving, number)
        moving.step()
    return Flow(
        name=name,
        venue=venue(users=USERS, markets=1),
        story=story,
        left_out=["making and encoding the commands, and the opening book"],
        words=moving.book.words,
        untimed=untimed,
        segment=moving.book.commands - untimed,
        segments=runs,
        fresh=True,
        resting_expected=len(moving.book.resting),
    )


def walking(*, commands: int = COMMANDS, runs: int = 1) -> Flow:
    """The price goes 10 % up, 20 % down and back where it began, at the same pace throughout."""

    def move(moving: _Moving, number: int) -> None:
        way = 4 * number / commands
        moving.fair_ticks = FAIR_PRICE_TICKS + int(TENTH_TICKS * (way if way < 1 else 2 - way if way < 3 else way - 4))

    pace = 4 * TENTH_TICKS / commands
    story = [f"the price walks 10 % up, 20 % down and back: {commands:,} commands, {pace:.2g} ticks of 0.0001 % each"]
    return _make("walk", story, commands, runs, move)


def jumping(*, commands: int = COMMANDS, runs: int = 1) -> Flow:
    """The price jumps 10 % up and down in turn."""

    def move(moving: _Moving, number: int) -> None:
        if number % JUMP_EVERY_COMMANDS == 0:
            up = number // JUMP_EVERY_COMMANDS % 2 == 0
            moving.jump(FAIR_PRICE_TICKS + (TENTH_TICKS if up else 0))

    story = [f"the price jumps 10 % up, and back, every {JUMP_EVERY_COMMANDS:,} of {commands:,} commands"]
    return _make("jump", story, commands, runs, move)
