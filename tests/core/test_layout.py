"""``layout.py`` is read by people and by the uncompiled core, ``layout.pxd`` by the compiler: they say the same."""

from __future__ import annotations

import re
from pathlib import Path

from fondaco.core import layout

DECLARATIONS = Path(layout.__file__).with_suffix(".pxd")


def test_both_files_give_the_same_numbers() -> None:
    python = {name: value for name, value in vars(layout).items() if name.isupper()}
    compiled = {name: int(value) for name, value in re.findall(r"^ {4}(\w+) = (\d+)$", DECLARATIONS.read_text(), re.M)}
    assert compiled == python


def test_no_two_fields_share_a_word() -> None:
    for prefix, size in (("O_", layout.ORDER_WORDS), ("L_", layout.LEVEL_WORDS), ("M_", layout.MARKET_WORDS)):
        places = [value for name, value in vars(layout).items() if name.startswith(prefix)]
        assert len(set(places)) == len(places)
        assert all(0 <= place < size for place in places)
