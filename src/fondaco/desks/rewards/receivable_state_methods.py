"""The life of accounts receivable: an admin suspends, resumes and terminates them.

Settlements of a suspended or terminated one are refused. TERMINATED is for ever and needs that nothing is open.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Final

from fondaco.core.rewards import actions as a
from fondaco.core.rewards import entities as e
from fondaco.core.rewards.entities import ReceivableState
from fondaco.desks.rewards import translate
from fondaco.desks.rewards.answering import view_of
from fondaco.desks.rewards.call import Call
from fondaco.desks.rewards.failure import Code
from fondaco.desks.rewards.method import ADMIN, method
from fondaco.desks.rewards.receivable_methods import receivable_asked
from fondaco.desks.rewards.set_up import made
from fondaco.wire.rewards.objects import AccountsReceivable
from fondaco.wire.rewards.receivable_requests import ReceivableRequest


def _into(state: ReceivableState) -> Callable[[Call, ReceivableRequest], Awaitable[AccountsReceivable]]:
    async def change(call: Call, body: ReceivableRequest) -> AccountsReceivable:
        old = receivable_asked(call, body)
        entity = await made(call, a.ReceivablePut(old.number, old.credit_days, state), e.Receivable)
        return translate.receivable(view_of(call), entity.number)

    return change


METHODS: Final = tuple(
    method(
        f"accounts_receivable/{verb}",
        ADMIN,
        ReceivableRequest,
        _into(state),
        summary,
        writes=True,
        refuses=(Code.NOT_FOUND, Code.INVALID_STATE),
        alone=True,
        answer=AccountsReceivable,
    )
    for verb, state, summary in (
        ("suspend", ReceivableState.SUSPENDED, "Refuse settlements until it is resumed"),
        ("resume", ReceivableState.ACTIVE, "Take settlements again"),
        ("terminate", ReceivableState.TERMINATED, "End an account that has nothing open, for ever"),
    )
)
