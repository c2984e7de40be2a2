"""`fondaco demo` and `fondaco up`: a house in this process, until Ctrl-C.

Both run the same house (app.py). The demo seeds it and plays its markets; `up` refuses what a real house must not have:
a demo's keys, which are printed on screens and lie in files, and no operator at all.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Coroutine
from itertools import chain
from pathlib import Path
from typing import Annotated, Any, Literal

import structlog
from cyclopts import Parameter, validators
from msgspec.structs import replace

from fondaco import __version__, compiled, config, logs
from fondaco.app import App, serve
from fondaco.config import Options
from fondaco.demo.feed import SPEED_MAX, Feed
from fondaco.demo.rialto import seed_rewards
from fondaco.demo.seed import CREDENTIALS, MAKER, TAKER, Credentials, is_demo, seed, write_credentials
from fondaco.demo.wipe import wipe
from fondaco.journal import layout
from fondaco.journal.errors import OperatingError
from fondaco.operating.exposure import is_exposed
from fondaco.operating.habitable import check_habitable
from fondaco.operating.lockout import another_operator, first_operator, lockout

DEMO_DIRECTORY = ".fondaco/demo"
#: A newcomer's screen is for the addresses and keys: no line for each request, unless it was asked for.
DEMO_DEFAULTS = {"access_log": False}

_HELP = {name: description for name, (_, description) in config.describe().items()}

Data = Annotated[str | None, Parameter(help=_HELP["data"])]
Host = Annotated[str | None, Parameter(help=_HELP["host"])]
Port = Annotated[int | None, Parameter(help=_HELP["port"] + " Usually 8700.")]


class StartRefused(OperatingError):
    """The house is not fit to be run as it was asked; the sentence says what to do first."""


def demo(
    *,
    data: Annotated[str | None, Parameter(help=f"The data directory, usually {DEMO_DIRECTORY}.")] = None,
    port: Port = None,
    host: Host = None,
    speed: Annotated[
        float,
        Parameter(
            help=f"How many times faster than recorded the market moves; more than 0, at most {SPEED_MAX:g}.",
            validator=validators.Number(gt=0, lte=SPEED_MAX),
        ),
    ] = 1.0,
    fresh: Annotated[
        bool, Parameter(help="Remove what an earlier demo left there, and begin anew.", negative="")
    ] = False,
) -> None:
    """Run a house with two markets that move as they did on 2024-08-08, and keys to try them.

    Orders, balances and keys outlive a restart, a kill -9 too. Everything else can be set as for `fondaco up`.
    """
    directory = data or os.environ.get("FONDACO_DATA") or DEMO_DIRECTORY
    check_habitable(Path(directory))
    if fresh:
        wipe(Path(directory))
    options = config.load({"data": directory, "host": host, "port": port, "demo": True}, defaults=DEMO_DEFAULTS)
    made: list[Credentials] = []

    async def prepare(app: App) -> None:
        credentials = await seed(app.runtime, app.secrets, app.url)
        login = await seed_rewards(app.runtime, app.secrets, app.people)
        made.append(replace(credentials, rewards=login))
        write_credentials(options.directory, made[0])

    async def opened(app: App) -> None:
        _say_demo(app, made[0])
        ids = app.house.user_ids
        await Feed(app.runtime, ids[MAKER], ids[TAKER], speed).run()

    _run(serve(options, prepare=prepare, opened=opened))


def up(
    *,
    config_file: Annotated[
        Path | None, Parameter(name="--config", help="A file of settings; usually fondaco.toml in the data directory.")
    ] = None,
    data: Data = None,
    host: Host = None,
    port: Port = None,
    zone: Annotated[str | None, Parameter(help=_HELP["zone"])] = None,
    trusted_proxy: Annotated[str | None, Parameter(help=_HELP["trusted_proxy"])] = None,
    sync_mode: Annotated[Literal["inline", "thread"] | None, Parameter(help=_HELP["sync_mode"])] = None,
    md5_sign: Annotated[bool | None, Parameter(help=_HELP["md5_sign"])] = None,
    access_log: Annotated[bool | None, Parameter(help=_HELP["access_log"])] = None,
) -> None:
    """Run a house. Settings: these options, then FONDACO_* in the environment, then fondaco.toml, then the defaults.

    A new house needs an operator first: fondaco key create operator --scope operate --create-user --data DIR
    """
    named = config_file or os.environ.get("FONDACO_CONFIG")
    options = config.load(
        {
            "data": data,
            "host": host,
            "port": port,
            "zone": zone,
            "trusted_proxy": trusted_proxy,
            "sync_mode": sync_mode,
            "md5_sign": md5_sign,
            "access_log": access_log,
        },
        file=Path(named) if named else None,
    )
    if options.demo:
        raise StartRefused("demo = true is for `fondaco demo`; take it out of the settings, or start that")
    check_habitable(options.directory)
    if not layout.journal_path(options.directory).is_dir():
        raise StartRefused(
            f"there is no house in {options.directory} yet. Make the first operator's key: "
            f"{first_operator(options.directory)}"
        )

    async def prepare(app: App) -> None:
        if is_demo(app.house):
            raise StartRefused(
                f"{options.directory} was made by `fondaco demo`: its keys are known to whoever saw the screen. "
                "Start a house of its own on another directory, or go on with `fondaco demo`"
            )
        secrets_path = layout.secrets_path(options.directory)
        if app.house.keys and not secrets_path.exists():
            raise StartRefused(
                f"{secrets_path} is missing, and without it none of this house's API keys works: restore it from a "
                f"backup. If there is none, new keys are needed. {another_operator(app.house, options.directory)}"
            )
        if why := lockout(app.house, app.secrets):
            raise StartRefused(f"{why}. {another_operator(app.house, options.directory)}")
        _warn_of_lost_people(app)
        _warn_if_exposed(options)

    async def opened(app: App) -> None:
        _say(_addresses(app))

    _run(serve(options, prepare=prepare, opened=opened))


def _run(house: Coroutine[Any, Any, None]) -> None:
    logs.configure()
    try:
        import uvloop
    except ImportError:  # slower, but a house
        asyncio.run(house)
    else:
        uvloop.run(house)


def _warn_of_lost_people(app: App) -> None:
    programmes = app.house.rewards.programmes.values()
    contacts = chain(
        (merchant.contact for books in programmes for merchant in books.merchants.values()),
        (participant.contact for books in programmes for participant in books.participants.values()),
    )
    if any(contacts) and not len(app.people):
        structlog.get_logger().warning(
            "the journal holds people's data and there is no key of any of them: unless all were erased, restore "
            "people's keys from their copy while nothing is changed",
            file=str(layout.people_path(app.options.directory)),
        )


def _warn_if_exposed(options: Options) -> None:
    if is_exposed(options):
        structlog.get_logger().warning(
            "listening beyond loopback without TLS: secrets are safe by signature, orders and balances are readable "
            "on the way. Put a proxy with TLS before it and set trusted_proxy",
            host=options.host,
        )


# ── what a newcomer reads ────────────────────────────────────────────────────────────────────────────────────────────


def _addresses(app: App) -> list[tuple[str, str]]:
    socket_url = app.url.replace("http", "ws", 1)
    lines = [
        ("page", app.url),
        ("WebSocket", f"{socket_url}/exchange (subprotocol json for plain text)"),
        ("HTTP", f"{app.url}/exchange/<method>"),
        ("rewards", f"{app.url}/rewards/<method> ({app.url}/docs lists all)"),
        ("data", app.options.data),
    ]
    missing = compiled.missing_to_compile() if compiled.uncompiled_modules() else None
    if missing is not None:
        why = "; ".join(missing) if missing else "they were never compiled"
        lines.append(("slow", f"the core runs uncompiled: {why}. Install gcc and python3-dev, then make run"))
    return lines


def _say_demo(app: App, credentials: Credentials) -> None:
    keys, login = {**credentials.users, "operator": credentials.operator}, credentials.rewards
    _say(
        [
            *_addresses(app),
            ("", ""),
            *((name, f"api_key {key.api_key}\n             secret  {key.secret}") for name, key in keys.items()),
            *([("rewards", f"{login.username} at {login.organisation}, password {login.password}")] if login else []),
            ("", f"(the same in {app.options.directory / CREDENTIALS}; a demo's keys protect nothing)"),
            ("", ""),
            ("", "Ctrl-C ends it. Orders and balances are on disk; started again, it goes on with them."),
        ]
    )


def _say(lines: list[tuple[str, str]]) -> None:
    text = "\n".join(f"  {name.ljust(9)}  {value}".rstrip() for name, value in lines)
    try:
        print(f"\nfondaco {__version__}\n\n{text}\n", flush=True)
    except OSError:
        pass  # nobody reads it; the house goes on
