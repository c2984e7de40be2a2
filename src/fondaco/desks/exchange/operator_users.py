"""What the operator does with users and keys.

A new key's secret is made here and is on disk before the key's command is journalled: a key in the journal always has
its secret, and a secret whose command failed is dead.

Whoever asks here is an operator, so the house keeps one as long as nobody takes the right from himself: disabling
oneself is refused, and so is revoking the key one asks with, if it is the last that operates. Of two operators who
disable each other at once the first stays. Known limit: two who revoke their own keys at once leave nobody; the way out
is `fondaco key create`.

Source: exchange.notes.md, Operator methods.
"""

from __future__ import annotations

import secrets
from typing import Any, Final

from fondaco.core.commands import KeyCreate, KeyRevoke, UserCreate, UserDisable, UserEnable
from fondaco.core.events import Fact, KeyCreated, UserCreated, UserDisabled, UserEnabled
from fondaco.core.instruments import SCOPES, User
from fondaco.core.naming_commands import ADDRESSES_MAX, LABEL_LENGTH_MAX
from fondaco.desks.common.auth import is_network
from fondaco.desks.common.operators import has_operator
from fondaco.desks.exchange.caller import Caller, Pending
from fondaco.desks.exchange.errors import Code, WireError, invalid
from fondaco.desks.exchange.fact_waiter import done, send
from fondaco.desks.exchange.method import method
from fondaco.desks.exchange.naming import USERS, named
from fondaco.desks.exchange.operator_params import known_user
from fondaco.desks.exchange.params import NAME_LENGTH_MAX, arity, array, options, text
from fondaco.desks.exchange.translate import kind_of
from fondaco.wire import exchange as wire

_API_KEY_BYTES: Final = 12
_SECRET_BYTES: Final = 32


def _create_user(caller: Caller, params: list[Any], request_id: int | None) -> Pending:
    arity(params, 1, 1, "name")
    name = named(params[0], "name", USERS)
    if name.isdigit():
        raise invalid(f"name {name} is digits alone, which reads as a user's number; add a letter")
    return send(caller, request_id, UserCreate(name), _user_changed, f"the user {name}")


def _disable_user(caller: Caller, params: list[Any], request_id: int | None) -> Pending:
    arity(params, 1, 1, "user")
    user = known_user(caller, params[0])
    if user.user_id == caller.user_id():
        raise invalid(f"user {user.name} is you, and could not undo it; ask another operator to disable you")
    return send(caller, request_id, UserDisable(user.user_id), _user_changed, user.name)


def _enable_user(caller: Caller, params: list[Any], request_id: int | None) -> Pending:
    arity(params, 1, 1, "user")
    user = known_user(caller, params[0])
    return send(caller, request_id, UserEnable(user.user_id), _user_changed, user.name)


def _user_changed(caller: Caller, fact: Fact) -> wire.UserRecord:
    assert isinstance(fact, UserCreated | UserDisabled | UserEnabled)
    return user_record(fact.user)


def user_record(user: User) -> wire.UserRecord:
    return wire.UserRecord(user.user_id, user.name, user.disabled)


def _create_key(caller: Caller, params: list[Any], request_id: int | None) -> Pending:
    arity(params, 2, 3, "user, [scopes], {addresses, label}?")
    user = known_user(caller, params[0])
    scopes = _scopes(params[1])
    given = options(params[2], ("addresses", "label")) if len(params) == 3 else {}
    addresses = _addresses(given.get("addresses", []))
    label = text(given["label"], "label", LABEL_LENGTH_MAX) if "label" in given else ""
    keys_max = caller.floor.limits.keys_max
    if len(caller.floor.house.keys) >= keys_max:
        raise invalid(f"the house has {keys_max} keys and takes no more; raise keys_max in its limits")
    if caller.floor.runtime.intake_stopped is not None:  # before the secret is written, which nobody would ever use
        raise WireError(Code.SERVICE_UNAVAILABLE, caller.floor.runtime.intake_stopped)
    api_key, secret = secrets.token_hex(_API_KEY_BYTES), secrets.token_hex(_SECRET_BYTES)
    try:
        caller.floor.secrets.put(api_key, secret)
    except OSError as error:
        sentence = f"the secret could not be kept ({error.strerror}); no key was made, ask again when the disk is well"
        raise WireError(Code.SERVICE_UNAVAILABLE, sentence) from None

    def told(caller: Caller, fact: Fact) -> wire.NewKey:
        assert isinstance(fact, KeyCreated)
        return wire.NewKey(fact.key.api_key, secret)

    command = KeyCreate(api_key, user.user_id, scopes, addresses, label)
    return send(caller, request_id, command, told, f"the key for {user.name}")


def _revoke_key(caller: Caller, params: list[Any], request_id: int | None) -> Pending:
    arity(params, 1, 1, "api_key")
    api_key = text(params[0], "api_key")
    floor = caller.floor
    if _is_own(caller, api_key) and not has_operator(floor.house, floor.secrets, without=api_key):
        raise invalid(f"key {api_key} is the last that operates this house; make another with key.create first")
    return send(caller, request_id, KeyRevoke(api_key), done, api_key)


def _is_own(caller: Caller, api_key: str) -> bool:
    return caller.identity is not None and caller.identity.api_key == api_key


def _scopes(value: object) -> tuple[str, ...]:
    scopes = array(value, "scopes", len(SCOPES))
    for scope in scopes:
        if scope not in SCOPES:
            shown = repr(scope[:NAME_LENGTH_MAX]) if type(scope) is str else kind_of(scope)
            raise invalid(f"{shown} is no scope; there are {', '.join(SCOPES)}")
    if not scopes:
        raise invalid(f"scopes is empty; a key needs one of {', '.join(SCOPES)}")
    return tuple(scope for scope in SCOPES if scope in scopes)


def _addresses(value: object) -> tuple[str, ...]:
    addresses = array(value, "addresses", ADDRESSES_MAX)
    for address in addresses:
        shown = text(address, "an address")
        if not is_network(shown):
            raise invalid(f"{shown!r} is no address; send addresses or networks like 10.0.0.0/8")
    return tuple(addresses)


METHODS: Final = (
    method("user.create", "operate", "name", _create_user, "Makes a user."),
    method("user.disable", "operate", "user", _disable_user, "Takes a user's right to do more than cancel and read."),
    method("user.enable", "operate", "user", _enable_user, "Gives a disabled user his rights back."),
    method(
        "key.create",
        "operate",
        "user, [scopes], {addresses?, label?}?",
        _create_key,
        "Makes a key; its secret is told once.",
    ),
    method("key.revoke", "operate", "api_key", _revoke_key, "Makes a key worthless, at once and for ever."),
)
