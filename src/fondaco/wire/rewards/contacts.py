"""Who a merchant or a participant is: contact information with all that hangs on it.

``ContactDetails`` is what an operator gives and what is sealed; ``ContactInformation`` is what is answered, the same
with an id. What is not known is null and never absent; an unknown date of birth or name day is an object of nulls.

Source: rewards.md, Referred Objects; the nested names its tables lost are those of its example and of the notes.
"""

from __future__ import annotations

from typing import Annotated, Final, Literal

import msgspec

from fondaco.wire.rewards.base import DateText

TEXT_LENGTH_MAX: Final = 200

Text = Annotated[str, msgspec.Meta(max_length=TEXT_LENGTH_MAX)]
#: JSON numbers, kept as such: within the bound any two decimals come back as they were given.
Figure = Annotated[int, msgspec.Meta(ge=-(10**13), le=10**13)] | Annotated[float, msgspec.Meta(ge=-1e13, le=1e13)]


class _Part(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A part of contact information: given in a request, sealed, and answered as it was given."""


class DateOfBirth(_Part, frozen=True, kw_only=True):
    day: Annotated[int, msgspec.Meta(ge=1, le=31)] | None = None
    month: Annotated[int, msgspec.Meta(ge=1, le=12)] | None = None
    year: Annotated[int, msgspec.Meta(ge=1, le=9999)] | None = None


class NameDay(_Part, frozen=True, kw_only=True):
    day: Annotated[int, msgspec.Meta(ge=1, le=31)] | None = None
    month: Annotated[int, msgspec.Meta(ge=1, le=12)] | None = None


class File(_Part, frozen=True, kw_only=True):
    file_name: Text | None = None
    file_content_url: Text | None = None
    file_mime_type: Text | None = None


class CountryFlag(_Part, frozen=True, kw_only=True):
    """An image. The id is that of whoever keeps it."""

    id: Text | None = None
    file: File | None = None


class Country(_Part, frozen=True, kw_only=True):
    """The ids of countries, industries and sectors are those of the operator's own lists."""

    id: Text | None = None
    name: Text | None = None
    alternative_code: Text | None = None
    dialing_code: Text | None = None
    two_character_code: Text | None = None
    three_character_code: Text | None = None
    country_flag: CountryFlag | None = None


class Industry(_Part, frozen=True, kw_only=True):
    id: Text | None = None
    name: Text | None = None
    code: Text | None = None


class IndustrySector(_Part, frozen=True, kw_only=True):
    id: Text | None = None
    name: Text | None = None
    alternative_code: Text | None = None


class Demographics(_Part, frozen=True, kw_only=True):
    gender: Literal["MALE", "FEMALE"] | None = None
    id_number: Text | None = None
    id_number_expiration_date: DateText | None = None
    passport_number: Text | None = None
    passport_number_expiration_date: DateText | None = None
    social_security_number: Text | None = None
    date_of_birth: DateOfBirth = DateOfBirth()
    name_day: NameDay = NameDay()
    country_of_residence: Country | None = None
    id_issued_by_country: Country | None = None
    passport_issued_by_country: Country | None = None
    industry: Industry | None = None
    industry_sector: IndustrySector | None = None


class CompanyProfile(_Part, frozen=True, kw_only=True):
    profile_year: Figure | None = None
    annual_turnover: Figure | None = None
    established_date: DateText | None = None
    number_of_employees: Figure | None = None
    registration_number: Text | None = None
    vat_registration_number: Text | None = None
    vat_registered_by: Text | None = None
    vat_registration_date: DateText | None = None
    tax_reference_number: Text | None = None
    country_of_residence: Country | None = None
    industry: Industry | None = None
    industry_sector: IndustrySector | None = None


class ContactDetails(_Part, frozen=True, kw_only=True):
    """Of a PERSON or a COMPANY. FINANCIAL contacts own accounts receivable, so that is what they are unless said."""

    type: Literal["PERSON", "COMPANY"] = "PERSON"
    life_cycle_state: Literal["MARKETING", "FINANCIAL"] = "FINANCIAL"
    name: Text | None = None
    first_name: Text | None = None
    middle_name: Text | None = None
    last_name: Text | None = None
    title: Text | None = None
    company_name: Text | None = None
    demographics: Demographics | None = None
    company_profile: CompanyProfile | None = None


class ContactInformation(ContactDetails, frozen=True, kw_only=True):
    id: str
