"""A request sent again: what tells it from another, and that it brings no old password back."""

from __future__ import annotations

from hashlib import blake2b
from pathlib import Path

from fondaco.desks.rewards.repeats import SECRET_NAME, Repeats
from fondaco.journal.secrets import SecretStore
from tests.desks.rewards.office import PROGRAMME, Office, office_on

CREATE = {"username": "zoe", "role": "READ", "password": "the first one"}


async def logs_in(office: Office, password: str) -> bool:
    login = {"username": "zoe", "organisation": PROGRAMME, "password": password}
    return (await office.send("authentication/token", login)).status == 200


async def test_a_late_repeat_brings_no_old_password_back(office: Office) -> None:
    created = (await office.asks("ada", "operators/create", "key-1", **CREATE)).data
    await office.does("operators/update", username="zoe", password="the second one")
    assert (await office.asks("ada", "operators/create", "key-1", **CREATE)).data == created
    assert not await logs_in(office, "the first one")
    assert await logs_in(office, "the second one")


async def test_a_repeated_update_changes_no_password_and_ends_no_tokens(office: Office) -> None:
    await office.does("operators/create", **CREATE)
    update = {"username": "zoe", "password": "the second one"}
    await office.asks("ada", "operators/update", "key-1", **update)
    await office.does("operators/update", username="zoe", password="the third one")
    login = {"username": "zoe", "organisation": PROGRAMME, "password": "the third one"}
    token = (await office.send("authentication/token", login)).data["token"]
    assert (await office.asks("ada", "operators/update", "key-1", **update)).status == 200
    assert (await office.send("programmes/show", {"token": token})).status == 200
    assert not await logs_in(office, "the second one")


async def test_a_repeat_keeps_the_password_that_the_first_could_not(office: Office) -> None:
    await office.asks("ada", "operators/create", "key-1", **CREATE)
    office.app.secrets.remove(f"rewards/{PROGRAMME}/zoe")
    assert not await logs_in(office, "the first one")
    await office.asks("ada", "operators/create", "key-1", **CREATE)
    assert await logs_in(office, "the first one")


async def test_another_password_is_another_body_after_a_restart_too(tmp_path: Path) -> None:
    async with office_on(tmp_path) as office:
        created = (await office.asks("ada", "operators/create", "key-1", **CREATE)).data
    async with office_on(tmp_path) as office:
        assert (await office.asks("ada", "operators/create", "key-1", **CREATE)).data == created
        other = await office.asks("ada", "operators/create", "key-1", **{**CREATE, "password": "another one"})
        assert other.refused[1::2] == ("CONFLICT", "Idempotency-Key")
        assert await logs_in(office, "the first one")


def test_a_body_cannot_be_confirmed_without_the_secret(tmp_path: Path) -> None:
    store = SecretStore(tmp_path / "secrets")
    given = Repeats(store).named(b"name", b"body")
    assert given == Repeats(store).named(b"name", b"body")
    assert given.body != blake2b(b"body", digest_size=16).digest()
    assert len(bytes.fromhex(store.get(SECRET_NAME) or "")) == 32
    elsewhere = Repeats(SecretStore(tmp_path / "others")).named(b"name", b"body")
    assert elsewhere.name == given.name  # a lost secret refuses what comes again, and does nothing twice
    assert elsewhere.body != given.body
