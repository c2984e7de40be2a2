"""The words under which the house's own changes of balances stand in history; an operator's change has another."""

from __future__ import annotations

from typing import Final

#: A deal: its fee is in the change, and so is a rebate, which is a fee below zero.
TRADE: Final = "trade"
#: A deal that was taken back.
BUST: Final = "bust"
#: A rewards programme gave back a part of the fees.
REBATE: Final = "rebate"
