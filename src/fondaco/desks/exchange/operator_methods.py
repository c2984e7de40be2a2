"""What the operator of the house does: assets, markets, users, keys, and money in and out.

Everything becomes a command and is journalled before it is answered. The core checks again whatever matters to its
state; the checks here exist to say in a sentence what is wrong. A new key's secret is made here and is on disk before
the key's command is journalled: a key in the journal always has its secret, and a secret whose command failed is dead.

Source: exchange.notes.md, Operator methods.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Callable
from typing import Any, Final

from fondaco.core.commands import (
    AssetCreate,
    BalanceUpdate,
    KeyCreate,
    KeyRevoke,
    MarketCreate,
    MarketUpdate,
    RareCommand,
    UserCreate,
    UserDisable,
    encode,
)
from fondaco.core.events import (
    Applied,
    AssetCreated,
    Fact,
    KeyCreated,
    MarketCreated,
    MarketUpdated,
    Row,
    UserCreated,
    UserDisabled,
)
from fondaco.core.instruments import FEE_RATE_PPM_MAX, SCALE_DIGITS_MAX, SCOPES, Asset, User
from fondaco.core.rare_commands import (
    ADDRESSES_MAX,
    ASSET_NAME,
    BUSINESS,
    DETAIL_LENGTH_MAX,
    LABEL_LENGTH_MAX,
    MARKET_NAME,
    USER_NAME,
)
from fondaco.core.units import UNITS_MAX, format_rate_ppm
from fondaco.desks.common.auth import is_network
from fondaco.desks.exchange.caller import Caller, CommandWaiter, Pending, submit
from fondaco.desks.exchange.errors import Code, WireError, invalid
from fondaco.desks.exchange.method import method
from fondaco.desks.exchange.params import NAME_LENGTH_MAX, arity, array, integer, obj, options, text
from fondaco.desks.exchange.refusals import Asked
from fondaco.desks.exchange.translate import COUNT_MAX, asset_units, decimal_count, fee_rate_ppm, kind_of, market_terms
from fondaco.wire import exchange as wire

#: The business of changes made by deals; it can not be given to a balance update.
TRADE: Final = "trade"
#: The business of a demo's first balances, by which a house is known to be one; nobody else may use it.
DEMO_GIFT: Final = "demo.gift"

_API_KEY_BYTES: Final = 12
_SECRET_BYTES: Final = 32
_MARKET_TERMS: Final = ("price_digits", "amount_digits", "min_amount", "min_money", "maker_fee", "taker_fee")
_CHANGEABLE_TERMS: Final = ("min_amount", "min_money", "maker_fee", "taker_fee")

Answer = Callable[[Caller, Fact], object]


class FactWaiter(CommandWaiter):
    """Waits for the fact of a rare command and tells it in the method's own words."""

    __slots__ = ("_answer", "_asked")

    def __init__(self, caller: Caller, request_id: int | None, answer: Answer, subject: str) -> None:
        super().__init__(caller, request_id)
        self._answer = answer
        self._asked = Asked(subject=subject)

    def result(self, row: Row, applied: Applied) -> object:
        return self._answer(self._caller, applied.facts[row[2]])

    def asked(self) -> Asked:
        return self._asked


def _send(caller: Caller, request_id: int | None, command: RareCommand, answer: Answer, subject: str) -> Pending:
    return submit(caller, encode(caller.sender, command), FactWaiter(caller, request_id, answer, subject))


# ── assets and markets ────────────────────────────────────────────────────────────────────────────────────────────────


def _create_asset(caller: Caller, params: list[Any], request_id: int | None) -> Pending:
    arity(params, 2, 2, "name, scale_digits")
    name = _name(params[0], "name", ASSET_NAME, "up to 16 of A-Z, 0-9, . _ -")
    scale_digits = integer(params[1], "scale_digits", 0, SCALE_DIGITS_MAX)
    return _send(caller, request_id, AssetCreate(name, scale_digits), _asset_created, f"the asset {name}")


def _asset_created(caller: Caller, fact: Fact) -> wire.AssetTerms:
    assert isinstance(fact, AssetCreated)
    return wire.AssetTerms(fact.asset.name, fact.asset.scale_digits)


