"""One receiver of webhooks: a task that sends it its events in order, each until it is accepted.

Events are read from the projections, so nothing is sent before it is durable. An endpoint has one event in flight at a
time: the next one waits until it is accepted, and after a failure the same is sent again, after a second, two, four, up
to an hour. How far an endpoint has come is journalled at most once a second, so a restart may send a second's events
again, never leave one out: at least once, each with the same id.

Cost: some 0.5 ms of the house's processor an event, in small pieces between orders; one page of events in memory for
each endpoint. Known limit: an endpoint takes as many events a second as it answers one by one.
"""

from __future__ import annotations

import asyncio
import math
import random
import time
from collections.abc import Awaitable, Callable
from contextlib import suppress
from itertools import zip_longest
from typing import TYPE_CHECKING, Final

import msgspec
import structlog

from fondaco.core.applied import Applied
from fondaco.core.command_records import encode
from fondaco.core.commands import HOUSE, Rewards
from fondaco.core.events import EventKind, Row, kind_of
from fondaco.core.rewards.actions import WebhookMark
from fondaco.core.rewards.entities import Webhook
from fondaco.core.rewards.facts import RewardsApplied
from fondaco.desks.rewards.webhook_client import Attempt
from fondaco.projections.history import ServiceTimeout
from fondaco.projections.rewards_reads import RewardEvent, events_after, events_waiting

if TYPE_CHECKING:
    from fondaco.desks.rewards.webhooks import Webhooks

PAGE_EVENTS: Final = 100
WAITING_COUNTED_MAX: Final = 10_000
_MARK_INTERVAL_S: Final = 1.0
_AGAIN_S: Final = 1.0
_LOOK_S: Final = 0.05
#: An endpoint that has told everything looks again after this at the earliest, however much happens.
_PAUSE_S: Final = 0.02

_log = structlog.get_logger("fondaco.webhooks")


class Pace(msgspec.Struct, frozen=True):
    """How long a failing receiver is left alone: doubled with every failure, a tenth more or less."""

    first_s: float = 1.0
    last_s: float = 3_600.0

    def after(self, failures: int) -> float:
        wait_s = min(self.last_s, self.first_s * 2.0 ** min(failures - 1, 40))
        return wait_s * random.uniform(0.9, 1.1)


def secret_name(programme_id: int, number: int) -> str:
    """Under which a webhook's secret is kept."""
    return f"webhook/{programme_id}/{number}"


class Attempts(msgspec.Struct):
    """How the sending goes. ``failures`` are those of the event under way; ``last_failure`` is empty once it is taken.

    Times are 0 for never since the house started; ``again_us`` is when the next attempt is due, 0 where none is.
    """

    failures: int = 0
    last_failure: str = ""
    failed_us: int = 0
    delivered_us: int = 0
    again_us: int = 0


