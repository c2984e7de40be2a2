"""Measures one kind of memory in a process of its own: ``python -m bench.memory.measure KIND COUNT`` prints JSON.

    orders    resting limit orders in one market, on 10,000 prices a side, of 1,000 users
    users     users with a balance in three assets, one deposit each
    names     limit orders that ended, each with a client order id of 16 characters, which is remembered for a day
    deposits  a second deposit of the same users in the same assets: what is remembered of a deposit alone

Memory is what the kernel says is resident, after less before. Commands are made and let go batch by batch, so that they
are not in it; what the allocator keeps of freed memory is. A table that grows at powers of two is measured as it stands
at this count.
"""

from __future__ import annotations

import gc
import itertools
import json
import os
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

from bench.core.encoding import MONEY, START_TIME_US, UnexpectedAnswer, open_house
from bench.core.flow import Venue
from fondaco.core import command_records, commands
from fondaco.core.house import House

OWNERS = 1_000
PRICES_A_SIDE = 10_000
FAIR_PRICE_TICKS = 1_000_000
ASSETS = (MONEY, "S1", "S2")
_BATCH_COMMANDS = 1_024


def resident_bytes() -> int:
    """Resident memory of this process, garbage collected before."""
    gc.collect()
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


def _give(house: House, records: Iterable[bytes]) -> None:
    left = iter(records)
    while batch := b"".join(itertools.islice(left, _BATCH_COMMANDS)):
        house.apply(batch, START_TIME_US)


def _places(count: int, *, named: bool) -> Iterator[bytes]:
    senders = [commands.Sender(user, user, user) for user in range(1, OWNERS + 1)]
    limit = commands.OrderType.LIMIT
    until = commands.TimeInForce.IOC if named else commands.TimeInForce.GTC
    for number in range(count):
        # A step without a common factor with the count of prices: orders of a price come from far apart.
        distance = 1 + number // 2 * 7_919 % PRICES_A_SIDE
        side, price = (
            (commands.Side.ASK, FAIR_PRICE_TICKS + distance)
            if number % 2
            else (commands.Side.BID, FAIR_PRICE_TICKS - distance)
        )
        sender = senders[number // 2 % OWNERS]
        name = b"order-%010d" % number if named else b""
        yield command_records.encode_place(sender, 1, side, limit, until, price, 1 + number % 100, name)


def _venue(users: int, markets: int) -> Venue:
    return Venue(
        users=users,
        markets=markets,
        price_digits=2,
        amount_digits=4,
        stock_scale_digits=8,
        money_scale_digits=8,
        funds_units=10**15,
    )


def _orders(count: int) -> int:
    house = open_house(_venue(OWNERS, 1))
    before = resident_bytes()
    _give(house, _places(count, named=False))
    after = resident_bytes()
    resting = sum(len(house.open_orders(user)) for user in range(1, OWNERS + 1))
    if resting != count:
        raise UnexpectedAnswer(f"{resting:,} orders rest where {count:,} were placed")
    return after - before


def _names(count: int) -> int:
    house = open_house(_venue(OWNERS, 1))
    before = resident_bytes()
    _give(house, _places(count, named=True))
    after = resident_bytes()
    if house.client_order_id(count) != f"order-{count - 1:010d}":
        raise UnexpectedAnswer(f"the last of {count:,} named orders has the name {house.client_order_id(count)}")
    return after - before


def _deposits(users: int, business_id: int) -> Iterator[bytes]:
    for user in range(1, users + 1):
        for asset in ASSETS:
            yield command_records.encode(
                commands.HOUSE, commands.BalanceUpdate(user, asset, "deposit", business_id, 10**8)
            )


def _users(count: int, *, again: bool) -> int:
    house = open_house(_venue(0, len(ASSETS) - 1))
    before = resident_bytes()
    _give(
        house,
        (command_records.encode(commands.HOUSE, commands.UserCreate(f"user{user}")) for user in range(1, count + 1)),
    )
    _give(house, _deposits(count, 1))
    if again:
        before = resident_bytes()
        _give(house, _deposits(count, 2))
    after = resident_bytes()
    deposits = 2 if again else 1
    if house.balance(count, 1)[0] != deposits * 10**8:
        raise UnexpectedAnswer(f"the last of {count:,} users has {house.balance(count, 1)}")
    return after - before


def main() -> None:
    kind, count = sys.argv[1], int(sys.argv[2])
    if kind == "orders":
        in_all = _orders(count)
    elif kind == "names":
        in_all = _names(count)
    else:
        in_all = _users(count, again=kind == "deposits")
    each = len(ASSETS) * count if kind == "deposits" else count
    print(json.dumps({"count": each, "bytes_in_all": in_all, "bytes_each": in_all / each}))


if __name__ == "__main__":
    main()
