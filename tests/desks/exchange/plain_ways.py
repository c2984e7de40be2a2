"""Seeded plain and nearly plain requests, and rows; as a program it prints what the express way makes of them.

``python -m tests.desks.exchange.plain_ways SEED COUNT [pure]``: compiled and interpreted must print the same.
"""

from __future__ import annotations

import random
import sys
from collections.abc import Iterator

from fondaco.core.events import IS_ANSWER, EventKind, Row

#: What a request is made of; a mutation puts something where it does not belong.
_CHARS = '{}[]":,.-+eE0123456789 \t\n\r\\u\x00\x7fé'


def requests(seed: int, count: int) -> Iterator[bytes]:
    """Every second one is plain but for its blanks and the order of its members; the rest is a little off."""
    draw = random.Random(seed)
    for number in range(count):
        text = _request(draw)
        if number % 2:
            for _ in range(draw.choice((1, 1, 2))):
                at = draw.randrange(len(text) + 1)
                text = text[:at] + draw.choice((draw.choice(_CHARS), "")) + text[at + draw.randrange(3) :]
        yield text.encode()


def _request(draw: random.Random) -> str:
    market = draw.choice(("BTCUSDT", "ETHUSDT", "X", "", "no such market"))
    if draw.random() < 0.7:
        method = "order.put_limit"
        params = [f'"{market}"', str(draw.choice((1, 2, 2, 1, 0, 3))), _decimal(draw), _decimal(draw)]
    else:
        method, params = "order.cancel", [f'"{market}"', str(draw.randrange(10 ** draw.randrange(1, 21)))]
    if draw.random() < 0.05:
        params.append(draw.choice(("{}", '{"client_order_id":"mine"}', "1")))
    members = [
        f'"method"{_blank(draw)}:{_blank(draw)}"{method}"',
        f'"params":[{_blank(draw)}{f"{_blank(draw)},".join(params)}{_blank(draw)}]',
        f'"id":{_blank(draw)}{draw.randrange(10 ** draw.randrange(1, 20))}',
    ]
    if draw.random() < 0.3:
        draw.shuffle(members)
    if draw.random() < 0.02:
        members.append(draw.choice((members[0], '"more":null', '"id":1')))
    return f"{_blank(draw)}{{{','.join(members)}{_blank(draw)}}}{_blank(draw)}"


def _decimal(draw: random.Random) -> str:
    whole, decimals = draw.randrange(10 ** draw.randrange(1, 19)), draw.randrange(0, 6)
    text = f"{whole}.{draw.randrange(10**decimals):0{decimals}d}" if decimals else str(whole)
    text = draw.choice((text, text, text, "0", "0.0", f"00{text}", f"-{text}", f"{text}e2", f".{text}", f"{text}."))
    return f'"{text}"' if draw.random() < 0.95 else text


def _blank(draw: random.Random) -> str:
    return draw.choice(("", "", "", " ", "\n", "\t ", "\r\n"))


def rows(seed: int, count: int) -> Iterator[tuple[Row, int]]:
    """ORDER rows with numbers of every length, and the id of a request; now and then a row that is not plain."""
    draw = random.Random(seed)

    def number() -> int:
        return draw.choice((0, draw.randrange(10 ** draw.randrange(1, 19)), 2**62))

    for _ in range(count):
        kind = draw.choices((EventKind.ORDER, EventKind.ORDER_REPEATED, EventKind.REJECT), (90, 5, 5))[0]
        flags = draw.choices((IS_ANSWER, 0, 3, 5, 127), (90, 3, 3, 2, 2))[0]
        side, order_type = draw.choice((1, 2)), draw.choice((1, 2))
        head = kind | draw.randrange(4) << 8 | side << 16 | order_type << 24 | 7 << 32 | flags << 56
        middle = [number() for _ in range(10)]
        middle[7] *= draw.choice((1, 1, -1))  # the fee: a rebate is negative
        yield (head, *middle[:1], number(), *middle[1:], *(draw.randrange(3_000) for _ in range(2)), 0, 0), number()


def main() -> None:
    if "pure" in sys.argv:
        from fondaco.compiled import prefer_source

        prefer_source()
    from fondaco.desks.exchange.plain_request import PlainRequest
    from tests.desks.exchange.test_translate import TERMS

    seed, count = int(sys.argv[1]), int(sys.argv[2])
    request = PlainRequest()
    for message in requests(seed, count):
        if request.read(message):
            named = request.order_id if request.method == 2 else request.side
            numbers = (request.amount(message, 4), request.price(message, 2)) if request.method == 1 else ()
            print(message, request.method, request.market, request.request_id, named, *numbers)
        else:
            print(message, "is not plain")
    for row, request_id in rows(seed, count):
        print(row, TERMS.order_text.answer(row, request_id))


if __name__ == "__main__":
    main()
