"""What can be refused on the wire: the codes, and the one exception that carries a refusal to its asker.

Codes 1 to 12 are the document's and its server's, some with two meanings that the method tells apart; 101 and above are
ours, for what those cannot say. Every message is a sentence that names the thing, the value, the bound and the way out.
Those of the old codes begin with the old server's words, which its clients know.

``docs/reference/errors.md`` lists every code; a test compares.
"""

from __future__ import annotations

from enum import IntEnum
from typing import Final


class Code(IntEnum):
    """Codes of the error object. Three of them are shared: their meaning depends on the method."""

    INVALID_ARGUMENT = 1
    INTERNAL_ERROR = 2
    SERVICE_UNAVAILABLE = 3
    METHOD_NOT_FOUND = 4
    SERVICE_TIMEOUT = 5
    AUTHENTICATION_REQUIRED = 6
    BALANCE_NOT_ENOUGH = 10
    ORDER_NOT_FOUND = 10
    REPEAT_UPDATE = 10
    AMOUNT_TOO_SMALL = 11
    USER_NOT_MATCH = 11
    AUTHENTICATION_FAILED = 11
    NO_ENOUGH_TRADER = 12
    PRICE_OFF_TICK = 101
    AMOUNT_OFF_STEP = 102
    PRICE_OUT_OF_BOUNDS = 103
    AMOUNT_TOO_LARGE = 104
    POST_ONLY_WOULD_TAKE = 105
    SELF_TRADE = 106
    FILL_OR_KILL_UNFILLABLE = 107
    MARKET_HALTED = 108
    CLOSE_ONLY = 109
    CLIENT_ORDER_ID_REUSED = 110
    TOO_MANY_OPEN_ORDERS = 111
    RATE_LIMIT = 112
    UNKNOWN_MARKET = 113
    UNKNOWN_ASSET = 114
    NOT_IN_THIS_PHASE = 115
    PRICE_BAND = 116
    ACCOUNT_DISABLED = 117
    TRIGGER_WOULD_FIRE = 118
    SUBSCRIPTION_LIMIT = 119
    SCOPE_MISSING = 120
    SIGNATURE_EXPIRED = 121
    ORDER_TOO_SMALL_IN_MONEY = 122
    NUMBER_MALFORMED = 123


#: The old server's words for its own codes, which open our sentences.
OLD_WORDS: Final = {
    1: "invalid argument",
    2: "internal error",
    3: "service unavailable",
    4: "method not found",
    5: "service timeout",
    6: "require authentication",
}


class WireError(Exception):
    """A request that is answered with an error. The connection lives."""

    def __init__(self, code: int, sentence: str) -> None:
        words = OLD_WORDS.get(code)
        self.code = int(code)
        self.message = f"{words}: {sentence}" if words else sentence
        super().__init__(self.message)


def invalid(sentence: str) -> WireError:
    """Code 1: the request is not what the method takes."""
    return WireError(Code.INVALID_ARGUMENT, sentence)
