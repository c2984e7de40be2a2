"""The rows of the naive model, packed as ``events.py`` says."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fondaco.core import commands as c
from fondaco.core import events as e
from fondaco.core.events import Cause, EventKind, Finish, Row
from tests.core.reference_order import Order

if TYPE_CHECKING:
    from tests.core.reference_house import ReferenceHouse


def row(house: ReferenceHouse, head: int, *words: int) -> Row:
    made = (head, house.next_seq, *words)
    return made + (0,) * (e.ROW_WORDS - len(made))


def terms(place: c.Place) -> int:
    """Word 0 from side to execution."""
    execution = place.time_in_force | place.self_trade << 3 | place.post_only << 6
    return place.side << 16 | place.order_type << 24 | place.market_id << 32 | execution << 48


def flags(order: Order) -> int:
    """What is so of the order in every row."""
    place = order.place
    return (
        e.HAS_CLIENT_ORDER_ID * bool(place.client_order_id)
        | e.HAS_OPTIONS * (place.options != c.NO_OPTIONS)
        | e.OTHER_UNIT * place.in_other_unit
        | e.IS_WAITING * order.is_waiting
    )


def options_row(house: ReferenceHouse, order: Order) -> Row:
    place = order.place
    return row(
        house,
        EventKind.OPTIONS | terms(place),
        order.order_id,
        order.user_id,
        place.trigger,
        order.trigger_price,
        place.trail_ticks,
        place.display_lots,
        place.expire_us,
    )


def tell(house: ReferenceHouse, order: Order, cause: Cause, finish: Finish = Finish.OPEN, more_flags: int = 0) -> None:
    """An ORDER row, after the OPTIONS row it may have."""
    if order.place.options != c.NO_OPTIONS:
        house.rows.append(options_row(house, order))
    is_in_book = finish == Finish.OPEN and not order.is_waiting
    house.rows.append(
        row(
            house,
            EventKind.ORDER | cause << 8 | terms(order.place) | (flags(order) | more_flags) << 56,
            order.order_id,
            order.user_id,
            order.price,
            order.amount,
            order.left,
            order.deal_stock_lots,
            order.deal_money_units,
            order.fee_units,
            order.ctime_us,
            order.mtime_us,
            order.taker_fee_ppm | order.maker_fee_ppm << 32,
            order.visible if is_in_book else 0,
            finish,
            house.sender,
        )
    )


def tell_fill(house: ReferenceHouse, taker: Order, maker: Order, price: int, lots: int, fees: dict[int, int]) -> None:
    market = taker.market
    house.rows.append(
        row(
            house,
            EventKind.FILL | terms(taker.place),
            house.last_deal[market.market_id],
            price,
            lots,
            taker.lot_money(price) * lots,
            taker.order_id,
            maker.order_id,
            taker.user_id | maker.user_id << 32,
            fees[taker.order_id],
            fees[maker.order_id],
            *house.totals_of(taker.user_id, market),
            *house.totals_of(maker.user_id, market),
            house.time_us,
        )
    )


def tell_refusal(house: ReferenceHouse, market_id: int, reject: int, bound: int, value: int) -> None:
    head = EventKind.REJECT | market_id << 32 | e.IS_ANSWER << 56
    house.rows.append(row(house, head, reject, house.sender, bound, value))


def tell_fact(house: ReferenceHouse, fact: e.Fact, user_id: int) -> None:
    house.facts.append(fact)
    house.rows.append(row(house, EventKind.FACT | e.IS_ANSWER << 56, len(house.facts) - 1, user_id))


def tell_again(house: ReferenceHouse, answer: list[Row]) -> None:
    """The first answer once more, under this command's sequence."""
    *options, first = answer
    house.rows += [row(house, option[0], *option[2:]) for option in options]
    house.rows.append(row(house, first[0] - EventKind.ORDER + EventKind.ORDER_REPEATED, *first[2:]))