class Endpoint:
    """One receiver. While its webhook is active a task sends to it; ``_marking`` is held by who moves its cursor.

    ``_position_seq``: events of commands up to it are done with; ``_marked_seq``: what of that is journalled. Whoever
    moves the cursor from outside begins a new ``_course``, which ends what is under way.
    """

    def __init__(self, house: Webhooks, programme_id: int, number: int) -> None:
        self.programme_id = programme_id
        self.number = number
        self.waiting = 0
        self.attempts = Attempts()
        self._marking = asyncio.Lock()
        self._house = house
        self._flight = asyncio.Lock()
        self._task: asyncio.Task[None] | None = None
        self._wake = asyncio.Event()
        self._changed = asyncio.Event()
        self._wanted_seq = house.runtime.durable_seq
        self._webhook = self._in_books()
        self._marked_seq = self._position_seq = self._webhook.delivered_seq
        self._marked_s = -math.inf
        self._course = 0

    # ── what others tell it ───────────────────────────────────────────────────────────────────────────────────────────

    def news(self, seq: int) -> None:
        """There may be events up to ``seq``."""
        self._wanted_seq = seq
        self._wake.set()

    def changed(self) -> None:
        """The webhook is new, or another than before."""
        before, self._webhook = self._webhook, self._in_books()
        if self._webhook.delivered_seq != self._marked_seq:
            self._set_back(self._webhook.delivered_seq)
        if _terms(before) != _terms(self._webhook):
            self._wake.set()
            self._changed.set()
        if self._webhook.active and self._task is None:
            self._task = asyncio.get_running_loop().create_task(self._run())

    def end(self) -> asyncio.Task[None] | None:
        """The webhook was deleted: what is under way is broken off. The task that ends by it, if one ran."""
        self._webhook = self._in_books()
        if self._task is not None:
            self._task.cancel()
        return self._task

    async def replay(self, mark: Callable[[], Awaitable[RewardsApplied]]) -> RewardsApplied:
        """Set the cursor back by a ``WebhookMark`` that ``mark`` journals, while nobody else moves it."""
        async with self._marking:
            fact = await mark()
            (webhook,) = fact.changed
            assert isinstance(webhook, Webhook)
            if not fact.repeated:
                self._set_back(webhook.delivered_seq)
            return fact

    def _set_back(self, delivered_seq: int) -> None:
        self._marked_seq = self._position_seq = delivered_seq
        self._course += 1
        self._wake.set()
        self._changed.set()

    async def send(self, event_id: str, body: bytes) -> Attempt:
        """One attempt, when none is under way."""
        async with self._flight, self._house.in_flight:
            if self._webhook.deleted:
                return Attempt(0, 0, "the webhook was deleted")
            secret = self._house.secrets.get(secret_name(self.programme_id, self.number))
            if not secret:
                return Attempt(0, 0, "its secret is lost; make a new one with webhooks/update and new_secret")
            return await self._house.client.send(self._webhook.url, secret, event_id, body)

    async def stop(self) -> None:
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
        await self._mark()

    # ── its task ──────────────────────────────────────────────────────────────────────────────────────────────────────

    async def _run(self) -> None:
        defects = 0
        while self._webhook.active:
            self._wake.clear()
            try:
                await self._deliver_what_is_there()
                defects = 0
                await self._rest()
            except ServiceTimeout:
                await asyncio.sleep(_AGAIN_S)  # history is being built anew, or much is asked of it
            except Exception:
                defects += 1
                _log.exception("a webhook's events cannot be told", programme=self.programme_id, webhook=self.number)
                await _within(self._changed, self._house.pace.after(defects))
        self.waiting = 0
        self._task = None

    async def _deliver_what_is_there(self) -> None:
        """Until there is nothing more, or the cursor was moved."""
        house, programme_id, wanted_seq = self._house, self.programme_id, self._wanted_seq
        while house.history.seq < wanted_seq:  # noqa: ASYNC110  another process sets it
            await asyncio.sleep(_LOOK_S)  # asking for it would make the projector write in smaller pieces
        while self._webhook.active:
            events = await house.history.ask(events_after, programme_id, self._position_seq, PAGE_EVENTS)
            self.waiting = len(events)
            if len(events) >= PAGE_EVENTS:
                await self._count()
            if not events or not await self._deliver_page(events):
                return

    async def _deliver_page(self, events: list[RewardEvent]) -> bool:
        """Whether all of it was delivered: not if the webhook was set back or switched off meanwhile."""
        course = self._course
        for event, after in zip_longest(events, events[1:]):
            if event.type in self._webhook.events and not await self._deliver(event):
                return False
            if course != self._course:
                return False
            self.waiting -= 1
            if after is None or after.seq != event.seq:
                self._position_seq = event.seq
                if _now_s() - self._marked_s >= _MARK_INTERVAL_S:
                    await self._mark()
        return course == self._course

    async def _deliver(self, event: RewardEvent) -> bool:
        """Send until it is accepted. Whether it was; not if the webhook was set back, or is active no more."""
        event_id, body = self._house.bodies(self.programme_id, event)
        course, attempts = self._course, self.attempts
        attempts.failures = 0
        while self._webhook.active and self._course == course:
            self._changed.clear()
            attempt = await self.send(event_id, body)
            if attempt.delivered:
                self._house.delivered += 1
                attempts.failures, attempts.last_failure, attempts.delivered_us = 0, "", _clock_us()
                return True
            attempts.failures += 1
            wait_s = self._house.pace.after(attempts.failures)
            await self._failed(event_id, attempt.failure, wait_s)
            is_other = await _within(self._changed, wait_s)
            attempts.again_us = 0
            if is_other:
                attempts.failures = 0
        return False

    async def _failed(self, event_id: str, failure: str, wait_s: float) -> None:
        self._house.failed += 1
        attempts = self.attempts
        attempts.last_failure, attempts.failed_us = failure, _clock_us()
        attempts.again_us = attempts.failed_us + round(wait_s * 1_000_000)
        _log.warning(
            "a webhook was not delivered",
            programme=self.programme_id,
            webhook=self.number,
            event_id=event_id,
            failure=failure,
            again_in_s=round(wait_s, 1),
        )
        with suppress(ServiceTimeout):
            await self._count()

    async def _count(self) -> None:
        self.waiting = await self._house.history.ask(
            events_waiting, self.programme_id, self._position_seq, WAITING_COUNTED_MAX
        )

    async def _rest(self) -> None:
        """Until there is something to do; meanwhile the cursor is journalled when its second has come."""
        await asyncio.sleep(_PAUSE_S)
        while not self._wake.is_set() and self._position_seq != self._marked_seq:
            if not await _within(self._wake, self._marked_s + _MARK_INTERVAL_S - _now_s()):
                await self._mark()
        await self._wake.wait()

    async def _mark(self) -> None:
        """Journal how far the endpoint has come. Nothing is lost where it fails: a restart sends more again."""
        async with self._marking:
            if self._position_seq != self._marked_seq:
                self._marked_s = _now_s()
                marked = _Marked(self, self._position_seq)
                action = WebhookMark(self.number, self._position_seq)
                self._house.runtime.submit(encode(HOUSE, Rewards(self.programme_id, 0, action)), marked)
                await marked.done.wait()

    def marked(self, seq: int) -> None:
        """What this endpoint had journalled is so; listeners hear of it after this."""
        self._marked_seq = seq

    def _in_books(self) -> Webhook:
        return self._house.runtime.house.rewards.programmes[self.programme_id].webhooks[self.number]


class _Marked:
    """Waits for a mark to be journalled."""

    def __init__(self, endpoint: Endpoint, seq: int) -> None:
        self.done = asyncio.Event()
        self._endpoint = endpoint
        self._seq = seq

    def answered(self, row: Row, applied: Applied) -> None:
        if kind_of(row) != EventKind.REJECT:
            self._endpoint.marked(self._seq)
        self.done.set()

    def failed(self, reason: str) -> None:
        self.done.set()


def _terms(webhook: Webhook) -> tuple[str, tuple[str, ...], bool]:
    return webhook.url, webhook.events, webhook.active


def _now_s() -> float:
    return asyncio.get_running_loop().time()


def _clock_us() -> int:
    return time.time_ns() // 1_000


async def _within(happens: asyncio.Event, seconds: float) -> bool:
    """Whether it happens within so many seconds."""
    try:
        async with asyncio.timeout(max(seconds, 0.0)):
            await happens.wait()
    except TimeoutError:
        return False
    return True
