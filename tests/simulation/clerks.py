"""Clerks who create purchases, settle, cancel and pay with idempotency keys, and write down each answer.

A request that got no answer is sent again, with the same key, until it has one; whatever was answered may be sent again
at any time, and is answered the same. Each clerk works on purchases of its own, one request after the other, so it
knows each answer beforehand. What it keeps is plain sums: all amounts are chosen such that every share is exact, so the
programme owes and is owed what they come to (``expected``), to the cent.
"""

from __future__ import annotations

import asyncio
import random
from collections import Counter as Tally
from collections.abc import Awaitable, Callable
from decimal import Decimal
from typing import Any, Final, NamedTuple

from tests.simulation.programme import RECEIVABLE, Away, Counter

#: A tenth of it is awarded, and three quarters of that are the merchant's: 3 of 40.
_LINE_EUR: Final = 40
_INVOICED_OF_LINE: Final = Decimal(3)
_AWARDED_OF_LINE: Final = Decimal(4)
_LINES_MAX: Final = 3
_REPEATED: Final = 0.1


class Purchase:
    """Lines of 40 EUR × ``weights``; those not yet returned are ``left``."""

    def __init__(self, weights: list[int]) -> None:
        self.number = ""
        self.weights = weights
        self.left = set(range(len(weights)))
        self.is_settled = False

    @property
    def weight_left(self) -> int:
        return sum(self.weights[n] for n in self.left)


class Sent(NamedTuple):
    """A request with its key, and its answer."""

    path: str
    key: str
    body: dict[str, object]
    answer: tuple[str, Any]


class Sums(NamedTuple):
    """What the books must hold of all clerks together."""

    purchases: int
    invoices: int
    credit_notes: int
    payments: int
    owed: Decimal
    rewarded: Decimal


