"""Remembered client order ids against plain lists, with few kept of a user, restarts between, and in little room."""

from __future__ import annotations

import random
import struct
from typing import Any

import msgspec
import pytest

from fondaco.core.client_orders import REMEMBERED_US
from fondaco.core.house import House
from fondaco.core.state import ClientOrder

FEW = 5
CLIENT_ORDER = msgspec.msgpack.Decoder(ClientOrder)


def known_to_nobody(ended_per_user_max: int = FEW) -> Any:
    known = House()._matching.floor.client_orders
    known.ended_per_user_max = ended_per_user_max
    return known


def some_words(draw: random.Random, count: int) -> bytes:
    """Words as they come: zeros, small numbers, flags in the highest byte, all bits, below zero."""
    kinds = (0, draw.randint(1, 300), 1 << 62, (1 << 63) - 1, -1, -draw.randint(1, 1 << 40))
    return struct.pack(f"<{count}q", *(draw.choice(kinds) for _ in range(count)))


class Naive:
    """All there is, in lists that are searched."""

    def __init__(self) -> None:
        self.open: list[ClientOrder] = []
        self.ended: list[ClientOrder] = []

    def end(self, known: ClientOrder, time_us: int) -> None:
        forget_at_us = time_us + REMEMBERED_US
        self.ended.append(
            ClientOrder(known.user_id, known.client_order_id, known.order_id, known.request, known.answer, forget_at_us)
        )
        of_user = [each for each in self.ended if each.user_id == known.user_id]
        if len(of_user) > FEW:
            self.ended.remove(of_user[0])

    def find(self, user_id: int, name: bytes) -> ClientOrder | None:
        found = [known for known in self.open + self.ended if (known.user_id, known.client_order_id) == (user_id, name)]
        return found[0] if found else None


@pytest.mark.parametrize("seed", range(4))
def test_against_plain_lists(seed: int) -> None:
    draw, known, naive, time_us = random.Random(seed), known_to_nobody(), Naive(), 1
    for order_id in range(1, 3_000):
        user_id, name = draw.randint(1, 3), b"n%d" % draw.randint(1, 12) * draw.randint(1, 10)
        found, expected = known.find(user_id, name), naive.find(user_id, name)
        assert (known.state(found) if found else None) == expected
        if expected is None:
            is_open = draw.random() < 0.6
            request, answer = some_words(draw, draw.choice((3, 7))), some_words(draw, draw.choice((16, 32)))
            known.accept(user_id, name, order_id, request, answer)
            entry = ClientOrder(
                user_id, name, order_id, struct.unpack(f"<{len(request) // 8}q", request), answer, forget_at_us=0
            )
            if is_open:
                naive.open.append(entry)
            else:
                known.finish(order_id, time_us)
                naive.end(entry, time_us)
        elif naive.open and draw.random() < 0.7:
            ends = naive.open.pop(draw.randrange(len(naive.open)))
            known.finish(ends.order_id, time_us)
            naive.end(ends, time_us)
        time_us += draw.choice((0, 1, REMEMBERED_US // 20))
        until_us = known.forget_due(time_us)
        naive.ended = [each for each in naive.ended if each.forget_at_us > time_us]
        assert time_us < until_us <= min((each.forget_at_us for each in naive.ended), default=time_us + REMEMBERED_US)
        opened, ended = ([CLIENT_ORDER.decode(packed) for packed in part] for part in known.dump())
        assert (opened, ended) == (sorted(naive.open, key=lambda each: each.order_id), naive.ended)
        if draw.random() < 0.01:
            dump, known = known.dump(), known_to_nobody()
            known.restore(*dump)


def test_many_are_found_by_name_and_by_order_while_the_tables_widen() -> None:
    known, answer = known_to_nobody(1_000_000), bytes(128)
    for order_id in range(1, 20_000):
        known.accept(order_id % 97, b"%d" % (order_id // 97), order_id, bytes(24), answer)
        if order_id % 3:
            known.finish(order_id, order_id)
    for order_id in range(1, 20_000):
        entry = known.find(order_id % 97, b"%d" % (order_id // 97))
        assert known.order_id(entry) == order_id
        assert known.of_order(order_id) == entry
        assert known.name(entry) == b"%d" % (order_id // 97)
    assert known.find(98, b"0") == known.find(1, b"") == known.of_order(20_000) == 0
    known.forget_due(REMEMBERED_US + 10_000)
    for order_id in range(1, 20_000):
        is_known = order_id > 10_000 or order_id % 3 == 0
        assert bool(known.find(order_id % 97, b"%d" % (order_id // 97))) == bool(known.of_order(order_id)) == is_known


def test_what_is_forgotten_early_leaves_nothing_behind() -> None:
    draw, known = random.Random(1), known_to_nobody()
    for order_id in range(1, 50_000):
        known.accept(order_id % 2, b"%d" % order_id, order_id, some_words(draw, 3), some_words(draw, 16))
        known.finish(order_id, 1)
    assert known.count == 2 * FEW
    assert known.room_words < 10_000


@pytest.mark.parametrize("sizes", [(33, 3, 16), (1, 8, 32), (1, 3, 40)])
def test_what_is_too_long_to_be_kept_is_refused(sizes: tuple[int, int, int]) -> None:
    known, (name, request, answer) = known_to_nobody(), sizes
    with pytest.raises(ValueError, match="at most 32 and 312 are kept"):
        known.accept(1, b"n" * name, 1, b"\xff" * 8 * request, b"\xff" * 8 * answer)
    assert known.dump() == ([], [])
    known.accept(1, b"n" * 32, 1, b"\xff" * 8 * 7, b"\xff" * 8 * 32)
    assert known.answer(known.find(1, b"n" * 32)) == b"\xff" * 8 * 32
