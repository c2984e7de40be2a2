"""A body's bytes as its method's struct, or a ``Failure`` that names the field and the rule."""

from __future__ import annotations

import re
from typing import Any, Final

import msgspec

from fondaco.desks.rewards.failure import Code, Failure, invalid
from fondaco.desks.rewards.lenient_json import trailing_comma_at, without_trailing_commas
from fondaco.desks.rewards.method import Method

_MISSING: Final = re.compile(r"Object missing required field `([^`]*)`(?: - at `\$(.*)`)?", re.DOTALL)
_UNKNOWN: Final = re.compile(r"Object contains unknown field `(.*)`(?: - at `\$(.*)`)?", re.DOTALL)
_OTHER: Final = re.compile(r"(.*?)(?: - at `\$(.*)`)?", re.DOTALL)
_SHOWN_LENGTH_MAX: Final = 200


def decoded(method: Method, body: bytes, *, lenient: bool) -> Any:
    """Raises ``Failure``. ``lenient``: a comma after the last member is passed over."""
    try:
        return method.decoder.decode(body)
    except msgspec.ValidationError as error:
        raise _refused(method, str(error)) from None
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError) as error:
        at = trailing_comma_at(body)
        if at is None:
            sentence = str(error)[:_SHOWN_LENGTH_MAX]
            raise invalid(f"the body is not JSON: {sentence}; send one object", "body") from None
    if not lenient:
        sentence = f"the comma at byte {at} has nothing after it, which JSON does not take; leave it out"
        raise invalid(sentence, f"body:{at}")
    return decoded(method, without_trailing_commas(body), lenient=False)


def _refused(method: Method, sentence: str) -> Failure:
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
    return invalid(f"{field}: {other[1][:_SHOWN_LENGTH_MAX]}", field)


def _joined(path: str | None, name: str) -> str:
    """``.lines[0]`` and ``total`` are ``lines[0].total``."""
    whole = f"{path or ''}.{name}" if name else path or ""
    return whole.removeprefix(".")[:_SHOWN_LENGTH_MAX]