class Clerk:
    def __init__(self, name: str, chance: random.Random) -> None:
        self.name = name
        self.tally: Tally[str] = Tally()
        self.purchases: list[Purchase] = []
        self.rests = False
        #: How long it waits between two requests, on average.
        self.pause_s = 0.0
        self._chance = chance
        self._sent: list[Sent] = []
        self._requests = 0
        self._credit_notes = 0
        self._payments: list[tuple[str, Decimal]] = []
        self._payments_made = 0
        self._acts: tuple[tuple[int, Callable[[Counter], Awaitable[None]]], ...] = (
            (8, self._create),
            (6, self._settle),
            (3, self._cancel),
            (3, self._pay),
            (1, self._cancel_payment),
        )
        self._unanswered: Sent | None = None
        self._answered: Callable[[Any], None] = lambda _: None
        self._expected = ""

    async def work(self, counter: Counter) -> None:
        """Until it rests; an unanswered request of an earlier life goes first. Raises ``Away``."""
        while self._unanswered is not None or not self.rests:
            if self._unanswered is not None:
                await self._send(counter)
                continue
            if self._sent and self._chance.random() < _REPEATED:
                await self._repeat(counter)
            (act,) = self._chance.choices([act for _, act in self._acts], [weight for weight, _ in self._acts])
            await act(counter)
            if self.pause_s:
                await asyncio.sleep(self._chance.expovariate(1 / self.pause_s))

    def sums(self) -> Sums:
        settled = [purchase for purchase in self.purchases if purchase.is_settled]
        owed = sum((purchase.weight_left * _INVOICED_OF_LINE for purchase in settled), Decimal(0))
        return Sums(
            len(self.purchases),
            len(settled),
            self._credit_notes,
            self._payments_made,
            owed - sum(amount for _, amount in self._payments),
            sum((purchase.weight_left * _AWARDED_OF_LINE for purchase in self.purchases), Decimal(0)),
        )

    # ── what a clerk does ─────────────────────────────────────────────────────────────────────────────────────────────

    async def _create(self, counter: Counter) -> None:
        purchase = Purchase([self._chance.randint(1, 9) for _ in range(self._chance.randint(1, _LINES_MAX))])

        def created(answer: Any) -> None:
            purchase.number = answer["number"]
            self.purchases.append(purchase)

        await self._ask(
            counter,
            "customer_events/purchases/create",
            "OK",
            created,
            performed_by_unit_identifier={"code": "till"},
            participant_identifier={"code": "georgia"},
            performed_on="2016-09-28T12:00:00",
            currency="EUR",
            lines=[{"total_amount": _LINE_EUR * weight} for weight in purchase.weights],
            reference_number=f"{self.name}-{self._requests}",
        )

    async def _settle(self, counter: Counter) -> None:
        purchase = self._any_purchase()
        if purchase is None:
            return
        expected = "INVALID_STATE" if not purchase.left else "ALREADY_SETTLED" if purchase.is_settled else "OK"

        def settled(_: Any) -> None:
            purchase.is_settled = True

        await self._ask(
            counter, "customer_events/purchases/apply_settlement", expected, settled, **_event(purchase.number)
        )

    async def _cancel(self, counter: Counter) -> None:
        purchase = self._any_purchase()
        if purchase is None:
            return
        lines = {self._chance.choice(sorted(purchase.left))} if purchase.left else set()
        chosen = lines if self._chance.random() < 0.7 else purchase.left.copy()

        def cancelled(answer: Any) -> None:
            purchase.left -= chosen
            assert (answer["credit_note"] is not None) == purchase.is_settled
            self._credit_notes += purchase.is_settled

        more: dict[str, object] = {} if chosen != lines else {"lines": [{"line_id": str(n + 1)} for n in lines]}
        expected = "OK" if purchase.left else "INVALID_STATE"
        if not purchase.left:
            more = {}
        await self._ask(
            counter,
            "customer_events/purchases/cancel",
            expected,
            cancelled,
            **_event(purchase.number),
            **more,
        )

    async def _pay(self, counter: Counter) -> None:
        amount = Decimal(self._chance.randint(1, 4_000)) / 100

        def paid(answer: Any) -> None:
            self._payments.append((answer["number"], amount))
            self._payments_made += 1

        await self._ask(
            counter,
            "payments/create",
            "OK",
            paid,
            accounts_receivable_identifier=RECEIVABLE,
            amount=str(amount),
        )

    async def _cancel_payment(self, counter: Counter) -> None:
        if not self._payments:
            return
        payment = self._chance.choice(self._payments)
        await self._ask(
            counter,
            "payments/cancel",
            "OK",
            lambda _: self._payments.remove(payment),
            payment_identifier={"number": payment[0]},
        )

    def _any_purchase(self) -> Purchase | None:
        return self._chance.choice(self.purchases[-40:]) if self.purchases else None

    # ── until it is answered ──────────────────────────────────────────────────────────────────────────────────────────

    async def _ask(
        self, counter: Counter, path: str, expected: str, answered: Callable[[Any], None], **body: object
    ) -> None:
        self._requests += 1
        self._unanswered = Sent(path, f"{self.name}-{self._requests}", body, ("", None))
        self._expected, self._answered = expected, answered
        await self._send(counter)

    async def _send(self, counter: Counter) -> None:
        assert self._unanswered is not None
        path, key, body, _ = self._unanswered
        try:
            code, answer = await counter.ask(path, key, **body)
        except Away:
            self.tally["unanswered, sent again"] += 1
            raise
        assert code == self._expected, f"{key}: {path} {body} was answered {code}, not {self._expected}"
        if code == "OK":
            self._answered(answer)
        self._sent.append(Sent(path, key, body, (code, answer)))
        self._unanswered = None
        self.tally[f"{path}: {code}"] += 1

    async def _repeat(self, counter: Counter) -> None:
        """The first answer comes again, whatever has become of the document meanwhile."""
        path, key, body, first = self._chance.choice(self._sent)
        again = await counter.ask(path, key, **body)
        assert again == first, f"{key}: {path} {body} was answered {first}, and then {again}"
        self.tally["repeated"] += 1


def expected(clerks: list[Clerk]) -> Sums:
    """The sums of all."""
    return Sums(*(sum(values) for values in zip(*(clerk.sums() for clerk in clerks), strict=True)))


def _event(number: str) -> dict[str, object]:
    return {"customer_event_identifier": {"number": number}}
