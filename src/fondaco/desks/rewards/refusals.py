"""The one total table from the core's refusals of rewards commands to status codes and sentences.

The core says which check failed, with its bound and the value that was asked. Counts of money are shown in the currency
the command was about, where its method named one.

Invariant: every ``Reject`` of the rewards desk, and each other one that its commands can meet, has its row; a test
proves it, and that ``docs/reference/rewards/status-codes.md`` lists it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from fondaco.core.rejects import Reject
from fondaco.core.rewards.entities import Currency, EntityKind
from fondaco.core.units import format_units
from fondaco.desks.rewards.failure import Code, Failure
from fondaco.desks.rewards.identifiers import printed

Sentence = Callable[[int, int, Currency | None], str]


def failure(reject: int, bound: int, value: int, currency: Currency | None = None) -> Failure:
    """A refusal as its sender is told it."""
    code, sentence = TABLE[Reject(reject)]
    return Failure(code, sentence(bound, value, currency), Reject(reject).name)


def _kind(kind: int) -> str:
    return EntityKind(kind).name.lower().replace("_", " ") if kind in EntityKind else "thing"


def _thing(kind: int, number: int) -> str:
    return f"{_kind(kind)} {printed(EntityKind(kind), number)}" if kind in EntityKind else str(number)


def _money(units: int, currency: Currency | None) -> str:
    if currency is None:
        return str(units)
    return f"{format_units(units, currency.asset_digits)} {currency.code}"


def _said(text: str) -> Sentence:
    return lambda bound, value, currency: text


def _of_kind(text: str) -> Sentence:
    """``text`` with the thing that the bound (its kind) and the value (its number) name."""
    return lambda bound, value, currency: text.format(_thing(bound, value))


def _of(kind: EntityKind, text: str) -> Sentence:
    return lambda bound, value, currency: text.format(_thing(kind, value))


TABLE: Final[dict[Reject, tuple[Code, Sentence]]] = {
    Reject.INVALID_ARGUMENT: (Code.INVALID_REQUEST, _said("a value is out of its range")),
    Reject.UNKNOWN_ASSET: (Code.NOT_FOUND, _said("the exchange has no such asset; leave it out for one of your own")),
    Reject.UNKNOWN_USER: (Code.NOT_FOUND, _said("no such user of the exchange, or the programme rebates no fees")),
    Reject.ACCOUNT_DISABLED: (Code.ACCESS_DENIED, _said("the account is disabled")),
    Reject.UNKNOWN_PROGRAMME: (Code.NOT_FOUND, _said("there is no such programme")),
    Reject.ENTITY_NOT_FOUND: (
        Code.NOT_FOUND,
        lambda bound, value, currency: f"there is no such {_kind(bound)} in this programme",
    ),
    Reject.IDEMPOTENCY_KEY_REUSED: (
        Code.CONFLICT,
        _said("this Idempotency-Key was used for another request; take a new one"),
    ),
    Reject.REFERENCE_TAKEN: (
        Code.INVALID_STATE,
        lambda bound, value, currency: f"purchase {value} has this reference_number; it is given once",
    ),
    Reject.ENTITY_NAME_TAKEN: (
        Code.INVALID_STATE,
        lambda bound, value, currency: f"this name or code is taken by number {value}; choose another",
    ),
    Reject.TERMS_FIXED: (
        Code.INVALID_STATE,
        _of_kind("what documents rest on cannot be changed in {}: its currency, code, digits, user or rate"),
    ),
    Reject.TOO_MANY_ENTITIES: (
        Code.INVALID_STATE,
        lambda bound, value, currency: f"there are {value} already; a programme has at most {bound}",
    ),
    Reject.VALUE_OUT_OF_BOUNDS: (
        Code.INVALID_REQUEST,
        lambda bound, value, currency: f"a value is out of its range: {value}, where the bound is {bound}",
    ),
    Reject.RATE_OVERLAP: (
        Code.INVALID_STATE,
        lambda bound, value, currency: f"rate period {bound} of the same pair shares a moment with it; end that first",
    ),
    Reject.LINE_UNKNOWN: (
        Code.NOT_FOUND,
        lambda bound, value, currency: f"lines[{value}] is not a line of this purchase, which has {bound}",
    ),
    Reject.LINE_REVERSED: (
        Code.INVALID_STATE,
        lambda bound, value, currency: f"lines[{value}] has been reversed, or is named twice",
    ),
    Reject.PERIOD_EMPTY: (Code.INVALID_REQUEST, _said("to_date does not lie after from_date")),
    Reject.NOT_POSTED: (Code.INVALID_STATE, _of_kind("{} is not POSTED: it has been cancelled")),
    Reject.ALREADY_SETTLED: (Code.ALREADY_SETTLED, _of(EntityKind.PURCHASE, "{} has been settled; that is done once")),
    Reject.ENTITY_NOT_EFFECTIVE: (Code.NOT_EFFECTIVE, _of_kind("{} is not effective")),
    Reject.NO_RATE: (
        Code.NOT_EFFECTIVE,
        lambda bound, value, currency: f"no rate from currency {bound} to currency {value} is in force at that time",
    ),
    Reject.RECEIVABLE_SUSPENDED: (
        Code.INVALID_STATE,
        _of(EntityKind.RECEIVABLE, "{} is suspended: nothing is invoiced until it is resumed"),
    ),
    Reject.RECEIVABLE_TERMINATED: (Code.INVALID_STATE, _of(EntityKind.RECEIVABLE, "{} is terminated")),
    Reject.RECEIVABLE_NOT_EMPTY: (
        Code.INVALID_STATE,
        lambda bound, value, currency: (
            f"{_money(bound, currency)} are owed and {_money(value, currency)} are credit; settle, refund or write off "
            "first"
        ),
    ),
    Reject.RUN_ENDED: (Code.INVALID_STATE, _of(EntityKind.SETTLEMENT_RUN, "{} has ended")),
    Reject.CURRENCY_DIFFERS: (
        Code.INVALID_REQUEST,
        lambda bound, value, currency: f"currencies {bound} and {value} do not go together here",
    ),
    Reject.REWARD_NOT_ENOUGH: (
        Code.INVALID_STATE,
        lambda bound, value, currency: (
            f"{_money(value, currency)} are to be spent and {_money(bound, currency)} can be; spend less"
        ),
    ),
    Reject.CLAWBACK_REFUSED: (
        Code.INVALID_STATE,
        lambda bound, value, currency: (
            "the reward of this purchase has been spent, and the programme's policy refuses to take it back"
        ),
    ),
    Reject.CREDIT_NOT_ENOUGH: (
        Code.INVALID_STATE,
        lambda bound, value, currency: (
            f"{_money(value, currency)} are to be refunded and {_money(bound, currency)} lie unallocated"
        ),
    ),
    Reject.PAYMENT_REFUNDED: (
        Code.INVALID_STATE,
        _said("a refund, or a payment of which a part was refunded, cannot be cancelled"),
    ),
    Reject.NOTHING_OWED: (Code.INVALID_STATE, _of(EntityKind.RECEIVABLE, "{} owes nothing")),
    Reject.AMOUNT_OVER_LEDGER: (
        Code.INVALID_REQUEST,
        lambda bound, value, currency: f"an amount would pass the largest that is kept, {_money(bound, currency)}",
    ),
    Reject.TOO_MANY_ALLOCATIONS: (
        Code.INVALID_STATE,
        lambda bound, value, currency: f"this would touch more than {bound} invoices at once; do it in parts",
    ),
}
