"""What a rewards programme is made of, and the documents it posts. All are frozen values; a change makes a new one.

Every entity has a ``number`` of its own kind within its programme, sequential from 1. Amounts are integer units of the
entity's currency (``10**-digits``), times are UTC microseconds, percentages parts per million, rates parts per 10**9.
0 stands for "none" in numbers and times. What was posted never changes but in its state and in what is left of it
(unsettled, unallocated, reversed).

Source: rewards.md (referred objects) and its notes (Currencies and rates, Settlement, Reversals).
"""

from __future__ import annotations

from enum import IntEnum

import msgspec


class EntityKind(IntEnum):
    """Stands in identifiers and in every reference from one document to another, so the numbers never change."""

    PROGRAMME = 1
    CURRENCY = 2
    CURRENCY_RATE = 3
    MERCHANT = 4
    UNIT = 5
    PARTICIPANT = 6
    RECEIVABLE = 7
    SCHEME = 8
    OFFER = 9
    CONTRIBUTION_RULE = 10
    OPERATOR = 11
    WEBHOOK = 12
    PURCHASE = 20
    AWARD = 21
    INVOICE = 22
    CREDIT_NOTE = 23
    PAYMENT = 24
    SPEND = 25
    EXPIRY = 26
    WRITE_OFF = 27
    SETTLEMENT_RUN = 28


class Rounding(IntEnum):
    """How an amount that a currency cannot hold is rounded, by its size: half-up is away from zero at the half."""

    HALF_UP = 0
    UP = 1
    DOWN = 2


class Clawback(IntEnum):
    """What happens to a reward whose purchase is cancelled after it was spent."""

    REFUSE = 0
    ALLOW_DEBT = 1
    FORGIVE = 2


class Role(IntEnum):
    """What an operator may: each includes those before it."""

    READ = 1
    OPERATE = 2
    ADMIN = 3


class ReceivableState(IntEnum):
    ACTIVE = 1
    SUSPENDED = 2
    TERMINATED = 3


class DocumentState(IntEnum):
    POSTED = 1
    CANCELLED = 2


class OwnerKind(IntEnum):
    """Whose accounts receivable it is."""

    MERCHANT = 4
    PARTICIPANT = 6


class _Entity(msgspec.Struct, frozen=True, array_like=True):
    """Entities are told apart by their tag, the first element of the array they are encoded as."""


class Programme(_Entity, frozen=True, tag=1):
    """``name`` is the organisation that operators log in to. ``is_fee_rebate``: its purchases are trading fees."""

    number: int
    name: str
    clawback: Clawback = Clawback.REFUSE
    is_fee_rebate: bool = False
    base_currency: int = 0


class Currency(_Entity, frozen=True, tag=2):
    """``asset_id`` is the ledger's; ``step_units`` asset units are the smallest amount of the currency.

    All amounts of the currency are asset units and multiples of the step: 1 where the asset is the currency's own,
    more where a currency with fewer digits stands on an asset of the exchange.
    """

    number: int
    code: str
    digits: int
    rounding: Rounding
    asset_id: int
    asset_digits: int
    prefix_symbol: str = ""
    suffix_symbol: str = ""
    integer_part_name: str = ""
    decimal_part_name: str = ""
    effective: bool = True

    @property
    def step_units(self) -> int:
        step_units: int = 10 ** (self.asset_digits - self.digits)
        return step_units


class CurrencyRate(_Entity, frozen=True, tag=3):
    """One unit of ``currency`` is ``rate_e9`` × 10**-9 of ``to_currency`` from ``from_us`` until before ``to_us``."""

    number: int
    currency: int
    to_currency: int
    rate_e9: int
    from_us: int
    to_us: int = 0


class Merchant(_Entity, frozen=True, tag=4):
    """``contact`` is sealed: the core never reads it. ``contribution_ppm`` is the default of its share of an award."""

    number: int
    code: str
    receivable: int
    contact: bytes
    group: str = ""
    contribution_ppm: int = 1_000_000
    tax_ppm: int = 0
    effective: bool = True


