# The constants of layout.py for the compiled core; a test holds the two files against each other.

cdef enum:
    ROW_WORDS = 16

    O_TERMS = 0
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
    O_FEE_CARRY = 18
    O_WALLETS = 19
    ORDER_WORDS = 20

    L_HEAD = 0
    L_TAIL = 1
    L_LOTS = 2
    L_PRICE = 3
    LEVEL_WORDS = 4

    M_STOCK = 0
    M_MONEY = 1
    M_MONEY_UNITS = 2
    M_STOCK_UNITS = 3
    M_AMOUNT_MIN = 4
    M_MONEY_MIN = 5
    M_MAKER_FEE = 6
    M_TAKER_FEE = 7
    M_LAST_PRICE = 8
    M_LAST_DEAL = 9
    MARKET_WORDS = 10
