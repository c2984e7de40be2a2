"""Bodies of the methods that set a programme up.

``create`` says everything; ``update`` names the thing and what is to be different, and leaves the rest as it is. A null
takes away what may be missing.
"""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import UNSET, Meta, UnsetType

from fondaco.wire.rewards.authentication import Username
from fondaco.wire.rewards.base import (
    END,
    Body,
    Code,
    CodeIdentifier,
    CurrencyIdentifier,
    DateText,
    DocumentIdentifier,
    Name,
    NullableAmount,
    NullablePercentage,
    Percentage,
    Rate,
)
from fondaco.wire.rewards.contacts import ContactDetails

CurrencyCode = Annotated[str, Meta(pattern="^[A-Z0-9][A-Z0-9._-]{0,15}" + END, max_length=16)]
NewUsername = Annotated[str, Meta(pattern="^[A-Za-z0-9][A-Za-z0-9._@-]{0,63}" + END, max_length=64)]
NewPassword = Annotated[str, Meta(min_length=8, max_length=128)]
Symbol = Annotated[str, Meta(max_length=16)]
PartName = Annotated[str, Meta(max_length=64)]
Group = Annotated[str, Meta(max_length=64)]
Days = Annotated[int, Meta(ge=0, le=3_650)]
RewardDays = Annotated[int, Meta(ge=0, le=36_500)]
RoundingName = Literal["HALF_UP", "UP", "DOWN"]
RoleName = Literal["READ", "OPERATE", "ADMIN"]
ClawbackName = Literal["REFUSE", "ALLOW_DEBT", "FORGIVE"]


class ProgrammeUpdate(Body, kw_only=True, forbid_unknown_fields=True):
    clawback: ClawbackName | UnsetType = UNSET
    base_currency: CurrencyCode | UnsetType | None = UNSET


class CurrencyTerms(Body, kw_only=True, forbid_unknown_fields=True):
    rounding: RoundingName | UnsetType = UNSET
    prefix_symbol: Symbol | UnsetType = UNSET
    suffix_symbol: Symbol | UnsetType = UNSET
    integer_part_name: PartName | UnsetType = UNSET
    decimal_part_name: PartName | UnsetType = UNSET
    effective: bool | UnsetType = UNSET


class CurrencyCreate(CurrencyTerms, kw_only=True, forbid_unknown_fields=True):
    """``asset`` names an asset of the exchange that the currency is."""

    code: CurrencyCode
    digits: Annotated[int, Meta(ge=0, le=12)]
    asset: Annotated[str, Meta(min_length=1, max_length=32)] | UnsetType = UNSET


class CurrencyUpdate(CurrencyTerms, kw_only=True, forbid_unknown_fields=True):
    currency_identifier: CurrencyIdentifier


class CurrencyShow(Body, kw_only=True, forbid_unknown_fields=True):
    currency_identifier: CurrencyIdentifier


class RateCreate(Body, kw_only=True, forbid_unknown_fields=True):
    """One unit of ``currency`` is ``rate`` of ``to_currency`` from ``from_date`` until before ``to_date``."""

    currency: CurrencyCode
    to_currency: CurrencyCode
    rate: Rate
    from_date: DateText
    to_date: DateText | UnsetType | None = UNSET


class RateUpdate(Body, kw_only=True, forbid_unknown_fields=True):
    """Only its end may move."""

    currency_rate_identifier: DocumentIdentifier
    to_date: DateText | None


class RateShow(Body, kw_only=True, forbid_unknown_fields=True):
    currency_rate_identifier: DocumentIdentifier


class MerchantTerms(Body, kw_only=True, forbid_unknown_fields=True):
    code: Code | UnsetType | None = UNSET
    group: Group | UnsetType | None = UNSET
    contribution_percentage: Percentage | UnsetType = UNSET
    tax_percentage: Percentage | UnsetType = UNSET
    credit_days: Days | UnsetType = UNSET
    effective: bool | UnsetType = UNSET


class MerchantCreate(MerchantTerms, kw_only=True, forbid_unknown_fields=True):
    contact_information: ContactDetails
    currency: CurrencyCode


class MerchantUpdate(MerchantTerms, kw_only=True, forbid_unknown_fields=True):
    merchant_identifier: CodeIdentifier
    contact_information: ContactDetails | UnsetType = UNSET


class MerchantShow(Body, kw_only=True, forbid_unknown_fields=True):
    merchant_identifier: CodeIdentifier


class UnitTerms(Body, kw_only=True, forbid_unknown_fields=True):
    code: Code | UnsetType | None = UNSET
    merchant_identifier: CodeIdentifier | UnsetType | None = UNSET
    effective: bool | UnsetType = UNSET


class UnitCreate(UnitTerms, kw_only=True, forbid_unknown_fields=True):
    name: Name


class UnitUpdate(UnitTerms, kw_only=True, forbid_unknown_fields=True):
    unit_identifier: CodeIdentifier
    name: Name | UnsetType = UNSET