class Unit(_Entity, frozen=True, tag=5):
    """A place where purchases are made; ``merchant`` 0: nobody contributes."""

    number: int
    code: str
    name: str
    merchant: int = 0
    effective: bool = True


class Participant(_Entity, frozen=True, tag=6):
    """Who is awarded, in ``currency``. ``user_id`` is a user of the exchange, for fee rebates; 0 for none."""

    number: int
    code: str
    receivable: int
    contact: bytes
    currency: int
    alternative_currency: int = 0
    user_id: int = 0
    effective: bool = True


class Receivable(_Entity, frozen=True, tag=7):
    """Accounts receivable. ``owner_number`` is the merchant's or participant's; due after ``credit_days``."""

    number: int
    owner_kind: OwnerKind
    owner_number: int
    currency: int
    credit_days: int
    state: ReceivableState = ReceivableState.ACTIVE


class Scheme(_Entity, frozen=True, tag=8):
    """An award scheme: its offers count while it is in force. Rewards expire after ``reward_days`` (0: never)."""

    number: int
    name: str
    from_us: int = 0
    to_us: int = 0
    reward_days: int = 0
    effective: bool = True


class Offer(_Entity, frozen=True, tag=9):
    """What is awarded: ``award_ppm`` of the purchase, or ``award_units`` in the participant's currency.

    It counts for purchases of at least ``purchase_units_min`` in the purchase's currency, of the given unit, merchant
    or group (0 and empty: any), performed while it is in force. ``award_units_max`` caps one award (0: no cap); an
    offer with either fixed amount counts only for participants of ``currency`` (0: no fixed amount).
    """

    number: int
    scheme: int
    name: str
    award_ppm: int = 0
    award_units: int = 0
    award_units_max: int = 0
    currency: int = 0
    purchase_units_min: int = 0
    purchase_currency: int = 0
    unit: int = 0
    merchant: int = 0
    group: str = ""
    from_us: int = 0
    to_us: int = 0
    effective: bool = True


class ContributionRule(_Entity, frozen=True, tag=10):
    """The merchant's share of an award, for an offer, a unit, a merchant or a group (0 and empty: any)."""

    number: int
    contribution_ppm: int
    offer: int = 0
    unit: int = 0
    merchant: int = 0
    group: str = ""
    from_us: int = 0
    to_us: int = 0
    effective: bool = True


class Operator(_Entity, frozen=True, tag=11):
    """Who may log in to a programme. The password's hash is kept beside the journal, never in it."""

    number: int
    username: str
    role: Role
    active: bool = True


class Webhook(_Entity, frozen=True, tag=12):
    """Where events are sent. ``delivered_seq`` is the last command whose events were accepted there.

    One that is ``deleted`` keeps its number, so that no other is ever mistaken for it, and nothing else.
    """

    number: int
    url: str
    events: tuple[str, ...]
    delivered_seq: int = 0
    active: bool = True
    deleted: bool = False


class Line(msgspec.Struct, frozen=True, array_like=True):
    """One line of a purchase. ``quantity`` and ``unit_price`` are texts as they came, for people."""

    line_id: str
    quantity: str
    unit_price: str
    total_units: int
    is_reversed: bool = False


class Award(_Entity, frozen=True, tag=21):
    """One award of a purchase, in the participant's currency, with all that was frozen at posting.

    ``contribution_units`` is the merchant's share in the receivable's currency, known once the purchase is settled.
    """

    number: int
    purchase: int
    participant: int
    offer: int
    currency: int
    amount_units: int
    alternative_units: int
    contribution_ppm: int
    rate: int
    expires_us: int = 0
    reversed_units: int = 0
    contribution_units: int = 0
    state: DocumentState = DocumentState.POSTED


