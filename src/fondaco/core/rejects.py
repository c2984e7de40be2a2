"""Every refusal the house can give, in order of precedence.

A refusal is a value, not an exception. The numbers are banded by the thing they speak of; where several apply, the
lowest is the one given, because checks run in this order (a rewards programme's checks the shape of a value before
the names in it). Each desk owns one total table from these to its own wire
codes and sentences. The numbers are part of the journal's meaning (replay must refuse alike), so they never change.

What cannot be said in counts never comes this far: a desk refuses malformed numbers, prices off the tick and amounts
off the step itself.
"""

from __future__ import annotations

from enum import IntEnum
from typing import Final


class Reject(IntEnum):
    # request: its shape and its names
    INVALID_ARGUMENT = 100
    UNKNOWN_ASSET = 110
    UNKNOWN_MARKET = 111
    NAME_TAKEN = 120
    SCALE_TOO_COARSE = 121
    CLIENT_ORDER_ID_REUSED = 130
    BUSINESS_ID_REUSED = 131
    UNKNOWN_WITHDRAWAL = 132
    WITHDRAWAL_ENDED = 133
    # request: what the market takes now
    MARKET_DELISTED = 140
    MARKET_HALTED = 141
    CLOSE_ONLY = 142
    NOT_IN_THIS_PHASE = 143

    # account: who asks
    UNKNOWN_USER = 200
    UNKNOWN_KEY = 201
    ACCOUNT_DISABLED = 210
    TOO_MANY_OPEN_ORDERS = 220

    # order: the order by itself
    ORDER_NOT_FOUND = 300
    NOT_YOUR_ORDER = 301
    EXPIRED_ALREADY = 302
    PRICE_OUT_OF_BOUNDS = 311
    TRIGGER_OUT_OF_BOUNDS = 312
    AMOUNT_TOO_SMALL = 321
    AMOUNT_TOO_LARGE = 322
    ORDER_TOO_SMALL_IN_MONEY = 323
    DISPLAY_OUT_OF_BOUNDS = 324

    # funds: the order against the ledger (after the order, because only an order within bounds has a cost)
    BALANCE_NOT_ENOUGH = 400
    BALANCE_TOO_LARGE = 401
    BELOW_FLOOR = 402

    # market: the order against the book
    NO_COUNTERPARTY = 500
    FILL_OR_KILL_UNFILLABLE = 501
    POST_ONLY_WOULD_TAKE = 502
    SELF_TRADE = 503
    PRICE_BAND = 504
    TRIGGER_WOULD_FIRE = 505
    NO_LAST_PRICE = 506
    TOO_MANY_TRAILING = 507

    # rewards: what is not there, then what may not be, then what there is too little of
    UNKNOWN_PROGRAMME = 800
    ENTITY_NOT_FOUND = 801
    IDEMPOTENCY_KEY_REUSED = 810
    REFERENCE_TAKEN = 811
    ENTITY_NAME_TAKEN = 812
    TERMS_FIXED = 813
    TOO_MANY_ENTITIES = 814
    VALUE_OUT_OF_BOUNDS = 820
    RATE_OVERLAP = 821
    LINE_UNKNOWN = 822
    LINE_REVERSED = 823
    PERIOD_EMPTY = 824
    TEXT_NOT_PRINTABLE = 825
    PERFORMED_LATER = 826
    NOT_POSTED = 830
    ALREADY_SETTLED = 831
    ENTITY_NOT_EFFECTIVE = 840
    NO_RATE = 841
    RECEIVABLE_SUSPENDED = 842
    RECEIVABLE_TERMINATED = 843
    RECEIVABLE_NOT_EMPTY = 844
    RUN_ENDED = 845
    CURRENCY_DIFFERS = 846
    FEES_ALONE = 847
    USER_REFERRED = 848
    NOT_A_MERCHANTS = 849
    REWARD_NOT_ENOUGH = 850
    CLAWBACK_REFUSED = 851
    CREDIT_NOT_ENOUGH = 852
    PAYMENT_REFUNDED = 853
    NOTHING_OWED = 854
    AMOUNT_OVER_LEDGER = 855
    TOO_MANY_ALLOCATIONS = 856


#: Those of rewards programmes, which come up in no other desk.
OF_REWARDS: Final = frozenset(reject for reject in Reject if reject >= Reject.UNKNOWN_PROGRAMME)
