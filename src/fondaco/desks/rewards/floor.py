"""What every method of the rewards desk may reach: the house, the history, who is logged in. Made once, by the desk."""

from __future__ import annotations

import asyncio
import time
from collections import defaultdict
from typing import TYPE_CHECKING

from fondaco.desks.common.rate import Allowances
from fondaco.desks.rewards.dates import Dates
from fondaco.desks.rewards.passwords import Passwords
from fondaco.desks.rewards.repeats import Repeats
from fondaco.desks.rewards.run_driver import RunDriver
from fondaco.desks.rewards.runtime import Runtime
from fondaco.desks.rewards.session import Logins
from fondaco.desks.rewards.shown import Shown

if TYPE_CHECKING:
    from fondaco.desks.rewards.webhooks import Webhooks
    from fondaco.journal.people import People
    from fondaco.projections.history import History
    from fondaco.runtime.limits import Limits


class Floor:
    """One per desk. ``updating`` lets the methods that are ``alone`` take turns, by programme."""

    def __init__(
        self,
        runtime: Runtime,
        history: History,
        passwords: Passwords,
        people: People,
        webhooks: Webhooks,
        limits: Limits,
        zone: str,
    ) -> None:
        self.runtime = runtime
        self.house = runtime.house
        self.history = history
        self.passwords = passwords
        self.people = people
        self.webhooks = webhooks
        self.repeats = Repeats(webhooks.secrets)
        self.runs = RunDriver(runtime)
        self.limits = limits
        self.logins = Logins(limits)
        self.addresses = Allowances(limits)
        self.dates = Dates(zone)
        self.shown = Shown()
        self.updating: defaultdict[int, asyncio.Lock] = defaultdict(asyncio.Lock)

    def now_us(self) -> int:
        """The clock, never behind the journal's last time."""
        return max(time.time_ns() // 1_000, self.house.time_us)
