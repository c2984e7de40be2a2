"""The shapes of the exchange protocol: requests, replies and pushes, exactly as they travel.

A request is ``{"method", "params", "id"}``; a reply ``{"error", "result", "id"}``; a push has the shape of a request.
Amounts and prices travel as text, times as JSON numbers of seconds. No number passes through a double on its way in
or out: what arrives with a point or an exponent is kept as the text it was (``NumberText``), and times leave as ``Raw``
text that was made from integers.

Source: the exchange document, sections Request Data Format, Format of Response Data, and each method's example.
"""

from __future__ import annotations

from typing import Any, Final

import msgspec

#: Request ids are integers without a sign, within what 64-bit clients can hold.
REQUEST_ID_MAX: Final = (1 << 63) - 1

#: A point in time: the JSON number of seconds, with six decimals.
Seconds = msgspec.Raw


class NumberText:
    """A JSON number that is no integer, as it was written: ``1.50`` stays ``1.50``."""

    __slots__ = ("text",)

    def __init__(self, text: str) -> None:
        self.text = text

    def __repr__(self) -> str:
        return self.text


class Request(msgspec.Struct, frozen=True, gc=False):
    """What a client asks. Without an id it is a notice: obeyed, never answered."""

    method: str
    params: list[Any]
    id: int | msgspec.UnsetType = msgspec.UNSET


class LooseRequest(msgspec.Struct, frozen=True):
    """A request whose members may have any type: to name what is wrong with one, under its own id."""

    method: Any = msgspec.UNSET
    params: Any = msgspec.UNSET
    id: Any = msgspec.UNSET


class ErrorBody(msgspec.Struct, frozen=True):
    code: int
    message: str


class Reply(msgspec.Struct, frozen=True):
    """The answer to a request: ``error`` or ``result`` is null."""

    error: ErrorBody | None
    result: Any
    id: int | None


class Push(msgspec.Struct, frozen=True):
    """What the house sends by itself. The id is null, or that of the subscribe in the document's private pushes."""

    method: str
    params: Any
    id: int | None


class Status(msgspec.Struct, frozen=True):
    status: str = "success"


class SignedIn(msgspec.Struct, frozen=True):
    """The answer of ``server.auth``; ``ended`` names the subscribes that ended because it is another user now."""

    status: str = "success"
    ended: list[str] | msgspec.UnsetType = msgspec.UNSET


class OrdersFollowed(msgspec.Struct, frozen=True):
    """The answer of ``orders.subscribe``; ``replay`` only where a sequence to go on from was given."""

    status: str = "success"
    is_replayed: bool | msgspec.UnsetType = msgspec.field(default=msgspec.UNSET, name="replay")


class Deal(msgspec.Struct, frozen=True):
    """``type`` is the taker's side: ``buy`` or ``sell``."""

    id: int
    time: Seconds
    price: str
    amount: str
    type: str


#: timestamp, open, close, high, low, volume, deal, market
Candle = tuple[int, str, str, str, str, str, str, str]

#: price, amount
Level = tuple[str, str]


class Depth(msgspec.Struct, frozen=True):
    """Best price first on both sides."""

    asks: list[Level]
    bids: list[Level]


class MarketState(msgspec.Struct, frozen=True):
    """A market over a rolling period of seconds."""

    period: int
    last: str
    open: str
    close: str
    high: str
    low: str
    volume: str
    deal: str


class MarketToday(msgspec.Struct, frozen=True):
    """A market over the calendar day, as ``today.query`` answers it."""

    last: str
    open: str
    close: str
    high: str
    low: str
    volume: str
    deal: str


class MarketTodayPush(msgspec.Struct, frozen=True):
    """The same as ``today.update`` pushes it: the document leaves ``close`` out there, where it equals ``last``."""

    open: str
    last: str
    high: str
    low: str
    volume: str
    deal: str


class OrderRecord(msgspec.Struct, frozen=True, kw_only=True):
    """An order. side 1 = ask, 2 = bid; type 1 = limit, 2 = market; ``amount`` and ``left`` of a market bid are money.

    ``client_order_id`` stands only on an order that was put with one, ``ftime`` only on a finished one, ``source`` only
    in pushes, as in the document's examples.
    """

    id: int
    market: str
    source: str | msgspec.UnsetType = msgspec.UNSET
    type: int
    side: int
    user: int
    ctime: Seconds
    mtime: Seconds
    price: str
    amount: str
    taker_fee: str
    maker_fee: str
    left: str
    deal_stock: str
    deal_money: str
    deal_fee: str
    ftime: Seconds | msgspec.UnsetType = msgspec.UNSET
    client_order_id: str | msgspec.UnsetType = msgspec.UNSET


