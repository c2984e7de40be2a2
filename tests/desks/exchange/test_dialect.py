"""What is packed is read by every inflate."""

from __future__ import annotations

import gzip
import zlib

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from fondaco.desks.exchange.dialect import STORED_BYTES_MAX, Compression, Dialect, dialect


@given(st.binary(max_size=2 * STORED_BYTES_MAX))
@example(b"")
@example(bytes(STORED_BYTES_MAX))
@example(bytes(STORED_BYTES_MAX + 1))
def test_a_packed_message_is_what_it_was(payload: bytes) -> None:
    assert zlib.decompress(Compression.ZLIB.pack(payload)) == payload
    assert gzip.decompress(Compression.GZIP.pack(payload)) == payload
    assert zlib.decompress(Compression.GZIP.pack(payload), 31) == payload
    assert Compression.NONE.pack(payload) == payload


def test_a_long_message_is_deflated() -> None:
    payload = b'["8000.00","1.0000"],' * 100
    assert len(Compression.ZLIB.pack(payload)) < len(payload) / 5
    assert len(Compression.GZIP.pack(payload)) < len(payload) / 5


@pytest.mark.parametrize(
    ("path", "subprotocol", "spoken"),
    [
        ("/exchange", "", Dialect(Compression.ZLIB, live_form=False)),
        ("/exchange", "gzip", Dialect(Compression.GZIP, live_form=False)),
        ("/exchange", "json", Dialect(Compression.NONE, live_form=False)),
        ("/exchange/v2", "", Dialect(Compression.GZIP, live_form=True)),
        ("/exchange/v2", "zlib", Dialect(Compression.ZLIB, live_form=True)),
        ("/exchange/v2", "json", Dialect(Compression.NONE, live_form=True)),
    ],
)
def test_dialects(path: str, subprotocol: str, spoken: Dialect) -> None:
    assert dialect(path, subprotocol) == spoken
