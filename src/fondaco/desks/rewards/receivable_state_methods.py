"""What an admin does with accounts receivable: suspend, resume, terminate, write off.

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
from fondaco.desks.rewards.method import ADMIN, method
from fondaco.desks.rewards.receivable_methods import receivable_asked
from fondaco.desks.rewards.set_up import made
from fondaco.wire.rewards.objects import AccountsReceivable
from fondaco.wire.rewards.receivable_requests import ReceivableRequest
from fondaco.wire.rewards.set_up_requests import WriteOffRequest


def _into(state: ReceivableState) -> Callable[[Call, ReceivableRequest], Awaitable[AccountsReceivable]]:
    async def change(call: Call, body: ReceivableRequest) -> AccountsReceivable:
        old = receivable_asked(call, body)
        entity = await made(call, a.ReceivablePut(old.number, old.credit_days, state), e.Receivable)
        return translate.receivable(view_of(call), entity.number)

    return change


async def write_off(call: Call, body: WriteOffRequest) -> AccountsReceivable:
    old = receivable_asked(call, body)
    await call.send(a.WriteOffCreate(old.number, body.reason))
    return translate.receivable(view_of(call), old.number)


METHODS: Final = (
    *(
        method(
            f"accounts_receivable/{verb}",
            ADMIN,
            ReceivableRequest,
            _into(state),
            summary,
            writes=True,
            alone=True,
            answer=AccountsReceivable,
        )
        for verb, state, summary in (
            ("suspend", ReceivableState.SUSPENDED, "Refuse settlements until it is resumed"),
            ("resume", ReceivableState.ACTIVE, "Take settlements again"),
            ("terminate", ReceivableState.TERMINATED, "End an account that has nothing open, for ever"),
        )
    ),
    method(
        "accounts_receivable/write_off",
        ADMIN,
        WriteOffRequest,
        write_off,
        "Give up all that it owes",
        writes=True,
        answer=AccountsReceivable,
    ),
)
