"""Purchases by the thousand: each row is a purchase and a command of its own, with its own idempotency key.

Rows are checked and submitted a slice at a time, so that no turn of the loop is long; a slice is one group commit. A
row that is refused does not keep the others back. The same row again, by its request id, gets its first answer, so that
a bulk whose answer was lost can simply be sent again.

Source: rewards.notes.md, Life of a purchase.
"""

from __future__ import annotations

import asyncio
from typing import Final

from fondaco.core.rewards import entities as e
from fondaco.core.rewards.entities import EntityKind
from fondaco.desks.rewards.answering import changed, view_of
from fondaco.desks.rewards.call import Call
from fondaco.desks.rewards.failure import Failure, invalid
from fondaco.desks.rewards.method import OPERATE, method
from fondaco.desks.rewards.purchase_methods import purchase_action
from fondaco.wire.rewards import purchase_requests as wire

SLICE: Final = 50


async def create(call: Call, body: wire.BulkPurchasesCreate) -> wire.BulkAnswer:
    _check_ids(body.purchases)
    answer = wire.BulkAnswer(processed=[], unprocessed=[])
    for start in range(0, len(body.purchases), SLICE):
        rows = body.purchases[start : start + SLICE]
        for outcome in await asyncio.gather(*(_create(call, row, start + n) for n, row in enumerate(rows))):
            if isinstance(outcome, wire.Processed):
                answer.processed.append(outcome)
            else:
                answer.unprocessed.append(outcome)
    return answer


async def _create(call: Call, row: wire.BulkRow, place: int) -> wire.Processed | wire.Unprocessed:
    try:
        action = purchase_action(call, row, f"purchases[{place}].")
        fact = await call.send(action, (row.request_id, row))
    except Failure as failure:
        return wire.Unprocessed(
            request_id=row.request_id,
            code=failure.code.name,
            message=failure.message,
            description=failure.description,
        )
    purchase, view = changed(fact, e.Purchase), view_of(call)
    return wire.Processed(
        request_id=row.request_id,
        purchase=view.reference(EntityKind.PURCHASE, purchase.number),
        award_transactions_set=[view.reference(EntityKind.AWARD, award.number) for award in purchase.awards],
    )


def _check_ids(rows: list[wire.BulkRow]) -> None:
    seen: dict[str, int] = {}
    for place, row in enumerate(rows):
        first = seen.setdefault(row.request_id, place)
        if first != place:
            sentence = f"request_id {row.request_id} is that of row {first} too; each row has its own"
            raise invalid(sentence, f"purchases[{place}].request_id")


METHODS: Final = (
    method(
        "customer_events/bulk/purchases/create",
        OPERATE,
        wire.BulkPurchasesCreate,
        create,
        "Post up to 1000 purchases, each for itself.",
        writes=True,
        answer=wire.BulkAnswer,
    ),
)
