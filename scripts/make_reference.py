"""Write docs/reference/settings.md from the settings themselves. A test holds the page to what this gives."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from fondaco import config
from fondaco.core.checks import OPEN_ORDERS_PER_USER_MAX
from fondaco.core.client_orders import ENDED_PER_USER_MAX
from fondaco.core.commands import CLIENT_ORDER_ID_LENGTH_MAX
from fondaco.core.instruments import FEE_RATE_PPM_MAX, SCALE_DIGITS_MAX
from fondaco.core.units import TEXT_LENGTH_MAX, UNITS_MAX
from fondaco.runtime import limits

PAGE = Path(__file__).resolve().parent.parent / "docs" / "reference" / "settings.md"

_HEAD = """\
# Settings and limits

Each setting can be given in three places; the earlier wins:

1. on the command line: `fondaco up --port 9000`
2. in the environment: `FONDACO_PORT=9000`, a limit as `FONDACO_LIMITS_FRAME_BYTES_MAX=131072`
3. in `fondaco.toml` in the data directory, or in the file that `--config` names

```toml
port = 9000
zone = "Europe/Rome"

[limits]
frame_bytes_max = 131072
```

A name that no setting has is refused, with the nearest one that exists. Settings are read once, at start.

## Settings

| setting | default | what it is |
| --- | --- | --- |
"""

_LIMITS = """
## Limits

Whatever a stranger can make grow has a bound. Over it the house refuses, and says so; it never grows. A limit outside
what it takes is refused at the start.

| limit | default | takes | what it bounds |
| --- | --- | --- | --- |
"""

_FIXED = """
## Fixed bounds

These belong to the rules under which a journal is replayed, so no setting changes them.

| bound | value | why |
| --- | --- | --- |
"""


def settings_page() -> str:
    """The page's text."""
    return (
        _HEAD
        + "".join(_row(name, *entry) for name, entry in config.describe().items())
        + _LIMITS
        + "".join(_limit(name, *entry) for name, entry in limits.describe().items())
        + _FIXED
        + "".join(f"| {name} | {value:,} | {why} |\n" for name, value, why in _fixed())
    )


def _fixed() -> list[tuple[str, int, str]]:
    return [
        ("open orders of one user", OPEN_ORDERS_PER_USER_MAX, "Over it: error 111."),
        ("length of a `client_order_id`", CLIENT_ORDER_ID_LENGTH_MAX, "Printable ASCII; kept 24 h after the end."),
        ("ended `client_order_id`s remembered of one user", ENDED_PER_USER_MAX, "Beyond it the oldest is forgotten."),
        ("minor units of an asset in the house", UNITS_MAX, "2⁶²: so that no balance and no sum can overflow."),
        ("decimals of an asset", SCALE_DIGITS_MAX, "With 8, a house holds up to 46 billion of it."),
        ("maker and taker fee, parts per million", FEE_RATE_PPM_MAX, "50 %."),
        ("characters of a number", TEXT_LENGTH_MAX, "Longer texts are malformed, before anything is computed."),
    ]


def _row(name: str, default: Any, description: str) -> str:
    if default is None:
        shown = "unset"
    elif isinstance(default, bool):
        shown = "`true`" if default else "`false`"
    elif isinstance(default, int):
        shown = _count(default)
    else:
        shown = f"`{default}`"
    return f"| `{name}` | {shown} | {description} |\n"


def _limit(name: str, default: int, description: str) -> str:
    least, most = limits.ranges()[name]
    return f"| `{name}` | {_count(default)} | {_count(least)} to {_count(most)} | {description} |\n"


def _count(number: int) -> str:
    return f"{number:,}" if number >= 10_000 else str(number)


if __name__ == "__main__":
    PAGE.write_text(settings_page())
