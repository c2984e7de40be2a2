"""What new names are made of, by kind: the core's patterns, and the words for who sent something else.

``docs/reference/exchange.md`` says the same in a table; a test holds both against the patterns.
"""

from __future__ import annotations

import re
from typing import Final

import msgspec

from fondaco.core.money_commands import BUSINESS
from fondaco.core.naming_commands import ASSET_NAME, MARKET_NAME, USER_NAME
from fondaco.desks.exchange.errors import invalid
from fondaco.desks.exchange.params import text


class Naming(msgspec.Struct, frozen=True):
    """One kind of names."""

    pattern: re.Pattern[str]
    length_max: int
    characters: str


ASSETS: Final = Naming(ASSET_NAME, 16, "A-Z, 0-9, . _ -")
MARKETS: Final = Naming(MARKET_NAME, 32, "A-Z, 0-9, . _ / -")
USERS: Final = Naming(USER_NAME, 64, "A-Z, a-z, 0-9, . _ @ + -")
BUSINESSES: Final = Naming(BUSINESS, 32, "A-Z, a-z, 0-9, . _ -")


def named(value: object, name: str, naming: Naming) -> str:
    """A name of one kind that the core would take."""
    given = text(value, name, naming.length_max)
    if naming.pattern.fullmatch(given) is None:
        sentence = f"{name} {given!r} cannot be a name; send {naming.characters}, beginning with a letter or a digit"
        raise invalid(sentence)
    return given
