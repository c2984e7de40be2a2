"""The same commands give the same rows and the same state: compiled or not, whatever the hash seed, in any process."""

from __future__ import annotations

import ast
import os
import subprocess
import sys
from pathlib import Path

import pytest

import fondaco.core
from fondaco import compiled
from tests.core.test_reference import SEED

ROOT = Path(__file__).resolve().parents[2]
CORE = Path(fondaco.core.__file__).parent
#: What differs between processes, and where one of them is for a table in memory that nothing seen depends on.
NEVER = frozenset({"float", "hash", "id"})
UNSEEN = {"client_orders": NEVER - {"hash"}}
STORM = ("tests.core.storm", str(SEED), "6000")
REPLAY = ("tests.core.replay", str(SEED), "8")


def printed(module: str, *arguments: str, hash_seed: str = "random") -> str:
    """What a program of ours prints; a process that dies, of whatever, is a failed test."""
    path = os.pathsep.join([str(ROOT), *sys.path])
    run = subprocess.run(
        [sys.executable, "-m", module, *arguments],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": path, "PYTHONHASHSEED": hash_seed, "PYTHONFAULTHANDLER": "1"},
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )
    assert run.returncode == 0, f"{module} {arguments} ended with {run.returncode}:\n{run.stderr[-3_000:]}"
    return run.stdout


@pytest.mark.parametrize("program", [REPLAY, STORM], ids=["flows", "storm"])
def test_compiled_and_uncompiled_are_the_same(program: tuple[str, ...]) -> None:
    """And neither raises, answers twice or loses a unit on well-framed nonsense."""
    as_it_is = printed(*program)
    assert as_it_is == printed(*program, "pure")
    assert len(as_it_is.splitlines()) >= 3


def test_the_order_of_hashes_changes_nothing() -> None:
    assert len({printed(*REPLAY, hash_seed=seed) for seed in ("0", "1", "4294967295")}) == 1


def test_this_process_runs_what_is_meant() -> None:
    """Where the unit is compiled, the tests of this folder ran it."""
    from fondaco.core.engine import Matching

    is_interpreted = Matching.__module__ == "fondaco.core.matching"
    assert is_interpreted == bool(compiled.uncompiled_modules())


@pytest.mark.parametrize("path", sorted(CORE.glob("*.py")), ids=lambda path: path.stem)
def test_no_floats_and_no_walks_over_sets(path: Path) -> None:
    """A float rounds, and a set has no order: neither belongs where two machines must agree to the bit."""
    for node in ast.walk(ast.parse(path.read_text())):
        where = f"{path.name}:{getattr(node, 'lineno', 0)}"
        assert not (isinstance(node, ast.Constant) and isinstance(node.value, float)), where
        assert not (isinstance(node, ast.BinOp) and isinstance(node.op, ast.Div)), where
        assert not (isinstance(node, ast.Name) and node.id in UNSEEN.get(path.stem, NEVER)), where
        if isinstance(node, ast.For | ast.comprehension):
            walked = node.iter
            is_set = isinstance(walked, ast.Set | ast.SetComp)
            is_set |= isinstance(walked, ast.Call) and getattr(walked.func, "id", "") in ("set", "frozenset")
            assert not is_set, where