def _create_market(caller: Caller, params: list[Any], request_id: int | None) -> Pending:
    arity(
        params, 4, 4, "name, stock, money, {price_digits, amount_digits, min_amount, min_money, maker_fee, taker_fee}"
    )
    name = _name(params[0], "name", MARKET_NAME, "up to 32 of A-Z, 0-9, . _ / -")
    stock, money = caller.floor.catalogue.asset(params[1]), caller.floor.catalogue.asset(params[2])
    if stock is money:
        raise invalid(f"stock and money are both {stock.name}; a market trades one asset for another")
    terms = options(params[3], _MARKET_TERMS)
    for missing in ("price_digits", "amount_digits"):
        if missing not in terms:
            raise invalid(f"{missing} is missing; send the decimals that the market takes")
    price_digits = integer(terms["price_digits"], "price_digits", 0, SCALE_DIGITS_MAX)
    amount_digits = integer(terms["amount_digits"], "amount_digits", 0, SCALE_DIGITS_MAX)
    if amount_digits > stock.scale_digits:
        raise invalid(
            f"amount_digits {amount_digits} is finer than {stock.name}, which has {stock.scale_digits}; lower it"
        )
    if price_digits + amount_digits > money.scale_digits:
        raise invalid(
            f"price_digits {price_digits} + amount_digits {amount_digits} is more than the {money.scale_digits} "
            f"of {money.name}; lower one of them"
        )
    command = MarketCreate(
        name=name,
        stock=stock.name,
        money=money.name,
        price_digits=price_digits,
        amount_digits=amount_digits,
        amount_lots_min=_min_amount(terms.get("min_amount", "0"), stock, amount_digits),
        money_units_min=_min_money(terms.get("min_money", "0"), money),
        maker_fee_ppm=_fee(terms.get("maker_fee", "0"), "maker_fee"),
        taker_fee_ppm=_fee(terms.get("taker_fee", "0"), "taker_fee"),
    )
    return _send(caller, request_id, command, _market_created, f"the market {name}")


def _update_market(caller: Caller, params: list[Any], request_id: int | None) -> Pending:
    arity(params, 2, 2, "name, {min_amount, min_money, maker_fee, taker_fee}")
    market = caller.floor.catalogue.market(params[0])
    terms = options(params[1], _CHANGEABLE_TERMS)
    if not terms:
        raise invalid(f"nothing to change; send one of {', '.join(_CHANGEABLE_TERMS)}")
    command = MarketUpdate(
        name=market.name,
        amount_lots_min=_given(terms, "min_amount", lambda v: _min_amount(v, market.stock, market.amount_digits)),
        money_units_min=_given(terms, "min_money", lambda v: _min_money(v, market.money)),
        maker_fee_ppm=_given(terms, "maker_fee", lambda v: _fee(v, "maker_fee")),
        taker_fee_ppm=_given(terms, "taker_fee", lambda v: _fee(v, "taker_fee")),
    )
    return _send(caller, request_id, command, _market_created, f"the market {market.name}")


def _market_created(caller: Caller, fact: Fact) -> wire.MarketTerms:
    assert isinstance(fact, MarketCreated | MarketUpdated)
    return market_terms(caller.floor.catalogue.terms(fact.market.market_id))


def _given(terms: dict[str, Any], name: str, read: Callable[[object], int]) -> int | None:
    return read(terms[name]) if name in terms else None


def _min_amount(value: object, stock: Asset, digits: int) -> int:
    lots = decimal_count(value, digits, "min_amount", "this market")
    return _within(lots, "min_amount", stock.name)


def _min_money(value: object, money: Asset) -> int:
    return _within(asset_units(money, value, "min_money"), "min_money", money.name)


def _within(units: int, name: str, asset: str) -> int:
    if not 0 <= units <= UNITS_MAX:
        raise invalid(f"{name} is out of bounds; send 0 or more {asset}, within what the house can hold")
    return units


def _fee(value: object, name: str) -> int:
    rate_ppm = fee_rate_ppm(value, name)
    if not 0 <= rate_ppm <= FEE_RATE_PPM_MAX:
        raise invalid(f'{name} {value} is out of bounds; it takes "0" to "{format_rate_ppm(FEE_RATE_PPM_MAX)}"')
    return rate_ppm


# ── users and keys ────────────────────────────────────────────────────────────────────────────────────────────────────


def _create_user(caller: Caller, params: list[Any], request_id: int | None) -> Pending:
    arity(params, 1, 1, "name")
    name = _name(params[0], "name", USER_NAME, "up to 64 of A-Z, a-z, 0-9, . _ @ + -")
    return _send(caller, request_id, UserCreate(name), _user_changed, f"the user {name}")


def _disable_user(caller: Caller, params: list[Any], request_id: int | None) -> Pending:
    arity(params, 1, 1, "user")
    user = _user(caller, params[0])
    return _send(caller, request_id, UserDisable(user.user_id), _user_changed, user.name)


