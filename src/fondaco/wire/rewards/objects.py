"""The objects of the rewards document as they are answered: every field it names, and those this desk adds.

Field names, types and nesting are the document's. Amounts, percentages and rates are exact JSON numbers; dates are
texts ``YYYY-MM-DDTHH:MM:SS`` in the desk's zone. What is not known is null and never absent. Fields that the document
does not have are added at the end of an object and named in its docstring.

Source: rewards.md, Response Data and Referred Objects.
"""

from __future__ import annotations

from decimal import Decimal

import msgspec

from fondaco.wire.rewards.contacts import ContactInformation


class _Object(msgspec.Struct, frozen=True, kw_only=True):
    pass


class Currency(_Object, frozen=True, kw_only=True):
    id: str
    code: str
    prefix_symbol: str | None
    suffix_symbol: str | None
    life_cycle_state: str
    integer_part_name: str | None
    decimal_part_name: str | None


class CurrencyRatePeriod(_Object, frozen=True, kw_only=True):
    """``inverse_rate`` is for display, with nine decimals; ``rate`` counts. Added: ``to_currency``."""

    id: str
    rate: Decimal
    inverse_rate: Decimal
    from_date: str | None
    to_date: str | None
    currency: Currency
    to_currency: Currency


class AccountsReceivable(_Object, frozen=True, kw_only=True):
    id: str
    number: str
    name: str
    life_cycle_state: str
    account_owner: ContactInformation


class Invoice(_Object, frozen=True, kw_only=True):
    """Added: ``net_amount``, ``tax_amount`` and ``tax_percentage``, which show the tax apart."""

    id: str
    number: str
    reference_number: str
    life_cycle_state: str
    issued_on: str
    posted_on: str
    due_on: str
    total_amount: Decimal
    outstanding_amount: Decimal
    unsettled_amount: Decimal
    currency_rate_period: CurrencyRatePeriod | None
    net_amount: Decimal
    tax_amount: Decimal
    tax_percentage: Decimal


class RewardsParticipant(_Object, frozen=True, kw_only=True):
    id: str
    number: str
    accounts_receivable: AccountsReceivable


class AwardTransaction(_Object, frozen=True, kw_only=True):
    """``accounts_receivable`` and ``rewards_participant`` are those of who was awarded."""

    id: str
    number: str
    amount: Decimal
    alternative_amount: Decimal | None
    life_cycle_state: str
    contribution_percentage: Decimal
    initiated_currency: Currency
    currency_rate_period: CurrencyRatePeriod | None
    accounts_receivable: AccountsReceivable
    rewards_participant: RewardsParticipant


class Settlement(_Object, frozen=True, kw_only=True):
    """The answer of ``customer_events/purchases/apply_settlement``.

    ``invoice`` is null where nothing was to be invoiced, ``accounts_receivable`` where the unit has no merchant.
    """

    total_awarded_amount: Decimal
    total_contribution_amount: Decimal
    invoice: Invoice | None
    accounts_receivable: AccountsReceivable | None
    award_transactions_set: list[AwardTransaction]
