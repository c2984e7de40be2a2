"""What a rewards programme is made of. All are frozen values; a change makes a new one.

Every entity has a ``number`` of its own kind within its programme, sequential from 1. Amounts are integer units of the
entity's currency (``10**-digits``), times are UTC microseconds, percentages parts per million, rates parts per 10**9.
0 stands for "none" in numbers and times.

The whole vocabulary is had from here: ``Entity`` is any of these and of the documents that a programme posts
(``documents.py``), in the words of ``kinds.py``.

Source: rewards.md (referred objects) and its notes (Currencies and rates, Settlement).
"""

from __future__ import annotations

from fondaco.core.rewards.documents import (
    Award,
    CreditNote,
    Expiry,
    Invoice,
    Line,
    Payment,
    Purchase,
    SettlementRun,
    Spend,
    WriteOff,
)
from fondaco.core.rewards.kinds import (
    Clawback,
    DocumentState,
    EntityBase,
    EntityKind,
    OwnerKind,
    ReceivableState,
    Role,
    Rounding,
)

__all__ = [
    "Award",
    "Clawback",
    "ContributionRule",
    "CreditNote",
    "Currency",
    "CurrencyRate",
    "DocumentState",
    "Entity",
    "EntityKind",
    "Expiry",
    "Invoice",
    "Line",
    "Merchant",
    "Offer",
    "Operator",
    "OwnerKind",
    "Participant",
    "Payment",
    "Programme",
    "Purchase",
    "Receivable",
    "ReceivableState",
    "Role",
    "Rounding",
    "Scheme",
    "SettlementRun",
    "Spend",
    "Unit",
    "Webhook",
    "WriteOff",
]


class Programme(EntityBase, frozen=True, tag=1):
    """``name`` is the organisation that operators log in to. ``is_fee_rebate``: its purchases are trading fees."""

    number: int
    name: str
    clawback: Clawback = Clawback.REFUSE
    is_fee_rebate: bool = False
    base_currency: int = 0


class Currency(EntityBase, frozen=True, tag=2):
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


class CurrencyRate(EntityBase, frozen=True, tag=3):
    """One unit of ``currency`` is ``rate_e9`` × 10**-9 of ``to_currency`` from ``from_us`` until before ``to_us``."""

    number: int
    currency: int
    to_currency: int
    rate_e9: int
    from_us: int
    to_us: int = 0


class Merchant(EntityBase, frozen=True, tag=4):
    """``contact`` is sealed: the core never reads it. ``contribution_ppm`` is the default of its share of an award."""

    number: int
    code: str
    receivable: int
    contact: bytes
    group: str = ""
    contribution_ppm: int = 1_000_000
    tax_ppm: int = 0
    effective: bool = True


class Unit(EntityBase, frozen=True, tag=5):
    """A place where purchases are made; ``merchant`` 0: nobody contributes."""

    number: int
    code: str
    name: str
    merchant: int = 0
    effective: bool = True


class Participant(EntityBase, frozen=True, tag=6):
    """Who is awarded, in ``currency``. ``user_id`` is a user of the exchange, for fee rebates; 0 for none."""

    number: int
    code: str
    receivable: int
    contact: bytes
    currency: int
    alternative_currency: int = 0
    user_id: int = 0
    effective: bool = True


class Receivable(EntityBase, frozen=True, tag=7):
    """Accounts receivable. ``owner_number`` is the merchant's or participant's; due after ``credit_days``."""

    number: int
    owner_kind: OwnerKind
    owner_number: int
    currency: int
    credit_days: int
    state: ReceivableState = ReceivableState.ACTIVE


class Scheme(EntityBase, frozen=True, tag=8):
    """An award scheme: its offers count while it is in force. Rewards expire after ``reward_days`` (0: never)."""

    number: int
    name: str
    from_us: int = 0
    to_us: int = 0
    reward_days: int = 0
    effective: bool = True


class Offer(EntityBase, frozen=True, tag=9):
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


class ContributionRule(EntityBase, frozen=True, tag=10):
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


class Operator(EntityBase, frozen=True, tag=11):
    """Who may log in to a programme. The password's hash is kept beside the journal, never in it."""

    number: int
    username: str
    role: Role
    active: bool = True


class Webhook(EntityBase, frozen=True, tag=12):
    """Where events are sent. ``delivered_seq`` is the last command whose events were accepted there.

    One that is ``deleted`` keeps its number, so that no other is ever mistaken for it, and nothing else.
    """

    number: int
    url: str
    events: tuple[str, ...]
    delivered_seq: int = 0
    active: bool = True
    deleted: bool = False


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