def _user_changed(caller: Caller, fact: Fact) -> wire.UserRecord:
    assert isinstance(fact, UserCreated | UserDisabled)
    return wire.UserRecord(fact.user.user_id, fact.user.name, fact.user.disabled)


def _create_key(caller: Caller, params: list[Any], request_id: int | None) -> Pending:
    arity(params, 2, 3, "user, [scopes], {addresses, label}?")
    user = _user(caller, params[0])
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
    return _send(caller, request_id, command, told, f"the key for {user.name}")


def _revoke_key(caller: Caller, params: list[Any], request_id: int | None) -> Pending:
    arity(params, 1, 1, "api_key")
    api_key = text(params[0], "api_key")
    return _send(caller, request_id, KeyRevoke(api_key), _done, api_key)


def _user(caller: Caller, value: object) -> User:
    """A user by name or by number."""
    house = caller.floor.house
    if type(value) is int:
        user = house.users.get(value)
        if user is None:
            raise invalid(f"unknown user: {value}; user.create makes one")
        return user
    name = text(value, "user")
    if name not in house.user_ids:
        raise invalid(f"unknown user: {name}; user.create makes one")
    return house.users[house.user_ids[name]]


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


# ── money ─────────────────────────────────────────────────────────────────────────────────────────────────────────────


def _update_balance(caller: Caller, params: list[Any], request_id: int | None) -> Pending:
    arity(params, 5, 6, "user, asset, business, business_id, change, {detail}?")
    user = _user(caller, params[0])
    asset = caller.floor.catalogue.asset(params[1])
    business = _name(params[2], "business", BUSINESS, "up to 32 of A-Z, a-z, 0-9, . _ -")
    if business == TRADE:
        raise invalid(f"business {TRADE} is for changes made by deals; choose another word, like deposit")
    if business == DEMO_GIFT:
        raise invalid(f"business {DEMO_GIFT} is for what a demo begins with; choose another word, like deposit")
    business_id = integer(params[3], "business_id", 0, COUNT_MAX)
    change_units = asset_units(asset, params[4], "change")
    detail = _detail(params[5]) if len(params) == 6 else "{}"
    command = BalanceUpdate(user.user_id, asset.name, business, business_id, change_units, detail)
    subject = f"{business} {business_id} of {user.name} in {asset.name}"
    return _send(caller, request_id, command, _done, subject)


def _detail(value: object) -> str:
    """The caller's own object, ``{"detail": {…}}``; one without that key is taken as the detail itself."""
    given = obj(value, "detail")
    if list(given) == ["detail"]:
        given = obj(given["detail"], "detail")
    written = wire.ENCODER.encode(given).decode()
    if len(written) > DETAIL_LENGTH_MAX:
        raise invalid(f"detail has {len(written)} characters; at most {DETAIL_LENGTH_MAX} are kept")
    return written


def _done(caller: Caller, fact: Fact) -> wire.Status:
    return wire.Status()


def _name(value: object, name: str, pattern: re.Pattern[str], allowed: str) -> str:
    given = text(value, name)
    if pattern.fullmatch(given) is None:
        raise invalid(f"{name} {given!r} is not taken; it is made of {allowed}, beginning with a letter or a digit")
    return given


METHODS: Final = (
    method("asset.create", "operate", "name, scale_digits", _create_asset, "Makes an asset."),
    method(
        "market.create",
        "operate",
        "name, stock, money, {price_digits, amount_digits, min_amount?, min_money?, maker_fee?, taker_fee?}",
        _create_market,
        "Makes a market; it is open at once.",
    ),
    method(
        "market.update",
        "operate",
        "name, {min_amount?, min_money?, maker_fee?, taker_fee?}",
        _update_market,
        "Changes a market's minimums and fees for orders put from now on.",
    ),
    method("user.create", "operate", "name", _create_user, "Makes a user."),
    method("user.disable", "operate", "user", _disable_user, "Takes a user's right to put orders and to log in."),
    method(
        "key.create",
        "operate",
        "user, [scopes], {addresses?, label?}?",
        _create_key,
        "Makes a key; its secret is told once.",
    ),
    method("key.revoke", "operate", "api_key", _revoke_key, "Makes a key worthless, at once and for ever."),
    method(
        "balance.update",
        "operate",
        "user, asset, business, business_id, change, {detail}?",
        _update_balance,
        "Brings money in or takes it out, once for ever per business id.",
    ),
)
