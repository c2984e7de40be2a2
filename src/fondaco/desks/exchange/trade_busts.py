"""A deal that was taken back, as each of its sides is told: in the answer to the operator, and in its push."""

from __future__ import annotations

import msgspec

from fondaco.core.commands import Side
from fondaco.core.events import TradeBusted
from fondaco.core.units import format_units
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
