"""`fondaco key`: the way to the first operator key, while no house runs."""

from __future__ import annotations

import json
import os
import stat
from pathlib import Path

from fondaco.core.commands import UserDisable
from fondaco.journal import layout
from fondaco.journal.lock import DirectoryLock
from fondaco.journal.secrets import SecretStore
from fondaco.operating.keys import offline
from tests.cli.program import fondaco


def test_the_first_operator_key_makes_the_house(tmp_path: Path) -> None:
    house = tmp_path / "house"
    run = fondaco("key", "create", "root", "--scope", "operate", "--create-user", "--label", "first", "--data", house)
    assert run.returncode == 0, run.stderr
    made = json.loads(run.stdout)
    assert (made["user"], made["scopes"]) == ("root", ["operate"])
    path = layout.secrets_path(house)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert SecretStore(path).get(made["api_key"]) == made["secret"]
    (listed,) = [json.loads(line) for line in fondaco("key", "list", "--data", house).stdout.splitlines()]
    assert listed == {
        "api_key": made["api_key"],
        "user": "root",
        "scopes": ["operate"],
        "addresses": [],
        "label": "first",
        "usable": True,
    }


def test_several_scopes_and_addresses(tmp_path: Path) -> None:
    run = fondaco(
        *("key", "create", "ann", "--create-user", "--data", tmp_path),
        *("--scope", "trade", "--scope", "read", "--address", "10.0.0.0/8", "--address", "127.0.0.1"),
    )
    assert run.returncode == 0, run.stderr
    listed = json.loads(fondaco("key", "list", "--data", tmp_path).stdout)
    assert (listed["scopes"], listed["addresses"]) == (["trade", "read"], ["10.0.0.0/8", "127.0.0.1"])


def test_a_user_is_made_only_when_asked(tmp_path: Path) -> None:
    fondaco("key", "create", "root", "--create-user", "--data", tmp_path)
    run = fondaco("key", "create", "rot", "--data", tmp_path)
    assert run.returncode == 1
    assert "there is no user rot (users: root); add --create-user to make one" in run.stderr


def test_a_revoked_key_is_of_no_use(tmp_path: Path) -> None:
    made = json.loads(fondaco("key", "create", "root", "--create-user", "--data", tmp_path).stdout)
    assert fondaco("key", "revoke", made["api_key"], "--data", tmp_path).returncode == 0
    assert json.loads(fondaco("key", "list", "--data", tmp_path).stdout)["usable"] is False
    run = fondaco("key", "revoke", "nobody", "--data", tmp_path)
    assert run.returncode == 1
    assert "there is no key nobody" in run.stderr


def test_a_running_house_is_not_touched(tmp_path: Path) -> None:
    fondaco("key", "create", "root", "--create-user", "--data", tmp_path)
    with DirectoryLock(tmp_path):
        run = fondaco("key", "list", "--data", tmp_path)
    assert run.returncode == 3
    assert f"belongs to process {os.getpid()}" in run.stderr


def test_a_directory_without_a_house_is_not_made_by_looking(tmp_path: Path) -> None:
    run = fondaco("key", "list", "--data", tmp_path / "nowhere")
    assert run.returncode == 1
    assert "holds no house" in run.stderr
    assert not (tmp_path / "nowhere").exists()


def test_an_address_that_matches_nothing_is_refused(tmp_path: Path) -> None:
    run = fondaco("key", "create", "ann", "--create-user", "--address", "10.0.0.300", "--data", tmp_path / "house")
    assert run.returncode == 1
    assert "'10.0.0.300' is no address" in run.stderr
    assert not (tmp_path / "house").exists()


def test_a_key_of_a_disabled_user_is_refused_with_the_way_out(tmp_path: Path) -> None:
    fondaco("key", "create", "root", "--scope", "operate", "--create-user", "--data", tmp_path)
    fondaco("key", "create", "ann", "--create-user", "--data", tmp_path)
    with offline(tmp_path) as opened:
        opened.give(UserDisable(opened.house.user_ids["ann"]))
    run = fondaco("key", "create", "ann", "--data", tmp_path)
    assert run.returncode == 1
    assert "user ann is disabled, and so would be whoever has a key of it. Start the house: an operator " in run.stderr
    assert 'user.enable ["ann"]' in run.stderr
    assert len(fondaco("key", "list", "--data", tmp_path).stdout.splitlines()) == 2


def test_a_new_user_has_no_number_for_a_name(tmp_path: Path) -> None:
    run = fondaco("key", "create", "123", "--create-user", "--data", tmp_path)
    assert run.returncode == 1
    assert "user name 123 is digits alone, which reads as a user's number; add a letter" in run.stderr
