"""What an operator's business id was used for: a change of a balance, or a withdrawal, and never both.

The core keeps the two apart, and each of them is done once by itself. But a payment that is sent as ``withdraw.freeze``
and again as ``balance.update`` would leave twice, which is what a business id is there to prevent. So the desk lets a
name (user, asset, business and its id) be one of the two. Commands that are under way count as done: two connections
may ask in the same moment.

Invariants: a repeat of what was done goes on to the core, which answers it as it did the first time; that holds for a
name that a house used for both before the desk looked, too. Cost: two lookups, and a dictionary of what is under way.
"""

from __future__ import annotations

from enum import Enum

from fondaco.core.applied import Applied
from fondaco.core.command_records import encode
from fondaco.core.commands import BalanceUpdate, WithdrawalFreeze
from fondaco.core.events import Row
from fondaco.core.house import House
from fondaco.desks.exchange.caller import Caller, Pending, submit
from fondaco.desks.exchange.errors import Code, WireError
from fondaco.desks.exchange.fact_waiter import Answer, FactWaiter
from fondaco.desks.exchange.refusals import Asked

#: User, asset, business, business id.
Name = tuple[int, int, str, int]


class Use(Enum):
    """What a business id can be used for, by the method that does it."""

    CHANGE = "balance.update"
    WITHDRAWAL = "withdraw.freeze"

    @property
    def other(self) -> Use:
        return Use.WITHDRAWAL if self is Use.CHANGE else Use.CHANGE


class BusinessIds:
    """One for a house."""

    def __init__(self, house: House) -> None:
        self._house = house
        self._under_way: dict[tuple[Name, Use], int] = {}

    def is_used(self, name: Name, use: Use) -> bool:
        if use is Use.CHANGE:
            return self._house.is_balance_updated(*name)
        return self._house.withdrawal(*name) is not None

    def begin(self, name: Name, use: Use, subject: str) -> None:
        """Use a name for what is sent now; ``end`` is called with its answer. Raises where it is of the other use."""
        if not self.is_used(name, use):
            if self.is_used(name, use.other):
                raise _taken(f"{subject} was used by a {use.other.value}")
            if (name, use.other) in self._under_way:
                raise _taken(f"{subject} is being used by a {use.other.value} that is under way")
        self._under_way[name, use] = self._under_way.get((name, use), 0) + 1

    def end(self, name: Name, use: Use) -> None:
        left = self._under_way[name, use] - 1
        if left:
            self._under_way[name, use] = left
        else:
            del self._under_way[name, use]


def _taken(sentence: str) -> WireError:
    return WireError(
        Code.REPEAT_UPDATE,
        f"repeat update: {sentence}, and a business id moves money once; if this is another payment, use a new one",
    )


class _Waiter(FactWaiter):
    """Tells that the command is under way no longer, then its caller."""

    __slots__ = ("_ids", "_name", "_use")

    def __init__(
        self, caller: Caller, request_id: int | None, answer: Answer, asked: Asked, name: Name, use: Use
    ) -> None:
        super().__init__(caller, request_id, answer, asked)
        self._ids = caller.floor.business_ids
        self._name = name
        self._use = use

    def answered(self, row: Row, applied: Applied) -> None:
        self._ids.end(self._name, self._use)
        super().answered(row, applied)

    def failed(self, reason: str) -> None:
        self._ids.end(self._name, self._use)
        super().failed(reason)


def send_named(
    caller: Caller,
    request_id: int | None,
    command: BalanceUpdate | WithdrawalFreeze,
    name: Name,
    answer: Answer,
    asked: Asked,
) -> Pending:
    """Send what moves money under a business id. Raises where the id was used for the other of the two."""
    use = Use.CHANGE if isinstance(command, BalanceUpdate) else Use.WITHDRAWAL
    record = encode(caller.sender, command)
    caller.floor.business_ids.begin(name, use, asked.subject)
    return submit(caller, record, _Waiter(caller, request_id, answer, asked, name, use))
