"""What is packed is read by every inflate."""

from __future__ import annotations

import gzip
import zlib

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from fondaco.desks.exchange.dialect import STORED_BYTES_MAX, Compression, Dialect, choose_subprotocol, dialect


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
        ("/exchange", "chat", Dialect(Compression.ZLIB, live_form=False)),
        ("/exchange/v2", "limit-no", Dialect(Compression.GZIP, live_form=True)),
    ],
)
def test_dialects(path: str, subprotocol: str, spoken: Dialect) -> None:
    assert dialect(path, subprotocol) == spoken


@pytest.mark.parametrize(
    ("offered", "chosen"),
    [
        ((), ""),
        (("chat", "limit-no", "gzip"), "gzip"),
        (("chat", "zlib", "gzip"), "zlib"),
        (("soap", "json"), "json"),
        (("soap", "limit-no", "chat"), "limit-no"),
        (("soap",), ""),
    ],
)
def test_a_compression_is_chosen_before_a_name_without_meaning(offered: tuple[str, ...], chosen: str) -> None:
    assert choose_subprotocol(offered) == chosen
