"""Records and rows are packed as ``command_records.py`` and ``events.py`` say, and read back the same."""

from __future__ import annotations

import struct
from enum import IntEnum
from types import UnionType
from typing import Any, Union, get_args, get_origin, get_type_hints

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fondaco.core import command_records, layout
from fondaco.core import commands as c
from fondaco.core import events as e
from fondaco.core.house import House
from tests.core.examples import steady
from tests.core.flows import flow

ids_31 = st.integers(0, 2**31 - 1)
words = st.integers(-(2**63), 2**63 - 1)
senders = st.builds(c.Sender, key_id=ids_31, session_id=st.integers(0, 2**32 - 1), user_id=ids_31)
names = st.text(st.characters(min_codepoint=1, max_codepoint=127), max_size=32)
places = st.builds(
    c.Place,
    market_id=st.integers(0, 65_535),
    side=st.sampled_from(c.Side),
    order_type=st.sampled_from(c.OrderType),
    time_in_force=st.sampled_from(c.TimeInForce),
    price_ticks=words,
    amount=words,
    client_order_id=names,
    self_trade=st.sampled_from(c.SelfTrade),
    post_only=st.booleans(),
    in_other_unit=st.booleans(),
    trigger=st.sampled_from(c.Trigger),
    **{name: st.just(0) | words for name in ("display_lots", "trigger_price_ticks", "trail_ticks", "expire_us")},
)
cancels = st.builds(c.Cancel, market_id=st.integers(0, 65_535), order_id=words, client_order_id=names)
amends = st.builds(
    c.Amend,
    market_id=st.integers(0, 65_535),
    order_id=words,
    price_ticks=words,
    amount=words,
    trigger_price_ticks=words,
    client_order_id=names,
)
#: What msgpack can carry: whole numbers of 64 bits, signed or not, and text without half surrogates.
numbers = st.integers(-(2**63), 2**64 - 1)
texts = st.text(st.characters(codec="utf-8"), max_size=40)
scalars: dict[object, st.SearchStrategy[Any]] = {
    int: numbers,
    str: texts,
    bytes: st.binary(max_size=40),
    bool: st.booleans(),
    type(None): st.none(),
}


def values(hint: Any) -> st.SearchStrategy[Any]:
    """Anything that a field of this type can hold."""
    if hint in scalars:
        return scalars[hint]
    if get_origin(hint) is tuple:
        parts_of = get_args(hint)
        if parts_of[-1] is Ellipsis:
            return st.lists(values(parts_of[0]), max_size=5).map(tuple)
        return st.tuples(*map(values, parts_of))
    if get_origin(hint) in (Union, UnionType):
        return st.one_of(*map(values, get_args(hint)))
    if issubclass(hint, IntEnum):
        return st.sampled_from(hint)
    return st.builds(hint, **{name: values(of) for name, of in get_type_hints(hint).items()})


rare = st.one_of(*map(values, c.RARE_KINDS))


def parts(word: int, *widths: int) -> list[int]:
    """A word cut into fields, from the lowest bit up."""
    word &= 2**64 - 1
    found = []
    for width in widths:
        found.append(word & ((1 << width) - 1))
        word >>= width
    assert word == 0, "bits above the last field"
    return found


