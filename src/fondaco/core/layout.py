"""Where each field stands in the word arenas of the compiled core.

The compiled modules keep orders, price levels and markets as records of 64-bit words in flat arrays, so that they run
as C when compiled and as plain Python when not. An order record mirrors the ORDER row of ``events.py`` word for word
(a row is one copy); the words a row fills with other things (seq, finish, sender) hold its links while it rests.
``layout.pxd`` says the same to the compiler.
"""

from __future__ import annotations

ROW_WORDS = 16

O_TERMS = 0  # word 0 of its rows without kind and cause
O_PREV = 1
O_ID = 2
O_USER = 3
O_PRICE = 4
O_AMOUNT = 5
O_LEFT = 6
O_DEAL_STOCK = 7
O_DEAL_MONEY = 8
O_DEAL_FEE = 9
O_CTIME = 10
O_MTIME = 11
O_TAKER_FEE = 12
O_MAKER_FEE = 13
O_NEXT = 14
O_LEVEL = 15
O_USER_PREV = 16
O_USER_NEXT = 17
O_FEE_CARRY = 18  # millionths of a minor unit already charged in advance by rounding up
O_WALLETS = 19  # what it gives (lower 32 bits) and what it takes (upper): records of the ledger
ORDER_WORDS = 20

L_HEAD = 0
L_TAIL = 1
L_LOTS = 2
L_PRICE = 3
LEVEL_WORDS = 4

M_STOCK = 0
M_MONEY = 1
M_MONEY_UNITS = 2  # money minor units of one lot at one tick
M_STOCK_UNITS = 3  # stock minor units of one lot
M_AMOUNT_MIN = 4
M_MONEY_MIN = 5
M_MAKER_FEE = 6
M_TAKER_FEE = 7
M_LAST_PRICE = 8
M_LAST_DEAL = 9
MARKET_WORDS = 10
