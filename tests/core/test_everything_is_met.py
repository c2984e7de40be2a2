"""Each refusal, each end and each kind of row and fact is met at a table: a test beside this one asserts that it is.

What counts is the source of those tests: a name among the arguments of an assertion of ``table_answer.py`` or in a
comparison. That the assertions hold is for the tests themselves.
"""

from __future__ import annotations

import ast
from functools import cache
from pathlib import Path
from typing import get_args

import pytest

from fondaco.core.events import EventKind, Fact, Finish
from fondaco.core.rejects import Reject

#: The assertion of ``Answer`` that holds only of an answer with a row of the kind.
ASSERTIONS = {
    EventKind.ORDER: "rests",
    EventKind.FILL: "fills",
    EventKind.REJECT: "is_refused",
    EventKind.FACT: "is_fact",
    EventKind.ORDER_REPEATED: "repeats",
    EventKind.OPTIONS: "options",
}


@cache
def asserted() -> frozenset[str]:
    """``method``, ``method(Enum.MEMBER`` and ``== Something``: all that the tables assert."""
    found: set[str] = set()
    for path in sorted(Path(__file__).parent.rglob("test_*.py")):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
                found.add(node.func.attr)
                found.update(f"{node.func.attr}({ast.unparse(argument)}" for argument in node.args)
            elif isinstance(node, ast.Compare):
                parts = [part for operand in node.comparators for part in ast.walk(operand)]
                found.update(f"== {ast.unparse(part)}" for part in parts if isinstance(part, ast.Attribute | ast.Name))
    return frozenset(found)


@pytest.mark.parametrize("reject", Reject, ids=lambda reject: reject.name)
def test_a_refusal(reject: Reject) -> None:
    name = f"Reject.{reject.name}"
    assert {f"is_refused({name}", f"== {name}"} & asserted()


@pytest.mark.parametrize("finish", [finish for finish in Finish if finish], ids=lambda finish: finish.name)
def test_an_end(finish: Finish) -> None:
    assert {f"ends(Finish.{finish.name}", f"and_ends(Finish.{finish.name}"} & asserted()


@pytest.mark.parametrize("kind", EventKind, ids=lambda kind: kind.name)
def test_a_kind_of_row(kind: EventKind) -> None:
    assert ASSERTIONS[kind] in asserted()


@pytest.mark.parametrize("fact", get_args(Fact), ids=lambda fact: fact.__name__)
def test_a_fact(fact: type) -> None:
    assert f"== e.{fact.__name__}" in asserted()
