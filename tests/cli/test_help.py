"""The first thing anybody types: it answers at once, and it names the way on."""

from __future__ import annotations

import importlib
import re
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from fondaco import __version__
from fondaco.cli import COMMANDS
from tests.cli.program import fondaco


def test_help_names_every_command_at_once(record_property: Callable[[str, object], None]) -> None:
    started_s = time.perf_counter()
    run = fondaco("--help")
    record_property("help_ms", round((time.perf_counter() - started_s) * 1000))
    assert run.returncode == 0
    assert all(f"  {name} " in run.stdout and entry.summary in run.stdout for name, entry in COMMANDS.items())


@pytest.mark.parametrize("words", [(), ("-h",), ("help",)])
def test_nothing_and_short_help_are_help(words: tuple[str, ...]) -> None:
    assert fondaco(*words).stdout == fondaco("--help").stdout


def test_help_loads_none_of_the_house() -> None:
    code = "import sys, fondaco.cli as c; c._help(); print([m for m in sys.modules if m.split('.')[0] in %r])"
    heavy = ("cyclopts", "litestar", "msgspec", "picows", "sqlalchemy", "asyncio")
    run = subprocess.run([sys.executable, "-c", code % (heavy,)], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "[]"


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_is_there_and_explains_itself(name: str) -> None:
    module, function = COMMANDS[name].function.split(":")
    assert callable(getattr(importlib.import_module(module), function))


def test_help_of_a_command_is_its_help() -> None:
    assert fondaco("help", "verify").stdout == fondaco("verify", "--help").stdout


@pytest.mark.parametrize("word", ["version", "--version"])
def test_the_version_is_told(word: str) -> None:
    assert fondaco(word).stdout == f"fondaco {__version__}\n"


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("verfiy", "x"), "there is no command verfiy; did you mean verify?"),
        (("fly",), "there is no command fly"),
        (("inspect", "x", "--from", "y"), 'unable to convert "y" into int'),
        (("inspect", "x", "--from", "0"), "Must be >= 1"),
        (("verify",), "requires an argument"),
        (
            ("key", "create", "bob", "--scope", "fly", "--data", "x"),
            'Choose from: "read", "trade", "transfer", "operate"',
        ),
    ],
    ids=" ".join,
)
def test_what_is_not_understood_is_told_with_code_2(words: tuple[str, ...], told: str) -> None:
    run = fondaco(*words)
    assert run.returncode == 2
    assert told in run.stderr
    assert "--help" in run.stderr
    assert "Traceback" not in run.stderr


def test_every_command_has_its_section_in_the_reference() -> None:
    reference = (Path(__file__).resolve().parents[2] / "docs" / "reference" / "cli.md").read_text()
    assert re.findall(r"^## (\w+)$", reference, re.MULTILINE) == list(COMMANDS)
