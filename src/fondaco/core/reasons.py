"""Why an order is refused, as C globals of the compiled core: a look into ``Reject`` would cost more than a match."""

from __future__ import annotations

import cython

from fondaco.core.rejects import Reject

R_INVALID_ARGUMENT = cython.declare(cython.longlong, Reject.INVALID_ARGUMENT)
R_UNKNOWN_MARKET = cython.declare(cython.longlong, Reject.UNKNOWN_MARKET)
R_CLIENT_ORDER_ID_REUSED = cython.declare(cython.longlong, Reject.CLIENT_ORDER_ID_REUSED)
R_MARKET_DELISTED = cython.declare(cython.longlong, Reject.MARKET_DELISTED)
R_MARKET_HALTED = cython.declare(cython.longlong, Reject.MARKET_HALTED)
R_CLOSE_ONLY = cython.declare(cython.longlong, Reject.CLOSE_ONLY)
R_NOT_IN_THIS_PHASE = cython.declare(cython.longlong, Reject.NOT_IN_THIS_PHASE)
R_UNKNOWN_USER = cython.declare(cython.longlong, Reject.UNKNOWN_USER)
R_ACCOUNT_DISABLED = cython.declare(cython.longlong, Reject.ACCOUNT_DISABLED)
R_TOO_MANY_OPEN_ORDERS = cython.declare(cython.longlong, Reject.TOO_MANY_OPEN_ORDERS)
R_ORDER_NOT_FOUND = cython.declare(cython.longlong, Reject.ORDER_NOT_FOUND)
R_NOT_YOUR_ORDER = cython.declare(cython.longlong, Reject.NOT_YOUR_ORDER)
R_EXPIRED_ALREADY = cython.declare(cython.longlong, Reject.EXPIRED_ALREADY)
R_PRICE_OUT_OF_BOUNDS = cython.declare(cython.longlong, Reject.PRICE_OUT_OF_BOUNDS)
R_TRIGGER_OUT_OF_BOUNDS = cython.declare(cython.longlong, Reject.TRIGGER_OUT_OF_BOUNDS)
R_AMOUNT_TOO_SMALL = cython.declare(cython.longlong, Reject.AMOUNT_TOO_SMALL)
R_AMOUNT_TOO_LARGE = cython.declare(cython.longlong, Reject.AMOUNT_TOO_LARGE)
R_ORDER_TOO_SMALL_IN_MONEY = cython.declare(cython.longlong, Reject.ORDER_TOO_SMALL_IN_MONEY)
R_DISPLAY_OUT_OF_BOUNDS = cython.declare(cython.longlong, Reject.DISPLAY_OUT_OF_BOUNDS)
R_BALANCE_NOT_ENOUGH = cython.declare(cython.longlong, Reject.BALANCE_NOT_ENOUGH)
R_NO_COUNTERPARTY = cython.declare(cython.longlong, Reject.NO_COUNTERPARTY)
R_FILL_OR_KILL_UNFILLABLE = cython.declare(cython.longlong, Reject.FILL_OR_KILL_UNFILLABLE)
R_POST_ONLY_WOULD_TAKE = cython.declare(cython.longlong, Reject.POST_ONLY_WOULD_TAKE)
R_SELF_TRADE = cython.declare(cython.longlong, Reject.SELF_TRADE)
R_PRICE_BAND = cython.declare(cython.longlong, Reject.PRICE_BAND)
R_TRIGGER_WOULD_FIRE = cython.declare(cython.longlong, Reject.TRIGGER_WOULD_FIRE)
R_NO_LAST_PRICE = cython.declare(cython.longlong, Reject.NO_LAST_PRICE)
R_TOO_MANY_TRAILING = cython.declare(cython.longlong, Reject.TOO_MANY_TRAILING)
