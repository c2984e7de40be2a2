"""A flow as the house takes it: a house with its users and markets, and batches of encoded commands.

A cancel must name an order id, which only the house gives. So the flow is applied once before anything is timed: each
place's id is read from its answer, and the records are encoded with it. Ids depend on the order of the commands alone,
not on how they are cut into batches, so the encoded flow is good for every batch size, and a run of it ends in the
state hash of this first one.
"""

from __future__ import annotations

import msgspec

from bench.core.flow import ASK, BID, CANCEL, PLACE, PLACE_FOK, PLACE_IOC, PLACE_MARKET, Flow, Venue
from fondaco.core import command_records, commands, events
from fondaco.core.house import House
from fondaco.core.rejects import Reject

START_TIME_US = 1_777_689_380_000_000
MONEY = "USD"

_FIRST_APPLY_COMMANDS_MAX = 256
_LIMIT, _MARKET = commands.OrderType.LIMIT, commands.OrderType.MARKET
_GTC, _IOC, _FOK = commands.TimeInForce.GTC, commands.TimeInForce.IOC, commands.TimeInForce.FOK
#: What each operation that places an order places.
_TYPES = {PLACE: (_LIMIT, _GTC), PLACE_IOC: (_LIMIT, _IOC), PLACE_FOK: (_LIMIT, _FOK), PLACE_MARKET: (_MARKET, _IOC)}
_NOT_FOUND = Reject.ORDER_NOT_FOUND
_SIDES = {ASK: commands.Side.ASK, BID: commands.Side.BID}


class UnexpectedAnswer(AssertionError):
    """The house refused what the workload needs: the figure would not be what it says it is."""


class Encoded(msgspec.Struct, frozen=True):
    """A flow's records one by one, with what the first apply of them showed."""

    flow: Flow
    records: list[bytes]
    state_hash: str
    fills: int
    #: Reject code → how many commands were refused with it; whole flow.
    refusals: dict[int, int]
    resting: int


def open_house(venue: Venue) -> House:
    """A house with the venue's assets, markets, users and funds. About 10 µs a user and asset."""
    house = House()
    for batch in batches(venue_records(venue), 4_096):
        applied = house.apply(batch, START_TIME_US)
        if len(applied.facts) != applied.count:
            raise UnexpectedAnswer("the house refused a part of the workload's venue")
    return house


def venue_records(venue: Venue) -> list[bytes]:
    """The commands that make a venue."""
    stocks = [f"S{market}" for market in range(1, venue.markets + 1)]
    rare: list[commands.Command] = [commands.AssetCreate(MONEY, venue.money_scale_digits)]
    rare += [commands.AssetCreate(stock, venue.stock_scale_digits) for stock in stocks]
    rare += [
        commands.MarketCreate(
            name=f"{stock}{MONEY}",
            stock=stock,
            money=MONEY,
            price_digits=venue.price_digits,
            amount_digits=venue.amount_digits,
            amount_lots_min=1,
            money_units_min=0,
            maker_fee_ppm=venue.maker_fee_ppm,
            taker_fee_ppm=venue.taker_fee_ppm,
        )
        for stock in stocks
    ]
    rare += [commands.UserCreate(f"user{user}") for user in range(1, venue.users + 1)]
    rare += [
        commands.BalanceUpdate(user, asset, "deposit", 1, venue.funds_units)
        for user in range(1, venue.users + 1)
        for asset in [MONEY, *stocks]
    ]
    return [command_records.encode(commands.HOUSE, command) for command in rare]


def encode(flow: Flow) -> Encoded:
    """Encode a flow by applying it once."""
    house = open_house(flow.venue)
    senders = [commands.Sender(user, user, user) for user in range(flow.venue.users + 1)]
    records: list[bytes] = []
    order_ids: list[int] = []
    refusals: dict[int, int] = {}
    fills = 0
    pending: list[bytes] = []
    waiting: dict[int, int] = {}  # sequence of a place → its number

    def apply_pending() -> None:
        nonlocal fills
        for row in house.apply(b"".join(pending), START_TIME_US):
            kind = row[0] & 0xFF
            if kind == events.EventKind.FILL:
                fills += 1
            elif kind == events.EventKind.REJECT:
                refusals[row[2]] = refusals.get(row[2], 0) + 1
                if row[2] != _NOT_FOUND:
                    raise UnexpectedAnswer(f"command {len(records)} of {flow.name!r} refused with {row[2]}: {row}")
            elif row[1] in waiting and events.is_answer(row):
                order_ids[waiting[row[1]]] = row[2]
        pending.clear()
        waiting.clear()

    seq = house.next_seq
    for operation, user, market, side, price_ticks, size_lots, place in flow.commands():
        if operation == CANCEL:
            if not order_ids[place]:
                apply_pending()
            record = command_records.encode_cancel(senders[user], market, order_ids[place])
        else:
            record = command_records.encode_place(
                senders[user], market, _SIDES[side], *_TYPES[operation], price_ticks, size_lots
            )
            order_ids.append(0)
            waiting[seq] = place
        seq += 1
        records.append(record)
        pending.append(record)
        if len(pending) == _FIRST_APPLY_COMMANDS_MAX:
            apply_pending()
    apply_pending()
    if any(house.imbalances().values()):
        raise UnexpectedAnswer(f"the ledger does not balance after {flow.name!r}: {house.imbalances()}")
    resting = sum(len(house.open_orders(user)) for user in range(1, flow.venue.users + 1))
    if flow.resting_expected >= 0 and resting != flow.resting_expected:
        raise UnexpectedAnswer(
            f"{resting} orders rest after {flow.name!r}; its own account says {flow.resting_expected}"
        )
    return Encoded(flow, records, house.state_hash(), fills, refusals, resting)


def batches(records: list[bytes], size: int) -> list[bytes]:
    """The records in batches of ``size``, as the sequencer hands them to the house."""
    return [b"".join(records[first : first + size]) for first in range(0, len(records), size)]
