"""Why a request was refused, in the desk's own form: a code, a sentence, and the field or rule it is about.

Source: rewards.notes.md, Not public: the list of status codes.
"""

from __future__ import annotations

from enum import Enum


class Code(Enum):
    """Status codes with the HTTP status they are answered under."""

    OK = 200
    INVALID_REQUEST = (400, "the body is no JSON, or a field has the wrong form or value")
    MISSING_PARAMETER = (400, "a field that is needed is not there")
    INVALID_TOKEN = (401, "the token, or the username and password, are not known")
    EXPIRED_TOKEN = (401, "the token was good and is no more: log in again")
    ACCESS_DENIED = (403, "the operator's role does not allow it")
    NOT_FOUND = (404, "there is no such thing in the programme")
    INVALID_STATE = (409, "what is there does not allow it")
    ALREADY_SETTLED = (409, "the purchase was settled before")
    WRONG_EVENT_TYPE = (409, "the customer event is no purchase")
    NOT_EFFECTIVE = (409, "something it needs is not in force, or there is no rate")
    CONFLICT = (409, "the idempotency key was used for another request")
    TOO_MANY_REQUESTS = (429, "more requests than are allowed")
    INTERNAL = (500, "the house failed on its side; it is in its log")
    UNAVAILABLE = (503, "nothing is taken in for now: the disk is full, or the house is closing")

    @property
    def http_status(self) -> int:
        return self.value if isinstance(self.value, int) else self.value[0]

    @property
    def meaning(self) -> str:
        return "it was done" if isinstance(self.value, int) else self.value[1]


class Failure(Exception):
    """A refused request. ``description`` is the path of the field, or the name of the rule."""

    def __init__(self, code: Code, message: str, description: str = "") -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.description = description


def invalid(field: str, message: str) -> Failure:
    return Failure(Code.INVALID_REQUEST, message, field)


def not_found(what: str, field: str) -> Failure:
    return Failure(Code.NOT_FOUND, f"there is no such {what} in this programme", field)
