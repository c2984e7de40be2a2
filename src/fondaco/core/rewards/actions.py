"""Every input of the rewards desk as a value. A command of kind REWARDS carries one of them.

Identifiers are numbers of the programme: the desk has found them before (by id, number or reference), and a number that
does not exist is refused here. Amounts, times and percentages are integers as in ``entities.py``; the desk has refused
what a currency cannot hold.

Create and update share one form: number 0 creates, another replaces that entity's terms as a whole.
"""

from __future__ import annotations

from typing import Final

import msgspec

from fondaco.core.rewards.entities import (
    Clawback,
    ContributionRule,
    CurrencyRate,
    Line,
    Offer,
    ReceivableState,
    Role,
    Rounding,
    Scheme,
    Unit,
)

BULK_ROWS_MAX: Final = 1_000


class _Action(msgspec.Struct, frozen=True, array_like=True):
    """Told apart by their tags, which are also the ``action`` of the fact."""


class ProgrammeCreate(_Action, frozen=True, tag="programme_create"):
    """A new programme; the command's ``programme_id`` is 0. Programmes get ids from 1."""

    name: str
    clawback: Clawback = Clawback.REFUSE
    is_fee_rebate: bool = False


class ProgrammeUpdate(_Action, frozen=True, tag="programme_update"):
    clawback: Clawback
    base_currency: int = 0


class CurrencyPut(_Action, frozen=True, tag="currency_put"):
    """``asset`` names an asset of the exchange that the currency is; empty: an asset of the programme's own.

    Code, digits and asset of an existing currency stay as they are.
    """

    number: int
    code: str
    digits: int
    rounding: Rounding
    asset: str = ""
    prefix_symbol: str = ""
    suffix_symbol: str = ""
    integer_part_name: str = ""
    decimal_part_name: str = ""
    effective: bool = True


class CurrencyRatePut(_Action, frozen=True, tag="currency_rate_put"):
    """An existing period may only be ended or its end moved (``to_us``), since posted documents refer to its rate."""

    rate: CurrencyRate


class MerchantPut(_Action, frozen=True, tag="merchant_put"):
    """``currency`` and ``credit_days`` are its receivable's; the currency of an existing one stays as it is."""

    number: int
    code: str
    contact: bytes
    currency: int
    credit_days: int = 30
    group: str = ""
    contribution_ppm: int = 1_000_000
    tax_ppm: int = 0
    effective: bool = True


class UnitPut(_Action, frozen=True, tag="unit_put"):
    unit: Unit


class ParticipantPut(_Action, frozen=True, tag="participant_put"):
    """The currencies of an existing one stay as they are; an alternative one may still be given to who had none."""

    number: int
    code: str
    contact: bytes
    currency: int
    alternative_currency: int = 0
    user_id: int = 0
    effective: bool = True


class SchemePut(_Action, frozen=True, tag="scheme_put"):
    scheme: Scheme


class OfferPut(_Action, frozen=True, tag="offer_put"):
    offer: Offer


class ContributionRulePut(_Action, frozen=True, tag="contribution_rule_put"):
    rule: ContributionRule


class OperatorPut(_Action, frozen=True, tag="operator_put"):
    number: int
    username: str
    role: Role
    active: bool = True


class WebhookPut(_Action, frozen=True, tag="webhook_put"):
    """A new one begins after the command that made it."""

    number: int
    url: str
    events: tuple[str, ...]
    active: bool = True


class WebhookMark(_Action, frozen=True, tag="webhook_mark"):
    """Events up to ``delivered_seq`` were accepted, or (lower than before) are to be sent again after it."""

    number: int
    delivered_seq: int


class WebhookDelete(_Action, frozen=True, tag="webhook_delete"):
    """Ends one for ever."""

    number: int


class ReceivablePut(_Action, frozen=True, tag="receivable_put"):
    """New credit terms or state. TERMINATED is for ever: no invoice may be open then, and no credit unallocated."""

    number: int
    credit_days: int
    state: ReceivableState


class PurchaseCreate(_Action, frozen=True, tag="purchase_create"):
    """Posted at once, with its awards. Σ of the lines' totals is the purchase's total."""

    unit: int
    participant: int
    performed_us: int
    currency: int
    lines: tuple[Line, ...]
    reference: str = ""


class PurchaseCancel(_Action, frozen=True, tag="purchase_cancel"):
    """``line_ids`` empty: all that is left."""

    number: int
    line_ids: tuple[str, ...] = ()


class SettlementApply(_Action, frozen=True, tag="settlement_apply"):
    number: int


class SettlementRunStart(_Action, frozen=True, tag="settlement_run_start"):
    """Settle every posted, unsettled purchase there is now; of one merchant, or performed before a time, if given."""

    merchant: int = 0
    performed_until_us: int = 0


class SettlementRunStep(_Action, frozen=True, tag="settlement_run_step"):
    """The next part of a run: at most ``purchases_max`` are looked at."""

    number: int
    purchases_max: int = 64


class InvoiceCancel(_Action, frozen=True, tag="invoice_cancel"):
    number: int


class PaymentCreate(_Action, frozen=True, tag="payment_create"):
    """Allocated to ``invoice`` first (0: none), then first in first out by due time and number."""

    receivable: int
    amount_units: int
    invoice: int = 0
    reference: str = ""


class PaymentRefund(_Action, frozen=True, tag="payment_refund"):
    """Pays unallocated credit back to the merchant, the eldest first."""

    receivable: int
    amount_units: int
    reference: str = ""


class PaymentCancel(_Action, frozen=True, tag="payment_cancel"):
    number: int


class WriteOffCreate(_Action, frozen=True, tag="write_off_create"):
    """Gives up all that a receivable owes."""

    receivable: int
    reason: str = ""


class SpendCreate(_Action, frozen=True, tag="spend_create"):
    participant: int
    amount_units: int
    reference: str = ""


class SpendCancel(_Action, frozen=True, tag="spend_cancel"):
    number: int


Action = (
    ProgrammeCreate
    | ProgrammeUpdate
    | CurrencyPut
    | CurrencyRatePut
    | MerchantPut
    | UnitPut
    | ParticipantPut
    | SchemePut
    | OfferPut
    | ContributionRulePut
    | OperatorPut
    | WebhookPut
    | WebhookMark
    | WebhookDelete
    | ReceivablePut
    | PurchaseCreate
    | PurchaseCancel
    | SettlementApply
    | SettlementRunStart
    | SettlementRunStep
    | InvoiceCancel
    | PaymentCreate
    | PaymentRefund
    | PaymentCancel
    | WriteOffCreate
    | SpendCreate
    | SpendCancel
)


class Idempotency(msgspec.Struct, frozen=True, array_like=True):
    """``name`` is a hash of method and key, ``body`` one of the decoded body without its token. 16 bytes each."""

    name: bytes
    body: bytes
