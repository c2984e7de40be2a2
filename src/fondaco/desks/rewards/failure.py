"""Why a request was not obeyed: a status code, a sentence for people, and the field or rule for programs.

Source: rewards.notes.md (Not public): the codes are this desk's own; what each means stands in
docs/reference/rewards/status-codes.md, which a test compares.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Final


class Code(StrEnum):
    OK = "OK"
    INVALID_REQUEST = "INVALID_REQUEST"
    MISSING_PARAMETER = "MISSING_PARAMETER"
    INVALID_TOKEN = "INVALID_TOKEN"
    EXPIRED_TOKEN = "EXPIRED_TOKEN"
    ACCESS_DENIED = "ACCESS_DENIED"
    NOT_FOUND = "NOT_FOUND"
    INVALID_STATE = "INVALID_STATE"
    ALREADY_SETTLED = "ALREADY_SETTLED"
    WRONG_EVENT_TYPE = "WRONG_EVENT_TYPE"
    NOT_EFFECTIVE = "NOT_EFFECTIVE"
    CONFLICT = "CONFLICT"
    TOO_MANY_REQUESTS = "TOO_MANY_REQUESTS"
    INTERNAL = "INTERNAL"
    UNAVAILABLE = "UNAVAILABLE"


HTTP_STATUS: Final[dict[Code, int]] = {
    Code.OK: 200,
    Code.INVALID_REQUEST: 400,
    Code.MISSING_PARAMETER: 400,
    Code.INVALID_TOKEN: 401,
    Code.EXPIRED_TOKEN: 401,
    Code.ACCESS_DENIED: 403,
    Code.NOT_FOUND: 404,
    Code.INVALID_STATE: 409,
    Code.ALREADY_SETTLED: 409,
    Code.WRONG_EVENT_TYPE: 409,
    Code.NOT_EFFECTIVE: 409,
    Code.CONFLICT: 409,
    Code.TOO_MANY_REQUESTS: 429,
    Code.INTERNAL: 500,
    Code.UNAVAILABLE: 503,
}


class Failure(Exception):
    """Raised anywhere below a method; the desk answers it. Nothing was done."""

    def __init__(self, code: Code, message: str, description: str = "") -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.description = description


def invalid(message: str, field: str) -> Failure:
    """The request is malformed in ``field``."""
    return Failure(Code.INVALID_REQUEST, message, field)


def not_found(what: str, field: str) -> Failure:
    """There is no such thing in this programme, or in none: both sound alike."""
    return Failure(Code.NOT_FOUND, f"there is no {what} here; look it up with its list method", field)
