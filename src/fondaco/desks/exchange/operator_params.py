"""What the operator's params have in common: users by name or number, businesses, a caller's own detail."""

from __future__ import annotations

from typing import Final

from fondaco.core.instruments import User
from fondaco.core.money_commands import DETAIL_LENGTH_MAX
from fondaco.desks.exchange.caller import Caller
from fondaco.desks.exchange.errors import invalid
from fondaco.desks.exchange.naming import BUSINESSES, named
from fondaco.desks.exchange.params import NAME_LENGTH_MAX, obj, text
from fondaco.projections.businesses import BUST, REBATE, TRADE
from fondaco.wire import exchange as wire

#: The business of a demo's first balances, by which a house is known to be one; nobody else may use it.
DEMO_GIFT: Final = "demo.gift"

#: Businesses that cannot be given to one of the operator's changes.
_TAKEN: Final = {
    TRADE: "is for changes made by deals",
    BUST: "is for deals taken back",
    REBATE: "is for fees that a rewards programme gives back",
    DEMO_GIFT: "is for what a demo begins with",
}


def known_user(caller: Caller, value: object) -> User:
    """A user by name or by number."""
    house = caller.floor.house
    if type(value) is int:
        user = house.users.get(value)
        if user is None:
            raise invalid(f"unknown user: {value}; user.create makes one")
        return user
    name = text(value, "user")
    if name not in house.user_ids:
        if name.isdigit():
            raise invalid(f'unknown user: "{name}"; text is a name, send {name} without quotes for the user\'s number')
        raise invalid(f"unknown user: {name}; user.create makes one")
    return house.users[house.user_ids[name]]


def business_word(value: object) -> str:
    """The operator's word for why money moves."""
    given = named(value, "business", BUSINESSES)
    if given in _TAKEN:
        raise invalid(f"business {given} {_TAKEN[given]}; choose another word, like deposit")
    return given


def detail_text(value: object, *, is_new: bool) -> str:
    """The caller's own object, ``{"detail": {…}}``; one without that key is taken as the detail itself.

    A request that is not new is read as it once was: only so can the core say whether it is the same.
    """
    given = obj(value, "detail")
    if list(given) == ["detail"]:
        given = obj(given["detail"], "detail")
    elif is_new and "detail" in given:
        others = ", ".join(name[:NAME_LENGTH_MAX] for name in given if name != "detail")
        raise invalid(
            f'beside detail stands {others}; send {{"detail": {{…}}}} alone, with all that is to be kept in it'
        )
    written = wire.ENCODER.encode(given).decode()
    if len(written) > DETAIL_LENGTH_MAX:
        raise invalid(f"detail has {len(written)} characters; at most {DETAIL_LENGTH_MAX} are kept")
    return written
