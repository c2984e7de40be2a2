"""Where each field stands in the word arenas of the compiled core.

The compiled modules keep orders, price levels, markets and accounts as records of 64-bit words in flat arrays, so that
they run as C when compiled and as plain Python when not. An order record mirrors the ORDER row of ``events.py`` word
for word, so a row is one copy; it fills two cache lines. ``layout.pxd`` says the same to the compiler.
"""

from __future__ import annotations

# rows of ``events.py``
ROW_WORDS = 16

# an open order
O_TERMS = 0  # word 0 of its rows without kind, cause and the flags of a step
O_SESSION = 1  # the session whose end cancels it; 0: none
O_ID = 2
O_USER = 3
O_PRICE = 4  # its trigger price while it waits for that
O_AMOUNT = 5
O_LEFT = 6
O_DEAL_STOCK = 7
O_DEAL_MONEY = 8
O_DEAL_FEE = 9
O_CTIME = 10
O_MTIME = 11
O_FEES = 12  # taker_fee_ppm (32) | maker_fee_ppm (32, signed)
O_VISIBLE = 13  # lots shown in the book; all that is left but for an iceberg
O_EXTRA = 14  # fee carry (32: millionths of a minor unit charged in advance) | its options' place (31)
O_WALLETS = 15  # what it gives (32) and what it takes (31): records of the ledger
ORDER_WORDS = 16

# the links of an open order, 32-bit, in an array of their own: neighbours are touched without their records
N_PREV = 0
N_NEXT = 1  # within a price
N_USER_PREV = 2
N_USER_NEXT = 3  # among its user's
LINK_WORDS = 4

# the options of an order that has any
X_DISPLAY = 0
X_TRIGGER = 1  # the kind
X_TRIGGER_PRICE = 2
X_TRAIL = 3
X_EXPIRE = 4
X_LIMIT = 5  # the limit price, while O_PRICE is the trigger price
OPTION_WORDS = 8

# a user
U_STATE = 0
U_OPEN = 1  # how many orders
U_HEAD = 2  # the newest of them
U_FLAGS = 3  # HAS_FEES
USER_WORDS = 4
USER_ABSENT = 0  # a U_STATE
USER_ACTIVE = 1
USER_DISABLED = 2

# one side of a book; two sides a market, the asks first
S_BEST = 0  # the best key; meaningless without levels
S_BASE = 1  # the lowest key in the window
S_LEVELS = 2  # levels in the window
S_MASK = 3  # window − 1
S_SLOTS = 4  # where its slots begin
S_BITS = 5  # where its bits begin
S_ICEBERGS = 6  # resting orders that hide something
S_FAR = 7  # levels outside the window
SIDE_WORDS = 8

# a price level
L_ENDS = 0  # first order (32) | last order (31), as record numbers; 0: no level
L_LOTS = 1  # visible lots
LEVEL_WORDS = 2
BLOCK_LEVELS = 64  # in a block of far levels

# a market
M_STOCK = 0
M_MONEY = 1
M_MONEY_UNITS = 2  # money minor units of one lot at one tick
M_STOCK_UNITS = 3  # stock minor units of one lot
M_AMOUNT_MIN = 4
M_MONEY_MIN = 5
M_FEES = 6  # as O_FEES
M_LAST_PRICE = 7
M_LAST_DEAL = 8
M_PHASE = 9
M_BAND = 10  # ppm; 0: none
M_REFERENCE = 11  # 0: the last price
M_PRICE_MAX = 12  # UNITS_MAX // M_MONEY_UNITS
M_INCOME_STOCK = 13
M_INCOME_MONEY = 14  # where the house's fee income stands in the ledger
M_WAITING = 15  # orders that wait for their trigger
MARKET_WORDS = 16

# an account record of the ledger
A_KEY = 0
A_CASH = 1  # or the one balance of an account of the house
A_HOLD = 2
A_WITHDRAWAL = 3
ACCOUNT_WORDS = 4
WALLET = 0  # the group of records that are wallets
