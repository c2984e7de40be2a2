"""Commas that stand before a closing bracket, as in the document's own example, taken out of a body.

Only where the setting ``lenient_json`` is on, and only for a body that is no JSON otherwise. Texts are left alone.
Cost: one pass.
"""

from __future__ import annotations

import re
from typing import Final

#: A text, or a comma with blanks before a bracket that closes. The first branch eats texts whole, so that a comma in
#: one is never seen by the second.
_TOKENS: Final = re.compile(rb'"(?:[^"\\]|\\.)*"|,(?=[ \t\r\n]{0,1000}[}\]])', re.DOTALL)


def without_trailing_commas(body: bytes) -> bytes:
    return _TOKENS.sub(lambda found: b"" if found[0] == b"," else found[0], body)
