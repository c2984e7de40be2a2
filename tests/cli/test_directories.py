"""Where a house may live: nothing is made in a directory of somebody else's, nothing is left by what was refused."""

from __future__ import annotations

import json
import socket
from pathlib import Path

import pytest

from fondaco.demo.seed import ApiKey, Credentials, write_credentials
from fondaco.demo.wipe import WipeRefused, wipe
from fondaco.operating.habitable import ForeignDirectory, check_habitable
from tests.cli.program import fondaco, write_story


def content(directory: Path) -> dict[str, bytes]:
    return {str(path): path.read_bytes() for path in directory.rglob("*") if path.is_file()}


def put(directory: Path, *names: str) -> Path:
    for name in names:
        path = directory / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("precious")
    return directory


@pytest.mark.parametrize(
    "words", [("demo",), ("demo", "--fresh"), ("up",), ("key", "create", "ann", "--create-user")], ids=" ".join
)
def test_a_foreign_directory_is_refused_and_left_as_it_is(words: tuple[str, ...], tmp_path: Path) -> None:
    put(tmp_path, "thesis.tex", "journal/2024.txt", "snapshots/me.jpg", "secrets", "projections.xls")
    before = content(tmp_path)
    run = fondaco(*words, "--data", tmp_path, *(() if words[0] == "key" else ("--port", "0")))
    assert run.returncode == 1
    assert f"{tmp_path} is not empty and holds no house (but journal, projections.xls, snapshots …)" in run.stderr
    assert "--data" in run.stderr
    assert content(tmp_path) == before


@pytest.mark.parametrize(
    "names", [(), ("fondaco.toml",), ("lock",), ("journal/spare", "journal/durable"), ("lost+found/x",)], ids=str
)
def test_a_directory_with_nothing_but_a_house_is_taken(names: tuple[str, ...], tmp_path: Path) -> None:
    check_habitable(put(tmp_path, *names))


def test_a_house_with_somebodys_notes_in_it_stays_a_house(tmp_path: Path) -> None:
    check_habitable(put(write_story(tmp_path / "house"), "notes.txt"))
    with pytest.raises(ForeignDirectory, match="is no directory"):
        check_habitable(tmp_path / "house" / "notes.txt")


def test_fresh_removes_only_what_a_demo_made(tmp_path: Path) -> None:
    house = put(write_story(tmp_path / "house"), "journal/notes.txt", "projections.xls")
    before = content(house)
    (house / "credentials.json").write_text('{"type": "service_account"}')
    with pytest.raises(WipeRefused, match="was not written by a demo"):
        wipe(house)
    foreign = ApiKey("other", "other")
    write_credentials(house, Credentials({}, foreign, ""))
    with pytest.raises(WipeRefused, match="is another house's"):
        wipe(house)
    write_credentials(house, Credentials({}, ApiKey("ann-key", "ann-secret"), ""))
    wipe(house)
    assert sorted(str(path.relative_to(house)) for path in house.rglob("*") if path.is_file()) == [
        "journal/notes.txt",
        "lock",
        "projections.xls",
    ]
    assert content(house).items() <= before.items()


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("nobody",), "there is no user nobody (users: none yet); add --create-user"),
        (("no body", "--create-user"), "does not take the user name no body"),
        (("ann", "--create-user", "--address", "nonsense"), "'nonsense' is no address"),
    ],
    ids=str,
)
def test_a_refused_first_key_leaves_nothing(words: tuple[str, ...], told: str, tmp_path: Path) -> None:
    run = fondaco("key", "create", *words, "--data", tmp_path / "house")
    assert run.returncode == 1
    assert told in run.stderr
    assert not (tmp_path / "house").exists()


def test_a_refused_key_makes_no_user_in_a_house_that_is_there(tmp_path: Path) -> None:
    house = write_story(tmp_path / "house")
    secrets = (house / "secrets").read_bytes()
    assert fondaco("key", "create", "eve", "--create-user", "--address", "x", "--data", house).returncode == 1
    assert (house / "secrets").read_bytes() == secrets
    run = fondaco("inspect", house)
    assert "eve" not in {line.get("name") for line in map(json.loads, run.stdout.splitlines())}


def test_a_taken_port_leaves_no_directory(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        run = fondaco("demo", "--data", tmp_path / "demo", "--port", str(port))
    assert run.returncode == 1
    assert f":{port} cannot be listened on" in run.stderr
    assert not (tmp_path / "demo").exists()
