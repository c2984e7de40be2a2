"""`fondaco programme`: the way to the first operator of a programme, while no house runs."""

from __future__ import annotations

import json
from pathlib import Path

from argon2 import PasswordHasher

from fondaco.desks.rewards.passwords import secret_name
from fondaco.journal import layout
from fondaco.journal.secrets import SecretStore
from tests.cli.program import fondaco


def test_a_programme_is_made_with_its_first_operator(tmp_path: Path) -> None:
    house = tmp_path / "house"
    run = fondaco("programme", "create", "Rialto Rewards", "--username", "ada", "--data", house)
    assert run.returncode == 0, run.stderr
    made = json.loads(run.stdout)
    assert (made["organisation"], made["username"]) == ("Rialto Rewards", "ada")
    kept = SecretStore(layout.secrets_path(house)).get(secret_name("Rialto Rewards", "ada"))
    assert kept is not None
    assert PasswordHasher().verify(kept, made["password"])
    fondaco("programme", "create", "Fees", "--username", "ben", "--fee-rebate", "--data", house)
    listed = [json.loads(line) for line in fondaco("programme", "list", "--data", house).stdout.splitlines()]
    assert listed == [
        {"organisation": "Rialto Rewards", "is_fee_rebate": False, "operators": ["ada"]},
        {"organisation": "Fees", "is_fee_rebate": True, "operators": ["ben"]},
    ]


def test_what_is_refused_leaves_nothing(tmp_path: Path) -> None:
    fondaco("programme", "create", "Rialto", "--username", "ada", "--data", tmp_path)
    for words, sentence in (
        (("Rialto", "--username", "bob"), "there is a programme Rialto already"),
        (("bad/name", "--username", "bob"), "is no name of a programme"),
        (("Other", "--username", "bad name"), "is no username"),
    ):
        run = fondaco("programme", "create", *words, "--data", tmp_path)
        assert run.returncode == 1
        assert sentence in run.stderr
    assert len(fondaco("programme", "list", "--data", tmp_path).stdout.splitlines()) == 1
    assert len(SecretStore(layout.secrets_path(tmp_path)).starting_with("rewards/")) == 1
    run = fondaco("programme", "list", "--data", tmp_path / "nowhere")
    assert "holds no house" in run.stderr
