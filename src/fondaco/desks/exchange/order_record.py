"""An order as it is shown: plain as the document has it, or with the options it was put with.

A row is *plain* while nothing of it needs a word the document does not have; most are, and their record is made by
``translate.order_record`` alone. Any other gets its options as further members, each only where it is set. The core
writes the options that need numbers in an OPTIONS row before the ORDER row that has the flag; ``BatchOptions`` finds
it for whoever is told of the ORDER row.

Cost: nothing for a plain row but one comparison; some 10 µs for another, and once for each batch that holds such rows
and is asked one walk over it.
"""

from __future__ import annotations

from typing import Any, Final

import msgspec

from fondaco.core.applied import Applied
from fondaco.core.commands import OrderType, SelfTrade, Side, TimeInForce, Trigger
from fondaco.core.events import (
    HAS_OPTIONS,
    IS_WAITING,
    OTHER_UNIT,
    EventKind,
    Finish,
    Row,
    has_options,
    is_by_money,
    is_post_only,
    is_waiting,
    kind_of,
    order_type_of,
    self_trade_of,
    side_of,
    time_in_force_of,
)
from fondaco.desks.exchange.translate import Terms, order_record, seconds
from fondaco.wire import exchange as wire

#: Self-trade prevention and triggers as the wire names them.
SELF_TRADES: Final = {mode: mode.name.lower() for mode in SelfTrade}
TRIGGERS: Final = {trigger: trigger.name.lower() for trigger in Trigger if trigger}

#: Bits of word 0 that a plain row does not have: self_trade and post_only, and the flags of options.
_OPTION_BITS: Final = 0xF8 << 48 | (HAS_OPTIONS | IS_WAITING | OTHER_UNIT) << 56
#: How plain orders end: filled, cancelled by their user, or with a remainder that their time in force cut off.
_PLAIN_FINISH_MAX: Final = Finish.REMAINDER_CANCELLED

_UNSET: Final = msgspec.UNSET


class BatchOptions:
    """The OPTIONS rows of the batch that is being told, found once for all who ask."""

    def __init__(self) -> None:
        self._applied: Applied | None = None
        self._rows: dict[tuple[int, int], Row] = {}

    def of(self, row: Row, applied: Applied) -> Row | None:
        """The OPTIONS row that stands before an ORDER row, or None if it has none."""
        if not has_options(row):
            return None
        if applied is not self._applied:
            self._applied = applied
            # By command and order: within one command the options of an order stay the same.
            self._rows = {(one[1], one[2]): one for one in applied if kind_of(one) == EventKind.OPTIONS}
        return self._rows[row[1], row[2]]


def is_plain(row: Row) -> bool:
    """Whether the document's members say everything of an ORDER row."""
    return not row[0] & _OPTION_BITS and row[14] <= _PLAIN_FINISH_MAX


def record(
    terms: Terms,
    row: Row,
    options: Row | None,
    *,
    client_order_id: str = "",
    pushed: bool = False,
    ftime_us: int = 0,
) -> wire.OrderRecord:
    """An ORDER row as the wire shows it. ``pushed`` adds ``source``, ``ftime_us`` the time it was finished."""
    plain = order_record(terms, row, client_order_id=client_order_id, pushed=pushed, ftime_us=ftime_us)
    if is_plain(row):
        return plain
    return wire.OptionedOrder(**msgspec.structs.asdict(plain), **_members(terms, row, options))


def _members(terms: Terms, row: Row, options: Row | None) -> dict[str, Any]:
    self_trade, finish = self_trade_of(row), Finish(row[14])
    members: dict[str, Any] = {
        "post_only": True if is_post_only(row) else _UNSET,
        "stp": SELF_TRADES[SelfTrade(self_trade)] if self_trade else _UNSET,
        "waiting": True if is_waiting(row) and finish == Finish.OPEN else _UNSET,
        "reason": finish.name.lower() if finish > _PLAIN_FINISH_MAX else _UNSET,
    }
    if order_type_of(row) == OrderType.MARKET and is_by_money(row) != (side_of(row) == Side.BID):
        members["amount_in"] = "money" if is_by_money(row) else "stock"
    if options is not None:
        trigger, trigger_price_ticks, trail_ticks, display_lots, expire_us = options[4:9]
        members |= {
            "expire": seconds(expire_us) if expire_us else _UNSET,
            # What it was put with; less of it than that is shown once an amend made the whole order smaller.
            "display": terms.amount(min(display_lots, row[5])) if min(display_lots, row[5]) else _UNSET,
            "trigger": TRIGGERS[Trigger(trigger)] if trigger else _UNSET,
            "stop_price": terms.price(trigger_price_ticks) if trigger_price_ticks else _UNSET,
            "trail": terms.price(trail_ticks) if trail_ticks else _UNSET,
        }
        if trigger or expire_us:
            members["time_in_force"] = TimeInForce(time_in_force_of(row)).name
    return members
