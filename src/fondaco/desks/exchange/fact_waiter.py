"""Sending a rare command, and telling its fact in the method's own words."""

from __future__ import annotations

from collections.abc import Callable

from fondaco.core.applied import Applied
from fondaco.core.command_records import encode
from fondaco.core.commands import RareCommand
from fondaco.core.events import Fact, Row
from fondaco.core.instruments import Asset
from fondaco.desks.exchange.caller import Caller, CommandWaiter, Pending, submit
from fondaco.desks.exchange.refusals import Asked
from fondaco.desks.exchange.translate import Terms
from fondaco.wire import exchange as wire

Answer = Callable[[Caller, Fact], object]


class FactWaiter(CommandWaiter):
    """Waits for the fact of a rare command."""

    __slots__ = ("_answer", "_asked")

    def __init__(self, caller: Caller, request_id: int | None, answer: Answer, asked: Asked) -> None:
        super().__init__(caller, request_id)
        self._answer = answer
        self._asked = asked

    def result(self, row: Row, applied: Applied) -> object:
        return self._answer(self._caller, applied.facts[row[2]])

    def asked(self) -> Asked:
        return self._asked


def send(
    caller: Caller,
    request_id: int | None,
    command: RareCommand,
    answer: Answer,
    subject: str,
    *,
    asset: Asset | None = None,
    terms: Terms | None = None,
) -> Pending:
    """``subject`` names what the command is about; a refusal's counts are of the asset, or of the market's terms."""
    return send_asked(caller, request_id, command, answer, Asked(terms, subject=subject, asset=asset))


def send_asked(caller: Caller, request_id: int | None, command: RareCommand, answer: Answer, asked: Asked) -> Pending:
    return submit(caller, encode(caller.sender, command), FactWaiter(caller, request_id, answer, asked))


def done(caller: Caller, fact: Fact) -> wire.Status:
    """The answer of a command that has nothing more to tell."""
    return wire.Status()
