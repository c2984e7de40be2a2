"""Names and numbers between the wire and the core: the only file where the exchange protocol's words meet ours.

Outwards every count becomes a plain decimal with the digits of its market or asset (zero is ``"0"``), and a time in
microseconds becomes a JSON number of seconds written from integers, so that no double is ever involved. Inwards a text
or a JSON number becomes a count, or a sentence that says which digits are too many.

``Terms`` holds what one market needs for that; it is made anew when the market changes. Money totals are shown with
price digits + amount digits, exactly what a price times an amount can have; fees with the digits of the asset they are
taken in; a market bid's amount, which is money, with the digits of the money asset.

Cost: an order record is about 3 µs.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from typing import Final

import msgspec

from fondaco.core.commands import Phase, Side
from fondaco.core.events import Row, is_by_money, maker_fee_ppm_of, order_type_of, side_of, taker_fee_ppm_of
from fondaco.core.instruments import SCALE_DIGITS_MAX, Asset, Market
from fondaco.core.units import MalformedNumber, TooManyDigits, format_rate_ppm, format_units, parse_units
from fondaco.desks.exchange.errors import Code, WireError, invalid
from fondaco.desks.exchange.order_text import OrderText
from fondaco.projections.market_reads import Candle, Deal, MarketState
from fondaco.wire import exchange as wire

#: The largest count that fits the core's words; what is larger is refused here, by its own code.
COUNT_MAX: Final = (1 << 63) - 1

#: Phases as the wire names them.
PHASES: Final = {phase: phase.name.lower() for phase in Phase}

_RATE_DIGITS: Final = 6
_BUY: Final = "buy"
_SELL: Final = "sell"


class Terms:
    """One market as the wire sees it: its names, and the digits of everything that is said about it."""

    __slots__ = (
        "amount_digits",
        "deal_digits",
        "market",
        "market_id",
        "money",
        "money_units_per_deal",
        "name",
        "order_text",
        "price_digits",
        "stock",
    )

    def __init__(self, market: Market, stock: Asset, money: Asset) -> None:
        self.market = market
        self.market_id = market.market_id
        self.name = market.name
        self.stock = stock
        self.money = money
        self.price_digits = market.price_digits
        self.amount_digits = market.amount_digits
        self.deal_digits = market.price_digits + market.amount_digits
        self.money_units_per_deal = market.money_units_per_tick_lot
        self.order_text = OrderText(
            self.name,
            self.price_digits,
            self.amount_digits,
            stock.scale_digits,
            money.scale_digits,
            self.money_units_per_deal,
            fee_rates,
        )

    def price(self, price_ticks: int) -> str:
        return format_units(price_ticks, self.price_digits)

    def amount(self, size_lots: int) -> str:
        return format_units(size_lots, self.amount_digits)

    def deal_money(self, money_units: int) -> str:
        """A sum of prices times amounts."""
        return format_units(money_units // self.money_units_per_deal, self.deal_digits)

    def money_amount(self, money_units: int) -> str:
        return format_units(money_units, self.money.scale_digits)

    def stock_amount(self, stock_units: int) -> str:
        return format_units(stock_units, self.stock.scale_digits)


def seconds(time_us: int) -> msgspec.Raw:
    """The JSON number of seconds with its six decimals: ``1512454847.188796``."""
    return msgspec.Raw(b"%d.%06d" % divmod(time_us, 1_000_000))


#: A house has few fee rates, and every order record shows two of them.
_rate = lru_cache(maxsize=1_024)(format_rate_ppm)


def fee_rates(row: Row) -> tuple[str, str]:
    """The taker's and the maker's fee rate of an ORDER row."""
    return _rate(taker_fee_ppm_of(row)), _rate(maker_fee_ppm_of(row))


# ── outwards ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def order_record(
    terms: Terms,
    row: Row,
    *,
    client_order_id: str = "",
    pushed: bool = False,
    ftime_us: int = 0,
) -> wire.OrderRecord:
    """An ORDER row as the wire shows it. ``pushed`` adds ``source``, ``ftime_us`` the time it was finished."""
    side = side_of(row)
    amount, left = row[5], row[6]
    fee_digits = terms.stock.scale_digits if side == Side.BID else terms.money.scale_digits
    amount_digits = terms.money.scale_digits if is_by_money(row) else terms.amount_digits
    ctime = seconds(row[10])
    taker_fee, maker_fee = fee_rates(row)
    return wire.OrderRecord(
        id=row[2],
        market=terms.name,
        source="" if pushed else msgspec.UNSET,
        type=order_type_of(row),
        side=side,
        user=row[3],
        ctime=ctime,
        mtime=ctime if row[11] == row[10] else seconds(row[11]),
        price=format_units(row[4], terms.price_digits),
        amount=format_units(amount, amount_digits),
        taker_fee=taker_fee,
        maker_fee=maker_fee,
        left=format_units(left, amount_digits),
        deal_stock=format_units(row[7], terms.amount_digits),
        deal_money=terms.deal_money(row[8]),
        deal_fee=format_units(row[9], fee_digits),
        ftime=seconds(ftime_us) if ftime_us else msgspec.UNSET,
        client_order_id=client_order_id or msgspec.UNSET,
    )


def deal(terms: Terms, deal_id: int, time_us: int, price_ticks: int, size_lots: int, taker_side: int) -> wire.Deal:
    return wire.Deal(
        id=deal_id,
        time=seconds(time_us),
        price=terms.price(price_ticks),
        amount=terms.amount(size_lots),
        type=_BUY if taker_side == Side.BID else _SELL,
    )


def deal_of_fill(terms: Terms, row: Row) -> wire.Deal:
    return deal(terms, row[2], row[15], row[3], row[4], side_of(row))


def deal_of_history(terms: Terms, entry: Deal) -> wire.Deal:
    return deal(terms, entry.deal_id, entry.time_us, entry.price_ticks, entry.size_lots, entry.side)


def candle(terms: Terms, entry: Candle) -> wire.Candle:
    return (
        entry.time_s,
        terms.price(entry.open_ticks),
        terms.price(entry.close_ticks),
        terms.price(entry.high_ticks),
        terms.price(entry.low_ticks),
        terms.amount(entry.volume_lots),
        terms.deal_money(entry.money_units),
        terms.name,
    )


def market_state(terms: Terms, period_s: int, state: MarketState) -> wire.MarketState:
    return wire.MarketState(
        period=period_s,
        last=terms.price(state.last_ticks),
        open=terms.price(state.open_ticks),
        close=terms.price(state.close_ticks),
        high=terms.price(state.high_ticks),
        low=terms.price(state.low_ticks),
        volume=terms.amount(state.volume_lots),
        deal=terms.deal_money(state.money_units),
    )


def market_today(terms: Terms, state: MarketState) -> wire.MarketToday:
    return wire.MarketToday(
        last=terms.price(state.last_ticks),
        open=terms.price(state.open_ticks),
        close=terms.price(state.close_ticks),
        high=terms.price(state.high_ticks),
        low=terms.price(state.low_ticks),
        volume=terms.amount(state.volume_lots),
        deal=terms.deal_money(state.money_units),
    )


def levels(terms: Terms, counts: Iterable[tuple[int, int]]) -> list[wire.Level]:
    """Price levels; a size of 0 says that the level is gone."""
    price_digits, amount_digits = terms.price_digits, terms.amount_digits
    return [(format_units(price, price_digits), format_units(size, amount_digits)) for price, size in counts]


def balance(asset: Asset, available_units: int, hold_units: int) -> wire.AssetBalance:
    digits = asset.scale_digits
    return wire.AssetBalance(format_units(available_units, digits), format_units(hold_units, digits))


def market_terms(terms: Terms) -> wire.MarketTerms:
    market = terms.market
    return wire.MarketTerms(
        name=market.name,
        stock=terms.stock.name,
        money=terms.money.name,
        price_digits=market.price_digits,
        amount_digits=market.amount_digits,
        min_amount=terms.amount(market.amount_lots_min),
        min_money=terms.money_amount(market.money_units_min),
        maker_fee=format_rate_ppm(market.maker_fee_ppm),
        taker_fee=format_rate_ppm(market.taker_fee_ppm),
        phase=PHASES[market.phase],
        price_band=format_rate_ppm(market.price_band_ppm) if market.price_band_ppm else msgspec.UNSET,
        reference_price=terms.price(market.reference_price_ticks) if market.reference_price_ticks else msgspec.UNSET,
    )


# ── inwards ───────────────────────────────────────────────────────────────────────────────────────────────────────────


def number_text(value: object, name: str) -> str:
    """The text of a number that may come as text or as a JSON number."""
    if type(value) is str:
        return value
    if isinstance(value, wire.NumberText):
        return value.text
    if type(value) is int:
        if abs(value) > COUNT_MAX:
            raise WireError(Code.NUMBER_MALFORMED, f"{name} is beyond 64 bits; the house keeps no number so large")
        return str(value)
    raise invalid(f'{name} is {kind_of(value)}; send a decimal as text, like "0.5"')


def decimal_count(value: object, digits: int, name: str, whose: str, code: Code = Code.INVALID_ARGUMENT) -> int:
    """A decimal as a count of ``10**-digits``. A finer one is refused with ``code``; the digits are ``whose``."""
    text = value if type(value) is str else number_text(value, name)
    try:
        return parse_units(text, digits)
    except TooManyDigits as error:
        raise WireError(code, f"{name} {text} has {error.digits} decimals; {whose} takes {digits}") from None
    except MalformedNumber as error:
        raise _malformed(name, error) from None


def _malformed(name: str, error: MalformedNumber) -> WireError:
    return WireError(Code.NUMBER_MALFORMED, f'{name}: {error}; send a decimal like "0.5"')


def price_ticks(terms: Terms, value: object, name: str = "price") -> int:
    """A price, or a distance of prices."""
    ticks = decimal_count(value, terms.price_digits, name, terms.name, Code.PRICE_OFF_TICK)
    if not 0 < ticks <= COUNT_MAX:
        way_out = f"send a {name} above 0" if ticks <= 0 else f"send a lower {name}"
        raise WireError(Code.PRICE_OUT_OF_BOUNDS, f"{name} {value} of {terms.name} is out of bounds; {way_out}")
    return ticks


def size_lots(terms: Terms, value: object) -> int:
    """An amount of stock."""
    lots = decimal_count(value, terms.amount_digits, "amount", terms.name, Code.AMOUNT_OFF_STEP)
    return _amount_within(terms, value, lots, terms.amount(terms.market.amount_lots_min), terms.stock.name)


def money_units(terms: Terms, value: object, order: str = "a market bid") -> int:
    """An amount of money: that of a market bid, or of whatever ``order`` is."""
    whose = f"{order} is in {terms.money.name}, which"
    units = decimal_count(value, terms.money.scale_digits, "amount", whose, Code.AMOUNT_OFF_STEP)
    return _amount_within(terms, value, units, terms.money_amount(terms.market.money_units_min), terms.money.name)


def _amount_within(terms: Terms, value: object, amount: int, least: str, asset: str) -> int:
    if amount <= 0:
        bound = f"{least} {asset}" if least != "0" else "more than 0"
        raise WireError(Code.AMOUNT_TOO_SMALL, f"amount too small: {value}; {terms.name} takes at least {bound}")
    if amount > COUNT_MAX:
        raise WireError(Code.AMOUNT_TOO_LARGE, f"amount {value} {asset} is beyond what the house can hold; send less")
    return amount


def asset_units(asset: Asset, value: object, name: str) -> int:
    """A signed amount of an asset."""
    units = decimal_count(value, asset.scale_digits, name, asset.name, Code.AMOUNT_OFF_STEP)
    if abs(units) > COUNT_MAX:
        sentence = f"{name} {value} {asset.name} is beyond what the house can hold; send less"
        raise WireError(Code.AMOUNT_TOO_LARGE, sentence)
    return units


def rate_ppm(value: object, name: str) -> int:
    """A rate like ``"0.001"`` in parts per million."""
    return decimal_count(value, _RATE_DIGITS, name, "a rate")


def interval_ticks(terms: Terms, value: object) -> int:
    """The interval of a merged depth; 0 for unmerged, also where it is finer than the market's prices."""
    text = number_text(value, "interval")
    # An interval finer than the tick merges nothing, so it is read with as many digits as any market may have.
    units = decimal_count(text, SCALE_DIGITS_MAX, "interval", f"a depth of {terms.name}")
    tick: int = 10 ** (SCALE_DIGITS_MAX - terms.price_digits)
    if not 0 <= units <= COUNT_MAX * tick:
        raise invalid(f'interval {text} is out of bounds; send "0" for single prices, or a width like "0.1"')
    if units <= tick:
        return 0
    ticks, rest = divmod(units, tick)
    if rest:
        raise invalid(f"interval {text} is no multiple of {terms.price(1)}, the step of prices of {terms.name}")
    return ticks


_INTERVAL_DIGITS: Final = 8


def same_decimal(value: object, choices: Iterable[str]) -> str | None:
    """The one of ``choices`` that is the same number, however it is written (``0.10``, ``1e-1``)."""
    text = number_text(value, "interval")
    try:
        units = parse_units(text, _INTERVAL_DIGITS)
    except TooManyDigits:
        return None
    except MalformedNumber as error:
        raise _malformed("interval", error) from None
    for choice in choices:
        if parse_units(choice, _INTERVAL_DIGITS) == units:
            return choice
    return None


def kind_of(value: object) -> str:
    """What a JSON value is, in the words of an error sentence."""
    return _KINDS.get(type(value), "something else")


_KINDS: Final = {
    type(None): "null",
    bool: "true or false",
    int: "an integer",
    wire.NumberText: "a number with a point or an exponent",
    str: "text",
    list: "an array",
    dict: "an object",
}
