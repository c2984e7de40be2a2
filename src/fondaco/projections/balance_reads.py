"""Reading a user's balance changes, a page at a time, newest first.

Changes come from streams, each in the order of its commands: one for each (asset, business) that was updated, and one
for each market the user traded in, whose changes are computed from its deals (accounts.py says how a fill moves
balances). A page is a merge of the streams' positions; only what is on it is looked up. What lies
before a far page is counted, not walked (balance_offsets.py). So a page costs its limit, not the length of history.

All functions take a connection inside one transaction. Times of ranges are whole seconds, [start, end), end 0 = open.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from heapq import merge
from itertools import islice
from operator import itemgetter
from typing import Final

import msgspec
from sqlalchemy import Connection, bindparam, select, tuple_

from fondaco.core.commands import Side
from fondaco.core.events import Row, side_of
from fondaco.projections.balance_offsets import Fills, passed_over
from fondaco.projections.blocks import rows_numbered
from fondaco.projections.businesses import TRADE
from fondaco.projections.database import balance_updates, deal_blocks, markets, trade_runs
from fondaco.projections.market import US

_NO_END_S: Final = 1 << 42


class BalanceChange(msgspec.Struct, frozen=True, gc=False):
    """One change of a balance (available + hold); ``balance_units`` is what it was after.

    A trade has market, deal, order, fee, price and size; anything else a business id and the caller's JSON ``detail``.
    """

    time_us: int
    asset_id: int
    business: str
    change_units: int
    balance_units: int
    business_id: int | None
    detail: str | None
    market_id: int | None
    deal_id: int | None
    order_id: int | None
    fee_units: int | None
    price_ticks: int | None
    size_lots: int | None


class _Terms(msgspec.Struct, frozen=True):
    """A market the user traded in, and which of its two assets are asked for."""

    market_id: int
    stock_asset_id: int
    money_asset_id: int
    stock_units_per_lot: int
    shows_stock: bool
    shows_money: bool


#: Where a change stands: the command's sequence, then a market and a deal of it, then which of the fill's four changes.
#: An update has no market, and is its own change.
_Position = tuple[int, int, int, int, "BalanceChange | None"]

_u, _t = balance_updates.c, trade_runs.c

NEXT_STREAM = (
    select(_u.asset_id, _u.business)
    .where(
        _u.user_id == bindparam("user_id"),
        tuple_(_u.asset_id, _u.business) > tuple_(bindparam("asset_id"), bindparam("business")),
    )
    .order_by(_u.asset_id, _u.business)
    .limit(1)
)
UPDATES = (
    select(_u.seq, _u.time_us, _u.change_units, _u.balance_units, _u.business_id, _u.detail)
    .where(
        _u.user_id == bindparam("user_id"),
        _u.asset_id == bindparam("asset_id"),
        _u.business == bindparam("business"),
        _u.time_us >= bindparam("start_us"),
        _u.time_us < bindparam("end_us"),
    )
    .order_by(_u.time_us.desc(), _u.seq.desc(), _u.business_id.desc())
)
NEXT_MARKET = (
    select(_t.market_id)
    .where(_t.user_id == bindparam("user_id"), _t.market_id > bindparam("market_id"))
    .order_by(_t.market_id)
    .limit(1)
)
MARKET = select(markets).where(markets.c.market_id == bindparam("market_id"))
RUNS = (
    select(_t.entries)
    .where(
        _t.user_id == bindparam("user_id"), _t.market_id == bindparam("market_id"), _t.first_us < bindparam("end_us")
    )
    .order_by(_t.first_us.desc(), _t.first_deal_id.desc())
)
BLOCKS = select(deal_blocks.c.block, deal_blocks.c.rows).where(
    deal_blocks.c.market_id == bindparam("market_id"), deal_blocks.c.block.in_(bindparam("blocks", expanding=True))
)


def balance_changes_of(
    connection: Connection,
    user_id: int,
    asset_id: int | None,
    business: str | None,
    start_s: int,
    end_s: int,
    offset: int,
    limit: int,
) -> list[BalanceChange]:
    """A page of the changes in [start, end); ``None`` means every asset, every business."""
    times = {"user_id": user_id, "start_us": start_s * US, "end_us": (end_s or _NO_END_S) * US}
    updates = list(_streams(connection, user_id, asset_id, business))
    traded: dict[int, _Terms] = {}
    if business in (None, TRADE):
        traded = {terms.market_id: terms for terms in _traded(connection, user_id, asset_id)}
    fills = [Fills(terms.market_id, terms.shows_stock + terms.shows_money) for terms in traded.values()]
    times["end_us"], passed = passed_over(connection, times, updates, fills, offset)
    offset -= passed
    streams = [_updates(connection, times, *stream) for stream in updates]
    streams += (_trades(connection, times, terms) for terms in traded.values())
    newest_first = merge(*streams, key=itemgetter(0, 1, 2, 3), reverse=True)
    page = list(islice(newest_first, offset, offset + limit))
    return _looked_up(connection, user_id, traded, page)


def _streams(
    connection: Connection, user_id: int, asset_id: int | None, business: str | None
) -> Iterator[tuple[int, str]]:
    """The (asset, business) that exist for the user, stepping from one to the next in the index."""
    after = {"user_id": user_id, "asset_id": -1 if asset_id is None else asset_id, "business": ""}
    while (row := connection.execute(NEXT_STREAM, after).one_or_none()) is not None:
        if asset_id is not None and row.asset_id != asset_id:
            return
        if business is None or row.business == business:
            yield row.asset_id, row.business
        after |= {"asset_id": row.asset_id, "business": row.business}


def _updates(connection: Connection, times: dict[str, int], asset_id: int, business: str) -> Iterator[_Position]:
    """One stream of updates, newest first."""
    with connection.execute(UPDATES, {**times, "asset_id": asset_id, "business": business}) as found:
        for row in found:
            change = BalanceChange(
                time_us=row.time_us,
                asset_id=asset_id,
                business=business,
                change_units=row.change_units,
                balance_units=row.balance_units,
                business_id=row.business_id,
                detail=row.detail,
                market_id=None,
                deal_id=None,
                order_id=None,
                fee_units=None,
                price_ticks=None,
                size_lots=None,
            )
            yield row.seq, 0, 0, 0, change


def _traded(connection: Connection, user_id: int, asset_id: int | None) -> Iterator[_Terms]:
    """The markets the user traded in that move the asset."""
    after = {"user_id": user_id, "market_id": -1}
    while (market_id := connection.execute(NEXT_MARKET, after).scalar_one_or_none()) is not None:
        after["market_id"] = market_id
        row = connection.execute(MARKET, {"market_id": market_id}).one()
        terms = _Terms(
            market_id,
            row.stock_asset_id,
            row.money_asset_id,
            row.stock_units_per_lot,
            shows_stock=asset_id in (None, row.stock_asset_id),
            shows_money=asset_id in (None, row.money_asset_id),
        )
        if terms.shows_stock or terms.shows_money:
            yield terms


def _trades(connection: Connection, times: dict[str, int], terms: _Terms) -> Iterator[_Position]:
    """The changes by the user's fills in one market, newest first; which of the four is counted 3, 2, 1, 0.

    Of a fill with himself the taker's changes come before the maker's, so the second entry of a deal is its first here.
    """
    shown = [n for n, is_shown in ((1, terms.shows_money), (0, terms.shows_stock)) if is_shown]
    last_deal_id = 0
    with connection.execute(RUNS, {**times, "market_id": terms.market_id}) as found:
        for (packed,) in found:
            words = memoryview(packed).cast("q")
            for at in range(len(words) - 3, -1, -3):
                time_us, seq, deal_id = words[at], words[at + 1], words[at + 2]
                if time_us < times["start_us"]:
                    return
                side = 0 if deal_id == last_deal_id else 2
                last_deal_id = deal_id
                if time_us < times["end_us"]:
                    for n in shown:
                        yield seq, terms.market_id, deal_id, side + n, None


def _looked_up(
    connection: Connection, user_id: int, traded: dict[int, _Terms], page: list[_Position]
) -> list[BalanceChange]:
    """The changes that stand at these positions."""
    wanted: defaultdict[int, set[int]] = defaultdict(set)
    for _, market_id, deal_id, _, change in page:
        if change is None:
            wanted[market_id].add(deal_id)
    fills = {
        market_id: rows_numbered(connection, BLOCKS, {"market_id": market_id}, deal_ids)
        for market_id, deal_ids in wanted.items()
    }
    return [
        _change(user_id, traded[market_id], fills[market_id][deal_id], n) if change is None else change
        for _, market_id, deal_id, n, change in page
    ]


def _change(user_id: int, terms: _Terms, fill: Row, n: int) -> BalanceChange:
    """Change ``n`` of a user by a fill: his stock, or his money where n is odd; with himself, first the taker's two.

    The row tells the balances after both sides, so the taker's after a fill with himself is found by taking back the
    maker's.
    """
    taker, maker = fill[8] & 0xFFFF_FFFF, fill[8] >> 32
    is_taker = n < 2 if taker == maker else taker == user_id
    is_money = bool(n & 1)
    change, fee = _moved(terms, fill, is_taker=is_taker, is_money=is_money)
    after = fill[(11 if is_taker else 13) + is_money]
    if is_taker and taker == maker:
        after -= _moved(terms, fill, is_taker=False, is_money=is_money)[0]
    return BalanceChange(
        time_us=fill[15],
        asset_id=terms.money_asset_id if is_money else terms.stock_asset_id,
        business=TRADE,
        change_units=change,
        balance_units=after,
        business_id=None,
        detail=None,
        market_id=terms.market_id,
        deal_id=fill[2],
        order_id=fill[6] if is_taker else fill[7],
        fee_units=fee,
        price_ticks=fill[3],
        size_lots=fill[4],
    )


def _moved(terms: _Terms, fill: Row, *, is_taker: bool, is_money: bool) -> tuple[int, int]:
    """(change, fee in it) of one side's stock or money: a fee is paid from what is received."""
    units = fill[5] if is_money else fill[4] * terms.stock_units_per_lot
    buys = (side_of(fill) == Side.BID) is is_taker
    if buys is is_money:
        return -units, 0
    fee = fill[9] if is_taker else fill[10]
    return units - fee, fee
