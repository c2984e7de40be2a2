"""Who gets an update of a stream: all who were in step when it was made, whoever comes and goes meanwhile."""

from __future__ import annotations

from typing import Any, cast

from picows import WSCloseCode

from fondaco.desks.exchange.dialect import Compression, Dialect
from fondaco.desks.exchange.outlet import Outlet
from fondaco.desks.exchange.packed import Packed
from fondaco.desks.exchange.source import Source
from fondaco.desks.exchange.stream import Stream, Subscriber


class Reader:
    """A connection and its session in one. One that ``fails`` breaks when it is written to."""

    dialect = Dialect(Compression.NONE, live_form=False)
    unsent_bytes = 0

    def __init__(self, *, congested: bool = False, fails: bool = False) -> None:
        self.congested = congested
        self.fails = fails
        self.got: list[bytes] = []

    @property
    def outlet(self) -> Outlet:
        return cast(Outlet, self)

    def send_now(self, payload: bytes, text: bool) -> None:
        if self.fails:
            raise OSError("broken")
        self.got.append(payload)

    def close(self, code: WSCloseCode, reason: str) -> None:
        raise AssertionError("nobody is closed here")


class Numbers(Stream):
    """Its image is the last number."""

    last = b"0"

    def image(self) -> Packed:
        return Packed(self.last)

    def say(self, number: bytes) -> Any:
        self.last = number
        return self.deliver(Packed(number))


def followed(stream: Stream, *readers: Reader) -> list[Subscriber]:
    subscribers = [stream.join(reader) for reader in readers]
    for subscriber in subscribers:
        subscriber.begin(stream.image())
    return subscribers


def numbers() -> Numbers:
    return Numbers(cast(Source, None), 1)


def test_who_leaves_within_an_update_takes_nobodys_place() -> None:
    stream, readers = numbers(), [Reader() for _ in range(30)]
    subscribers = followed(stream, *readers)
    update = stream.say(b"1")
    next(update)
    for place in (0, 3, 20):
        subscribers[place].leave()
    list(update)
    assert [reader.got[1:] for reader in readers] == [[] if place == 20 else [b"1"] for place in range(30)]
    late = [Reader() for _ in range(30)]
    for subscriber in subscribers:
        if subscriber.is_active:
            subscriber.leave()
    followed(stream, *late)
    list(stream.say(b"2"))
    assert all(reader.got == [b"1", b"2"] for reader in late)


def test_a_newcomer_whose_image_holds_an_update_does_not_get_it_again() -> None:
    stream, early, late = numbers(), Reader(), Reader()
    followed(stream, early)
    update = stream.say(b"1")
    followed(stream, late)
    list(update)
    list(stream.say(b"2"))
    assert (early.got, late.got) == ([b"0", b"1", b"2"], [b"1", b"2"])


def test_who_cannot_take_an_update_gets_an_image_once_there_is_room() -> None:
    stream, slow, broken, quick = numbers(), Reader(), Reader(), Reader()
    followed(stream, slow, broken, quick)
    slow.congested, broken.fails = True, True
    list(stream.say(b"1"))
    broken.fails = False
    list(stream.say(b"2"))
    slow.congested = False
    list(stream.say(b"3"))
    list(stream.say(b"4"))
    assert (slow.got, broken.got) == ([b"0", b"3", b"4"], [b"0", b"2", b"3", b"4"])
    assert quick.got == [b"0", b"1", b"2", b"3", b"4"]


def test_the_last_to_leave_ends_the_stream() -> None:
    stream, ended = numbers(), []
    stream.on_empty = lambda: ended.append(True)
    first, second = followed(stream, Reader(), Reader())
    first.leave()
    assert ended == []
    second.leave()
    assert ended == [True]
