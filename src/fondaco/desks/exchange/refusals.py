"""The one total table from the core's refusals to wire codes and sentences.

The core says which check failed, with its bound and the value that was asked, as counts. Here they become a sentence
with the market's digits. What the counts belong to (lots, ticks, money) follows from the check; the names in the
sentence come from the request, which the waiter kept as ``Asked``.

Invariant: every ``Reject`` has its row, and ``docs/reference/errors.md`` its line; tests prove both.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import msgspec

from fondaco.core.commands import OrderType, Side
from fondaco.core.events import Row
from fondaco.core.instruments import Asset
from fondaco.core.rejects import Reject
from fondaco.core.units import format_units
from fondaco.desks.exchange.errors import Code, WireError
from fondaco.desks.exchange.translate import Terms

#: Said by the core of a command, and by the desk before one is made of it.
ACCOUNT_DISABLED: Final = "the account is disabled; it can cancel its orders and read, ask the operator for more"


class Asked(msgspec.Struct, frozen=True):
    """What a sentence needs of the request. ``subject`` names the order or the thing that it is about.

    Without terms the counts are of ``asset``, if the refusal has any. ``other_market`` is where the order is that has
    taken ``client_order_id``, or that was not found on the market it was looked for. ``short`` tells of a balance in
    its own words.
    """

    terms: Terms | None = None
    side: int = 0
    order_type: int = 0
    subject: str = ""
    in_other_unit: bool = False
    is_amended: bool = False
    asset: Asset | None = None
    client_order_id: str = ""
    other_market: str = ""
    short: Callable[[Counts], str] | None = None


class Counts(msgspec.Struct, frozen=True):
    """What was allowed and what was asked, in the unit of the check."""

    bound: int
    value: int


Sentence = Callable[[Asked, Counts], str]


def refusal(row: Row, asked: Asked) -> WireError:
    """A REJECT row as its sender is told it."""
    code, sentence = TABLE[Reject(row[2])]
    return WireError(code, sentence(asked, Counts(bound=row[4], value=row[5])))


def _market(asked: Asked) -> str:
    return asked.terms.name if asked.terms is not None else asked.subject


def _is_money(asked: Asked) -> bool:
    """Whether the order's amount is money: that of a market bid, or of a market ask in the other unit."""
    return asked.order_type == OrderType.MARKET and (asked.side == Side.BID) != asked.in_other_unit


def _amount(asked: Asked, count: int) -> str:
    """An order's amount with its asset."""
    terms = asked.terms
    if terms is None:
        return str(count)
    if _is_money(asked):
        return f"{terms.money_amount(count)} {terms.money.name}"
    return f"{terms.amount(count)} {terms.stock.name}"


def _money(asked: Asked, units: int) -> str:
    terms = asked.terms
    return f"{terms.money_amount(units)} {terms.money.name}" if terms is not None else str(units)


def _price(asked: Asked, ticks: int) -> str:
    return asked.terms.price(ticks) if asked.terms is not None else str(ticks)


def _held(asked: Asked, units: int) -> str:
    """An amount of what the order gives, in its minor units."""
    terms = asked.terms
    if terms is None:
        return f"{units} minor units"
    asset = terms.money if asked.side == Side.BID else terms.stock
    from_units = terms.money_amount if asked.side == Side.BID else terms.stock_amount
    return f"{from_units(units)} {asset.name}"


def _units(asked: Asked, units: int) -> str:
    """An amount of the asset that a rare command is about."""
    asset = asked.asset
    return f"{format_units(units, asset.scale_digits)} {asset.name}" if asset is not None else str(units)


def not_open(subject: str, market: str, other_market: str = "") -> str:
    """An order that is not there to be changed."""
    if other_market:
        return f"order not found: {subject} is not on {market} but on {other_market}; name that market"
    return f"order not found: {subject} is not open on {market}; order.get tells how a finished one ended"


