"""Settings: four places in their order, and every mistake named."""

from __future__ import annotations

from pathlib import Path

import pytest

from fondaco.config import ConfigRefused, Options, describe, load
from fondaco.runtime import limits
from fondaco.runtime.limits import Limits


def test_nothing_said_is_loopback_and_no_demo() -> None:
    options = load({}, environment={})
    assert options == Options()
    assert (options.host, options.port, options.demo, options.is_md5_allowed) == ("127.0.0.1", 8700, False, False)


def test_command_line_before_environment_before_file_before_default(tmp_path: Path) -> None:
    (tmp_path / "fondaco.toml").write_text(
        'port = 1\nhost = "0.0.0.0"\nzone = "Europe/Rome"\n[limits]\nconnections_max = 5\nkeys_max = 7\n'
    )
    options = load(
        {"data": str(tmp_path), "port": 3, "host": None},
        environment={"FONDACO_PORT": "2", "FONDACO_ZONE": "UTC", "FONDACO_LIMITS_CONNECTIONS_MAX": "6", "HOME": "/"},
    )
    assert (options.port, options.host, options.zone) == (3, "0.0.0.0", "UTC")
    assert options.limits == Limits(connections_max=6, keys_max=7)


def test_the_file_may_be_named_and_then_may_name_the_directory(tmp_path: Path) -> None:
    file = tmp_path / "house.toml"
    file.write_text('data = "/srv/house"\n')
    assert load({}, environment={}, file=file).data == "/srv/house"


@pytest.mark.parametrize(("word", "allowed"), [("true", True), ("1", True), ("false", False), ("0", False)])
def test_yes_and_no_in_the_environment(word: str, allowed: bool) -> None:
    assert load({"demo": not allowed}, environment={"FONDACO_MD5_SIGN": word}).is_md5_allowed is allowed


def test_the_documents_sign_is_on_in_a_demo_alone() -> None:
    assert load({"demo": True}, environment={}).is_md5_allowed
    assert not load({"demo": True, "md5_sign": False}, environment={}).is_md5_allowed


@pytest.mark.parametrize(
    ("toml", "sentence"),
    [
        ("prot = 8700", "there is no setting prot; did you mean port?"),
        ('port = "8700"', "port is '8700': Expected `int`"),
        ("port = 70000", "Expected `int` <= 65535.*The one port"),
        ("port = ", "cannot be read"),
        ('zone = "Mars/Olympus"', "zone 'Mars/Olympus' is no time zone"),
        ('sync_mode = "sometimes"', "sync_mode is 'sometimes'"),
        ('data = "elsewhere"', "data cannot be set here"),
        ("limits = 3", "limits is a table"),
        ("[limits]\nframe_byte_max = 1", "no setting frame_byte_max; did you mean frame_bytes_max?"),
        ("[limits]\nframe_bytes_max = 1", "Expected `int` >= 1024.*One WebSocket message"),
    ],
)
def test_mistakes_in_the_file(tmp_path: Path, toml: str, sentence: str) -> None:
    (tmp_path / "fondaco.toml").write_text(toml)
    with pytest.raises(ConfigRefused, match=sentence):
        load({"data": str(tmp_path)}, environment={})


@pytest.mark.parametrize(
    ("name", "value", "sentence"),
    [
        ("FONDACO_PROT", "1", "FONDACO_PROT: there is no setting prot; did you mean port?"),
        ("FONDACO_PORT", "many", "FONDACO_PORT: port is 'many'"),
        ("FONDACO_LIMITS_FRAMES", "1", "there is no setting frames"),
        ("FONDACO_LIMITS", "1", "limits are set one by one"),
    ],
)
def test_mistakes_in_the_environment(name: str, value: str, sentence: str) -> None:
    with pytest.raises(ConfigRefused, match=sentence):
        load({}, environment={name: value})


def test_a_mistake_on_the_command_line_names_its_option() -> None:
    with pytest.raises(ConfigRefused, match=r"--port: port is 99999: Expected `int` <= 65535.*The one port"):
        load({"port": 99_999}, environment={})


def test_a_named_file_must_exist(tmp_path: Path) -> None:
    with pytest.raises(ConfigRefused, match="does not exist"):
        load({}, environment={}, file=tmp_path / "none.toml")


def test_switches_of_the_build_are_no_settings() -> None:
    assert load({}, environment={"FONDACO_PURE": "1", "FONDACO_REQUIRE_COMPILED": "0"}) == Options()


def test_every_setting_and_limit_is_described() -> None:
    described = {**describe(), **limits.describe()}
    assert set(described) == {*Options.__struct_fields__, *Limits.__struct_fields__} - {"limits"}
    for name, (_, text) in described.items():
        assert text.endswith("."), name
        assert len(text) > 20, name


@pytest.mark.parametrize(("name", "bounds"), limits.ranges().items())
def test_a_limit_takes_what_the_reference_says(tmp_path: Path, name: str, bounds: tuple[int, int]) -> None:
    def value(given: int) -> object:
        return getattr(load({}, environment={f"FONDACO_LIMITS_{name.upper()}": str(given)}).limits, name)

    assert (value(bounds[0]), value(bounds[1])) == bounds
    for outside in (bounds[0] - 1, bounds[1] + 1):
        with pytest.raises(ConfigRefused):
            value(outside)


def test_a_commands_own_default_gives_way_to_every_setting(tmp_path: Path) -> None:
    def access_log(environment: dict[str, str]) -> bool:
        data = {"data": str(tmp_path)}
        return load(data, defaults={"access_log": False}, environment=environment).access_log

    assert access_log({}) is False
    assert access_log({"FONDACO_ACCESS_LOG": "true"}) is True
    (tmp_path / "fondaco.toml").write_text("access_log = true\n")
    assert access_log({}) is True
