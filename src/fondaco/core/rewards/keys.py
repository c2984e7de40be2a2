"""Idempotency keys: the same request again gets the first answer, the same key with another body is refused.

A key is kept 30 days of journal time, and of one programme at most ``KEYS_MAX``, the latest: whoever sends more than
that in 30 days loses the oldest early, and cannot fill the house's memory. Kept is what the command did (its changed
entities) or its refusal, some 400 bytes. Only what came as far as the core is remembered: refusals for access, shape or
rate never do.
"""

from __future__ import annotations

from collections import OrderedDict
from typing import Final

import msgspec

from fondaco.core.refusal import Refusal
from fondaco.core.rejects import Reject
from fondaco.core.rewards.actions import Idempotency
from fondaco.core.rewards.facts import RewardsApplied

REMEMBERED_US: Final = 30 * 86_400 * 1_000_000
KEYS_MAX: Final = 1_000_000


class Remembered(msgspec.Struct, frozen=True, array_like=True):
    """``answer`` is the encoded fact; empty for a refusal."""

    name: bytes
    body: bytes
    forget_at_us: int
    answer: bytes
    refusal: tuple[int, int, int] = (0, 0, 0)


_ENCODER: Final = msgspec.msgpack.Encoder()
_DECODER: Final = msgspec.msgpack.Decoder(RewardsApplied)


class Keys:
    """Of one programme."""

    def __init__(self) -> None:
        self._by_name: OrderedDict[bytes, Remembered] = OrderedDict()

    def known(self, key: Idempotency, time_us: int) -> RewardsApplied | Refusal | None:
        """The first answer, a refusal because the key was used for something else, or ``None`` for a new key."""
        self._forget_due(time_us)
        entry = self._by_name.get(key.name)
        if entry is None:
            return None
        if entry.body != key.body:
            return Reject.IDEMPOTENCY_KEY_REUSED, 0, 0
        if not entry.answer:
            reject, bound, value = entry.refusal
            return Reject(reject), bound, value
        return msgspec.structs.replace(_DECODER.decode(entry.answer), repeated=True)

    def remember(self, key: Idempotency, outcome: RewardsApplied | Refusal, time_us: int) -> None:
        forget_at_us = time_us + REMEMBERED_US
        if isinstance(outcome, tuple):
            entry = Remembered(key.name, key.body, forget_at_us, b"", (int(outcome[0]), outcome[1], outcome[2]))
        else:
            answer = _ENCODER.encode(msgspec.structs.replace(outcome, entries=()))
            entry = Remembered(key.name, key.body, forget_at_us, answer)
        self._by_name[key.name] = entry
        if len(self._by_name) > KEYS_MAX:
            self._by_name.popitem(last=False)

    def _forget_due(self, time_us: int) -> None:
        by_name = self._by_name
        while by_name:
            name, eldest = next(iter(by_name.items()))
            if eldest.forget_at_us > time_us:
                return
            del by_name[name]

    def dump(self) -> list[Remembered]:
        return list(self._by_name.values())

    def restore(self, entries: list[Remembered]) -> None:
        self._by_name.update((entry.name, entry) for entry in entries)
