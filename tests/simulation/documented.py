"""Which errors each method may answer with, as the reference says: read from its pages, which so must be complete.

A method's section names its errors (``Errors: 1, 10, 113``) and those of all its group stand above it (``Errors of
all: 1, 3``). To these come what any request can meet: 1 and 112 always, 6 and 120 with a scope, 3 and 117 with one that
is more than reading, 4 over HTTP where a method works on sockets alone.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Final

from fondaco.desks.exchange.method import Method
from fondaco.desks.exchange.methods import METHODS

REFERENCE: Final = Path(__file__).resolve().parents[2] / "docs" / "reference"
INTERNAL_ERROR, METHOD_NOT_FOUND = 2, 4
ANY: Final = frozenset({1, 112})
WITH_A_SCOPE: Final = frozenset({6, 120})
TO_CHANGE: Final = frozenset({3, 117})


def codes_in_use() -> frozenset[int]:
    """All that the page of errors has, but the one that would be a defect."""
    in_use = (REFERENCE / "errors.md").read_text(encoding="utf-8").split("## Codes in use")[1].split("\n## ")[0]
    return frozenset(map(int, re.findall(r"^\| (\d+) \|", in_use, re.MULTILINE))) - {INTERNAL_ERROR}


def codes_by_method() -> dict[str, frozenset[int]]:
    told: dict[str, frozenset[int]] = {}
    for group in re.split(r"^## ", (REFERENCE / "exchange.md").read_text(encoding="utf-8"), flags=re.MULTILINE):
        intro, *sections = re.split(r"^### ", group, flags=re.MULTILINE)
        of_all = _codes(r"Errors of all: ([^.]*)\.", intro)
        for section in sections:
            name = section.partition("\n")[0].strip()
            if name in METHODS:
                told[name] = of_all | _codes(r"Errors?: ([^.]*)\.", section) | _of_any(METHODS[name])
    return told


def _codes(pattern: str, text: str) -> frozenset[int]:
    return frozenset(int(code) for line in re.findall(pattern, text) for code in re.findall(r"\b\d+\b", line))


def _of_any(method: Method) -> frozenset[int]:
    codes = ANY
    if method.on_socket_only:
        codes |= {METHOD_NOT_FOUND}
    if method.scope is not None:
        codes |= WITH_A_SCOPE
    if method.scope not in (None, "read"):
        codes |= TO_CHANGE
    return codes
