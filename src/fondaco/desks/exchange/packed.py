"""One message for many connections: framed once for each shape in use, and the same bytes go to everybody."""

from __future__ import annotations

from typing import NamedTuple

from fondaco.desks.common.connection import frame
from fondaco.desks.exchange.dialect import Compression
from fondaco.wire import exchange as wire


class Shape(NamedTuple):
    """How a subscriber reads a push: its compression, and what it asked for besides (bits of the stream's own)."""

    compression: Compression
    extras: int = 0


class Packed:
    """One JSON message as frames, one for each shape, each made when it is first asked for."""

    __slots__ = ("_frames", "payload")

    def __init__(self, payload: bytes) -> None:
        self.payload = payload
        self._frames: dict[Shape, bytes] = {}

    def frame(self, shape: Shape) -> bytes:
        made = self._frames.get(shape)
        if made is None:
            packed = shape.compression.pack(self.text(shape.extras))
            made = self._frames[shape] = frame(packed, text=shape.compression is Compression.NONE)
        return made

    def text(self, extras: int) -> bytes:
        """The message with what was asked for besides."""
        return self.payload


def push(method: str, params: object) -> Packed:
    """A push of market data; its id is null in both dialects."""
    return Packed(wire.ENCODER.encode(wire.Push(method, params, None)))
