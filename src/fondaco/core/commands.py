"""Every input of the house, as bytes: what the journal stores and what ``House.apply`` reads.

A batch is records end to end. Its sequence and time stand in the journal's batch header, so a record holds neither: the
nth record of a batch has the sequence ``first_seq + n`` and the batch's time. Records are whole 8-byte little-endian
words, so that the compiled core reads them as integers without decoding:

    word 0   size_words (16 bits) | version (8) | kind (8) | key_id (31)         from the lowest bit up
    word 1   session_id (32) | user_id (31)

    PLACE    word 2   market_id (16) | side (8) | order_type (8) | time_in_force (8) | reserved (8) | flags (15)
             word 3   price_ticks (0 for a market order)
             word 4   amount: size_lots, or money_units for a market bid
             word 5…8 the client order id, zero padded, only if flags has HAS_CLIENT_ORDER_ID
    CANCEL   word 2   market_id (16) | zeros (32) | flags (15)
             word 3   order_id (0 when the client order id names the order)
             word 4…7 the client order id, as above
    the rest word 2   body length in bytes
             word 3…  the body: msgpack of one of the structs below, zero padded

Hot commands (kind < ``RARE``) are read by the compiled matching; the rest by ``House``.
"""

from __future__ import annotations

import struct
from enum import IntEnum
from typing import Final

import msgspec

VERSION: Final = 1
RARE: Final = 64
CLIENT_ORDER_ID_LENGTH_MAX: Final = 32
BODY_LENGTH_MAX: Final = 65_536


class Kind(IntEnum):
    PLACE = 1
    CANCEL = 2
    ASSET_CREATE = 64
    MARKET_CREATE = 65
    MARKET_UPDATE = 66
    USER_CREATE = 67
    USER_DISABLE = 68
    KEY_CREATE = 69
    KEY_REVOKE = 70
    BALANCE_UPDATE = 71
    TICK = 72


class Side(IntEnum):
    """As the exchange document numbers them: an ask sells stock, a bid buys it."""

    ASK = 1
    BID = 2


class OrderType(IntEnum):
    LIMIT = 1
    MARKET = 2


class TimeInForce(IntEnum):
    GTC = 0
    IOC = 1
    FOK = 2


HAS_CLIENT_ORDER_ID: Final = 1


class Place(msgspec.Struct, frozen=True):
    """Put an order. ``amount`` is lots, or money units for a market bid; ``price_ticks`` is 0 for a market order."""

    market_id: int
    side: Side
    order_type: OrderType
    time_in_force: TimeInForce
    price_ticks: int
    amount: int
    client_order_id: str = ""


class Cancel(msgspec.Struct, frozen=True):
    """Cancel an open order, named by ``order_id`` or else by ``client_order_id``."""

    market_id: int
    order_id: int = 0
    client_order_id: str = ""


class AssetCreate(msgspec.Struct, frozen=True):
    name: str
    scale_digits: int


class MarketCreate(msgspec.Struct, frozen=True):
    """``amount_min`` and ``money_min`` are in lots and in the money asset's minor units."""

    name: str
    stock: str
    money: str
    price_digits: int
    amount_digits: int
    amount_lots_min: int
    money_units_min: int
    maker_fee_ppm: int
    taker_fee_ppm: int


class MarketUpdate(msgspec.Struct, frozen=True):
    """New bounds and fees of a market; ``None`` leaves a value as it is.

    Open orders keep the fees they were put with.
    """

    name: str
    amount_lots_min: int | None = None
    money_units_min: int | None = None
    maker_fee_ppm: int | None = None
    taker_fee_ppm: int | None = None


class UserCreate(msgspec.Struct, frozen=True):
    name: str


class UserDisable(msgspec.Struct, frozen=True):
    user_id: int


class KeyCreate(msgspec.Struct, frozen=True):
    api_key: str
    user_id: int
    scopes: tuple[str, ...]
    addresses: tuple[str, ...] = ()
    label: str = ""


class KeyRevoke(msgspec.Struct, frozen=True):
    api_key: str


class BalanceUpdate(msgspec.Struct, frozen=True):
    """Money in (positive) or out (negative) of the house, once for ever per (user, asset, business, business_id).

    ``detail`` is the caller's own JSON text, kept as it came.
    """

    user_id: int
    asset: str
    business: str
    business_id: int
    change_units: int
    detail: str = "{}"


class Tick(msgspec.Struct, frozen=True):
    """Nothing but the passing of time: what is due by now happens. Sent only when the house is idle."""


RareCommand = (
    AssetCreate | MarketCreate | MarketUpdate | UserCreate | UserDisable | KeyCreate | KeyRevoke | BalanceUpdate | Tick
)
Command = Place | Cancel | RareCommand

RARE_KINDS: Final[dict[type[RareCommand], Kind]] = {
    AssetCreate: Kind.ASSET_CREATE,
    MarketCreate: Kind.MARKET_CREATE,
    MarketUpdate: Kind.MARKET_UPDATE,
    UserCreate: Kind.USER_CREATE,
    UserDisable: Kind.USER_DISABLE,
    KeyCreate: Kind.KEY_CREATE,
    KeyRevoke: Kind.KEY_REVOKE,
    BalanceUpdate: Kind.BALANCE_UPDATE,
    Tick: Kind.TICK,
}
_RARE_TYPES: Final = {kind: type_ for type_, kind in RARE_KINDS.items()}
_RARE_DECODERS: Final = {kind: msgspec.msgpack.Decoder(type_) for kind, type_ in _RARE_TYPES.items()}
_ENCODER: Final = msgspec.msgpack.Encoder()

