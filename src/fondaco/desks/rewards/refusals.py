"""The one total table from the core's refusals to this desk's status codes, sentences and rules.

The core says which check failed, with a bound and the value that was asked, as counts and numbers of things. The
sentence names both; the rule (the status' ``description``) is the same for every instance of a refusal, so that
programs can tell them apart, but where a name is taken: there it is the field that the name came in.

Invariant: every refusal that core/rewards can give has its row here, and docs/reference/rewards/status-codes.md its
line; tests prove both.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import msgspec

from fondaco.core.events import Row
from fondaco.core.rejects import Reject
from fondaco.core.rewards.actions import (
    Action,
    CurrencyPut,
    OperatorPut,
    ParticipantPut,
    PaymentCreate,
    PaymentRefund,
    ProgrammeCreate,
    PurchaseCancel,
    PurchaseCreate,
    SpendCreate,
)
from fondaco.core.rewards.books import Books
from fondaco.core.rewards.entities import Currency, EntityKind
from fondaco.desks.rewards.amounts import decimal_text
from fondaco.desks.rewards.failure import Code, Failure
from fondaco.desks.rewards.identifiers import number_text


class Asked(msgspec.Struct, frozen=True):
    """What a sentence is made of: the refusal's two counts, and what they are counts of."""

    bound: int
    value: int
    action: Action
    books: Books


Sentence = Callable[[Asked], str]


def refused(row: Row, action: Action, books: Books) -> Failure:
    """A REJECT row as its sender is told it."""
    return refusal((Reject(row[2]), row[4], row[5]), action, books)


def refusal(given: tuple[Reject, int, int], action: Action, books: Books) -> Failure:
    """A refusal as the core gives it when it is asked without a command (a preview)."""
    reject, bound, value = given
    code, rule, sentence = TABLE[reject]
    asked = Asked(bound, value, action, books)
    return Failure(code, sentence(asked), _taken(asked)[0] if reject is Reject.ENTITY_NAME_TAKEN else rule)


def thing(kind: int, number: int) -> str:
    """Such as ``invoice I00000012``."""
    if kind not in EntityKind.__members__.values():
        return f"number {number}"
    return f"{EntityKind(kind).name.lower().replace('_', ' ')} {number_text(EntityKind(kind), number)}"


def _taken(asked: Asked) -> tuple[str, str]:
    """The field of a name that is taken, and whose it is."""
    action, owner = asked.action, thing(asked.bound, asked.value)
    match action:
        case OperatorPut():
            return "username", f"operator {action.username}"
        case ParticipantPut() if asked.books.participant_codes.get(action.code) != asked.value:
            return "user", "a participant already"
        case CurrencyPut() if action.code not in asked.books.currency_codes:
            return "asset", f"currency {_code_of(asked, asked.value)}"
        case CurrencyPut():
            return "code", f"currency {action.code}"
        case ProgrammeCreate():
            return "name", owner
        case _:
            return "code", owner


def _amount(asked: Asked, units: int) -> str:
    currency = _currency(asked.action, asked.books)
    return f"{decimal_text(units, currency)} {currency.code}" if currency is not None else f"{units} units"


def _currency(action: Action, books: Books) -> Currency | None:
    """What the amounts of a refusal are counts of."""
    match action:
        case SpendCreate():
            owner = books.participants.get(action.participant)
            return books.currencies[owner.currency] if owner is not None else None
        case PaymentCreate() | PaymentRefund():
            receivable = books.receivables.get(action.receivable)
            return books.currencies[receivable.currency] if receivable is not None else None
        case PurchaseCreate():
            return books.currencies.get(action.currency)
        case PurchaseCancel():
            purchase = books.purchase(action.number)
            if purchase is None:
                return None
            return books.currencies[books.participants[purchase.participant].currency]
        case _:
            return None


def _code_of(asked: Asked, currency: int) -> str:
    known = asked.books.currencies.get(currency)
    return known.code if known is not None else f"currency {currency}"


def _moment(action: Action) -> str:
    return "on performed_on" if isinstance(action, PurchaseCreate) else "at the moment of settlement, which is now"


def _line(asked: Asked, nth: int) -> str:
    """The ``nth`` of the lines that were to be cancelled, from 0."""
    action = asked.action
    if isinstance(action, PurchaseCancel) and 0 <= nth < len(action.line_ids):
        return action.line_ids[nth]
    return str(nth)


