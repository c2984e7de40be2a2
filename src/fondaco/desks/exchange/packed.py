"""One message for many connections: packed once for each shape in use, and the same bytes go to everybody."""

from __future__ import annotations

from typing import NamedTuple

from fondaco.desks.exchange.dialect import Compression
from fondaco.wire import exchange as wire


class Shape(NamedTuple):
    """How a subscriber reads a push: its compression, and what it asked for besides (bits of the stream's own)."""

    compression: Compression
    extras: int = 0

    @property
    def is_text(self) -> bool:
        return self.compression is Compression.NONE


class Packed:
    """One JSON message in each shape, made when it is first asked for."""

    __slots__ = ("_packed", "payload")

    def __init__(self, payload: bytes) -> None:
        self.payload = payload
        self._packed: dict[Shape, bytes] = {}

    def message(self, shape: Shape) -> bytes:
        made = self._packed.get(shape)
        if made is None:
            made = self._packed[shape] = shape.compression.pack(self.text(shape.extras))
        return made

    def text(self, extras: int) -> bytes:
        """The message with what was asked for besides."""
        return self.payload


def push(method: str, params: object) -> Packed:
    """A push of market data; its id is null in both dialects."""
    return Packed(wire.ENCODER.encode(wire.Push(method, params, None)))
