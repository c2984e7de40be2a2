"""What a demo needs before its first quote: assets, markets, users, balances, keys. Given once, checked at each start.

Everything is a journalled command, and everything looks first at what the house already has: a start after a crash in
the middle completes the rest. Balances are given under one business id per user and asset, so never twice. The keys and
their secrets outlive a restart; credentials.json (mode 0600) is written anew from them at every start, because the
address may have changed.

A demo is known by its gifts, whose business nobody else may use: they stand in the journal before any key does, and
outlive revoked keys, lost files and copies. `fondaco up` refuses such a house.
"""

from __future__ import annotations

import os
import secrets
from pathlib import Path

import msgspec

from fondaco.core.commands import (
    HOUSE,
    AssetCreate,
    BalanceUpdate,
    Command,
    KeyCreate,
    MarketCreate,
    UserCreate,
)
from fondaco.core.events import EventKind, kind_of
from fondaco.core.house import House
from fondaco.core.instruments import SCOPES
from fondaco.core.rejects import Reject
from fondaco.core.units import parse_units
from fondaco.demo.feed import Submits, ask
from fondaco.demo.rialto import RewardsLogin
from fondaco.demo.tape import RECORDINGS, Recording
from fondaco.desks.exchange.operator_params import DEMO_GIFT
from fondaco.journal.errors import OperatingError
from fondaco.journal.secrets import SecretStore

DEMO_LABEL = "demo"
GIFT_ID = 1
CREDENTIALS = "credentials.json"
MAKER, TAKER, OPERATOR = "maker", "taker", "operator"
PEOPLE = ("alice", "bob")
USERS = (MAKER, TAKER, *PEOPLE, OPERATOR)
ASSETS = {"BTC": 8, "ETH": 8, "USDT": 8}  # name → scale digits
FEE_PPM = 1000
MONEY_MIN = "0.1"
WHOLE_UNITS_OF_PEOPLE = {"BTC": 100, "ETH": 1000, "USDT": 10_000_000}


class ApiKey(msgspec.Struct, frozen=True):
    api_key: str
    secret: str


class Credentials(msgspec.Struct, frozen=True, omit_defaults=True):
    """credentials.json: who may try the demo, and where it is. ``rewards`` is added by whoever seeds a programme."""

    users: dict[str, ApiKey]
    operator: ApiKey
    http: str
    rewards: RewardsLogin | None = None


class SeedRefused(OperatingError):
    """The house refused one of the demo's commands: this directory is not a demo's, or another version's."""


async def seed(runtime: Submits, store: SecretStore, http: str) -> Credentials:
    """Brings the house to what the demo needs; returns the credentials. Changes nothing where all is there."""
    house = runtime.house
    if house.users and house.user_ids.get(MAKER) != 1:
        raise SeedRefused(
            "this house is no demo: its first user is "
            f"{house.users[1].name}; start the demo on another directory with --data"
        )
    await _give(runtime, [UserCreate(name) for name in USERS if name not in house.user_ids])  # the maker comes first
    await _give(runtime, [AssetCreate(name, digits) for name, digits in ASSETS.items() if name not in house.asset_ids])
    await _give(runtime, [_market(each) for each in RECORDINGS if each.market not in house.market_ids])
    gifts: list[Command] = [
        BalanceUpdate(house.user_ids[name], asset, DEMO_GIFT, GIFT_ID, whole_units * 10 ** ASSETS[asset])
        for name in PEOPLE
        for asset, whole_units in WHOLE_UNITS_OF_PEOPLE.items()
    ]
    await _give(runtime, gifts)
    keys = {name: await _key(runtime, store, name, ("read", "trade")) for name in PEOPLE}
    return Credentials(keys, await _key(runtime, store, OPERATOR, SCOPES), http)


def write_credentials(directory: Path, credentials: Credentials) -> Path:
    """Writes DIR/credentials.json, readable by its owner only, in one step."""
    path = directory / CREDENTIALS
    draft = path.with_suffix(".new")
    draft.unlink(missing_ok=True)
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(msgspec.json.format(msgspec.json.encode(credentials), indent=2) + b"\n")
    draft.replace(path)
    return path


def is_demo(house: House) -> bool:
    """Whether a demo made this house: somebody got its gifts."""
    return any(
        house.is_balance_updated(house.user_ids.get(name, 0), house.asset_ids.get(asset, 0), DEMO_GIFT, GIFT_ID)
        for name in PEOPLE
        for asset in ASSETS
    )


def _market(recording: Recording) -> MarketCreate:
    return MarketCreate(
        recording.market,
        recording.stock,
        recording.money,
        recording.price_digits,
        recording.amount_digits,
        amount_lots_min=1,
        money_units_min=parse_units(MONEY_MIN, ASSETS[recording.money]),
        maker_fee_ppm=FEE_PPM,
        taker_fee_ppm=FEE_PPM,
    )


async def _key(runtime: Submits, store: SecretStore, name: str, scopes: tuple[str, ...]) -> ApiKey:
    house = runtime.house
    user_id = house.user_ids[name]
    for key in house.keys.values():
        secret = store.get(key.api_key)
        if key.user_id == user_id and key.label == DEMO_LABEL and not key.revoked and secret is not None:
            return ApiKey(key.api_key, secret)
    made = ApiKey(secrets.token_hex(16), secrets.token_hex(32))
    store.put(made.api_key, made.secret)  # before the journal knows the key: a key without its secret is dead
    await _give(runtime, [KeyCreate(made.api_key, user_id, scopes, label=DEMO_LABEL)])
    return made


async def _give(runtime: Submits, commands: list[Command]) -> None:
    for command, (row, _) in zip(commands, await ask(runtime, [(HOUSE, each) for each in commands]), strict=True):
        if kind_of(row) == EventKind.REJECT and row[2] != Reject.BUSINESS_ID_REUSED:
            raise SeedRefused(
                f"the demo's {type(command).__name__} was refused ({Reject(row[2]).name}); "
                "start it on another directory with --data, or wipe this one with --fresh"
            )
