"""Reading the params of a request: each reader takes one value and its name, and raises the sentence that corrects it.

Params are positional, so a sentence always says the name from the reference, never a position. Every reader costs a
type check and a comparison.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any, Final, TypeVar

from fondaco.desks.exchange.errors import invalid
from fondaco.desks.exchange.translate import kind_of

#: Times are seconds since 1970; this is the year 9999.
TIME_S_MAX: Final = 253_402_300_799
OFFSET_MAX: Final = 1_000_000_000
NAME_LENGTH_MAX: Final = 64

T = TypeVar("T")


def arity(params: Sequence[object], least: int, most: int, names: str) -> None:
    """How many params there may be; ``names`` is the method's signature."""
    if least <= len(params) <= most:
        return
    expected = str(least) if least == most else f"{least} to {most}"
    raise invalid(f"{len(params)} params came; the method takes {expected}: [{names}]")


def integer(value: object, name: str, least: int, most: int) -> int:
    if type(value) is not int:
        raise invalid(f"{name} is {kind_of(value)}; send an integer")
    if not least <= value <= most:
        raise invalid(f"{name} is {value}; it takes {least} to {most}")
    return value


def boolean(value: object, name: str) -> bool:
    if type(value) is not bool:
        raise invalid(f"{name} is {kind_of(value)}; send true or false")
    return value


def text(value: object, name: str, length_max: int = NAME_LENGTH_MAX) -> str:
    if type(value) is not str:
        raise invalid(f"{name} is {kind_of(value)}; send text")
    if not 1 <= len(value) <= length_max:
        raise invalid(f"{name} has {len(value)} characters; it takes 1 to {length_max}")
    return value


def printable(value: object, name: str, length_max: int) -> str:
    """Text of printable ASCII."""
    ascii_text = text(value, name, length_max)
    if not (ascii_text.isascii() and ascii_text.isprintable()):
        raise invalid(f"{name} holds characters that are not printable ASCII; leave them out")
    return ascii_text


def array(value: object, name: str, length_max: int) -> list[Any]:
    if type(value) is not list:
        raise invalid(f"{name} is {kind_of(value)}; send an array")
    if len(value) > length_max:
        raise invalid(f"{name} has {len(value)} entries; at most {length_max} are taken")
    return value


def obj(value: object, name: str) -> dict[str, Any]:
    if type(value) is not dict:
        raise invalid(f"{name} is {kind_of(value)}; send an object")
    return value


def options(value: object, known: Collection[str]) -> dict[str, Any]:
    """An object of options. One that is not known is refused by its name, so that no wish is silently dropped."""
    given = obj(value, "options")
    for name in given:
        if name not in known:
            raise invalid(f"option {name[:NAME_LENGTH_MAX]} is not known; the method takes {', '.join(known)}")
    return given


def flag(value: object, name: str) -> bool:
    if type(value) is not bool:
        raise invalid(f"{name} is {kind_of(value)}; send true or false")
    return value


def one_of(value: object, name: str, choices: Mapping[str, T]) -> T:
    """What a word stands for."""
    found = choices.get(value) if type(value) is str else None
    if found is None:
        shown = repr(value[:NAME_LENGTH_MAX]) if type(value) is str else kind_of(value)
        raise invalid(f"{name} is {shown}; it takes {', '.join(choices)}")
    return found


def period(start: object, end: object) -> tuple[int, int]:
    """A time span in seconds; an end of 0 is open."""
    start_s = integer(start, "start_time", 0, TIME_S_MAX)
    end_s = integer(end, "end_time", 0, TIME_S_MAX)
    if end_s and end_s < start_s:
        raise invalid(f"end_time {end_s} is before start_time {start_s}; swap them, or send 0 for an open end")
    return start_s, end_s


def page(offset: object, limit: object, limit_max: int) -> tuple[int, int]:
    return integer(offset, "offset", 0, OFFSET_MAX), integer(limit, "limit", 1, limit_max)
