"""`fondaco key`: keys of a house that does not run. While it runs, key.create and key.revoke do the same."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated, Literal

import msgspec
from cyclopts import App, Parameter

Scope = Literal["read", "trade", "transfer", "operate"]
Data = Annotated[Path, Parameter(help="The data directory.")]

app = App(name="key", help="Make, list and revoke API keys while no house runs.")


@app.command
def create(
    user: Annotated[str, Parameter(help="Whose key it is.")],
    /,
    *,
    scope: Annotated[tuple[Scope, ...], Parameter(help="What the key may do; give it several times.", negative="")] = (
        "read",
        "trade",
    ),
    address: Annotated[
        tuple[str, ...], Parameter(help="Addresses or networks it may be used from; any by default.", negative="")
    ] = (),
    label: Annotated[str, Parameter(help="A word to find it by.")] = "",
    create_user: Annotated[bool, Parameter(help="Make the user too, if there is none.", negative="")] = False,
    data: Data,
) -> None:
    """Make a key and print it with its secret, as JSON. The secret is not shown again.

    The first operator of a new house: fondaco key create operator --scope operate --create-user --data DIR
    """
    from fondaco.operating.keys import create as create_key

    made = create_key(data, user, scope, address, label, create_user=create_user)
    _print(made)


@app.command(name="list")
def list_(*, data: Data) -> None:
    """Print all keys without their secrets, one JSON line each, the oldest first."""
    from fondaco.operating.keys import listed

    for key in listed(data):
        _print(key)


@app.command
def revoke(api_key: Annotated[str, Parameter(help="The key to end.")], /, *, data: Data) -> None:
    """End a key for good."""
    from fondaco.operating.keys import revoke as revoke_key

    revoke_key(data, api_key)
    print(f"{api_key} is revoked")


def _print(shown: msgspec.Struct) -> None:
    sys.stdout.write(msgspec.json.encode(shown).decode() + "\n")
