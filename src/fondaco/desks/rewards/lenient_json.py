"""The comma after the last member, which the document's own request has and JSON has not.

Looked for only in a body that did not decode, so a good body costs nothing. Strings are passed over whole; every byte
is looked at a bounded number of times (the repetitions never give back what they took).

Source: rewards.notes.md (Shape); RFC 8259 §4 and §5 know no such comma.
"""

from __future__ import annotations

import re
from typing import Final

_STRING_OR_COMMA: Final = re.compile(rb'"(?:[^"\\]++|\\.?)*+(?:"|\Z)|,(?=[ \t\r\n]*+[}\]])', re.DOTALL)


def trailing_comma_at(body: bytes) -> int | None:
    """Where the first comma stands that nothing follows, in bytes from 0."""
    for match in _STRING_OR_COMMA.finditer(body):
        if match.group() == b",":
            return match.start()
    return None


def without_trailing_commas(body: bytes) -> bytes:
    """The body with each such comma as a blank, so that every other byte keeps its place."""
    return _STRING_OR_COMMA.sub(lambda match: b" " if match.group() == b"," else match.group(), body)
