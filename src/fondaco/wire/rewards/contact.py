"""Contact information, as given and as answered: who a merchant or a participant is.

Every field of the document is here under its name; what is not known is null and never left out, and an unknown birthday
or name day is an object of nulls. Source: rewards.md, Referred Objects Response Data (contact information and below);
rewards.notes.md, Shapes (the nested names that the document's tables lost).
"""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated, Literal

import msgspec
from msgspec import Meta

_Text = Annotated[str, Meta(max_length=200)] | None
_Date = Annotated[str, Meta(pattern=r"^\d{4}-\d{2}-\d{2}(T\d{2}:\d{2}:\d{2})?$", max_length=19)] | None


class _Part(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """A part of the contact information."""


class DateOfBirth(_Part, kw_only=True):
    day: Annotated[int, Meta(ge=1, le=31)] | None = None
    month: Annotated[int, Meta(ge=1, le=12)] | None = None
    year: Annotated[int, Meta(ge=1800, le=2200)] | None = None


class NameDay(_Part, kw_only=True):
    day: Annotated[int, Meta(ge=1, le=31)] | None = None
    month: Annotated[int, Meta(ge=1, le=12)] | None = None


class File(_Part, kw_only=True):
    file_name: _Text = None
    file_content_url: Annotated[str, Meta(max_length=1_000)] | None = None
    file_mime_type: _Text = None


class CountryFlag(_Part, kw_only=True):
    id: _Text = None
    file: File | None = None


class Country(_Part, kw_only=True):
    id: _Text = None
    name: _Text = None
    alternative_code: _Text = None
    dialing_code: _Text = None
    two_character_code: _Text = None
    three_character_code: _Text = None
    country_flag: CountryFlag | None = None


class Industry(_Part, kw_only=True):
    id: _Text = None
    name: _Text = None
    code: _Text = None


class IndustrySector(_Part, kw_only=True):
    id: _Text = None
    name: _Text = None
    alternative_code: _Text = None


class Demographics(_Part, kw_only=True):
    gender: Literal["MALE", "FEMALE"] | None = None
    id_number: _Text = None
    id_number_expiration_date: _Date = None
    passport_number: _Text = None
    passport_number_expiration_date: _Date = None
    social_security_number: _Text = None
    date_of_birth: DateOfBirth = msgspec.field(default_factory=DateOfBirth)
    name_day: NameDay = msgspec.field(default_factory=NameDay)
    country_of_residence: Country | None = None
    id_issued_by_country: Country | None = None
    passport_issued_by_country: Country | None = None
    industry: Industry | None = None
    industry_sector: IndustrySector | None = None


class CompanyProfile(_Part, kw_only=True):
    profile_year: Annotated[int, Meta(ge=0, le=9_999)] | None = None
    annual_turnover: Decimal | None = None
    established_date: _Date = None
    number_of_employees: Annotated[int, Meta(ge=0, le=100_000_000)] | None = None
    registration_number: _Text = None
    vat_registration_number: _Text = None
    vat_registered_by: _Text = None
    vat_registration_date: _Date = None
    tax_reference_number: _Text = None
    country_of_residence: Country | None = None
    industry: Industry | None = None
    industry_sector: IndustrySector | None = None


class Contact(_Part, kw_only=True):
    """As it is given. A PERSON has a last name, a COMPANY a company name."""

    type: Literal["PERSON", "COMPANY"] = "PERSON"
    life_cycle_state: Literal["MARKETING", "FINANCIAL"] = "FINANCIAL"
    name: _Text = None
    first_name: _Text = None
    middle_name: _Text = None
    last_name: _Text = None
    title: _Text = None
    company_name: _Text = None
    demographics: Demographics | None = None
    company_profile: CompanyProfile | None = None


class ContactInformation(msgspec.Struct, kw_only=True):
    """As it is answered."""

    id: str
    type: str | None = None
    life_cycle_state: str | None = None
    name: str | None = None
    first_name: str | None = None
    middle_name: str | None = None
    last_name: str | None = None
    title: str | None = None
    company_name: str | None = None
    demographics: Demographics | None = None
    company_profile: CompanyProfile | None = None
