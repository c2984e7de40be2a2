"""docs/operating/settings.md says of every setting and limit what the code says of it."""

from __future__ import annotations

import re
from pathlib import Path

from fondaco.config import describe
from fondaco.runtime import limits

REFERENCE = Path(__file__).resolve().parents[2] / "docs" / "operating" / "settings.md"
LINE = re.compile(r"^\| `(\w+)` \| (.*?) \| (.*) \|$", re.MULTILINE)


def shown(value: object) -> str:
    if value is None:
        return "unset"
    if isinstance(value, bool):
        return "true" if value else "false"
    return f"{value:,}".replace(",", " ") if isinstance(value, int) and value > 9_999 else str(value)


def lines() -> dict[str, tuple[str, str]]:
    return {name: (shown(default), text) for name, (default, text) in {**describe(), **limits.describe()}.items()}


def test_every_setting_and_limit_has_its_line() -> None:
    written = {name: (default, text) for name, default, text in LINE.findall(REFERENCE.read_text(encoding="utf-8"))}
    assert written == lines()