class OptionedOrder(OrderRecord, frozen=True, kw_only=True):
    """An order with options; each stands only where it is set, so a plain order looks as it always did.

    ``time_in_force`` stands beside ``trigger`` or ``expire``; ``reason`` says how an order ended that was not filled,
    cancelled by its user or cut off by its time in force.
    """

    time_in_force: str | msgspec.UnsetType = msgspec.UNSET
    expire: Seconds | msgspec.UnsetType = msgspec.UNSET
    post_only: bool | msgspec.UnsetType = msgspec.UNSET
    stp: str | msgspec.UnsetType = msgspec.UNSET
    display: str | msgspec.UnsetType = msgspec.UNSET
    amount_in: str | msgspec.UnsetType = msgspec.UNSET
    trigger: str | msgspec.UnsetType = msgspec.UNSET
    stop_price: str | msgspec.UnsetType = msgspec.UNSET
    trail: str | msgspec.UnsetType = msgspec.UNSET
    waiting: bool | msgspec.UnsetType = msgspec.UNSET
    reason: str | msgspec.UnsetType = msgspec.UNSET


class BatchEntry(msgspec.Struct, frozen=True):
    """What became of one row of a batch: ``error`` or ``result`` is null, as in a reply."""

    error: ErrorBody | None
    result: OrderRecord | None


class Count(msgspec.Struct, frozen=True):
    """How many orders were cancelled."""

    count: int


class DeadManAnswer(msgspec.Struct, frozen=True):
    """When the user's orders will be cancelled; null: never by this."""

    deadline: Seconds | None


class Safeguards(msgspec.Struct, frozen=True):
    """What will cancel the caller's orders; ``cancel_on_disconnect`` is null where there is no connection."""

    deadline: Seconds | None
    cancel_on_disconnect: bool | None


class OrderPage(msgspec.Struct, frozen=True):
    limit: int
    offset: int
    total: int
    records: list[OrderRecord]


class AssetBalance(msgspec.Struct, frozen=True):
    available: str
    freeze: str


class AssetChange(msgspec.Struct, frozen=True):
    """One change of a balance; ``balance`` is what the user had after it, available and held together."""

    time: Seconds
    asset: str
    business: str
    change: str
    balance: str
    detail: msgspec.Raw


class AssetChangePage(msgspec.Struct, frozen=True):
    offset: int
    limit: int
    records: list[AssetChange]


class MarketTerms(msgspec.Struct, frozen=True):
    """The terms of a market, as ``market.list`` answers them and ``market.create`` takes them.

    ``price_band`` and ``reference_price`` stand only where the market has them.
    """

    name: str
    stock: str
    money: str
    price_digits: int
    amount_digits: int
    min_amount: str
    min_money: str
    maker_fee: str
    taker_fee: str
    phase: str
    price_band: str | msgspec.UnsetType = msgspec.UNSET
    reference_price: str | msgspec.UnsetType = msgspec.UNSET


class PhaseAnswer(msgspec.Struct, frozen=True):
    """A market's phase after ``market.phase``, and what the change did: ``price`` and ``amount`` of an uncross."""

    market: str
    phase: str
    price: str
    amount: str
    cancelled: int


class FeesRecord(msgspec.Struct, frozen=True):
    """A user's own fees; ``market`` null: on every market that has no entry of its own. Null rates: there are none."""

    user: int
    market: str | None
    maker_fee: str | None
    taker_fee: str | None


class RebateRecord(msgspec.Struct, frozen=True):
    """What rebates are paid from: ``floor`` is what they leave in it."""

    asset: str
    balance: str
    floor: str


class WithdrawalRecord(msgspec.Struct, frozen=True):
    """``state`` is ``frozen``, ``confirmed`` or ``released``."""

    user: int
    asset: str
    business: str
    business_id: int
    amount: str
    state: str
    detail: msgspec.Raw


class WithdrawalPage(msgspec.Struct, frozen=True):
    offset: int
    limit: int
    records: list[WithdrawalRecord]


class BustedTrade(msgspec.Struct, frozen=True):
    """A deal that was taken back, as one of its sides sees it: ``side`` is that side's, ``fee`` what it got back."""

    market: str
    deal_id: int
    side: int
    price: str
    amount: str
    deal: str
    fee: str
    reason: str
    time: Seconds


class BustedSide(BustedTrade, frozen=True):
    """The same for the operator, who sees both: whose side it is, and whether he was ``taker`` or ``maker``."""

    user: int
    role: str


class AssetTerms(msgspec.Struct, frozen=True):
    name: str
    scale_digits: int


class UserRecord(msgspec.Struct, frozen=True):
    user: int
    name: str
    disabled: bool


class UserPage(msgspec.Struct, frozen=True):
    limit: int
    offset: int
    total: int
    records: list[UserRecord]


class KeyRecord(msgspec.Struct, frozen=True):
    """A key without its secret. No ``addresses``: it may be used from any."""

    api_key: str
    user: int
    scopes: tuple[str, ...]
    addresses: tuple[str, ...]
    label: str
    revoked: bool


class NewKey(msgspec.Struct, frozen=True):
    """The answer of ``key.create``: the only time the secret is told."""

    api_key: str
    secret: str


def _as_written(value: object) -> msgspec.Raw:
    if isinstance(value, NumberText):
        return msgspec.Raw(value.text.encode())
    raise NotImplementedError(f"{type(value).__name__} has no place in a message")


REQUEST_DECODER: Final = msgspec.json.Decoder(Request, float_hook=NumberText)
LOOSE_DECODER: Final = msgspec.json.Decoder(LooseRequest, float_hook=NumberText)
ENCODER: Final = msgspec.json.Encoder(enc_hook=_as_written)
