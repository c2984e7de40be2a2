"""Commands as bytes: what the journal stores and what ``House.apply`` reads.

A batch is records end to end. Its sequence and time stand in the journal's batch header, so a record holds neither: the
nth record of a batch has the sequence ``first_seq + n`` and the batch's time. Records are whole 8-byte little-endian
words, so that the compiled core reads them as integers without decoding:

    word 0   size_words (16 bits) | version (8) | kind (8) | key_id (31)         from the lowest bit up
    word 1   session_id (32) | user_id (31)

    PLACE    word 2   market_id (16) | side (8) | order_type (8) | execution (8) | trigger (8) | flags (15)
             word 3   price_ticks (0 for a market order)
             word 4   amount: size_lots, or money_units (see ``Place``)
             then     four words of options, only if flags has HAS_OPTIONS:
                      display_lots, trigger_price_ticks, trail_ticks, expire_us
             then     four words with the client order id, zero padded, only if flags has HAS_CLIENT_ORDER_ID
    CANCEL   word 2   market_id (16) | zeros (32) | flags (15)
             word 3   order_id (0 when the client order id names the order)
             word 4…7 the client order id, as above
    AMEND    word 2   as of CANCEL      word 3   order_id, as of CANCEL
             word 4   price_ticks       word 5   amount       word 6   trigger_price_ticks (0 each: as it is)
             word 7…  the client order id, as above
    execution is time_in_force (3 bits) | self_trade (3) | post_only (1); trigger is trigger (2 bits) | other unit (1)
    the rest word 2   body length in bytes
             word 3…  the body: msgpack of one of the structs of ``commands.py``, zero padded

Hot commands (kind < ``RARE``) are read by the compiled matching; the rest by ``House``.
"""

from __future__ import annotations

import struct
from typing import Final

import msgspec

from fondaco.core.commands import (
    BODY_LENGTH_MAX,
    CLIENT_ORDER_ID_LENGTH_MAX,
    HAS_CLIENT_ORDER_ID,
    HAS_OPTIONS,
    NO_OPTIONS,
    RARE_KINDS,
    VERSION,
    Amend,
    Cancel,
    Command,
    Kind,
    OrderType,
    Place,
    SelfTrade,
    Sender,
    Side,
    TimeInForce,
    Trigger,
)

_RARE_TYPES: Final = {kind: type_ for type_, kind in RARE_KINDS.items()}
_RARE_DECODERS: Final = {kind: msgspec.msgpack.Decoder(type_) for kind, type_ in _RARE_TYPES.items()}
_ENCODER: Final = msgspec.msgpack.Encoder()

_HEAD: Final = struct.Struct("<HBBIII")
_PLACE: Final = struct.Struct("<HBBIIIHBBBBHqq")
_CANCEL: Final = struct.Struct("<HBBIIIHIHq")
_AMEND: Final = struct.Struct("<HBBIIIHIHqqqq")
_OPTIONS: Final = struct.Struct("<qqqq")
_RARE: Final = struct.Struct("<HBBIIIq")


def encode_place(
    sender: Sender,
    market_id: int,
    side: int,
    order_type: int,
    time_in_force: int,
    price_ticks: int,
    amount: int,
    client_order_id: bytes = b"",
    *,
    self_trade: int = 0,
    post_only: bool = False,
    in_other_unit: bool = False,
    trigger: int = 0,
    options: tuple[int, int, int, int] = NO_OPTIONS,
) -> bytes:
    """One PLACE record; ``options`` as ``Place.options`` gives them.

    Raises ``ValueError`` if the client order id is not ASCII, or longer than 32.
    """
    size_words, flags = 5, 0
    tail = b""
    if options != NO_OPTIONS:
        size_words, flags, tail = 9, HAS_OPTIONS, _OPTIONS.pack(*options)
    if client_order_id:
        size_words += 4
        flags |= HAS_CLIENT_ORDER_ID
        tail += _padded(client_order_id)
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
        time_in_force | self_trade << 3 | post_only << 6,
        trigger | in_other_unit << 2,
        flags,
        price_ticks,
        amount,
    )
    return record + tail if tail else record


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


def encode_amend(sender: Sender, command: Amend) -> bytes:
    """One AMEND record. Raises ``ValueError`` as ``encode_place``."""
    name = command.client_order_id.encode("ascii")
    size_words, flags = (11, HAS_CLIENT_ORDER_ID) if name else (7, 0)
    record = _AMEND.pack(
        size_words,
        VERSION,
        Kind.AMEND,
        sender.key_id,
        sender.session_id,
        sender.user_id,
        command.market_id,
        0,
        flags,
        command.order_id,
        command.price_ticks,
        command.amount,
        command.trigger_price_ticks,
    )
    return record + _padded(name) if name else record


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
            self_trade=command.self_trade,
            post_only=command.post_only,
            in_other_unit=command.in_other_unit,
            trigger=command.trigger,
            options=command.options,
        )
    if isinstance(command, Cancel):
        return encode_cancel(sender, command.market_id, command.order_id, command.client_order_id.encode("ascii"))
    if isinstance(command, Amend):
        return encode_amend(sender, command)
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
        execution, trigger, flags = fields[9:12]
        options = _OPTIONS.unpack_from(batch, offset + 40) if flags & HAS_OPTIONS else NO_OPTIONS
        name_at = offset + (72 if flags & HAS_OPTIONS else 40)
        command = Place(
            market_id=fields[6],
            side=Side(fields[7]),
            order_type=OrderType(fields[8]),
            time_in_force=TimeInForce(execution & 7),
            price_ticks=fields[12],
            amount=fields[13],
            client_order_id=_client_order_id(batch, name_at) if flags & HAS_CLIENT_ORDER_ID else "",
            self_trade=SelfTrade(execution >> 3 & 7),
            post_only=bool(execution >> 6),
            in_other_unit=bool(trigger >> 2),
            trigger=Trigger(trigger & 3),
            display_lots=options[0],
            trigger_price_ticks=options[1],
            trail_ticks=options[2],
            expire_us=options[3],
        )
    elif kind is Kind.CANCEL:
        fields = _CANCEL.unpack_from(batch, offset)
        client_order_id = _client_order_id(batch, offset + 32) if fields[8] & HAS_CLIENT_ORDER_ID else ""
        command = Cancel(market_id=fields[6], order_id=fields[9], client_order_id=client_order_id)
    elif kind is Kind.AMEND:
        fields = _AMEND.unpack_from(batch, offset)
        client_order_id = _client_order_id(batch, offset + 56) if fields[8] & HAS_CLIENT_ORDER_ID else ""
        command = Amend(
            market_id=fields[6],
            order_id=fields[9],
            price_ticks=fields[10],
            amount=fields[11],
            trigger_price_ticks=fields[12],
            client_order_id=client_order_id,
        )
    else:
        length = _RARE.unpack_from(batch, offset)[6]
        body = bytes(memoryview(batch)[offset + 24 : offset + 24 + length])
        command = _RARE_DECODERS[kind].decode(body)
    return Record(kind, sender, command, size_words * 8)


def _client_order_id(batch: bytes | bytearray | memoryview, offset: int) -> str:
    return bytes(memoryview(batch)[offset : offset + CLIENT_ORDER_ID_LENGTH_MAX]).rstrip(b"\0").decode("ascii")