_HEAD: Final = struct.Struct("<HBBIII")
_PLACE: Final = struct.Struct("<HBBIIIHBBBBHqq")
_CANCEL: Final = struct.Struct("<HBBIIIHIHq")
_RARE: Final = struct.Struct("<HBBIIIq")


class Sender(msgspec.Struct, frozen=True):
    """Who sent a command: the key, the session and the user it acts for. All zero: the house itself."""

    key_id: int = 0
    session_id: int = 0
    user_id: int = 0


HOUSE: Final = Sender()


def encode_place(
    sender: Sender,
    market_id: int,
    side: int,
    order_type: int,
    time_in_force: int,
    price_ticks: int,
    amount: int,
    client_order_id: bytes = b"",
) -> bytes:
    """One PLACE record. Raises ``ValueError`` if the client order id is not ASCII, or longer than 32."""
    size_words, flags = (9, HAS_CLIENT_ORDER_ID) if client_order_id else (5, 0)
    record = _PLACE.pack(
        size_words,
        VERSION,
        Kind.PLACE,
        sender.key_id,
        sender.session_id,
        sender.user_id,
        market_id,
        side,
        order_type,
        time_in_force,
        0,
        flags,
        price_ticks,
        amount,
    )
    return record + _padded(client_order_id) if client_order_id else record


def encode_cancel(sender: Sender, market_id: int, order_id: int, client_order_id: bytes = b"") -> bytes:
    """One CANCEL record. Raises ``ValueError`` as ``encode_place``."""
    size_words, flags = (8, HAS_CLIENT_ORDER_ID) if client_order_id else (4, 0)
    record = _CANCEL.pack(
        size_words,
        VERSION,
        Kind.CANCEL,
        sender.key_id,
        sender.session_id,
        sender.user_id,
        market_id,
        0,
        flags,
        order_id,
    )
    return record + _padded(client_order_id) if client_order_id else record


def _padded(client_order_id: bytes) -> bytes:
    # A longer one would make a longer record than its head says, and the next record would begin inside it.
    if len(client_order_id) > CLIENT_ORDER_ID_LENGTH_MAX or not client_order_id.isascii() or b"\0" in client_order_id:
        raise ValueError(f"the client order id {client_order_id!r} is not ASCII of 1 to {CLIENT_ORDER_ID_LENGTH_MAX}")
    return client_order_id.ljust(CLIENT_ORDER_ID_LENGTH_MAX, b"\0")


def encode(sender: Sender, command: Command) -> bytes:
    """One record of any command. Raises ``ValueError`` if its body is larger than ``BODY_LENGTH_MAX``."""
    if isinstance(command, Place):
        return encode_place(
            sender,
            command.market_id,
            command.side,
            command.order_type,
            command.time_in_force,
            command.price_ticks,
            command.amount,
            command.client_order_id.encode("ascii"),
        )
    if isinstance(command, Cancel):
        return encode_cancel(sender, command.market_id, command.order_id, command.client_order_id.encode("ascii"))
    body = _ENCODER.encode(command)
    if len(body) > BODY_LENGTH_MAX:
        raise ValueError(f"a command body of {len(body)} bytes; at most {BODY_LENGTH_MAX} are taken")
    padded = body.ljust(-(-len(body) // 8) * 8, b"\0")
    head = _RARE.pack(
        3 + len(padded) // 8,
        VERSION,
        RARE_KINDS[type(command)],
        sender.key_id,
        sender.session_id,
        sender.user_id,
        len(body),
    )
    return head + padded


class Record(msgspec.Struct, frozen=True):
    """One decoded record of a batch; ``size_bytes`` is how far the next one is."""

    kind: Kind
    sender: Sender
    command: Command
    size_bytes: int


def decode(batch: bytes | bytearray | memoryview, offset: int = 0) -> Record:
    """The record at ``offset``, for people and the rare path. Raises ``ValueError`` on a foreign version or kind."""
    size_words, version, kind_number, key_id, session_id, user_id = _HEAD.unpack_from(batch, offset)
    if version != VERSION:
        raise ValueError(f"record version {version} at byte {offset}; this house reads version {VERSION}")
    kind = Kind(kind_number)
    sender = Sender(key_id, session_id, user_id)
    command: Command
    if kind is Kind.PLACE:
        fields = _PLACE.unpack_from(batch, offset)
        client_order_id = _client_order_id(batch, offset + 40) if fields[11] & HAS_CLIENT_ORDER_ID else ""
        command = Place(
            market_id=fields[6],
            side=Side(fields[7]),
            order_type=OrderType(fields[8]),
            time_in_force=TimeInForce(fields[9]),
            price_ticks=fields[12],
            amount=fields[13],
            client_order_id=client_order_id,
        )
    elif kind is Kind.CANCEL:
        fields = _CANCEL.unpack_from(batch, offset)
        client_order_id = _client_order_id(batch, offset + 32) if fields[8] & HAS_CLIENT_ORDER_ID else ""
        command = Cancel(market_id=fields[6], order_id=fields[9], client_order_id=client_order_id)
    else:
        length = _RARE.unpack_from(batch, offset)[6]
        body = bytes(memoryview(batch)[offset + 24 : offset + 24 + length])
        command = _RARE_DECODERS[kind].decode(body)
    return Record(kind, sender, command, size_words * 8)


def _client_order_id(batch: bytes | bytearray | memoryview, offset: int) -> str:
    return bytes(memoryview(batch)[offset : offset + CLIENT_ORDER_ID_LENGTH_MAX]).rstrip(b"\0").decode("ascii")
