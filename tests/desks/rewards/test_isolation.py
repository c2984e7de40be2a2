"""Two programmes in one house: by no method and no identifier does one see or change what is the other's."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final, get_args, get_type_hints

import msgspec

from fondaco.core.rewards.entities import EntityKind
from fondaco.desks.rewards.identifiers import identifier, parse
from fondaco.desks.rewards.method import Method
from fondaco.desks.rewards.methods import METHODS
from fondaco.runtime.limits import Limits
from fondaco.wire.rewards.base import CodeIdentifier, CurrencyIdentifier, DocumentIdentifier, EventIdentifier
from tests.desks.rewards.furnished import furnish_everything, purchase
from tests.desks.rewards.office import Answer, Office, office_on

WIDE: Final = Limits(history_wait_timeout_ms=60_000, requests_per_second_max=1_000_000, requests_burst_max=1_000_000)
MARK: Final = "Zanipolo"
IDENTIFIERS: Final = (CodeIdentifier, CurrencyIdentifier, DocumentIdentifier, EventIdentifier)
#: What the bodies need besides the identifier that is tried.
OTHERS: Final[dict[str, Any]] = {
    "amount": 1,
    "name": "x",
    "contribution_percentage": 1,
    "award_percentage": 1,
    "performed_on": "2016-09-28T12:00:00",
    "currency": "EUR",
    "lines": [{"line_id": "1", "total_amount": 1}],
    "to_date": None,
    "from_sequence": 1,
    "performed_by_unit_identifier": {"code": "stall"},
    "participant_identifier": {"code": "georgia"},
    "accounts_receivable_identifier": {"number": "ACR0000000001"},
    "scheme_identifier": {"number": "1"},
    "unit_identifier": {"code": "stall"},
    "offer_identifier": {"number": "1"},
    "contribution_rule_identifier": {"number": "1"},
}


def identifier_fields(method: Method) -> Iterator[tuple[str, type]]:
    """The fields of a method's body that name a thing."""
    for name, hint in get_type_hints(method.body).items():
        for each in get_args(hint) or (hint,):
            if each in IDENTIFIERS:
                yield name, each


def needed(body: type[msgspec.Struct], field: str) -> dict[str, Any]:
    fields = msgspec.structs.fields(body)
    names = {each.name for each in fields if each.required or each.name == "award_percentage"}
    return {name: OTHERS[name] for name in names - {field} if name in OTHERS}


def names_in(value: Any, name: str) -> Iterator[str]:
    """Every text under a name, anywhere in an answer."""
    if isinstance(value, list):
        for each in value:
            yield from names_in(each, name)
    elif isinstance(value, dict):
        if isinstance(value.get(name), str):
            yield value[name]
        for each in value.values():
            yield from names_in(each, name)


async def lists(office: Office) -> dict[str, Answer]:
    """What every list of a programme tells its admin."""
    paths = [path for path in METHODS if path.endswith("/list")]
    return {path: await office.asks("ada", path, number_of_results=100) for path in paths}


async def two_programmes(office: Office) -> tuple[Office, Office]:
    """The first is furnished under a name that tells it; the second alike, but has none of its numbers beyond."""
    other = Office(office.app, office.http)
    other.tokens["ada"] = await office.token("ada", "Another")
    await furnish_everything(office, MARK)
    await furnish_everything(other)
    return office, other


async def test_no_identifier_reaches_into_another_programme(tmp_path: Path) -> None:
    async with office_on(tmp_path, WIDE, access_log=False) as office:
        first, second = await two_programmes(office)
        told, own = await lists(first), await lists(second)
        ids = {each for answer in told.values() for each in names_in(answer.data, "id")}
        keys = {each for answer in told.values() for each in names_in(answer.data, "key")}
        assert len(ids) > 60
        assert MARK.encode() in b"".join(answer.body for answer in told.values())
        for answer in own.values():
            assert MARK.encode() not in answer.body
            assert not ids & set(names_in(answer.data, "id"))

        of_each_kind = {parse(each)[1]: each for each in sorted(ids)}  # type: ignore[index]
        tried = {*of_each_kind.values(), *(identifier(1, kind, 2) for kind in range(1, len(EntityKind) + 3))}
        before, asked = office.app.house.rewards.programmes[1].dump(), 0
        fields = [(path, *each) for path, method in METHODS.items() for each in identifier_fields(method)]
        assert len(fields) > 60
        for path, field, type_ in fields:
            for each in tried:
                body = {**needed(METHODS[path].body, field), field: {"id": each}}
                answer = await second.asks("ada", path, **body)
                assert answer.refused[1::2] == ("NOT_FOUND", f"{field}.id"), (path, body, answer.body, type_)
                assert MARK not in answer.refused[2]
                asked += 1
        for key in keys:
            revoked = await second.asks("ada", "web_api_keys/revoke", key=key)
            assert revoked.refused[1] == "NOT_FOUND"
        assert office.app.house.rewards.programmes[1].dump() == before
        assert {path: answer.data for path, answer in (await lists(first)).items()} == {
            path: answer.data for path, answer in told.items()
        }
        print(asked, "times a thing of another programme was asked for")


async def test_names_numbers_and_keys_are_each_programmes_own(tmp_path: Path) -> None:
    async with office_on(tmp_path, WIDE, access_log=False) as office:
        first, second = await two_programmes(office)
        await first.does("customer_events/purchases/create", **purchase(50))
        await first.does("units/create", code="only-here", name=MARK)
        for body in ({"number": "13"}, {"reference_number": "R-50"}):
            answer = await second.asks("ada", "customer_events/purchases/show", customer_event_identifier=body)
            assert answer.refused[1] == "NOT_FOUND"
        answer = await second.asks("ada", "units/show", unit_identifier={"code": "only-here"})
        assert answer.refused[1] == "NOT_FOUND"
        assert (await second.does("customer_events/purchases/create", **purchase(50)))["number"] == "13"
        path, key = "customer_events/purchases/create", "the same key"
        one = await first.asks("ada", path, key, **purchase(51))
        other = await second.asks("ada", path, key, **purchase(52))
        assert one.data["id"] != other.data["id"]
        assert (await second.asks("ada", path, key, **purchase(52))).data == other.data


def test_every_field_of_a_body_that_names_a_thing_is_tried() -> None:
    """Whatever is called an identifier is one, at the top of a body: none hides deeper but in rows of a bulk."""
    for path, method in METHODS.items():
        names = {each.name for each in msgspec.structs.fields(method.body) if each.name.endswith("_identifier")}
        assert names == {name for name, _ in identifier_fields(method)}, path
