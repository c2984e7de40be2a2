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

# A rewards programme's own, its receivables' and its participants' (core/rewards/posting.py says whose is whose).
REWARD_COST: Final = 16
PARTICIPANT_REWARD: Final = 17
MERCHANT_RECEIVABLE: Final = 18
CONTRIBUTION_INCOME: Final = 19
PROGRAMME_CASH: Final = 20
PARTICIPANT_DEBT: Final = 21
CLAWBACK_LOSS: Final = 22
SPEND_PAYABLE: Final = 23
BREAKAGE: Final = 24
BAD_DEBT: Final = 25
TAX_PAYABLE: Final = 26

HOUSE_OWNER: Final = 0
