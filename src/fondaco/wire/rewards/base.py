"""What every request and answer of the rewards desk has in common.

Source: rewards.md, Parameters and Examples; rewards.notes.md, Shape.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated

import msgspec
from msgspec import Meta

#: The largest page of a list, and the usual one.
PAGE_MAX = 100
PAGE = 20

Amount = Decimal
"""A number, or a number as text: read digit by digit, never through a double."""

Text = Annotated[str, Meta(max_length=200)]
Name = Annotated[str, Meta(min_length=1, max_length=100)]
Code = Annotated[str, Meta(max_length=64)]
Date = Annotated[str, Meta(pattern=r"^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}$", max_length=19)]
"""YYYY-MM-DDTHH:MM:SS in the desk's zone."""


class OpenBody(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """The body of a request that needs no login."""


class Body(OpenBody, kw_only=True):
    """``fields_set``: names of fields to be answered, separated by commas, dotted where they lie inside others."""

    token: Annotated[str, Meta(max_length=64)]
    fields_set: Annotated[str, Meta(max_length=2_000)] | None = None


class Page(Body, kw_only=True):
    """A list, newest first."""

    number_of_results: Annotated[int, Meta(ge=1, le=PAGE_MAX)] = PAGE
    offset: Annotated[int, Meta(ge=0, le=10_000_000)] = 0


class Identifier(msgspec.Struct, forbid_unknown_fields=True):
    """Names one thing by exactly one of these."""

    id: Annotated[str, Meta(max_length=32)] | None = None
    number: Annotated[str, Meta(max_length=32)] | None = None


class Reference(Identifier, forbid_unknown_fields=True):
    """Names a customer event by exactly one of these."""

    reference_number: Annotated[str, Meta(max_length=64)] | None = None


class Coded(Identifier, forbid_unknown_fields=True):
    """Names what has a code by exactly one of these."""

    code: Code | None = None


class Status(msgspec.Struct):
    """``message`` is a sentence for people, ``description`` the field or the rule it is about."""

    code: str = "OK"
    description: str = ""
    message: str = ""


class Envelope(msgspec.Struct):
    """Every answer. ``data`` is null where a request was refused."""

    data: object
    status: Status = Status()


ENCODER = msgspec.json.Encoder(decimal_format="number")
