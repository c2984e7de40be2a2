"""What is due by time: in order, once, and in a heap that does not grow with what was taken back."""

from __future__ import annotations

import random

from fondaco.core.due import Due
from fondaco.core.due_kind import DueKind


def test_against_a_plain_dictionary() -> None:
    draw, due = random.Random(7), Due()
    plain: dict[tuple[int, int], int] = {}
    now_us = 1
    for _ in range(20_000):
        key = draw.choice(list(DueKind)), draw.randint(1, 40)
        roll = draw.random()
        if roll < 0.5:
            plain[key] = now_us + draw.randint(1, 50)
            due.set(*key, plain[key])
            assert 0 < due.not_before_us <= min(plain.values())
        elif roll < 0.8:
            plain.pop(key, None)
            due.drop(*key)
        else:
            now_us += draw.randint(0, 10)
            while (taken := due.take(now_us)) is not None:
                first = min(plain, key=lambda each: (plain[each], each))
                assert (taken, plain.pop(first) <= now_us) == (first, True)
            assert all(time_us > now_us for time_us in plain.values())
        assert due.next_us() == due.not_before_us == min(plain.values(), default=0)
    for kind in DueKind:
        assert list(due.of(kind)) == sorted((id_, at) for (of_kind, id_), at in plain.items() if of_kind == kind)


def test_what_was_taken_back_does_not_pile_up() -> None:
    due = Due()
    for id_ in range(100_000):
        due.set(DueKind.EXPIRY, id_, 1_000_000 + id_)
        due.drop(DueKind.EXPIRY, id_)
        due.set(DueKind.DEAD_MAN, 1, 2_000_000 + id_)
    assert len(due._heap) < 200
