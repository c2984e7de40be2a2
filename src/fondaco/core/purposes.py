"""What the accounts of the ledger are for.

``CASH`` and the two holds belong to users and make up a wallet; the rest belongs to the house, which is owner 0.
"""

from __future__ import annotations

from typing import Final

CASH: Final = 1
ORDER_HOLD: Final = 2
FEE_INCOME: Final = 3
OUTSIDE_WORLD: Final = 4
REBATE: Final = 5
WITHDRAWAL_HOLD: Final = 6

HOUSE_OWNER: Final = 0