def another_users(subject: str) -> str:
    return f"user not match: {subject} is another user's; order.query lists your own"


def _balance_not_enough(asked: Asked, counts: Counts) -> str:
    if asked.short is not None:
        return f"balance not enough: {asked.short(counts)}"
    if asked.terms is None:
        return (
            f"balance not enough: {asked.subject} needs {_units(asked, counts.value)} and "
            f"{_units(asked, counts.bound)} is available; take out less, or free what orders hold by order.cancel_user"
        )
    return (
        f"balance not enough: the order needs {_held(asked, counts.value)} and {_held(asked, counts.bound)} "
        "is available; make it smaller, or cancel another"
    )


def _too_small_in_money(asked: Asked, counts: Counts) -> str:
    if _is_money(asked) and asked.terms is not None and counts.bound > asked.terms.market.money_units_min:
        return (
            f"{_money(asked, counts.value)} does not buy the smallest amount of {_market(asked)} "
            f"at its best ask, which costs {_money(asked, counts.bound)}; raise the amount"
        )
    return (
        f"the order is worth {_money(asked, counts.value)}; {_market(asked)} takes at least "
        f"{_money(asked, counts.bound)}: raise the amount" + ("" if _is_money(asked) else " or the price")
    )


def _beyond_band(asked: Asked, counts: Counts) -> str:
    bound = f"at {'most' if asked.side == Side.BID else 'least'} {_price(asked, counts.bound)}"
    price = _price(asked, counts.value)
    if asked.order_type == OrderType.MARKET:
        return f"the best price of {_market(asked)} is {price}; its price band takes {bound} now: put a limit order"
    return f"price {price} is outside the price band of {_market(asked)}; it takes {bound} now"


def _phase(asked: Asked, sentence: str) -> str:
    return f"{_market(asked)} {sentence}"


def _amount_too_small(asked: Asked, counts: Counts) -> str:
    least = _amount(asked, counts.bound)
    if asked.is_amended:
        return (
            f"amount too small: {_amount(asked, counts.value)}; {asked.subject} takes at least {least}, "
            "as an amount holds what has traded: cancel it to end it there"
        )
    return f"amount too small: {_amount(asked, counts.value)}; {_market(asked)} takes at least {least}"


def _out_of_bounds(asked: Asked, counts: Counts) -> str:
    return (
        f"price {_price(asked, counts.value)} of {_market(asked)} is out of bounds; "
        f"it takes {_price(asked, 1)} to {_price(asked, counts.bound)}"
    )


