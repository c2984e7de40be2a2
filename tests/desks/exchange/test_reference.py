"""The reference keeps up: every method and every code has its place, and nothing is listed that is not there."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from fondaco.core.rejects import OF_REWARDS, Reject
from fondaco.desks.exchange.errors import Code
from fondaco.desks.exchange.method import Method
from fondaco.desks.exchange.methods import METHODS
from fondaco.desks.exchange.naming import ASSETS, BUSINESSES, MARKETS, USERS, Naming
from fondaco.desks.exchange.refusals import TABLE

REFERENCE = Path(__file__).parents[3] / "docs" / "reference"
EXCHANGE = (REFERENCE / "exchange.md").read_text()
ERRORS = (REFERENCE / "errors.md").read_text()

SECTIONS = dict(re.findall(r"^### ([a-z]+\.[a-z_]+)\n(.*?)(?=^##|\Z)", EXCHANGE, re.MULTILINE | re.DOTALL))


def test_every_method_has_its_section_and_every_section_its_method() -> None:
    assert set(SECTIONS) == set(METHODS)


@pytest.mark.parametrize("method", METHODS.values(), ids=lambda method: method.name)
def test_a_section_says_params_and_scope(method: Method) -> None:
    section = SECTIONS[method.name]
    if method.scope not in (None, "operate"):  # the operator's is said once for all of them
        assert f"cope {method.scope}" in section
    for name in re.findall(r"[a-z_]{3,}", method.params):
        if name not in ("markets", "null", "options"):
            assert name in section, f"{method.name} takes {name}"


def test_every_code_has_its_row() -> None:
    rows = re.findall(r"^\| (\d+) \| ([A-Z_]+) \|", ERRORS, re.MULTILINE)
    assert {(int(code), name) for code, name in rows} == {(int(code), name) for name, code in Code.__members__.items()}


def test_every_refusal_of_the_core_has_its_code() -> None:
    rows = re.findall(r"^\| ([A-Z_]+) \| (\d+) \|$", ERRORS, re.MULTILINE)
    of_exchange = set(Reject) - OF_REWARDS
    assert {name: int(code) for name, code in rows} == {reject.name: int(TABLE[reject][0]) for reject in of_exchange}


@pytest.mark.parametrize(
    ("kind", "naming"), [("an asset", ASSETS), ("a market", MARKETS), ("a user", USERS), ("a business", BUSINESSES)]
)
def test_what_names_are_made_of(kind: str, naming: Naming) -> None:
    assert f"| {kind} | `{naming.characters}` | {naming.length_max} |" in EXCHANGE
    matches = naming.pattern.fullmatch
    assert matches("A" + "0" * (naming.length_max - 1))
    assert not matches("A" + "0" * naming.length_max)
    said = {chr(code) for code in range(128) if re.fullmatch(f"[{re.sub('[ ,]', '', naming.characters)}]", chr(code))}
    assert said == {chr(code) for code in range(128) if matches("0" + chr(code))}
