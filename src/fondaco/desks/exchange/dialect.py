"""How replies and pushes look on one connection: their compression, and the form of private pushes.

    path            compression   asset.update and order.update
    /exchange       zlib          as the document prints them: a bare object for assets, the id of their subscribe
    /exchange/v2    gzip          as live clients of that path read them: an array with one object, id null

A client may ask for the subprotocol ``gzip``, ``zlib`` or ``json`` (plain text frames) on either path; it changes the
compression alone. Compressed messages travel in binary frames. Clients of the live service offer ``chat`` and
``limit-no`` too. Those mean nothing here, but browsers and several libraries give a connection up when none of the
names they offered is taken, so one is taken where no compression is named.

Most replies are a few hundred bytes, where deflate takes longer (7 µs) than everything else that is done for an order
and saves a hundred bytes. So a message of up to ``STORED_BYTES_MAX`` is put into its zlib or gzip stream as a stored
block, which every inflate reads; a longer one is deflated at level 1.

Source: exchange.md, opening note; exchange.notes.md, Framing and Dialects that differ; RFC 1950, 1951 §3.2.4, 1952.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Sequence
from enum import Enum
from typing import Final

import msgspec

PATHS: Final = ("/exchange", "/exchange/v2")
COMPRESSIONS: Final = ("gzip", "zlib", "json")
WITHOUT_MEANING: Final = ("chat", "limit-no")

STORED_BYTES_MAX: Final = 512

_LEVEL: Final = 1
_ZLIB_HEAD: Final = b"\x78\x01"
_GZIP_HEAD: Final = b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\xff"
_GZIP_TAIL: Final = struct.Struct("<II")
_STORED: Final = struct.Struct("<BHH")
_GZIP_WINDOW_BITS: Final = 31


class Compression(Enum):
    ZLIB = "zlib"
    GZIP = "gzip"
    NONE = "json"

    def pack(self, payload: bytes) -> bytes:
        if self is Compression.NONE:
            return payload
        size = len(payload)
        if self is Compression.ZLIB:
            if size > STORED_BYTES_MAX:
                return zlib.compress(payload, _LEVEL)
            return _ZLIB_HEAD + _stored(size) + payload + zlib.adler32(payload).to_bytes(4, "big")
        if size > STORED_BYTES_MAX:
            return zlib.compress(payload, _LEVEL, _GZIP_WINDOW_BITS)
        return _GZIP_HEAD + _stored(size) + payload + _GZIP_TAIL.pack(zlib.crc32(payload), size)


def _stored(size: int) -> bytes:
    """The head of the only block of a stream, which is stored as it is (RFC 1951 §3.2.4)."""
    return _STORED.pack(1, size, size ^ 0xFFFF)


class Dialect(msgspec.Struct, frozen=True):
    """``live_form``: private pushes as live clients read them, not as the document prints them."""

    compression: Compression
    live_form: bool


def choose_subprotocol(offered: Sequence[str]) -> str:
    """The first that names a compression, else the first that is known at all, else none (RFC 6455 §4.2.2)."""
    for known in (COMPRESSIONS, WITHOUT_MEANING):
        for name in offered:
            if name in known:
                return name
    return ""


def dialect(path: str, subprotocol: str) -> Dialect:
    """What a connection speaks that was opened on ``path`` with ``subprotocol`` (empty for none)."""
    live_form = path == PATHS[1]
    if subprotocol in COMPRESSIONS:
        return Dialect(Compression(subprotocol), live_form)
    return Dialect(Compression.GZIP if live_form else Compression.ZLIB, live_form)
