"""Batch runs: settle every purchase there is, in parts small enough that nobody else waits for them.

A run goes over the purchases that were there when it started, from the first to the last, passing over what is settled
or cancelled at the cost of a byte each. Each step is a command of its own: a house that was killed goes on with the
next step, and no purchase is settled twice or missed.
"""

from __future__ import annotations

from msgspec.structs import replace

from fondaco.core.refusal import Refusal
from fondaco.core.rejects import Reject
from fondaco.core.rewards import actions as a
from fondaco.core.rewards.checks import missing, within
from fondaco.core.rewards.draft import Draft
from fondaco.core.rewards.entities import Entity, EntityKind, SettlementRun
from fondaco.core.rewards.facts import Entry, RowRefused
from fondaco.core.rewards.settling import apply_settlement

STEP_PURCHASES_MAX = 1_000


def start_run(draft: Draft, action: a.SettlementRunStart) -> Refusal | None:
    books = draft.books
    if action.merchant and action.merchant not in books.merchants:
        return missing(EntityKind.MERCHANT, action.merchant)
    last = books.count(EntityKind.PURCHASE)
    first = books.next_unsettled(1, last) if last else 0
    draft.put(
        SettlementRun(
            number=draft.next_number(EntityKind.SETTLEMENT_RUN),
            first_purchase=first or last + 1,
            last_purchase=last,
            next_purchase=first or last + 1,
            merchant=action.merchant,
            performed_until_us=action.performed_until_us,
            started_us=draft.time_us,
            ended_us=0 if first else draft.time_us,
        )
    )
    return None


class Step:
    """What one step did: each purchase is settled by a draft of its own, so that one refused does not undo others."""

    def __init__(self, draft: Draft) -> None:
        self.changed: list[Entity] = []
        self.entries: list[Entry] = []
        self._draft = draft

    def carry_out(self, action: a.SettlementRunStep) -> Refusal | None:
        draft, books = self._draft, self._draft.books
        run = books.runs.get(action.number)
        if run is None:
            return missing(EntityKind.SETTLEMENT_RUN, action.number)
        if run.ended_us:
            return Reject.RUN_ENDED, 0, action.number
        refusal = within(action.purchases_max, 1, STEP_PURCHASES_MAX)
        if refusal is not None:
            return refusal
        settled = passed_over = 0
        number = run.next_purchase
        for _ in range(action.purchases_max):
            found = books.next_unsettled(number, run.last_purchase) if number <= run.last_purchase else 0
            number = found + 1 if found else run.last_purchase + 1
            if not found:
                break
            if not self._is_of(run, found):
                passed_over += 1
            elif self._settle(found):
                settled += 1
        draft.put(
            replace(
                run,
                next_purchase=number,
                settled=run.settled + settled,
                passed_over=run.passed_over + passed_over,
                refused=run.refused + len(draft.refused),
                ended_us=draft.time_us if number > run.last_purchase else 0,
            )
        )
        return None

    def _is_of(self, run: SettlementRun, number: int) -> bool:
        if not run.merchant and not run.performed_until_us:
            return True
        purchase = self._draft.books.purchase(number)
        assert purchase is not None
        is_in_time = not run.performed_until_us or purchase.performed_us < run.performed_until_us
        return is_in_time and run.merchant in (0, purchase.merchant)

    def _settle(self, number: int) -> bool:
        part = self._draft.another()
        refusal = apply_settlement(part, a.SettlementApply(number))
        outcome = part.commit() if refusal is None else refusal
        if isinstance(outcome, tuple):
            reject, bound, value = outcome
            self._draft.refused.append(RowRefused(number, int(reject), bound, value))
            return False
        self.changed += part.changed
        self.entries += outcome
        return True
