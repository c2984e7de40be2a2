"""Setting up who may log in, and the programme itself.

A password is kept (as its hash) only once the house has taken the operator's command, so it never stands for a name
that was refused; until it is kept nobody can log in by that name. A repeat of the command brings no old password back
and ends no tokens: it keeps its password only where the first left none. Known limit: whoever changes a password and
hears nothing, as the house was killed between the command and the password, sends it again without the same key.
"""

from __future__ import annotations

from typing import Final

from msgspec import UNSET

from fondaco.core.rewards import actions as a
from fondaco.core.rewards import entities as e
from fondaco.core.rewards.entities import Clawback, EntityKind, Role
from fondaco.desks.rewards import translate_set_up as translate
from fondaco.desks.rewards.answering import changed, view_of
from fondaco.desks.rewards.call import Call
from fondaco.desks.rewards.failure import Code, Failure, not_found
from fondaco.desks.rewards.method import ADMIN, READ, Nothing, method
from fondaco.desks.rewards.passwords import WebApiKey
from fondaco.desks.rewards.set_up import by_view, currency_kept, kept, listing, made
from fondaco.wire.rewards import set_up as wire
from fondaco.wire.rewards import set_up_requests as asked
from fondaco.wire.rewards.base import Body, ListBody

_operator: Final = by_view(translate.operator)
_KEYS_MAX: Final = 1_000


async def show_programme(call: Call, body: Body) -> wire.Programme:
    return translate.programme(view_of(call), call.books.programme)


async def update_programme(call: Call, body: asked.ProgrammeUpdate) -> wire.Programme:
    old = call.books.programme
    action = a.ProgrammeUpdate(
        Clawback[kept(body.clawback, old.clawback.name)],
        currency_kept(call, body.base_currency, old.base_currency, "base_currency"),
    )
    return translate.programme(view_of(call), await made(call, action, e.Programme))


# ── operators ─────────────────────────────────────────────────────────────────────────────────────────────────────────


async def create_operator(call: Call, body: asked.OperatorCreate) -> object:
    passwords, programme = call.floor.passwords, call.books.programme.name
    hashed = await passwords.hashed(body.password)
    fact = await call.send(a.OperatorPut(0, body.username, Role[body.role]))
    entity = changed(fact, e.Operator)
    if not fact.repeated or not passwords.has(programme, entity.username):
        passwords.keep(programme, entity.username, hashed)
    return _operator(call, entity)


async def update_operator(call: Call, body: asked.OperatorUpdate) -> object:
    hashed = "" if body.password is UNSET else await call.floor.passwords.hashed(body.password)
    old = call.books.operators[_operator_number(call, body.username)]
    role, active = Role[kept(body.role, old.role.name)], kept(body.active, old.active)
    is_self = old.number == call.login.operator
    if is_self and (role < old.role or not active):
        raise Failure(Code.INVALID_STATE, "nobody takes his own role away; another admin can", "username")
    fact = await call.send(a.OperatorPut(old.number, old.username, role, active))
    entity = changed(fact, e.Operator)
    if hashed and not fact.repeated:
        call.floor.passwords.keep(call.books.programme.name, entity.username, hashed)
    if (hashed or not entity.active) and not fact.repeated:
        call.floor.logins.end_all(call.programme_id, entity.number)
    return _operator(call, entity)


def _operator_number(call: Call, username: str) -> int:
    number = call.books.usernames.get(username)
    if number is None:
        raise not_found(f"operator {username}", "username")
    return number


# ── web api keys ──────────────────────────────────────────────────────────────────────────────────────────────────────


async def create_key(call: Call, body: asked.WebApiKeyCreate) -> wire.NewWebApiKey:
    passwords, programme = call.floor.passwords, call.books.programme.name
    number = _operator_number(call, body.username)
    count = len(passwords.keys_of(programme))
    if count >= _KEYS_MAX:
        raise Failure(Code.INVALID_STATE, f"the programme has {count} keys and that is the most; revoke one", "count")
    key, secret = passwords.make_key(programme, number, body.label)
    operator = view_of(call).reference(EntityKind.OPERATOR, number)
    return wire.NewWebApiKey(key=key.key, label=key.label, operator=operator, secret=secret)


async def revoke_key(call: Call, body: asked.WebApiKeyRevoke) -> Nothing:
    known = call.floor.passwords.key_named(body.key)
    if known is None or known.programme != call.books.programme.name:
        raise not_found("web api key of this name", "key")
    call.floor.passwords.remove_key(body.key)
    call.floor.logins.end_of_key(call.programme_id, known.operator, known.key)
    return Nothing()


async def list_keys(call: Call, body: ListBody) -> wire.WebApiKeys:
    keys = call.floor.passwords.keys_of(call.books.programme.name)
    page = keys[body.offset : body.offset + body.number_of_results]
    shown = [_key(call, key) for key in page]
    return wire.WebApiKeys(web_api_keys=shown, offset=body.offset, number_of_results=len(shown))


def _key(call: Call, key: WebApiKey) -> wire.WebApiKey:
    operator = view_of(call).reference(EntityKind.OPERATOR, key.operator)
    return wire.WebApiKey(key=key.key, label=key.label, operator=operator)


METHODS: Final = (
    method("programmes/show", READ, Body, show_programme, "Show the programme", writes=False, answer=wire.Programme),
    method(
        "programmes/update",
        ADMIN,
        asked.ProgrammeUpdate,
        update_programme,
        "Choose what happens to spent rewards of cancelled purchases, and the base currency",
        writes=True,
        refuses=(Code.NOT_FOUND,),
        alone=True,
        answer=wire.Programme,
    ),
    method(
        "operators/create",
        ADMIN,
        asked.OperatorCreate,
        create_operator,
        "Let somebody log in",
        writes=True,
        refuses=(Code.INVALID_STATE,),
        answer=wire.Operator,
    ),
    method(
        "operators/update",
        ADMIN,
        asked.OperatorUpdate,
        update_operator,
        "Change an operator's role or password, or shut him out",
        writes=True,
        refuses=(Code.NOT_FOUND, Code.INVALID_STATE),
        alone=True,
        answer=wire.Operator,
    ),
    listing("operators", EntityKind.OPERATOR, _operator, wire.Operators),
    method(
        "web_api_keys/create",
        ADMIN,
        asked.WebApiKeyCreate,
        create_key,
        "Make a key for a program to log in with",
        writes=False,
        refuses=(Code.NOT_FOUND, Code.INVALID_STATE),
        answer=wire.NewWebApiKey,
    ),
    method(
        "web_api_keys/revoke",
        ADMIN,
        asked.WebApiKeyRevoke,
        revoke_key,
        "End a key for good, and the tokens that were got with it",
        writes=False,
        refuses=(Code.NOT_FOUND,),
    ),
    method("web_api_keys/list", ADMIN, ListBody, list_keys, "List web api keys", writes=False, answer=wire.WebApiKeys),
)
