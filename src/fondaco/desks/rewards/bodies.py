"""A body's bytes as its method's struct, or a ``Failure`` that names the field and the rule."""

from __future__ import annotations

import re
import typing
from typing import Any, Final, Literal

import msgspec

from fondaco.desks.rewards.failure import Code, Failure, invalid
from fondaco.desks.rewards.lenient_json import trailing_comma_at, without_trailing_commas
from fondaco.desks.rewards.method import Method
from fondaco.wire.rewards.base import DateText

_MISSING: Final = re.compile(r"Object missing required field `([^`]*)`(?: - at `\$(.*)`)?", re.DOTALL)
_UNKNOWN: Final = re.compile(r"Object contains unknown field `(.*?)`(?: - at `\$(.*)`)?", re.DOTALL)
_OTHER: Final = re.compile(r"(.*?)(?: - at `\$(.*)`)?", re.DOTALL)
_STEP: Final = re.compile(r"\.([^.\[]+)|\[([0-9]+)\]")
_SHOWN_LENGTH_MAX: Final = 200


def decoded(method: Method, body: bytes, *, lenient: bool) -> Any:
    """Raises ``Failure``. ``lenient``: a comma after the last member is passed over."""
    try:
        return method.decoder.decode(body)
    except msgspec.ValidationError as error:
        raise _refused(method, body, str(error)) from None
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError) as error:
        at = trailing_comma_at(body)
        if at is None:
            sentence = str(error)[:_SHOWN_LENGTH_MAX]
            raise invalid(f"the body is not JSON: {sentence}; send one object", "body") from None
    if not lenient:
        sentence = f"the comma at byte {at} has nothing after it, which JSON does not take; leave it out"
        raise invalid(sentence, f"body:{at}")
    return decoded(method, without_trailing_commas(body), lenient=False)


def _refused(method: Method, body: bytes, sentence: str) -> Failure:
    """msgspec's sentence, such as ``Expected `str`, got `int` - at `$.a.b` ``, as a status."""
    missing = _MISSING.fullmatch(sentence)
    if missing is not None:
        field = _joined(missing[2], missing[1])
        return Failure(Code.MISSING_PARAMETER, f"{field} is missing; {method.path} needs it", field)
    unknown = _UNKNOWN.fullmatch(sentence)
    if unknown is not None:
        field = _joined(unknown[2], unknown[1])
        return invalid(f"{method.path} has no field {field}; /docs lists those it has", field)
    other = _OTHER.fullmatch(sentence)
    assert other is not None
    field = _joined(other[2], "") or "body"
    return invalid(_own_sentence(method.body, body, other[2]) or f"{field}: {other[1][:_SHOWN_LENGTH_MAX]}", field)


def _own_sentence(type_: type, body: bytes, path: str | None) -> str:
    """For a text that is no date or none of those that are taken, as msgspec's names a pattern; else empty."""
    value, leaves = _value(body), [type_]
    for name, place in _STEP.findall(path or ""):
        try:
            value = value[name or int(place)]
        except (LookupError, TypeError):
            return ""
        if name:
            known = [field for struct in leaves for field in _fields(struct) if field.encode_name == name]
            leaves = [part for field in known for part in _parts(field.type)]
    if not isinstance(value, str):
        return ""
    shown = value[:_SHOWN_LENGTH_MAX] if value.isprintable() and value else ascii(value)[:_SHOWN_LENGTH_MAX]
    if DateText in leaves:
        return f"{shown} is no date; write one like 2016-09-28T17:17:47"
    taken = [str(each) for leaf in leaves if typing.get_origin(leaf) is Literal for each in typing.get_args(leaf)]
    return f"{shown} is none of {', '.join(taken)}" if taken else ""


def _value(body: bytes) -> Any:
    """What was sent, or ``None`` if it breaks off behind what was refused."""
    try:
        return msgspec.json.decode(body)
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError):
        return None


def _fields(type_: Any) -> tuple[msgspec.structs.FieldInfo, ...]:
    is_struct = isinstance(type_, type) and issubclass(type_, msgspec.Struct)
    return msgspec.structs.fields(type_) if is_struct else ()


def _parts(annotation: Any) -> list[Any]:
    """What a field may hold, by itself, as one of several, or in a list."""
    if annotation is DateText or typing.get_origin(annotation) is Literal:
        return [annotation]
    parts = typing.get_args(annotation)
    return [leaf for part in parts for leaf in _parts(part)] if parts else [annotation]


def _joined(path: str | None, name: str) -> str:
    """``.lines[0]`` and ``total`` are ``lines[0].total``."""
    whole = f"{path or ''}.{name}" if name else path or ""
    return whole.removeprefix(".")[:_SHOWN_LENGTH_MAX]
