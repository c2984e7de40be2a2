"""People's keys: sealed data opens while a person's key is there, and never after it was destroyed."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest

from fondaco.journal import layout
from fondaco.journal.backup import backup, copy_people
from fondaco.journal.errors import BackupRefused, JournalDamaged, NotInJournal, SecretsExposed
from fondaco.journal.people import OVERHEAD_BYTES, PERSON_BYTES, People
from tests.journal.houses import Trading

PLAIN = '{"name":"Ανθή Μαρκέζη"}'.encode()


def test_what_is_sealed_opens_again_and_after_a_restart(tmp_path: Path) -> None:
    path = layout.people_path(tmp_path)
    people = People(path)
    anthi, zeno = people.new_person(), people.new_person()
    sealed = people.seal(anthi, PLAIN)
    assert len(sealed) == len(PLAIN) + OVERHEAD_BYTES
    assert sealed.startswith(anthi)
    assert b"name" not in sealed
    assert people.seal(anthi, PLAIN) != sealed, "a nonce is used once"
    assert people.open(people.seal(zeno, b"")) == b""
    assert people.open(b"") is None
    people.close()
    again = People(path)
    assert again.open(sealed) == PLAIN
    assert len(again) == 2
    again.close()


def test_an_erased_person_is_gone_from_the_file_too(tmp_path: Path) -> None:
    path = layout.people_path(tmp_path)
    people = People(path)
    everybody = people.new_people(500)
    assert len(set(everybody)) == 500
    sealed = [people.seal(person, PLAIN) for person in everybody]
    keys = [people._key(person) or b"" for person in everybody]
    content = path.read_bytes()
    assert all(key in content for key in keys)
    assert people.erase(sealed[7])
    assert people.erase(everybody[300])
    assert not people.erase(everybody[300]), "there is nothing left to erase"
    left = set(range(500)) - {7, 300}
    assert {number for number in range(500) if people.open(sealed[number]) == PLAIN} == left
    assert people.open(sealed[7]) is None
    with pytest.raises(KeyError, match="erased"):
        people.seal(everybody[7], PLAIN)
    content = b"".join(each.read_bytes() for each in tmp_path.iterdir())
    assert {number for number in range(500) if keys[number] in content} == left
    people.close()


def test_every_byte_of_what_is_sealed_counts(tmp_path: Path) -> None:
    people = People(layout.people_path(tmp_path))
    person, other = people.new_person(), people.new_person()
    sealed = people.seal(person, b"secret")
    for offset in range(PERSON_BYTES, len(sealed)):
        with pytest.raises(JournalDamaged, match=f"person {person.hex()} does not fit"):
            people.open(sealed[:offset] + bytes([sealed[offset] ^ 1]) + sealed[offset + 1 :])
    with pytest.raises(JournalDamaged, match="does not fit"):
        people.open(other + sealed[PERSON_BYTES:])
    with pytest.raises(JournalDamaged, match="43 bytes are no sealed contact"):
        people.open(sealed[:43])
    people.close()


def test_the_keys_are_for_their_owner_alone(tmp_path: Path) -> None:
    path = layout.people_path(tmp_path)
    people = People(path)
    key = people._key(people.new_person())
    assert key is not None
    assert key.hex() not in repr(people)
    people.close()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    path.chmod(0o640)
    with pytest.raises(SecretsExposed, match=f"mode 0640, so others can read it; run: chmod 600 {path}"):
        People(path)
    path.chmod(0o600)
    path.write_bytes(b"no database" * 100)
    with pytest.raises(JournalDamaged, match="restore people's keys"):
        People(path)


def test_a_backup_holds_no_keys_and_their_one_copy_forgets_who_is_erased(tmp_path: Path) -> None:
    house, copy, file = tmp_path / "house", tmp_path / "copy", tmp_path / "people"
    Trading(house).close()
    backup(house, copy)
    with pytest.raises(NotInJournal, match="this house knows no people"):
        copy_people(house, file, copy)
    people = People(layout.people_path(house))
    stays, goes = people.new_people(2)
    sealed = [people.seal(person, PLAIN) for person in (stays, goes)]
    backup(house, tmp_path / "second")
    assert not layout.people_path(tmp_path / "second").exists()
    for inside in (house / "people", copy / "people"):
        with pytest.raises(BackupRefused, match="lies inside"):
            copy_people(house, inside, copy)
    assert copy_people(house, file, copy) == 2
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    key = people._key(goes)
    assert key is not None
    assert key in file.read_bytes()
    people.erase(goes)
    assert copy_people(house, file, copy) == 1
    people.close()
    assert key not in file.read_bytes()
    file.rename(layout.people_path(copy))
    restored = People(layout.people_path(copy))
    assert [restored.open(each) for each in sealed] == [PLAIN, None]
    restored.close()
