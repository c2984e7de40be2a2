"""Remembered client order ids against plain lists, with few kept of a user, restarts between, and in little room."""

from __future__ import annotations

import random
import struct

import pytest

from fondaco.core import client_orders
from fondaco.core.client_orders import REMEMBERED_US, ClientOrder, ClientOrders

FEW = 5
WORDS = struct.Struct("<3q")


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
def test_against_plain_lists(seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(client_orders, "ENDED_PER_USER_MAX", FEW)
    draw, known, naive, time_us = random.Random(seed), ClientOrders(), Naive(), 1
    for order_id in range(1, 3_000):
        user_id, name = draw.randint(1, 3), b"n%d" % draw.randint(1, 12)
        request = (order_id, -order_id, 1 << 62)
        found, expected = known.find(user_id, name), naive.find(user_id, name)
        assert (found and found.state()) == expected
        if expected is None:
            is_open = draw.random() < 0.6
            entry = ClientOrder(user_id, name, order_id, request, b"answer")
            known.accept(user_id, name, order_id, WORDS.pack(*request), b"answer", time_us, is_open)
            if is_open:
                naive.open.append(entry)
            else:
                naive.end(entry, time_us)
        elif naive.open and draw.random() < 0.7:
            ends = naive.open.pop(draw.randrange(len(naive.open)))
            known.finish(ends.order_id, time_us)
            naive.end(ends, time_us)
        time_us += draw.choice((0, 1, REMEMBERED_US // 20))
        until_us = known.forget_due(time_us)
        naive.ended = [each for each in naive.ended if each.forget_at_us > time_us]
        assert time_us < until_us <= min((each.forget_at_us for each in naive.ended), default=time_us + REMEMBERED_US)
        assert known.dump() == (sorted(naive.open, key=lambda each: each.order_id), naive.ended)
        if draw.random() < 0.01:
            dump, known = known.dump(), ClientOrders()
            known.restore(*dump)


def test_what_is_forgotten_early_leaves_nothing_behind(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(client_orders, "ENDED_PER_USER_MAX", FEW)
    known = ClientOrders()
    for order_id in range(1, 50_000):
        known.accept(order_id % 2, b"%d" % order_id, order_id, b"", b"", 1, is_open=False)
    assert len(known._by_name) == len(known._by_order) == 2 * FEW
    assert len(known._ended) < 200
