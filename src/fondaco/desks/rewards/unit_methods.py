"""Setting units up: the places where purchases are made, and whose they are."""

from __future__ import annotations

from typing import Final

from fondaco.core.rewards import actions as a
from fondaco.core.rewards import entities as e
from fondaco.core.rewards.entities import EntityKind
from fondaco.desks.rewards import translate_set_up as translate
from fondaco.desks.rewards.call import Call
from fondaco.desks.rewards.failure import Code
from fondaco.desks.rewards.method import ADMIN, method
from fondaco.desks.rewards.resolve import entity_of
from fondaco.desks.rewards.set_up import (
    by_view,
    kept,
    listing,
    made,
    number_kept,
    showing,
    text_kept,
)
from fondaco.wire.rewards import set_up as wire
from fondaco.wire.rewards import set_up_requests as asked

_unit: Final = by_view(translate.unit)


async def create(call: Call, body: asked.UnitCreate) -> object:
    return await _put_unit(call, body, e.Unit(0, "", body.name), body.name)


async def update(call: Call, body: asked.UnitUpdate) -> object:
    old: e.Unit = entity_of(call, EntityKind.UNIT, body.unit_identifier, "unit_identifier")
    return await _put_unit(call, body, old, kept(body.name, old.name))


async def _put_unit(call: Call, body: asked.UnitTerms, old: e.Unit, name: str) -> object:
    unit = e.Unit(
        number=old.number,
        code=text_kept(body.code, old.code),
        name=name,
        merchant=number_kept(call, EntityKind.MERCHANT, body.merchant_identifier, old.merchant, "merchant_identifier"),
        effective=kept(body.effective, old.effective),
    )
    return _unit(call, await made(call, a.UnitPut(unit), e.Unit))


METHODS: Final = (
    method(
        "units/create",
        ADMIN,
        asked.UnitCreate,
        create,
        "Make a place where purchases are made",
        writes=True,
        refuses=(Code.NOT_FOUND,),
        answer=wire.Unit,
    ),
    method(
        "units/update",
        ADMIN,
        asked.UnitUpdate,
        update,
        "Change a unit",
        writes=True,
        refuses=(Code.NOT_FOUND,),
        alone=True,
        answer=wire.Unit,
    ),
    showing("units", EntityKind.UNIT, "unit_identifier", asked.UnitShow, _unit, wire.Unit),
    listing("units", EntityKind.UNIT, _unit, wire.Units),
)
