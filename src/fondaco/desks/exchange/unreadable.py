"""What is wrong with a message that is no request, in our own words, and where in it if that is known.

The decoder knows more than it should tell: its own wording says nothing to a client and changes with its version. Only
the place it names is taken from it. Cost: the message is read once more, when it was refused already.
"""

from __future__ import annotations

import re
from typing import Final

import msgspec

from fondaco.core.units import TEXT_LENGTH_MAX
from fondaco.desks.exchange.translate import kind_of
from fondaco.wire import exchange as wire

_PLACE: Final = re.compile(r"\(byte (\d+)\)$")
_HALF_OF_A_PAIR: Final = re.compile(rb"\\u[dD][89a-fA-F]")
_decode: Final = msgspec.json.Decoder(float_hook=wire.NumberText).decode


def sentence_of(message: bytes, error: Exception) -> str:
    """Why ``message`` could not be read; ``error`` is what the decoder raised."""
    if not message.strip():
        return "it is empty"
    if isinstance(error, msgspec.ValidationError):  # most likely it is no object
        try:
            return f"it is {kind_of(_decode(message))}"
        except (ValueError, RecursionError) as deeper:
            error = deeper
    if isinstance(error, msgspec.ValidationError):  # only integers of thousands of digits are out of range
        return f"a number in it is longer than {TEXT_LENGTH_MAX} characters"
    if isinstance(error, RecursionError):
        return "it is nested too deeply"
    if isinstance(error, UnicodeDecodeError):
        return f"it is not UTF-8 from byte {_not_utf8_from(message) + 1} on"
    place = _PLACE.search(str(error))
    if place is not None:
        return f"it is no JSON, as it breaks near byte {int(place[1]) + 1}"  # the decoder may be one further on
    if _HALF_OF_A_PAIR.search(message):  # read as one that ends within the pair
        return "it ends too early to be JSON, or a text in it holds half of a surrogate pair"
    return f"it ends too early to be JSON, after {len(message)} bytes"


def _not_utf8_from(message: bytes) -> int:
    try:
        message.decode()
    except UnicodeDecodeError as error:
        return error.start
    return 0
