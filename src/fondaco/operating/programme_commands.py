"""`fondaco programme`: reward programmes of a house that does not run."""

from __future__ import annotations

import getpass
import secrets
import sys
from pathlib import Path
from typing import Annotated

import msgspec
from cyclopts import App, Parameter

Data = Annotated[Path, Parameter(help="The data directory.")]

app = App(name="programme", help="Make and list reward programmes while no house runs.")


@app.command
def create(
    name: Annotated[str, Parameter(help="Its name, which is the organisation that operators log in to.")],
    /,
    *,
    username: Annotated[str, Parameter(help="Its first operator, with the role ADMIN.")],
    ask_password: Annotated[
        bool,
        Parameter(
            help="Read the password from the terminal, or a line of standard input; else one is made up.", negative=""
        ),
    ] = False,
    fee_rebate: Annotated[
        bool, Parameter(help="Its purchases are the trading fees of referred users.", negative="")
    ] = False,
    data: Data,
) -> None:
    """Make a programme with its first operator and print how to log in, as JSON. The password is not shown again."""
    from fondaco.operating.programmes import create as create_programme

    password = _asked() if ask_password else secrets.token_urlsafe(18)
    _print(create_programme(data, name, username, password, is_fee_rebate=fee_rebate))


@app.command(name="list")
def list_(*, data: Data) -> None:
    """Print all programmes and their operators, one JSON line each, the oldest first."""
    from fondaco.operating.programmes import listed

    for programme in listed(data):
        _print(programme)


def _asked() -> str:
    return getpass.getpass("password: ") if sys.stdin.isatty() else sys.stdin.readline().rstrip("\n")


def _print(shown: msgspec.Struct) -> None:
    sys.stdout.write(msgspec.json.encode(shown).decode() + "\n")
