"""A house that nobody can operate: `up` and `doctor` say why, and what they say to do helps."""

from __future__ import annotations

import json
import shlex
from collections.abc import Callable
from pathlib import Path

import pytest

from fondaco.core.commands import KeyRevoke, UserDisable
from fondaco.journal import layout
from fondaco.operating.keys import OfflineHouse, offline
from tests.cli.program import fondaco
from tests.cli.running import running


def disabled(opened: OfflineHouse) -> None:
    opened.give(UserDisable(1))


def revoked(opened: OfflineHouse) -> None:
    opened.give(KeyRevoke(next(iter(opened.house.keys))))


def without_secret(opened: OfflineHouse) -> None:
    opened.store.remove(next(iter(opened.house.keys)))


@pytest.fixture
def key(tmp_path: Path) -> str:
    """The one key of the one operator of the house in ``tmp_path``."""
    made = fondaco("key", "create", "operator", "--scope", "operate", "--create-user", "--data", tmp_path)
    api_key: str = json.loads(made.stdout)["api_key"]
    return api_key


@pytest.mark.parametrize(
    ("harm", "told", "name"),
    [
        (disabled, "user operator is disabled. ", "operator-2"),
        (revoked, "operator's key {key} is revoked. ", "operator"),
        (without_secret, "the secret of operator's key {key} is not kept here. ", "operator"),
    ],
)
def test_the_way_out(tmp_path: Path, key: str, harm: Callable[[OfflineHouse], None], told: str, name: str) -> None:
    with offline(tmp_path) as opened:
        harm(opened)
    up = fondaco("up", "--data", tmp_path, "--port", "0")
    assert up.returncode == 1
    assert f"nobody could operate this house: {told.format(key=key)}Make an operator's key: " in up.stderr
    command = f"fondaco key create {name} --scope operate --create-user --data {tmp_path}"
    assert command in up.stderr
    doctor = fondaco("doctor", tmp_path)
    assert doctor.returncode == 1
    assert f"wrong    nobody could operate this house: {told.format(key=key).removesuffix('. ')}\n" in doctor.stdout
    assert command in doctor.stdout
    made = fondaco(*shlex.split(command)[1:])
    assert made.returncode == 0, made.stderr
    doctor = fondaco("doctor", tmp_path)
    assert (doctor.returncode, "somebody can operate the house" in doctor.stdout) == (0, True), doctor.stdout
    with running("up", "--data", tmp_path) as house:
        operator = json.loads(made.stdout)
        assert house.ask(operator, "user.enable", "operator") == {"user": 1, "name": "operator", "disabled": False}
        assert house.interrupt() == 0


def test_a_key_of_the_disabled_operator_is_refused_with_the_way_out(tmp_path: Path, key: str) -> None:
    with offline(tmp_path) as opened:
        disabled(opened)
    run = fondaco("key", "create", "operator", "--scope", "operate", "--create-user", "--data", tmp_path)
    assert run.returncode == 1
    assert "user operator is disabled" in run.stderr
    assert f"fondaco key create operator-2 --scope operate --create-user --data {tmp_path}" in run.stderr
    assert json.loads(fondaco("key", "list", "--data", tmp_path).stdout)["api_key"] == key


def test_a_house_whose_keys_are_for_other_things(tmp_path: Path) -> None:
    fondaco("key", "create", "ann", "--create-user", "--data", tmp_path)
    run = fondaco("up", "--data", tmp_path, "--port", "0")
    assert "nobody could operate this house: no key has the scope operate. Make an operator's key: " in run.stderr


def test_no_more_operators_are_named_than_one_reads(tmp_path: Path) -> None:
    for name in ("one", "two", "three", "four", "five"):
        fondaco("key", "create", name, "--scope", "operate", "--create-user", "--data", tmp_path)
    with offline(tmp_path) as opened:
        for user_id in opened.house.users:
            opened.give(UserDisable(user_id))
    run = fondaco("up", "--data", tmp_path, "--port", "0")
    assert "user one is disabled, user two is disabled, user three is disabled, and 2 more. " in run.stderr


def test_doctor_looks_at_a_house_whose_secrets_are_gone_once(tmp_path: Path, key: str) -> None:
    layout.secrets_path(tmp_path).unlink()
    lines = [line for line in fondaco("doctor", tmp_path).stdout.splitlines() if line.startswith("wrong")]
    assert len(lines) == 1
    assert "is missing, and the journal has 1 API key" in lines[0]