class TestRecords:
    @steady
    @given(senders, st.one_of(places, cancels, amends, rare))
    def test_read_back_the_same(self, sender: c.Sender, command: c.Command) -> None:
        record = command_records.encode(sender, command)
        assert len(record) % 8 == 0
        before = b"\0" * 16
        assert command_records.decode(before + record, 16) == command_records.Record(
            _kind(command), sender, command, len(record)
        )

    @steady
    @given(senders, places)
    def test_place(self, sender: c.Sender, place: c.Place) -> None:
        named, with_options = bool(place.client_order_id), any(place.options)
        record = struct.unpack(f"<{5 + 4 * with_options + 4 * named}q", command_records.encode(sender, place))
        assert parts(record[0], 16, 8, 8, 32) == [len(record), c.VERSION, c.Kind.PLACE, sender.key_id]
        assert parts(record[1], 32, 32) == [sender.session_id, sender.user_id]
        *terms, execution, trigger, flags = parts(record[2], 16, 8, 8, 8, 8, 15)
        assert terms == [place.market_id, place.side, place.order_type]
        assert parts(execution, 3, 3, 1) == [place.time_in_force, place.self_trade, place.post_only]
        assert parts(trigger, 2, 1) == [place.trigger, place.in_other_unit]
        assert parts(flags, 1, 1) == [named, with_options]
        assert record[3:5] == (place.price_ticks, place.amount)
        if with_options:
            options = (place.display_lots, place.trigger_price_ticks, place.trail_ticks, place.expire_us)
            assert record[5:9] == options
        if named:
            assert struct.pack("<4q", *record[-4:]) == place.client_order_id.encode().ljust(32, b"\0")

    @steady
    @given(senders, amends)
    def test_amend(self, sender: c.Sender, amend: c.Amend) -> None:
        named = bool(amend.client_order_id)
        record = struct.unpack(f"<{7 + 4 * named}q", command_records.encode(sender, amend))
        assert parts(record[0], 16, 8, 8, 32) == [len(record), c.VERSION, c.Kind.AMEND, sender.key_id]
        assert parts(record[1], 32, 32) == [sender.session_id, sender.user_id]
        assert parts(record[2], 16, 32, 15) == [amend.market_id, 0, named]
        assert record[3:7] == (amend.order_id, amend.price_ticks, amend.amount, amend.trigger_price_ticks)
        if named:
            assert struct.pack("<4q", *record[7:]) == amend.client_order_id.encode().ljust(32, b"\0")

    @steady
    @given(senders, cancels)
    def test_cancel(self, sender: c.Sender, cancel: c.Cancel) -> None:
        record = struct.unpack("<8q" if cancel.client_order_id else "<4q", command_records.encode(sender, cancel))
        named = int(bool(cancel.client_order_id))
        assert parts(record[0], 16, 8, 8, 32) == [len(record), c.VERSION, c.Kind.CANCEL, sender.key_id]
        assert parts(record[1], 32, 32) == [sender.session_id, sender.user_id]
        assert parts(record[2], 16, 32, 15) == [cancel.market_id, 0, named]
        assert record[3] == cancel.order_id
        if named:
            assert struct.pack("<4q", *record[4:]) == cancel.client_order_id.encode().ljust(32, b"\0")

    @steady
    @given(senders, rare)
    def test_the_rest(self, sender: c.Sender, command: c.RareCommand) -> None:
        record = command_records.encode(sender, command)
        head = struct.unpack_from("<3q", record)
        assert parts(head[0], 16, 8, 8, 32) == [len(record) // 8, c.VERSION, _kind(command), sender.key_id]
        assert parts(head[1], 32, 32) == [sender.session_id, sender.user_id]
        assert 0 < head[2] <= len(record) - 24 < head[2] + 8
        assert record[24 + head[2] :].strip(b"\0") == b""

    @pytest.mark.parametrize("name", [b"x" * 33, b"\xff", b"a\0", b"a\0b"])
    def test_names_that_would_break_the_framing(self, name: bytes) -> None:
        with pytest.raises(ValueError, match="client order id"):
            command_records.encode_place(c.HOUSE, 1, 1, 1, 0, 1, 1, name)
        with pytest.raises(ValueError, match="client order id"):
            command_records.encode_cancel(c.HOUSE, 1, 1, name)

    def test_a_body_too_long(self) -> None:
        command = c.BalanceUpdate(1, "BTC", "deposit", 1, 1, "x" * c.BODY_LENGTH_MAX)
        with pytest.raises(ValueError, match="at most 65536 are taken"):
            command_records.encode(c.HOUSE, command)


class TestFraming:
    """A batch whose records do not fit together is no batch: it raises before it reads past its end."""

    place = command_records.encode_place(c.Sender(user_id=1), 1, 2, 1, 0, 100, 1)
    cancel = command_records.encode_cancel(c.Sender(user_id=1), 1, 1)
    amend = command_records.encode_amend(c.Sender(user_id=1), c.Amend(1, 1, 1))

    @pytest.mark.parametrize("size_words", [0, 1, 2, 6, 7, 4_000, 65_535])
    def test_a_size_that_does_not_fit(self, size_words: int) -> None:
        record = struct.pack("<H", size_words) + self.place[2:]
        with pytest.raises(ValueError, match=f"record of {size_words} words at word 5"):
            House().apply(self.place + record, 1)

    @pytest.mark.parametrize("size_words", [3, 4])
    def test_a_size_that_is_too_small_for_its_kind(self, size_words: int) -> None:
        record = struct.pack("<H", size_words) + self.place[2 : size_words * 8]
        with pytest.raises(ValueError, match=f"kind 1 and {size_words} words"):
            House().apply(record, 1)

    def test_a_name_that_is_not_there(self) -> None:
        for record, length in ((self.place, 5), (self.cancel, 4), (self.amend, 7)):
            named = bytearray(record)
            named[22] |= c.HAS_CLIENT_ORDER_ID
            with pytest.raises(ValueError, match=f"{length} words"):
                House().apply(bytes(named), 1)

    def test_options_that_are_not_there(self) -> None:
        record = bytearray(self.place)
        record[22] |= c.HAS_OPTIONS
        with pytest.raises(ValueError, match="5 words"):
            House().apply(bytes(record), 1)

    @pytest.mark.parametrize("record", [cancel, amend])
    def test_options_that_do_not_belong_there(self, record: bytes) -> None:
        wrong = bytearray(record + b"\0" * 32)
        wrong[0] += 4
        with pytest.raises(ValueError, match=f"{len(wrong) // 8} words"):
            House().apply(bytes(wrong), 1)

    @pytest.mark.parametrize("kind", [0, 4, 63, 85, 255])
    def test_a_kind_that_is_none(self, kind: int) -> None:
        record = bytearray(self.place)
        record[3] = kind
        with pytest.raises(ValueError, match=str(kind)):
            House().apply(bytes(record), 1)

    @pytest.mark.parametrize("record", [place, cancel, amend, command_records.encode(c.HOUSE, c.Tick())])
    def test_a_foreign_version(self, record: bytes) -> None:
        foreign = bytearray(record)
        foreign[2] = 2
        with pytest.raises(ValueError, match="version 2"):
            House().apply(bytes(foreign), 1)
        with pytest.raises(ValueError, match="version 2"):
            command_records.decode(bytes(foreign))

    def test_half_a_word(self) -> None:
        with pytest.raises(ValueError, match="a batch of 39 bytes; records are whole words of 8"):
            House().apply(self.place[:-1], 1)

    def test_a_batch_of_any_length(self) -> None:
        house = House()
        for count in (1, 1_000, 100_000, 3):
            assert house.apply(self.place * count, 1).count == count

    def test_nothing(self) -> None:
        house = House()
        applied = house.apply(b"", 5)
        assert (applied.first_seq, applied.count, applied.time_us, applied.rows, applied.facts) == (1, 0, 5, b"", ())
        assert (house.next_seq, house.time_us) == (1, 5)

    def test_a_batch_is_free_again_after_it_is_applied(self) -> None:
        batch = bytearray(self.place)
        House().apply(batch, 1)
        batch.clear()

    def test_time_does_not_go_back(self) -> None:
        house = House()
        house.apply(self.place, 10)
        house.apply(self.place, 10)
        with pytest.raises(ValueError, match="time does not go back"):
            house.apply(self.place, 9)


class TestRows:
    def test_the_readers_of_word_0(self) -> None:
        """Each reader takes the bits that the docstring gives it, on all the rows of a flow."""
        house = House()
        for batch in flow(1, 600):
            for row in house.apply(batch.records(), batch.time_us):
                fields = parts(row[0], 8, 8, 8, 8, 16, 8, 7)
                readers: list[Any] = [e.kind_of, e.cause_of, e.side_of, e.order_type_of, e.market_id_of]
                assert [read(row) for read in readers] == fields[:5]
                execution = [e.time_in_force_of(row), e.self_trade_of(row), e.is_post_only(row)]
                assert parts(fields[5], 3, 3, 1) == execution
                assert e.has_options(row) == bool(fields[6] & e.HAS_OPTIONS)
                assert e.is_waiting(row) == bool(fields[6] & e.IS_WAITING)
                assert e.is_answer(row) == bool(fields[6] & e.IS_ANSWER)
                assert e.has_client_order_id(row) == bool(fields[6] & e.HAS_CLIENT_ORDER_ID)
                assert len(row) == e.ROW_WORDS == layout.ROW_WORDS

    def test_a_record_begins_as_its_row(self) -> None:
        """The words of an order's record that a row copies stand where the row has them."""
        names = "TERMS ID USER PRICE AMOUNT LEFT DEAL_STOCK DEAL_MONEY DEAL_FEE CTIME MTIME FEES VISIBLE"
        places = [getattr(layout, f"O_{name}") for name in names.split()]
        assert places == [0, *range(2, 14)]


def _kind(command: c.Command) -> c.Kind:
    if isinstance(command, c.Place):
        return c.Kind.PLACE
    if isinstance(command, c.Amend):
        return c.Kind.AMEND
    return c.Kind.CANCEL if isinstance(command, c.Cancel) else c.RARE_KINDS[type(command)]
