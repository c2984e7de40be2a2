"""The settings of a house and where they come from: command line > ``FONDACO_*`` > ``fondaco.toml`` > defaults.

    --port 8700   FONDACO_PORT=8700   port = 8700        one setting, three ways to say it
                  FONDACO_LIMITS_FRAME_BYTES_MAX=65536   [limits] frame_bytes_max = 65536

The file is the one named, or else ``fondaco.toml`` in the data directory. A name that no setting has is refused, in the
file and in the environment alike: a misspelt bound must not silently be the default. Each field carries its own
description and range, so that the reference and a refusal say the same.
"""

from __future__ import annotations

import difflib
import os
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Final, Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import msgspec
from msgspec import Meta

from fondaco.journal.errors import OperatingError
from fondaco.runtime.limits import Limits
from fondaco.runtime.targets import Targets

FILE_NAME: Final = "fondaco.toml"
PREFIX: Final = "FONDACO_"
LIMITS_PREFIX: Final = "FONDACO_LIMITS_"
#: Names of the build (setup.py), the command line and the bench that live under the same prefix.
NOT_SETTINGS: Final = frozenset(
    {
        "FONDACO_PURE",
        "FONDACO_REQUIRE_COMPILED",
        "FONDACO_CONFIG",
        "FONDACO_BENCH_DATA",
        "FONDACO_BENCH_PURCHASES",
        "FONDACO_REWARDS_PASSWORD",
    }
)


class ConfigRefused(OperatingError):
    """A setting is unknown, malformed or out of its range. The message names it, and where it stands."""