class Purchase(_Entity, frozen=True, tag=20):
    """A customer event of type purchase. ``invoice`` is 0 until it is settled, and where nothing was invoiced.

    ``awarded_units`` and ``contribution_units`` are its settlement's totals, in the receivable's currency (without a
    merchant: the participant's); ``settled_reversed_units`` is what of the total had been reversed by then.
    """

    number: int
    reference: str
    unit: int
    participant: int
    merchant: int
    performed_us: int
    posted_us: int
    currency: int
    total_units: int
    lines: tuple[Line, ...]
    awards: tuple[Award, ...]
    is_settled: bool = False
    settled_us: int = 0
    invoice: int = 0
    awarded_units: int = 0
    contribution_units: int = 0
    reversed_units: int = 0
    settled_reversed_units: int = 0
    state: DocumentState = DocumentState.POSTED


class Invoice(_Entity, frozen=True, tag=22):
    """A merchant's debt for one settlement. Its total is ``net_units + tax_units``.

    ``unsettled_units`` is what no payment or credit was allocated to; ``credited_*`` what credit notes took back;
    ``written_off_units`` what was given up and has not come back by a credit note.
    """

    number: int
    reference: int
    purchase: int
    receivable: int
    currency: int
    issued_us: int
    due_us: int
    net_units: int
    tax_units: int
    tax_ppm: int
    rate: int
    unsettled_units: int
    credited_net_units: int = 0
    credited_tax_units: int = 0
    written_off_units: int = 0
    state: DocumentState = DocumentState.POSTED


class CreditNote(_Entity, frozen=True, tag=23):
    """Takes back part or all of an invoice. What it could not be allocated to stays ``unallocated_units``."""

    number: int
    invoice: int
    purchase: int
    receivable: int
    currency: int
    issued_us: int
    net_units: int
    tax_units: int
    unallocated_units: int
    state: DocumentState = DocumentState.POSTED


class Payment(_Entity, frozen=True, tag=24):
    """Money of a merchant (or, ``is_refund``, back to it). ``invoice`` is the one it was meant for, 0 for none."""

    number: int
    reference: str
    receivable: int
    currency: int
    received_us: int
    amount_units: int
    unallocated_units: int
    invoice: int = 0
    is_refund: bool = False
    state: DocumentState = DocumentState.POSTED


class Spend(_Entity, frozen=True, tag=25):
    """A reward that was redeemed. ``lots``: of which expiry (0: none) how much was taken, to be given back."""

    number: int
    reference: str
    participant: int
    currency: int
    spent_us: int
    amount_units: int
    lots: tuple[tuple[int, int], ...] = ()
    state: DocumentState = DocumentState.POSTED


class Expiry(_Entity, frozen=True, tag=26):
    """Rewards of a participant that were not spent in time."""

    number: int
    participant: int
    currency: int
    expired_us: int
    amount_units: int


class WriteOff(_Entity, frozen=True, tag=27):
    """What a receivable still owed when it was given up."""

    number: int
    receivable: int
    currency: int
    written_us: int
    amount_units: int
    reason: str = ""


class SettlementRun(_Entity, frozen=True, tag=28):
    """A batch run over purchases ``next_purchase`` … ``last_purchase``; ended when next lies behind last.

    ``merchant`` 0: of all. What was refused is listed with its reason by the settlement's rows.
    """

    number: int
    first_purchase: int
    last_purchase: int
    next_purchase: int
    merchant: int = 0
    performed_until_us: int = 0
    settled: int = 0
    passed_over: int = 0
    refused: int = 0
    started_us: int = 0
    ended_us: int = 0


Entity = (
    Programme
    | Currency
    | CurrencyRate
    | Merchant
    | Unit
    | Participant
    | Receivable
    | Scheme
    | Offer
    | ContributionRule
    | Operator
    | Webhook
    | Purchase
    | Award
    | Invoice
    | CreditNote
    | Payment
    | Spend
    | Expiry
    | WriteOff
    | SettlementRun
)
