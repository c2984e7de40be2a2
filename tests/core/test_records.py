"""What is remembered for ever: records, done balance updates and users, each against a plain dictionary."""

from __future__ import annotations

from hashlib import blake2b
from zlib import crc32

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fondaco.core.done_updates import DoneUpdates
from fondaco.core.instruments import User
from fondaco.core.records import FILL, Records
from fondaco.core.state import BalanceUpdateDone
from fondaco.core.users import Users

MANY = 20_000


def named(name: bytes) -> bytes:
    """No name that begins with its length is the beginning of another."""
    return bytes([len(name)]) + name


@given(st.lists(st.tuples(st.binary(max_size=3), st.binary(max_size=40)), max_size=300))
def test_records_are_found_by_their_names_and_numbered_in_order(asked: list[tuple[bytes, bytes]]) -> None:
    records, naive = Records(), dict[bytes, bytes]()
    for short, rest in asked:
        name = named(short)
        number = records.find(name)
        assert number == (list(naive).index(name) + 1 if name in naive else 0)
        if not number:
            naive[name] = name + rest
            assert records.add(name + rest, len(name)) == len(naive)
    assert list(records) == list(naive.values())
    assert [records.find(name) for name in naive] == list(range(1, len(naive) + 1))


def test_many_records_grow_and_collide_and_all_are_found() -> None:
    names = [named(blake2b(b"%d" % number, digest_size=8).digest()) for number in range(2 * MANY)]
    tags = [crc32(name) & 0xFFFFFF for name in names]
    assert len(set(tags)) < len(tags), "these names do not collide; the test would show nothing"
    records = Records()
    for name in names[:MANY]:
        records.add(name, len(name))
    assert [records.find(name) for name in names] == [*range(1, MANY + 1), *[0] * MANY]
    assert len(records) == MANY > 1000 * FILL


def test_a_longer_name_of_the_same_hash_is_another() -> None:
    # The name asked for runs past the end of the only record, which its bucket leads to.
    records = Records()
    records.add(named(b"a"), 2)
    tag = crc32(named(b"a")) & 0xFFFFFF
    twin = next(name for n in range(1 << 26) if crc32(name := named(b"%d" % n)) & 0xFFFFFF == tag)
    assert records.find(twin) == 0


@pytest.mark.parametrize("number", [0, 2, -1])
def test_a_record_that_is_not_there_has_no_bytes(number: int) -> None:
    records = Records()
    records.add(b"\1a", 2)
    with pytest.raises(IndexError, match=f"record {number} of 1"):
        records[number]


units = st.integers(-(2**63), 2**63 - 1)
updates = st.builds(
    BalanceUpdateDone,
    user_id=st.integers(1, 3) | st.integers(0, 2**32 - 1),
    asset_id=st.integers(1, 2) | st.integers(0, 2**16 - 1),
    business=st.sampled_from(["deposit", "d", "x" * 32]),
    business_id=st.integers(0, 3) | st.integers(0, 2**63 - 1),
    change_units=units,
    balance_units=units,
    detail=st.text(max_size=3) | st.just("ω" * 1024),
)


@given(st.lists(updates, max_size=100))
def test_done_updates_are_remembered_as_by_a_dictionary(asked: list[BalanceUpdateDone]) -> None:
    known, naive = DoneUpdates(), dict[tuple[int, int, str, int], BalanceUpdateDone]()
    for done in asked:
        name = (done.user_id, done.asset_id, done.business, done.business_id)
        assert known.find(*name) == naive.get(name)
        if name not in naive:
            naive[name] = done
            known.add(done)
    assert len(known) == len(naive)
    assert msgspec.msgpack.encode(known.dump()) == msgspec.msgpack.encode(list(naive.values()))

    restored = DoneUpdates()
    restored.restore(msgspec.msgpack.decode(msgspec.msgpack.encode(known.dump()), type=list[msgspec.Raw]))
    assert restored.dump() == known.dump()
    assert [restored.find(*name) for name in naive] == list(naive.values())


@given(st.lists(st.tuples(st.sampled_from(["ada", "bob", "ad", "c" * 64, "d-1"]), st.booleans()), max_size=40))
def test_users_are_known_as_by_dictionaries(asked: list[tuple[str, bool]]) -> None:
    users, naive = Users(), dict[int, User]()
    for name, disabled in asked:
        known = {user.name: user_id for user_id, user in naive.items()}
        assert users.ids.get(name) == known.get(name)
        user = User(known.get(name, len(naive) + 1), name, disabled)
        users.put(user)
        naive[user.user_id] = user
    assert users == naive
    assert list(users.values()) == list(naive.values())
    assert dict(users.ids) == {user.name: user_id for user_id, user in naive.items()}
    assert [users.is_disabled(user_id) for user_id in naive] == [user.disabled for user in naive.values()]
    assert [user_id in users for user_id in (0, -1, len(naive) + 1)] == [False] * 3
    assert "é" not in users.ids
    assert "e" * 300 not in users.ids