TABLE: Final[dict[Reject, tuple[Code, str, Sentence]]] = {
    Reject.INVALID_ARGUMENT: (
        Code.INVALID_REQUEST,
        "argument",
        lambda asked: "the house does not take this request as it is; see the method in the reference",
    ),
    Reject.UNKNOWN_ASSET: (
        Code.NOT_FOUND,
        "asset",
        lambda asked: "the exchange has no such asset; asset.list names those there are, or leave it out",
    ),
    Reject.UNKNOWN_USER: (
        Code.NOT_FOUND,
        "user",
        lambda asked: "there is no such user of the exchange, or this programme rebates no fees; leave user out",
    ),
    Reject.UNKNOWN_PROGRAMME: (
        Code.NOT_FOUND,
        "organisation",
        lambda asked: f"there is no programme {asked.value}; fondaco programme list names those there are",
    ),
    Reject.ENTITY_NOT_FOUND: (
        Code.NOT_FOUND,
        "identifier",
        lambda asked: f"there is no {thing(asked.bound, asked.value)}; look it up with its list method",
    ),
    Reject.IDEMPOTENCY_KEY_REUSED: (
        Code.CONFLICT,
        "Idempotency-Key",
        lambda asked: "this Idempotency-Key came before with another body; take a new key, or send that body again",
    ),
    Reject.REFERENCE_TAKEN: (
        Code.CONFLICT,
        "reference_number",
        lambda asked: (
            f"this reference_number is that of {thing(EntityKind.PURCHASE, asked.value)}; "
            "one reference names one purchase"
        ),
    ),
    Reject.ENTITY_NAME_TAKEN: (
        Code.CONFLICT,
        "code, username, asset, user or name: the field that it came in",
        lambda asked: "this {} is that of {}; choose another".format(*_taken(asked)),
    ),
    Reject.TERMS_FIXED: (
        Code.INVALID_STATE,
        "terms",
        lambda asked: (
            f"{thing(asked.bound, asked.value)} has terms that posted documents rest on, and this would change one; "
            "leave it as it is, or make another"
        ),
    ),
    Reject.TOO_MANY_ENTITIES: (
        Code.INVALID_STATE,
        "count",
        lambda asked: f"there are {asked.value} of these and at most {asked.bound} are kept; change one you have",
    ),
    Reject.VALUE_OUT_OF_BOUNDS: (
        Code.INVALID_REQUEST,
        "bounds",
        lambda asked: f"a value of {asked.value} is out of bounds; the nearest that is taken is {asked.bound}",
    ),
    Reject.RATE_OVERLAP: (
        Code.CONFLICT,
        "from_date",
        lambda asked: f"the period overlaps that of currency rate {asked.bound}; end that one first, or begin later",
    ),
    Reject.LINE_UNKNOWN: (
        Code.NOT_FOUND,
        "lines",
        lambda asked: f"the purchase has no line {_line(asked, asked.value)}; it has {asked.bound} lines",
    ),
    Reject.LINE_REVERSED: (
        Code.INVALID_STATE,
        "lines",
        lambda asked: f"line {_line(asked, asked.value)} was cancelled before; leave it out",
    ),
    Reject.PERIOD_EMPTY: (
        Code.INVALID_REQUEST,
        "to_date",
        lambda asked: "the period ends where it begins or before; to_date is the first moment after it",
    ),
    Reject.TEXT_NOT_PRINTABLE: (
        Code.INVALID_REQUEST,
        "text",
        lambda asked: "a text holds a character that cannot be printed, such as a tab or a line's end; take it out",
    ),
    Reject.PERFORMED_LATER: (
        Code.INVALID_REQUEST,
        "performed_on",
        lambda asked: "performed_on lies more than a day ahead of the house's clock; compare the till's clock and zone",
    ),
    Reject.NOT_POSTED: (
        Code.INVALID_STATE,
        "life_cycle_state",
        lambda asked: f"{thing(asked.bound, asked.value)} is not POSTED, it was cancelled before",
    ),
    Reject.ALREADY_SETTLED: (
        Code.ALREADY_SETTLED,
        "one settlement of a purchase",
        lambda asked: "this purchase was settled before, which is once and for ever; show it to see its invoice",
    ),
    Reject.ENTITY_NOT_EFFECTIVE: (
        Code.NOT_EFFECTIVE,
        "effective",
        lambda asked: f"{thing(asked.bound, asked.value)} is not effective; update it with effective true",
    ),
    Reject.NO_RATE: (
        Code.NOT_EFFECTIVE,
        "currency_rates",
        lambda asked: (
            f"no rate from {_code_of(asked, asked.bound)} to {_code_of(asked, asked.value)} is in force "
            f"{_moment(asked.action)}; make one that is with currency_rates/create"
        ),
    ),
    Reject.RECEIVABLE_SUSPENDED: (
        Code.INVALID_STATE,
        "accounts_receivable.life_cycle_state",
        lambda asked: (
            f"accounts receivable {number_text(EntityKind.RECEIVABLE, asked.value)} is SUSPENDED; resume it first"
        ),
    ),
    Reject.RECEIVABLE_TERMINATED: (
        Code.INVALID_STATE,
        "accounts_receivable.life_cycle_state",
        lambda asked: (
            f"accounts receivable {number_text(EntityKind.RECEIVABLE, asked.value)} is TERMINATED, which is for ever"
        ),
    ),
    Reject.RECEIVABLE_NOT_EMPTY: (
        Code.INVALID_STATE,
        "accounts_receivable.balance",
        lambda asked: "it still has something open; have it paid, write it off or refund its credit before it ends",
    ),
    Reject.RUN_ENDED: (
        Code.INVALID_STATE,
        "settlement_run",
        lambda asked: f"settlement run {asked.value} has ended; start another",
    ),
    Reject.CURRENCY_DIFFERS: (
        Code.INVALID_REQUEST,
        "currency",
        lambda asked: (
            f"{_code_of(asked, asked.bound)} and {_code_of(asked, asked.value)} do not fit here; "
            "a rate needs two currencies, an amount that of its account"
        ),
    ),
    Reject.FEES_ALONE: (
        Code.INVALID_STATE,
        "is_fee_rebate",
        lambda asked: "the purchases of this programme are the trading fees of its users; the house posts them daily",
    ),
    Reject.USER_REFERRED: (
        Code.INVALID_STATE,
        "user",
        lambda asked: "the fees of this user are rebated already; a user takes part once, in one programme",
    ),
    Reject.NOT_A_MERCHANTS: (
        Code.INVALID_STATE,
        "accounts_receivable_identifier",
        lambda asked: "payments are for the accounts receivable of a merchant; this one is a participant's",
    ),
    Reject.REWARD_NOT_ENOUGH: (
        Code.INVALID_STATE,
        "amount",
        lambda asked: (
            f"the participant has {_amount(asked, asked.bound)} of rewards and {_amount(asked, asked.value)} "
            "was asked; spend less"
        ),
    ),
    Reject.CLAWBACK_REFUSED: (
        Code.INVALID_STATE,
        "clawback",
        lambda asked: (
            "awards of this purchase are spent or expired, or were paid out, and the programme's policy refuses to "
            "cancel it then; programmes/update can allow debt or forgive"
        ),
    ),
    Reject.CREDIT_NOT_ENOUGH: (
        Code.INVALID_STATE,
        "amount",
        lambda asked: (
            f"{_amount(asked, asked.bound)} of credit is unallocated and {_amount(asked, asked.value)} was asked for; "
            "refund less"
        ),
    ),
    Reject.PAYMENT_REFUNDED: (
        Code.INVALID_STATE,
        "payment",
        lambda asked: "a refund, or a payment refunded in part, cannot be cancelled; pay in anew what came back",
    ),
    Reject.NOTHING_OWED: (
        Code.INVALID_STATE,
        "accounts_receivable.balance",
        lambda asked: f"accounts receivable {number_text(EntityKind.RECEIVABLE, asked.value)} owes nothing",
    ),
    Reject.AMOUNT_OVER_LEDGER: (
        Code.INVALID_REQUEST,
        "amount",
        lambda asked: "an amount of this request is more than the ledger can hold; send less at a time",
    ),
    Reject.TOO_MANY_ALLOCATIONS: (
        Code.INVALID_STATE,
        "allocations",
        lambda asked: f"it would be allocated to more than {asked.bound} documents at once; send it in parts",
    ),
}
