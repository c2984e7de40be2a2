"""A demo is seeded once, however often and however abruptly it is started."""

from __future__ import annotations

import stat
from pathlib import Path

import msgspec
import pytest

from fondaco.core.commands import HOUSE, BalanceUpdate, KeyCreate, KeyRevoke, UserCreate
from fondaco.demo.feed import ask
from fondaco.demo.seed import ApiKey, Credentials, SeedRefused, is_demo, seed, write_credentials
from fondaco.journal.secrets import SecretStore
from tests.demo.playing import PlainRuntime

HTTP = "http://127.0.0.1:8700"


def funds(runtime: PlainRuntime, name: str) -> dict[str, int]:
    house = runtime.house
    return {asset: house.balance(house.user_ids[name], asset_id)[0] for asset, asset_id in house.asset_ids.items()}


@pytest.fixture
def store(tmp_path: Path) -> SecretStore:
    return SecretStore(tmp_path / "secrets")


async def test_a_new_house_gets_what_the_demo_needs(store: SecretStore) -> None:
    runtime = PlainRuntime()
    credentials = await seed(runtime, store, HTTP)
    house = runtime.house
    assert set(house.asset_ids) == {"BTC", "ETH", "USDT"}
    assert set(house.market_ids) == {"BTCUSDT", "ETHUSDT"}
    assert set(house.user_ids) == {"maker", "taker", "alice", "bob", "operator"}
    for name in ("alice", "bob"):
        assert funds(runtime, name) == {"BTC": 100 * 10**8, "ETH": 1000 * 10**8, "USDT": 10_000_000 * 10**8}
        key = house.keys[credentials.users[name].api_key]
        assert (key.user_id, key.scopes) == (house.user_ids[name], ("read", "trade"))
        assert store.get(key.api_key) == credentials.users[name].secret
    assert "operate" in house.keys[credentials.operator.api_key].scopes
    assert is_demo(house)
    assert not runtime.refused
    assert set(house.imbalances().values()) == {0}


async def test_a_second_start_changes_no_key_and_gives_no_money_again(store: SecretStore) -> None:
    runtime = PlainRuntime()
    first = await seed(runtime, store, HTTP)
    alice = runtime.house.user_ids["alice"]
    await ask(runtime, [(HOUSE, BalanceUpdate(alice, "BTC", "withdraw", 1, -(10**8)))])
    second = await seed(runtime, store, "http://127.0.0.1:8701")
    assert (second.users, second.operator) == (first.users, first.operator)
    assert second.http == "http://127.0.0.1:8701"
    assert funds(runtime, "alice")["BTC"] == 99 * 10**8
    assert not runtime.refused


async def test_a_start_completes_what_a_crash_left_half_done(store: SecretStore) -> None:
    runtime = PlainRuntime()
    await ask(runtime, [(HOUSE, UserCreate("maker")), (HOUSE, UserCreate("taker"))])
    credentials = await seed(runtime, store, HTTP)
    assert len(runtime.house.users) == 5
    assert set(credentials.users) == {"alice", "bob"}
    assert not runtime.refused


@pytest.mark.parametrize("lost", ["revoked", "secret gone"])
async def test_a_dead_key_is_replaced(store: SecretStore, tmp_path: Path, lost: str) -> None:
    runtime = PlainRuntime()
    first = await seed(runtime, store, HTTP)
    if lost == "revoked":
        await ask(runtime, [(HOUSE, KeyRevoke(first.users["bob"].api_key))])
    else:
        store = SecretStore(tmp_path / "other secrets")
    second = await seed(runtime, store, HTTP)
    assert second.users["bob"] != first.users["bob"]
    assert store.get(second.users["bob"].api_key) == second.users["bob"].secret


async def test_a_house_that_is_no_demo_is_left_alone(store: SecretStore) -> None:
    runtime = PlainRuntime()
    await ask(runtime, [(HOUSE, UserCreate("treasury"))])
    before = runtime.house.next_seq
    with pytest.raises(SeedRefused, match=r"no demo: its first user is treasury; .*--data"):
        await seed(runtime, store, HTTP)
    assert runtime.house.next_seq == before
    assert not is_demo(runtime.house)


def test_credentials_are_written_as_documented_for_their_owner_only(tmp_path: Path) -> None:
    keys = {name: ApiKey(f"{name}-key", f"{name}-secret") for name in ("alice", "bob", "operator")}
    credentials = Credentials({name: keys[name] for name in ("alice", "bob")}, keys["operator"], HTTP)
    write_credentials(tmp_path, credentials)
    path = write_credentials(tmp_path, credentials)  # a second start writes it again
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert msgspec.json.decode(path.read_bytes()) == {
        "users": {
            "alice": {"api_key": "alice-key", "secret": "alice-secret"},
            "bob": {"api_key": "bob-key", "secret": "bob-secret"},
        },
        "operator": {"api_key": "operator-key", "secret": "operator-secret"},
        "http": HTTP,
    }
    assert [file.name for file in tmp_path.iterdir()] == ["credentials.json"]


async def test_a_demo_is_known_by_its_gifts_not_by_its_keys(store: SecretStore) -> None:
    demo, other = PlainRuntime(), PlainRuntime()
    await seed(demo, store, HTTP)
    await ask(demo, [(HOUSE, KeyRevoke(api_key)) for api_key in demo.house.keys])
    assert is_demo(demo.house)
    await ask(other, [(HOUSE, UserCreate("ann")), (HOUSE, KeyCreate("ann-key", 1, ("operate",), label="demo"))])
    assert not is_demo(other.house)
