"""Webhooks: what the journal did is told to those who asked, in order, until they have it.

    journal ─▶ projector ─▶ reward_events ─▶ one task an endpoint ─▶ its receiver
                                  ▲ cursor         │ WebhookMark, once a second
                                  └────────────────┘

Here stand all endpoints of a house, each woken when there may be something for it; how one tells its events is
``webhook_endpoint.py``. Endpoints wait for nobody else: a slow one holds up itself. All together have at most
``_IN_FLIGHT_MAX`` requests out.
"""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Callable
from typing import Final, Protocol

from fondaco.core.applied import Applied
from fondaco.core.rewards.entities import CreditNote, Invoice, Purchase, Webhook
from fondaco.core.rewards.facts import RewardsApplied
from fondaco.desks.rewards.webhook_client import WebhookClient
from fondaco.desks.rewards.webhook_endpoint import Endpoint, Pace, secret_name
from fondaco.projections.history import History
from fondaco.projections.rewards_reads import RewardEvent
from fondaco.runtime.sequencer import Runtime

_IN_FLIGHT_MAX: Final = 256
#: What events are about.
TOLD: Final = (Purchase, Invoice, CreditNote)


class Secrets(Protocol):
    """Where plain secrets lie (the journal's secret store)."""

    def get(self, api_key: str) -> str | None: ...
    def put(self, api_key: str, secret: str) -> None: ...
    def remove(self, api_key: str) -> None: ...


class Webhooks:
    """All endpoints of a house. A listener of the runtime; made, started and stopped in its event loop.

    ``bodies`` makes an event's id and body.
    """

    def __init__(
        self,
        runtime: Runtime,
        history: History,
        secrets: Secrets,
        client: WebhookClient,
        bodies: Callable[[int, RewardEvent], tuple[str, bytes]],
        *,
        pace: Pace | None = None,
    ) -> None:
        self.runtime = runtime
        self.history = history
        self.secrets = secrets
        self.client = client
        self.bodies = bodies
        self.pace = pace or Pace()
        self.delivered = 0
        self.failed = 0
        self.in_flight = asyncio.Semaphore(_IN_FLIGHT_MAX)
        self.making = asyncio.Lock()  # a secret is stored before its webhook has a number, so one is made at a time
        self._endpoints: defaultdict[int, dict[int, Endpoint]] = defaultdict(dict)
        self._ending: set[asyncio.Task[None]] = set()

    def start(self) -> None:
        """Go on where the journal says that each endpoint was."""
        for programme_id, books in self.runtime.house.rewards.programmes.items():
            for webhook in books.webhooks.values():
                name = secret_name(programme_id, webhook.number)
                if webhook.deleted and self.secrets.get(name) is not None:
                    self.secrets.remove(name)  # the house was killed before it had been
                self._changed(programme_id, webhook.number)
        self.runtime.add_listener(self)

    async def stop(self) -> None:
        """Let go of everything; how far each endpoint has come is journalled if commands are still taken."""
        await asyncio.gather(*(endpoint.stop() for endpoint in self._all()))
        await asyncio.gather(*self._ending, return_exceptions=True)
        await self.client.close()

    def applied(self, applied: Applied) -> None:
        last_seq = applied.first_seq + applied.count - 1
        for fact in applied.facts:
            if isinstance(fact, RewardsApplied):
                self._happened(fact, last_seq)

    def flush(self) -> None:
        """Nothing is kept for the end of a turn."""

    def endpoint(self, programme_id: int, number: int) -> Endpoint | None:
        """The endpoint of a webhook; a deleted one has none."""
        return self._endpoints[programme_id].get(number)

    @property
    def waiting(self) -> int:
        """Events that are there and not delivered, over all endpoints."""
        return sum(endpoint.waiting for endpoint in self._all())

    def _happened(self, fact: RewardsApplied, last_seq: int) -> None:
        is_news = False
        for entity in fact.changed:
            if isinstance(entity, Webhook):
                self._changed(fact.programme_id, entity.number)
            is_news = is_news or isinstance(entity, TOLD)
        if is_news:
            for endpoint in self._endpoints[fact.programme_id].values():
                endpoint.news(last_seq)

    def _changed(self, programme_id: int, number: int) -> None:
        """A webhook is there as the books have it now, which is not what a repeated command tells of it."""
        endpoints = self._endpoints[programme_id]
        if self.runtime.house.rewards.programmes[programme_id].webhooks[number].deleted:
            endpoint = endpoints.pop(number, None)
            task = None if endpoint is None else endpoint.end()
            if task is not None:
                self._ending.add(task)
                task.add_done_callback(self._ending.discard)
            return
        if number not in endpoints:
            endpoints[number] = Endpoint(self, programme_id, number)
        endpoints[number].changed()

    def _all(self) -> list[Endpoint]:
        return [endpoint for endpoints in self._endpoints.values() for endpoint in endpoints.values()]
