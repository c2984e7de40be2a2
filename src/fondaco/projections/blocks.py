"""Rows of the core kept in blocks: ``BLOCK_ROWS`` neighbours in one SQL row, found by their number.

Numbers begin with 1 and have no gaps, so a row's number says its block and its place in it. A block fills up over many
transactions: the newest rows are appended to it, whatever the sizes of the transactions were.

Cost: to write a row is a share of an upsert, some 0.4 µs; to read one is to read its block (4 KB).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Final

from sqlalchemy import Connection, Select

from fondaco.core.events import ROW, Row

BLOCK_ROWS: Final = 32
#: Blocks asked for in one statement.
_ASKED_MAX: Final = 500


def block_of(number: int) -> int:
    return (number - 1) // BLOCK_ROWS


def pieces(first: int, rows: bytes) -> Iterator[tuple[int, bytes]]:
    """What is to be appended to which block, for packed rows numbered from ``first`` on."""
    block = block_of(first)
    begin = (block * BLOCK_ROWS + 1 - first) * ROW.size
    for at in range(begin, len(rows), BLOCK_ROWS * ROW.size):
        yield block, rows[max(at, 0) : at + BLOCK_ROWS * ROW.size]
        block += 1


def unpacked(block: int, rows: bytes) -> Iterator[tuple[int, Row]]:
    """The rows of a block with their numbers, ascending."""
    return enumerate(ROW.iter_unpack(rows), block * BLOCK_ROWS + 1)


def rows_numbered(
    connection: Connection, statement: Select[Any], parameters: dict[str, int], numbers: Iterable[int]
) -> dict[int, Row]:
    """The rows of these numbers. The statement answers (block, rows) for an expanding parameter ``blocks``."""
    wanted: defaultdict[int, list[int]] = defaultdict(list)
    for number in numbers:
        wanted[block_of(number)].append(number)
    asked: Sequence[int] = sorted(wanted)
    found: dict[int, Row] = {}
    for n in range(0, len(asked), _ASKED_MAX):
        for block, rows in connection.execute(statement, {**parameters, "blocks": asked[n : n + _ASKED_MAX]}):
            for number in wanted[block]:
                found[number] = ROW.unpack_from(rows, (number - 1) % BLOCK_ROWS * ROW.size)
    return found
