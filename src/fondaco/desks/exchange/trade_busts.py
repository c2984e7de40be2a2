"""A deal that was taken back, as each of its sides is told: in the answer to the operator, and in its push.

The core refuses a bust with two counts; whose they are is found here by what each side would return.
"""

from __future__ import annotations

import msgspec

from fondaco.core.commands import Side, TradeBust
from fondaco.core.events import TradeBusted
from fondaco.core.house import House
from fondaco.core.instruments import Asset
from fondaco.core.units import format_units
from fondaco.desks.exchange.refusals import Counts
from fondaco.desks.exchange.translate import Terms, seconds
from fondaco.wire import exchange as wire


def busted_trade(terms: Terms, fact: TradeBusted, *, is_taker: bool) -> wire.BustedTrade:
    """The deal as its taker, or its maker, had it; the fee is what came back (negative: a rebate that was returned)."""
    taker_side = Side(fact.taker_side)
    side = taker_side if is_taker else Side.ASK if taker_side == Side.BID else Side.BID
    fee_digits = terms.stock.scale_digits if side == Side.BID else terms.money.scale_digits
    price_ticks = fact.money_units // (fact.size_lots * terms.market.money_units_per_tick_lot)
    return wire.BustedTrade(
        market=terms.name,
        deal_id=fact.deal_id,
        side=side,
        price=terms.price(price_ticks),
        amount=terms.amount(fact.size_lots),
        deal=terms.deal_money(fact.money_units),
        fee=format_units(fact.taker_fee_units if is_taker else fact.maker_fee_units, fee_digits),
        reason=fact.reason,
        time=seconds(fact.time_us),
    )


def busted_sides(terms: Terms, fact: TradeBusted) -> list[wire.BustedSide]:
    """The deal as the operator is told it: its taker's side, then its maker's."""
    return [
        wire.BustedSide(**msgspec.structs.asdict(busted_trade(terms, fact, is_taker=is_taker)), user=user_id, role=role)
        for user_id, role, is_taker in (
            (fact.taker_user_id, "taker", True),
            (fact.maker_user_id, "maker", False),
        )
    ]


def short_side(house: House, terms: Terms, command: TradeBust, counts: Counts) -> str:
    """Who has not available what he would return of a deal."""
    name, asset = _debtor(house, terms, command, counts)
    needed, available = (format_units(units, asset.scale_digits) for units in (counts.value, counts.bound))
    return (
        f"to take deal {command.deal_id} of {terms.name} back, {name} returns {needed} {asset.name} and {available} "
        f"{asset.name} is available, the fee that comes back included; free what orders hold by order.cancel_user, or "
        "bring in the rest by balance.update"
    )


def _debtor(house: House, terms: Terms, command: TradeBust, counts: Counts) -> tuple[str, Asset]:
    """Whose counts they are: a buyer returns stock, a seller money; what neither would return are the house's fees."""
    taker, maker = (
        (command.taker_user_id, command.taker_fee_units),
        (command.maker_user_id, command.maker_fee_units),
    )
    buyer, seller = (taker, maker) if command.taker_side == Side.BID else (maker, taker)
    stock_units = command.size_lots * terms.market.stock_units_per_lot
    debts = ((buyer, terms.stock, stock_units), (seller, terms.money, command.money_units))
    fitting = [
        (house.balance(user_id, asset.asset_id)[0] + fee_units == counts.bound, house.users[user_id].name, asset)
        for (user_id, fee_units), asset, units in debts
        if units == counts.value
    ]
    for has_that_available, name, asset in fitting:
        if has_that_available:
            return name, asset
    if fitting:  # others changed the balance since
        return fitting[0][1:]
    return "the house", terms.stock if counts.value == buyer[1] else terms.money
