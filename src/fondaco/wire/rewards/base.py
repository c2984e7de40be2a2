"""What all requests and answers of the rewards desk share.

Every body is an object whose names are known: another name is refused. Amounts, rates and percentages come as JSON
numbers or as their text and are kept as that text, so that nothing is rounded on the way; they leave as numbers.

Source: rewards.md (Parameters, Examples) and its notes (Shape).
"""

from __future__ import annotations

from typing import Annotated, Any, ClassVar, Final, Literal

import msgspec
from msgspec import UNSET, Meta, UnsetType

#: The end of a text in a pattern: ``$`` alone also stands before a line feed.
END: Final = r"(?!\n)$"


def _number(**bounds: int) -> list[dict[str, Any]]:
    """The schemas of a number that comes bare or as its text."""
    pattern = rf"^[0-9]+(\.[0-9]+)?([eE][+-]?[0-9]{{1,3}})?{END}"
    return [{"type": "number", **bounds}, {"type": "string", "maxLength": 40, "pattern": pattern}]


_NULL: Final = {"type": "null"}
_AMOUNT: Final = _number(minimum=0)
_PERCENTAGE: Final = _number(minimum=0, maximum=100)
#: A number, or its text: exact, at most 40 characters. Read by ``desks/rewards/amounts.py``.
Amount = Annotated[msgspec.Raw, Meta(extra_json_schema={"anyOf": _AMOUNT})]
Percentage = Annotated[msgspec.Raw, Meta(extra_json_schema={"anyOf": _PERCENTAGE})]
Rate = Annotated[msgspec.Raw, Meta(extra_json_schema={"anyOf": _number(exclusiveMinimum=0, maximum=1_000_000)})]
#: The same, or null, which comes as the text of it (msgspec keeps no ``Raw`` beside ``None``).
NullableAmount = Annotated[msgspec.Raw, Meta(extra_json_schema={"anyOf": [*_AMOUNT, _NULL]})]
NullablePercentage = Annotated[msgspec.Raw, Meta(extra_json_schema={"anyOf": [*_PERCENTAGE, _NULL]})]
_DATE: Final = "^[0-9]{4}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])T([01][0-9]|2[0-3])(:[0-5][0-9]){2}" + END
#: ``YYYY-MM-DDTHH:MM:SS`` in the desk's zone. Read by ``desks/rewards/dates.py``.
DateText = Annotated[
    str, Meta(pattern=_DATE, max_length=19, description="YYYY-MM-DDTHH:MM:SS in the zone of the desk.")
]
Token = Annotated[str, Meta(min_length=1, max_length=64, description="What authentication/token gave.")]
FieldsSet = Annotated[
    str, Meta(max_length=4_096, description="Names of the fields to answer, comma separated; dots select inside.")
]
Id = Annotated[str, Meta(min_length=1, max_length=64)]
Number = Annotated[str, Meta(min_length=1, max_length=64)]
Name = Annotated[str, Meta(min_length=1, max_length=100)]
Code = Annotated[str, Meta(min_length=1, max_length=64)]
Reference = Annotated[str, Meta(min_length=1, max_length=64)]


class Request(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """A body without a token: only the methods that give one have it."""


class Body(Request, kw_only=True, forbid_unknown_fields=True):
    """What every other body has."""

    token: Token
    fields_set: FieldsSet | UnsetType = UNSET


class ListBody(Body, kw_only=True, forbid_unknown_fields=True):
    """A page of a list, newest first."""

    number_of_results: Annotated[int, Meta(ge=1, le=100)] = 20
    offset: Annotated[int, Meta(ge=0, le=1_000_000_000)] = 0


class TableBody(ListBody, kw_only=True, forbid_unknown_fields=True):
    """A list that can be had whole: as CSV it is all that was chosen, whatever the page."""

    format: Literal["json", "csv"] = "json"


class _Identifier(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """Names one thing by exactly one of its names. ``ways`` are the names."""

    ways: ClassVar[tuple[str, ...]]

    def __post_init__(self) -> None:
        if sum(getattr(self, way) is not UNSET for way in self.ways) != 1:
            raise ValueError(f"an identifier has exactly one of {', '.join(self.ways)}")


class EventIdentifier(_Identifier, kw_only=True, forbid_unknown_fields=True):
    """A purchase, which alone is found by the caller's own reference: that of a payment or a spend is only shown."""

    ways: ClassVar[tuple[str, ...]] = ("id", "number", "reference_number")

    id: Id | UnsetType = UNSET
    number: Number | UnsetType = UNSET
    reference_number: Reference | UnsetType = UNSET


class DocumentIdentifier(_Identifier, kw_only=True, forbid_unknown_fields=True):
    """A document or a thing that the house numbered."""

    ways: ClassVar[tuple[str, ...]] = ("id", "number")

    id: Id | UnsetType = UNSET
    number: Number | UnsetType = UNSET


class CodeIdentifier(_Identifier, kw_only=True, forbid_unknown_fields=True):
    """A merchant, unit or participant, which may have a code."""

    ways: ClassVar[tuple[str, ...]] = ("id", "number", "code")

    id: Id | UnsetType = UNSET
    number: Number | UnsetType = UNSET
    code: Code | UnsetType = UNSET


class CurrencyIdentifier(_Identifier, kw_only=True, forbid_unknown_fields=True):
    """A currency."""

    ways: ClassVar[tuple[str, ...]] = ("id", "code")

    id: Id | UnsetType = UNSET
    code: Code | UnsetType = UNSET


Identifier = EventIdentifier | DocumentIdentifier | CodeIdentifier | CurrencyIdentifier


class Status(msgspec.Struct, frozen=True):
    """``code`` is one of the status codes; ``message`` a sentence, ``description`` the field or the rule."""

    code: str = "OK"
    message: str = ""
    description: str = ""


class Envelope(msgspec.Struct, frozen=True):
    """Every answer. ``data`` is null where the status is not OK."""

    data: object
    status: Status


OK: Final = Status()
ENCODER: Final = msgspec.json.Encoder(decimal_format="number")