class UnitShow(Body, kw_only=True, forbid_unknown_fields=True):
    unit_identifier: CodeIdentifier


class ParticipantTerms(Body, kw_only=True, forbid_unknown_fields=True):
    code: Code | UnsetType | None = UNSET
    alternative_currency: CurrencyCode | UnsetType | None = UNSET
    effective: bool | UnsetType = UNSET


class ParticipantCreate(ParticipantTerms, kw_only=True, forbid_unknown_fields=True):
    """``user`` names a user of the exchange, in a programme that rebates fees."""

    contact_information: ContactDetails
    currency: CurrencyCode
    user: Annotated[str, Meta(min_length=1, max_length=64)] | UnsetType = UNSET


class ParticipantUpdate(ParticipantTerms, kw_only=True, forbid_unknown_fields=True):
    participant_identifier: CodeIdentifier
    contact_information: ContactDetails | UnsetType = UNSET


class ParticipantShow(Body, kw_only=True, forbid_unknown_fields=True):
    participant_identifier: CodeIdentifier


class SchemeTerms(Body, kw_only=True, forbid_unknown_fields=True):
    from_date: DateText | UnsetType | None = UNSET
    to_date: DateText | UnsetType | None = UNSET
    reward_days: RewardDays | UnsetType | None = UNSET
    effective: bool | UnsetType = UNSET


class SchemeCreate(SchemeTerms, kw_only=True, forbid_unknown_fields=True):
    name: Name


class SchemeUpdate(SchemeTerms, kw_only=True, forbid_unknown_fields=True):
    scheme_identifier: DocumentIdentifier
    name: Name | UnsetType = UNSET


class SchemeShow(Body, kw_only=True, forbid_unknown_fields=True):
    scheme_identifier: DocumentIdentifier


class OfferTerms(Body, kw_only=True, forbid_unknown_fields=True):
    """Either a percentage of the purchase, or a fixed amount of ``currency``."""

    award_percentage: NullablePercentage | UnsetType = UNSET
    award_amount: NullableAmount | UnsetType = UNSET
    award_amount_max: NullableAmount | UnsetType = UNSET
    currency: CurrencyCode | UnsetType | None = UNSET
    purchase_amount_min: NullableAmount | UnsetType = UNSET
    purchase_currency: CurrencyCode | UnsetType | None = UNSET
    unit_identifier: CodeIdentifier | UnsetType | None = UNSET
    merchant_identifier: CodeIdentifier | UnsetType | None = UNSET
    group: Group | UnsetType | None = UNSET
    from_date: DateText | UnsetType | None = UNSET
    to_date: DateText | UnsetType | None = UNSET
    effective: bool | UnsetType = UNSET


class OfferCreate(OfferTerms, kw_only=True, forbid_unknown_fields=True):
    scheme_identifier: DocumentIdentifier
    name: Name


class OfferUpdate(OfferTerms, kw_only=True, forbid_unknown_fields=True):
    offer_identifier: DocumentIdentifier
    scheme_identifier: DocumentIdentifier | UnsetType = UNSET
    name: Name | UnsetType = UNSET


class OfferShow(Body, kw_only=True, forbid_unknown_fields=True):
    offer_identifier: DocumentIdentifier


class RuleTerms(Body, kw_only=True, forbid_unknown_fields=True):
    offer_identifier: DocumentIdentifier | UnsetType | None = UNSET
    unit_identifier: CodeIdentifier | UnsetType | None = UNSET
    merchant_identifier: CodeIdentifier | UnsetType | None = UNSET
    group: Group | UnsetType | None = UNSET
    from_date: DateText | UnsetType | None = UNSET
    to_date: DateText | UnsetType | None = UNSET
    effective: bool | UnsetType = UNSET


class RuleCreate(RuleTerms, kw_only=True, forbid_unknown_fields=True):
    contribution_percentage: Percentage


class RuleUpdate(RuleTerms, kw_only=True, forbid_unknown_fields=True):
    contribution_rule_identifier: DocumentIdentifier
    contribution_percentage: Percentage | UnsetType = UNSET


class RuleShow(Body, kw_only=True, forbid_unknown_fields=True):
    contribution_rule_identifier: DocumentIdentifier


class OperatorCreate(Body, kw_only=True, forbid_unknown_fields=True):
    username: NewUsername
    password: NewPassword
    role: RoleName


class OperatorUpdate(Body, kw_only=True, forbid_unknown_fields=True):
    """A new password, or being no longer active, ends all tokens of the operator."""

    username: Username
    password: NewPassword | UnsetType = UNSET
    role: RoleName | UnsetType = UNSET
    active: bool | UnsetType = UNSET


class WebApiKeyCreate(Body, kw_only=True, forbid_unknown_fields=True):
    """``username`` is the operator that the key logs in as."""

    username: Username
    label: Annotated[str, Meta(max_length=64)] = ""


class WebApiKeyRevoke(Body, kw_only=True, forbid_unknown_fields=True):
    key: Annotated[str, Meta(min_length=1, max_length=64)]