TABLE: Final[dict[Reject, tuple[Code, Sentence]]] = {
    Reject.INVALID_ARGUMENT: (
        Code.INVALID_ARGUMENT,
        lambda asked, counts: (
            f"the house does not take {asked.subject or 'this order'} as it is; see the method in the reference"
        ),
    ),
    Reject.UNKNOWN_ASSET: (
        Code.UNKNOWN_ASSET,
        lambda asked, counts: f"unknown asset: {asked.subject}; asset.list names those there are",
    ),
    Reject.UNKNOWN_MARKET: (
        Code.UNKNOWN_MARKET,
        lambda asked, counts: f"unknown market: {_market(asked)}; market.list names those there are",
    ),
    Reject.NAME_TAKEN: (
        Code.INVALID_ARGUMENT,
        lambda asked, counts: f"the name of {asked.subject} is taken; choose another",
    ),
    Reject.SCALE_TOO_COARSE: (
        Code.INVALID_ARGUMENT,
        lambda asked, counts: (
            f"{asked.subject} asks for {counts.value} digits where the asset has {counts.bound}; "
            "price digits + amount digits must fit the money asset, amount digits the stock asset: lower them"
        ),
    ),
    Reject.CLIENT_ORDER_ID_REUSED: (
        Code.CLIENT_ORDER_ID_REUSED,
        lambda asked, counts: (
            f"client_order_id {asked.client_order_id} is taken by order {counts.value}"
            f"{f' on {asked.other_market}' if asked.other_market else ''}, which was asked for differently; "
            "choose another, or repeat that request as it was"
        ),
    ),
    Reject.BUSINESS_ID_REUSED: (
        Code.REPEAT_UPDATE,
        lambda asked, counts: (
            f"repeat update: {asked.subject} was used for a change with another body; use a new business id"
        ),
    ),
    Reject.UNKNOWN_WITHDRAWAL: (
        Code.INVALID_ARGUMENT,
        lambda asked, counts: f"unknown withdrawal: {asked.subject}; withdraw.freeze makes one",
    ),
    Reject.WITHDRAWAL_ENDED: (
        Code.REPEAT_UPDATE,
        lambda asked, counts: (
            f"repeat update: {asked.subject} has ended the other way, which is for ever; withdraw.query tells how"
        ),
    ),
    Reject.MARKET_DELISTED: (
        Code.NOT_IN_THIS_PHASE,
        lambda asked, counts: _phase(asked, "is delisted, for ever; market.list shows what trades"),
    ),
    Reject.MARKET_HALTED: (
        Code.MARKET_HALTED,
        lambda asked, counts: _phase(asked, "is halted; orders can be cancelled, and put when it goes on"),
    ),
    Reject.CLOSE_ONLY: (
        Code.CLOSE_ONLY,
        lambda asked, counts: _phase(asked, "takes no bids now, it is close only; sell, or cancel"),
    ),
    Reject.NOT_IN_THIS_PHASE: (
        Code.NOT_IN_THIS_PHASE,
        lambda asked, counts: _phase(
            asked, "is in auction, where an order rests until it ends: send a limit order GTC or GTD, not post-only"
        ),
    ),
    Reject.UNKNOWN_USER: (
        Code.INVALID_ARGUMENT,
        lambda asked, counts: f"unknown user: {asked.subject or counts.value}; user.create makes one",
    ),
    Reject.UNKNOWN_KEY: (
        Code.INVALID_ARGUMENT,
        lambda asked, counts: f"unknown key: {asked.subject}; it was never made, or is revoked already",
    ),
    Reject.ACCOUNT_DISABLED: (
        Code.ACCOUNT_DISABLED,
        lambda asked, counts: ACCOUNT_DISABLED,
    ),
    Reject.TOO_MANY_OPEN_ORDERS: (
        Code.TOO_MANY_OPEN_ORDERS,
        lambda asked, counts: f"{counts.value} orders are open and {counts.bound} is the most; cancel some first",
    ),
    Reject.ORDER_NOT_FOUND: (
        Code.ORDER_NOT_FOUND,
        lambda asked, counts: not_open(asked.subject, _market(asked), asked.other_market),
    ),
    Reject.NOT_YOUR_ORDER: (
        Code.USER_NOT_MATCH,
        lambda asked, counts: another_users(asked.subject),
    ),
    Reject.EXPIRED_ALREADY: (
        Code.INVALID_ARGUMENT,
        lambda asked, counts: (
            f"expire is {format_units(counts.value, 6)}, which has passed: it is {format_units(counts.bound, 6)} now; "
            "send a later one"
        ),
    ),
    Reject.PRICE_OUT_OF_BOUNDS: (Code.PRICE_OUT_OF_BOUNDS, _out_of_bounds),
    Reject.TRIGGER_OUT_OF_BOUNDS: (
        Code.PRICE_OUT_OF_BOUNDS,
        lambda asked, counts: (
            f"stop_price or trail {_price(asked, counts.value)} of {_market(asked)} is out of bounds; "
            f"it takes {_price(asked, 1)} to {_price(asked, counts.bound)}"
        ),
    ),
    Reject.AMOUNT_TOO_SMALL: (Code.AMOUNT_TOO_SMALL, _amount_too_small),
    Reject.AMOUNT_TOO_LARGE: (
        Code.AMOUNT_TOO_LARGE,
        lambda asked, counts: (
            f"amount {_amount(asked, counts.value)} is too large; {_market(asked)} takes at most "
            f"{_amount(asked, counts.bound)}" + (" at this price" if asked.order_type == OrderType.LIMIT else "")
        ),
    ),
    Reject.ORDER_TOO_SMALL_IN_MONEY: (Code.ORDER_TOO_SMALL_IN_MONEY, _too_small_in_money),
    Reject.DISPLAY_OUT_OF_BOUNDS: (
        Code.INVALID_ARGUMENT,
        lambda asked, counts: (
            f"display is {_amount(asked, counts.value)}; this order takes at "
            f"{'least' if counts.value < counts.bound else 'most'} {_amount(asked, counts.bound)}"
        ),
    ),
    Reject.BALANCE_NOT_ENOUGH: (Code.BALANCE_NOT_ENOUGH, _balance_not_enough),
    Reject.BALANCE_TOO_LARGE: (
        Code.AMOUNT_TOO_LARGE,
        lambda asked, counts: f"{asked.subject} would be more than the house can hold of one asset; change less",
    ),
    Reject.BELOW_FLOOR: (
        Code.BALANCE_NOT_ENOUGH,
        lambda asked, counts: (
            f"balance not enough: {asked.subject} would leave {_units(asked, counts.value)}, and "
            f"{_units(asked, counts.bound)} is the floor; take out less, or lower the floor"
        ),
    ),
    Reject.NO_COUNTERPARTY: (
        Code.NO_ENOUGH_TRADER,
        lambda asked, counts: (
            f"no enough trader: nobody {'sells' if asked.side == Side.BID else 'buys'} on {_market(asked)} now; "
            "put a limit order, or try later"
        ),
    ),
    Reject.FILL_OR_KILL_UNFILLABLE: (
        Code.FILL_OR_KILL_UNFILLABLE,
        lambda asked, counts: (
            f"{_amount(asked, counts.value)} cannot be filled at once on {_market(asked)}; nothing was traded: "
            "send less, another price, or IOC"
        ),
    ),
    Reject.POST_ONLY_WOULD_TAKE: (
        Code.POST_ONLY_WOULD_TAKE,
        lambda asked, counts: (
            f"a post-only order at {_price(asked, counts.value)} would trade at once: the best "
            f"{'ask' if asked.side == Side.BID else 'bid'} of {_market(asked)} is {_price(asked, counts.bound)}; "
            f"send a {'lower' if asked.side == Side.BID else 'higher'} price than that"
        ),
    ),
    Reject.SELF_TRADE: (
        Code.SELF_TRADE,
        lambda asked, counts: (
            f"it would trade with your own order {counts.bound}; cancel that first, or choose another stp"
        ),
    ),
    Reject.PRICE_BAND: (Code.PRICE_BAND, _beyond_band),
    Reject.TRIGGER_WOULD_FIRE: (
        Code.TRIGGER_WOULD_FIRE,
        lambda asked, counts: (
            f"a trigger at {_price(asked, counts.value)} would fire at once: the last price of {_market(asked)} is "
            f"{_price(asked, counts.bound)}; send another stop_price, or "
            + ("cancel the order and put it without one" if asked.is_amended else "put the order without it")
        ),
    ),
    Reject.NO_LAST_PRICE: (
        Code.INVALID_ARGUMENT,
        lambda asked, counts: (
            f"{_market(asked)} has not traded yet, so there is no price to trail from; send stop_price as well"
        ),
    ),
    Reject.TOO_MANY_TRAILING: (
        Code.TOO_MANY_OPEN_ORDERS,
        lambda asked, counts: (
            f"{counts.value} trailing stops wait on {_market(asked)} and {counts.bound} is the most; "
            "send a stop with a stop_price"
        ),
    ),
}
