# The constants of layout.py for the compiled core; a test holds the two files against each other.

cdef enum:
    ROW_WORDS = 16

    O_TERMS = 0
    O_SESSION = 1
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
    O_FEES = 12
    O_VISIBLE = 13
    O_EXTRA = 14
    O_WALLETS = 15
    ORDER_WORDS = 16

    N_PREV = 0
    N_NEXT = 1
    N_USER_PREV = 2
    N_USER_NEXT = 3
    LINK_WORDS = 4

    X_DISPLAY = 0
    X_TRIGGER = 1
    X_TRIGGER_PRICE = 2
    X_TRAIL = 3
    X_EXPIRE = 4
    X_LIMIT = 5
    OPTION_WORDS = 8

    U_STATE = 0
    U_OPEN = 1
    U_HEAD = 2
    U_FLAGS = 3
    USER_WORDS = 4
    USER_ABSENT = 0
    USER_ACTIVE = 1
    USER_DISABLED = 2

    S_BEST = 0
    S_BASE = 1
    S_LEVELS = 2
    S_MASK = 3
    S_SLOTS = 4
    S_BITS = 5
    S_ICEBERGS = 6
    S_FAR = 7
    SIDE_WORDS = 8

    L_ENDS = 0
    L_LOTS = 1
    LEVEL_WORDS = 2
    BLOCK_LEVELS = 64

    M_STOCK = 0
    M_MONEY = 1
    M_MONEY_UNITS = 2
    M_STOCK_UNITS = 3
    M_AMOUNT_MIN = 4
    M_MONEY_MIN = 5
    M_FEES = 6
    M_LAST_PRICE = 7
    M_LAST_DEAL = 8
    M_PHASE = 9
    M_BAND = 10
    M_REFERENCE = 11
    M_PRICE_MAX = 12
    M_INCOME_STOCK = 13
    M_INCOME_MONEY = 14
    M_WAITING = 15
    MARKET_WORDS = 16

    A_KEY = 0
    A_CASH = 1
    A_HOLD = 2
    A_WITHDRAWAL = 3
    ACCOUNT_WORDS = 4
    WALLET = 0
