"""What a programme is made of, as it is answered, and pages of it.

Names of fields are those of the document where it has the thing (currencies, rate periods, contact information); the
rest is this desk's own. Amounts are of the currency that stands beside them.
"""

from __future__ import annotations

from decimal import Decimal

import msgspec

from fondaco.wire.rewards.contacts import ContactInformation
from fondaco.wire.rewards.documents import Reference
from fondaco.wire.rewards.objects import AccountsReceivable, Currency, CurrencyRatePeriod


class _Answer(msgspec.Struct, frozen=True, kw_only=True):
    pass


class Programme(_Answer, frozen=True, kw_only=True):
    id: str
    name: str
    clawback: str
    is_fee_rebate: bool
    base_currency: Currency | None


class CurrencyDetails(Currency, frozen=True, kw_only=True):
    digits: int
    rounding: str
    asset: str


class Merchant(_Answer, frozen=True, kw_only=True):
    id: str
    number: str
    code: str | None
    life_cycle_state: str
    group: str | None
    contribution_percentage: Decimal
    tax_percentage: Decimal
    credit_days: int
    currency: Currency
    contact_information: ContactInformation
    accounts_receivable: AccountsReceivable


class Unit(_Answer, frozen=True, kw_only=True):
    id: str
    number: str
    code: str | None
    name: str
    life_cycle_state: str
    merchant: Reference | None


class Participant(_Answer, frozen=True, kw_only=True):
    """``user`` is the user of the exchange whose fees are rebated."""

    id: str
    number: str
    code: str | None
    life_cycle_state: str
    currency: Currency
    alternative_currency: Currency | None
    user: str | None
    reward_balance: Decimal
    debt_amount: Decimal
    contact_information: ContactInformation
    accounts_receivable: AccountsReceivable


class Scheme(_Answer, frozen=True, kw_only=True):
    id: str
    number: str
    name: str
    life_cycle_state: str
    from_date: str | None
    to_date: str | None
    reward_days: int | None


class Offer(_Answer, frozen=True, kw_only=True):
    id: str
    number: str
    name: str
    life_cycle_state: str
    scheme: Reference
    award_percentage: Decimal | None
    award_amount: Decimal | None
    award_amount_max: Decimal | None
    currency: Currency | None
    purchase_amount_min: Decimal | None
    purchase_currency: Currency | None
    unit: Reference | None
    merchant: Reference | None
    group: str | None
    from_date: str | None
    to_date: str | None


class ContributionRule(_Answer, frozen=True, kw_only=True):
    id: str
    number: str
    life_cycle_state: str
    contribution_percentage: Decimal
    offer: Reference | None
    unit: Reference | None
    merchant: Reference | None
    group: str | None
    from_date: str | None
    to_date: str | None


class Operator(_Answer, frozen=True, kw_only=True):
    id: str
    number: str
    username: str
    role: str
    active: bool


class WebApiKey(_Answer, frozen=True, kw_only=True):
    key: str
    label: str
    operator: Reference


class NewWebApiKey(WebApiKey, frozen=True, kw_only=True):
    """``secret`` is shown this once."""

    secret: str


class _Page(msgspec.Struct, frozen=True, kw_only=True):
    offset: int
    number_of_results: int


class Currencies(_Page, frozen=True, kw_only=True):
    currencies: list[CurrencyDetails]


class CurrencyRates(_Page, frozen=True, kw_only=True):
    currency_rates: list[CurrencyRatePeriod]


class Merchants(_Page, frozen=True, kw_only=True):
    merchants: list[Merchant]


class Units(_Page, frozen=True, kw_only=True):
    units: list[Unit]


class Participants(_Page, frozen=True, kw_only=True):
    participants: list[Participant]


class Schemes(_Page, frozen=True, kw_only=True):
    schemes: list[Scheme]


class Offers(_Page, frozen=True, kw_only=True):
    offers: list[Offer]


class ContributionRules(_Page, frozen=True, kw_only=True):
    contribution_rules: list[ContributionRule]


class Operators(_Page, frozen=True, kw_only=True):
    operators: list[Operator]


class WebApiKeys(_Page, frozen=True, kw_only=True):
    web_api_keys: list[WebApiKey]
