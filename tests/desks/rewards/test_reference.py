"""The reference keeps up: every method, status and refusal has its place there, and nothing else is listed."""

from __future__ import annotations

import re
from pathlib import Path

from fondaco.desks.rewards.failure import HTTP_STATUS
from fondaco.desks.rewards.methods import METHODS
from fondaco.desks.rewards.refusals import TABLE

PAGES = Path(__file__).parents[3] / "docs" / "reference" / "rewards"
STATUSES = (PAGES / "status-codes.md").read_text()


def test_every_method_is_on_a_page() -> None:
    text = "".join(page.read_text() for page in PAGES.glob("*.md"))
    assert [path for path in METHODS if f"`{path}`" not in text and f"## {path}" not in text] == []


def test_every_status_and_every_refusal_is_listed() -> None:
    statuses = re.findall(r"^\| `([A-Z_]+)` \| (\d+) \|", STATUSES, re.MULTILINE)
    assert statuses == [(code.value, str(status)) for code, status in HTTP_STATUS.items()]
    refusals = re.findall(r"^\| `([A-Z_]+)` \| `([A-Z_]+)` \| (.*) \|$", STATUSES, re.MULTILINE)
    assert refusals == [(reject.name, code.value, rule) for reject, (code, rule, _) in sorted(TABLE.items())]
