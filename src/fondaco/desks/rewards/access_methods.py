"""Logging in and out, the programme itself, its operators and their keys.

Source: rewards.notes.md, Auth; rewards.md, Parameters (token).
"""

from __future__ import annotations

import base64
import binascii
from typing import Final

from fondaco.core.rewards import actions as a
from fondaco.core.rewards import entities as e
from fondaco.core.rewards.entities import Clawback, EntityKind, Role
from fondaco.desks.rewards.call import Call
from fondaco.desks.rewards.failure import Code, Failure, not_found
from fondaco.desks.rewards.method import method
from fondaco.wire.rewards import access as wire
from fondaco.wire.rewards.base import Body


async def _token(call: Call, body: wire.TokenRequest) -> wire.Token:
    desk = call.desk
    programme_id = desk.house.rewards.programme_ids.get(body.organisation, 0)
    books = desk.house.rewards.programmes.get(programme_id)
    operator = books.operators.get(books.usernames.get(body.username, 0)) if books else None
    known = programme_id if operator is not None and operator.active else 0
    if not await desk.passwords.check(known, body.username, body.password, call.address) or operator is None:
        raise Failure(Code.INVALID_TOKEN, "unknown organisation or username, or a wrong password", "password")
    return wire.Token(desk.sessions.open(programme_id, operator.number))


async def _key_token(call: Call, body: wire.KeyTokenRequest) -> wire.Token:
    desk = call.desk
    scheme, _, encoded = call.authorization.partition(" ")
    try:
        key, _, secret = base64.b64decode(encoded.strip(), validate=True).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError):
        key = ""
    if scheme.lower() != "basic" or not key:
        raise Failure(Code.MISSING_PARAMETER, "send Authorization: Basic with web API key and secret", "Authorization")
    holder = desk.passwords.holder(key, secret, call.address)
    operator = None if holder is None else desk.house.rewards.programmes[holder[0]].operators[holder[1]]
    if holder is None or operator is None or not operator.active:
        raise Failure(Code.INVALID_TOKEN, "unknown web API key or wrong secret", "Authorization")
    return wire.Token(desk.sessions.open(*holder))


async def _release(call: Call, body: Body) -> wire.Empty:
    call.desk.sessions.release(body.token)
    return wire.Empty()


def _programme(call: Call, programme: e.Programme) -> wire.Programme:
    base = call.books.currencies.get(programme.base_currency)
    return wire.Programme(
        id=call.id(EntityKind.PROGRAMME, programme.number),
        name=programme.name,
        clawback_policy=programme.clawback.name,
        is_fee_rebate=programme.is_fee_rebate,
        base_currency=base.code if base else None,
    )


async def _show_programme(call: Call, body: Body) -> wire.Programme:
    return _programme(call, call.books.programme)


async def _update_programme(call: Call, body: wire.ProgrammeUpdate) -> wire.Programme:
    programme = call.books.programme
    clawback = programme.clawback if body.clawback_policy is None else Clawback[body.clawback_policy]
    base = programme.base_currency
    if body.base_currency is not None:
        base = call.currency(body.base_currency, "base_currency").number
    fact = await call.send(a.ProgrammeUpdate(clawback, base))
    (changed,) = fact.changed
    assert isinstance(changed, e.Programme)
    return _programme(call, changed)


def _operator(call: Call, operator: e.Operator) -> wire.Operator:
    id_ = call.id(EntityKind.OPERATOR, operator.number)
    return wire.Operator(id=id_, username=operator.username, role=operator.role.name, active=operator.active)


async def _put_operator(call: Call, action: a.OperatorPut) -> wire.Operator:
    (changed,) = (await call.send(action)).changed
    assert isinstance(changed, e.Operator)
    return _operator(call, changed)


async def _create_operator(call: Call, body: wire.OperatorCreate) -> wire.Operator:
    if body.username in call.books.usernames:
        raise Failure(Code.INVALID_STATE, f"there is an operator {body.username} already", "username")
    # The password is durable before the journal knows the operator: one without it could not log in.
    await call.desk.passwords.set(call.programme_id, body.username, body.password)
    return await _put_operator(call, a.OperatorPut(0, body.username, Role[body.role]))


async def _update_operator(call: Call, body: wire.OperatorUpdate) -> wire.Operator:
    old = _named(call, body.username)
    if body.password is not None:
        await call.desk.passwords.set(call.programme_id, body.username, body.password)
    role = old.role if body.role is None else Role[body.role]
    active = old.active if body.active is None else body.active
    assert call.operator is not None
    if old.number == call.operator.number and (role, active) != (old.role, old.active):
        raise Failure(Code.INVALID_STATE, "nobody takes his own rights away; another admin can", "username")
    return await _put_operator(call, a.OperatorPut(old.number, old.username, role, active))


async def _list_operators(call: Call, body: wire.OperatorPage) -> wire.OperatorList:
    newest = list(call.books.operators.values())[::-1][body.offset :][: body.number_of_results]
    operators = [_operator(call, operator) for operator in newest]
    return wire.OperatorList(operators=operators, offset=body.offset, number_of_results=len(operators))


async def _create_key(call: Call, body: wire.KeyCreate) -> wire.MadeKey:
    operator = _named(call, body.username)
    key, secret = call.desk.passwords.new_key(call.programme_id, operator.number)
    return wire.MadeKey(web_api_key=key, secret=secret)


async def _revoke_key(call: Call, body: wire.KeyRevoke) -> wire.Empty:
    if not call.desk.passwords.revoke_key(call.programme_id, body.web_api_key):
        raise not_found("web API key", "web_api_key")
    return wire.Empty()


def _named(call: Call, username: str) -> e.Operator:
    number = call.books.usernames.get(username)
    if number is None:
        raise not_found("operator", "username")
    return call.books.operators[number]


METHODS: Final = (
    method("authentication/token", None, wire.TokenRequest, wire.Token, _token, "Log in with a password."),
    method(
        "authentication/web_api_key/token",
        None,
        wire.KeyTokenRequest,
        wire.Token,
        _key_token,
        "Log in with a web API key, sent as HTTP Basic.",
    ),
    method("authentication/token/release", Role.READ, Body, wire.Empty, _release, "Log out."),
    method("programmes/show", Role.READ, Body, wire.Programme, _show_programme, "The programme and its policies."),
    method(
        "programmes/update",
        Role.ADMIN,
        wire.ProgrammeUpdate,
        wire.Programme,
        _update_programme,
        "Change the programme's policies.",
        writes=True,
    ),
    method(
        "operators/create", Role.ADMIN, wire.OperatorCreate, wire.Operator, _create_operator, "A new operator."
    ),
    method(
        "operators/update",
        Role.ADMIN,
        wire.OperatorUpdate,
        wire.Operator,
        _update_operator,
        "Change an operator's role or password, or whether he may log in.",
    ),
    method("operators/list", Role.ADMIN, wire.OperatorPage, wire.OperatorList, _list_operators, "All operators."),
    method("web_api_keys/create", Role.ADMIN, wire.KeyCreate, wire.MadeKey, _create_key, "A web API key of an operator."),
    method("web_api_keys/revoke", Role.ADMIN, wire.KeyRevoke, wire.Empty, _revoke_key, "End a web API key."),
)