class Options(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Everything ``serve`` wants to know."""

    data: Annotated[str, Meta(min_length=1, description="The data directory. It belongs to one running house.")] = (
        ".fondaco/house"
    )
    host: Annotated[
        str,
        Meta(min_length=1, description="The address to listen on. Beyond loopback, put a proxy with TLS before it."),
    ] = "127.0.0.1"
    port: Annotated[
        int, Meta(ge=0, le=65_535, description="The one port for WebSocket and HTTP; 0: any that is free.")
    ] = 8_700
    demo: Annotated[
        bool, Meta(description="Whether this house is a demo: its page says so, and the MD5 sign is on.")
    ] = False
    md5_sign: Annotated[
        bool | None,
        Meta(
            description="Whether server.auth takes the document's replayable two-parameter sign. Unset: only in a demo."
        ),
    ] = None
    lenient_json: Annotated[
        bool | None,
        Meta(
            description="Whether the rewards desk passes over a comma after the last member, as in its document's own "
            "request. Unset: only in a demo."
        ),
    ] = None
    zone: Annotated[
        str,
        Meta(
            min_length=1,
            description="The time zone of days, for candles and today, and of all dates of the rewards desk.",
        ),
    ] = "UTC"
    trusted_proxy: Annotated[
        str | None, Meta(description="The address of the proxy whose X-Forwarded-For is believed.")
    ] = None
    sync_mode: Annotated[
        Literal["inline", "thread"],
        Meta(description="Where the journal is synced: in the event loop, or in a thread for disks slower than 2 ms."),
    ] = "inline"
    webhook_targets: Annotated[
        str,
        Meta(
            description="Where webhooks may be sent, separated by commas: loopback, any (every public address), "
            "networks such as 10.1.0.0/16."
        ),
    ] = "loopback"
    access_log: Annotated[bool, Meta(description="Whether each HTTP request gets a log line.")] = True
    limits: Limits = Limits()

    @property
    def targets(self) -> Targets:
        return Targets(self.webhook_targets)

    @property
    def directory(self) -> Path:
        return Path(self.data)

    @property
    def is_md5_allowed(self) -> bool:
        return self.demo if self.md5_sign is None else self.md5_sign

    @property
    def is_json_lenient(self) -> bool:
        return self.demo if self.lenient_json is None else self.lenient_json


def load(
    command_line: Mapping[str, Any] | None = None,
    *,
    defaults: Mapping[str, Any] | None = None,
    environment: Mapping[str, str] | None = None,
    file: Path | None = None,
) -> Options:
    """The settings from all places. ``command_line`` holds only what was given there; limits are no part of it.
    ``defaults`` are a command's own, where they are not those of ``Options``.

    Raises ``ConfigRefused``.
    """
    said = {
        name: _check(f"--{name.replace('_', '-')}", name, value, _TYPES)
        for name, value in (command_line or {}).items()
        if value is not None
    }
    around = _from_environment(os.environ if environment is None else environment)
    data = str(said.get("data", around.get("data", Options().data)))
    written = _from_file(file or Path(data) / FILE_NAME, is_named=file is not None)
    limits = {**written.pop("limits", {}), **around.pop("limits", {})}
    merged = {**(defaults or {}), **written, **around, **said, "limits": limits}
    try:
        options = msgspec.convert(merged, Options)
    except msgspec.ValidationError as error:
        raise ConfigRefused(f"the settings do not hold: {error}") from None
    try:
        ZoneInfo(options.zone)
    except (ZoneInfoNotFoundError, ValueError):
        raise ConfigRefused(f"zone {options.zone!r} is no time zone; take a name such as UTC or Europe/Rome") from None
    try:
        Targets(options.webhook_targets)
    except ValueError as error:
        raise ConfigRefused(f"webhook_targets: {error}") from None
    return options


def describe() -> dict[str, tuple[Any, str]]:
    """Every setting but the limits: name → (default, description). The reference is checked against this."""
    defaults = Options()
    return {name: (getattr(defaults, name), _described(name)) for name in _TYPES if name != "limits"}


def _from_file(path: Path, *, is_named: bool) -> dict[str, Any]:
    try:
        content = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        if is_named:
            raise ConfigRefused(f"{path} does not exist") from None
        return {}
    except (OSError, ValueError) as error:
        raise ConfigRefused(f"{path} cannot be read: {error}") from None
    if "data" in content and not is_named:
        raise ConfigRefused(f"{path}: data cannot be set here, since the file itself lies in the data directory")
    for name, value in content.items():
        _check(str(path), name, value, _TYPES)
    limits = content.get("limits", {})
    if not isinstance(limits, dict):
        raise ConfigRefused(f"{path}: limits is a table; write [limits] and its settings below")
    for name, value in limits.items():
        _check(f"{path} [limits]", name, value, _LIMIT_TYPES)
    return content


def _from_environment(environment: Mapping[str, str]) -> dict[str, Any]:
    said: dict[str, Any] = {"limits": {}}
    for name, text in environment.items():
        if not name.startswith(PREFIX) or name in NOT_SETTINGS:
            continue
        if name == "FONDACO_LIMITS":
            raise ConfigRefused(f"{name}: limits are set one by one, such as {LIMITS_PREFIX}FRAME_BYTES_MAX=65536")
        if name.startswith(LIMITS_PREFIX):
            limit = name.removeprefix(LIMITS_PREFIX).lower()
            said["limits"][limit] = _check(name, limit, text, _LIMIT_TYPES)
        else:
            setting = name.removeprefix(PREFIX).lower()
            said[setting] = _check(name, setting, text, _TYPES)
    return said


def _check(place: str, name: str, value: object, types: Mapping[str, Any]) -> Any:
    """The value as its setting's type; text from the environment is read as numbers and yes or no."""
    if name not in types:
        near = difflib.get_close_matches(name, types, 1)
        hint = f"; did you mean {near[0]}?" if near else ""
        raise ConfigRefused(f"{place}: there is no setting {name}{hint}")
    if name == "limits":
        return value
    try:
        return msgspec.convert(value, types[name], strict=not place.startswith(PREFIX))
    except msgspec.ValidationError as error:
        raise ConfigRefused(f"{place}: {name} is {value!r}: {error}. It is {_described(name)}") from None


def _field_types(struct: type[msgspec.Struct]) -> dict[str, Any]:
    return {field.name: field.type for field in msgspec.structs.fields(struct)}


def _described(name: str) -> str:
    annotation = _TYPES.get(name) or _LIMIT_TYPES[name]
    metas = [each for each in getattr(annotation, "__metadata__", ()) if isinstance(each, Meta)]
    return metas[0].description or "" if metas else ""


_TYPES: Final = _field_types(Options)
_LIMIT_TYPES: Final = _field_types(Limits)
