"""Telling the house that a session is gone, for the orders that were to be cancelled with it.

The report is made again until it is taken, once a second: while nothing can be journalled the orders stay. If the house
ends before that, its next start ends all sessions of the one before (``HouseOpen``).
"""

from __future__ import annotations

import asyncio
from typing import Final

from fondaco.core.applied import Applied
from fondaco.core.command_records import encode
from fondaco.core.commands import HOUSE, SessionEnd
from fondaco.core.events import Row
from fondaco.desks.exchange.floor import Floor

RETRY_S: Final = 1.0


async def report(floor: Floor, session_id: int) -> None:
    """Returns when the house has ended the session."""
    record = encode(HOUSE, SessionEnd(session_id))
    while True:
        taken = _Taken()
        floor.runtime.submit(record, taken)
        if await taken.known:
            return
        await asyncio.sleep(RETRY_S)


class _Taken:
    def __init__(self) -> None:
        self.known: asyncio.Future[bool] = asyncio.get_running_loop().create_future()

    def answered(self, row: Row, applied: Applied) -> None:
        self._tell(True)

    def failed(self, reason: str) -> None:
        self._tell(False)

    def _tell(self, is_taken: bool) -> None:
        if not self.known.done():  # the house is closing and waits no more
            self.known.set_result(is_taken)
