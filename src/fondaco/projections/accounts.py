"""Balance changes: money in and out, deals taken back, and for trades a note of who took part.

A fill changes four balances: the buyer's stock up (less his fee) and money down, the seller's stock down and money up
(less his fee). All of that stands in the FILL row, which is kept as a deal; so a change by a trade is computed where it
is read (balance_reads.py), and what is written is only that a user took part: each transaction leaves a run of entries
for each user and market. The rest are rows. Changes of one user are ordered by their command's sequence.

Cost: two SQL rows for each pair of user and market that traded in a transaction, however often.
"""

from __future__ import annotations

from array import array
from collections import defaultdict
from collections.abc import Mapping
from typing import Final

import msgspec
from sqlalchemy import Connection, Engine, select

from fondaco.core.commands import Side
from fondaco.core.events import ROW_WORDS, BalanceUpdated, TradeBusted, WithdrawalChanged
from fondaco.core.instruments import Market, WithdrawalState
from fondaco.core.rewards.facts import RewardsApplied
from fondaco.projections.businesses import BUST, REBATE
from fondaco.projections.database import balance_updates, insert_text, markets, trade_runs

ENCODER: Final = msgspec.json.Encoder()


class AccountsProjection:
    def __init__(self, engine: Engine) -> None:
        self._insert_markets = insert_text(engine, markets)
        self._insert_runs = insert_text(engine, trade_runs)
        self._insert_updates = insert_text(engine, balance_updates)
        self._markets: list[tuple[int, ...]] = []
        self._updates: list[tuple[int | str, ...]] = []
        self._terms: dict[int, tuple[int, int, int]] = {}

    def load(self, connection: Connection) -> None:
        """Learn the terms of the markets there are."""
        found = connection.execute(select(markets))
        self._terms = {market_id: (stock, money, per_lot) for market_id, stock, money, per_lot in found}

    def market_created(self, market: Market) -> None:
        """Gather what of a market's terms the changes are computed with."""
        terms = (market.market_id, market.stock_asset_id, market.money_asset_id, market.stock_units_per_lot)
        self._markets.append(terms)
        self._terms[market.market_id] = terms[1:]

    def balance_updated(self, fact: BalanceUpdated, seq: int, time_us: int) -> None:
        """Gather one balance update; a repeat moved nothing and leaves no row."""
        if fact.repeated:
            return
        self._updates.append(
            (
                fact.user_id,
                fact.asset_id,
                fact.business,
                time_us,
                seq,
                fact.change_units,
                fact.balance_units,
                fact.business_id,
                fact.detail,
            )
        )

    def withdrawal_changed(self, fact: WithdrawalChanged, seq: int, time_us: int) -> None:
        """Gather a withdrawal that left the house: before that, and when it comes back, a balance stays what it was."""
        withdrawal = fact.withdrawal
        if fact.repeated or withdrawal.state != WithdrawalState.CONFIRMED:
            return
        self._updates.append(
            (
                withdrawal.user_id,
                withdrawal.asset_id,
                withdrawal.business,
                time_us,
                seq,
                -withdrawal.units,
                fact.balance_units,
                withdrawal.business_id,
                withdrawal.detail,
            )
        )

    def trade_busted(self, fact: TradeBusted, seq: int) -> None:
        """Gather the changes by a deal that was taken back: two for each side, one an asset for a deal with himself."""
        if fact.repeated:
            return
        detail = ENCODER.encode({"market_id": fact.market_id, "reason": fact.reason}).decode()
        changes: dict[tuple[int, int], int] = defaultdict(int)
        balances: dict[tuple[int, int], int] = {}
        stock_asset_id, money_asset_id, stock_units_per_lot = self._terms[fact.market_id]
        for user_id, side, fee, stock_after, money_after in (
            (
                fact.taker_user_id,
                fact.taker_side,
                fact.taker_fee_units,
                fact.taker_stock_units,
                fact.taker_money_units,
            ),
            (
                fact.maker_user_id,
                Side.ASK + Side.BID - fact.taker_side,
                fact.maker_fee_units,
                fact.maker_stock_units,
                fact.maker_money_units,
            ),
        ):
            stock, money = fact.size_lots * stock_units_per_lot, fact.money_units
            back = (fee - stock, money) if side == Side.BID else (stock, fee - money)
            of_stock, of_money = (user_id, stock_asset_id), (user_id, money_asset_id)
            changes[of_stock] += back[0]
            changes[of_money] += back[1]
            balances |= {of_stock: stock_after, of_money: money_after}
        for (user_id, asset_id), change_units in changes.items():
            balance_units = balances[user_id, asset_id]
            self._updates.append(
                (user_id, asset_id, BUST, fact.time_us, seq, change_units, balance_units, fact.deal_id, detail)
            )

    def rebates_paid(self, fact: RewardsApplied, seq: int) -> None:
        """Gather the fee rebates that a rewards command brought to users."""
        if fact.repeated:
            return
        for rebate in fact.rebates:
            detail = ENCODER.encode({"programme": fact.programme_id, "award": rebate.award}).decode()
            self._updates.append(
                (
                    rebate.user_id,
                    rebate.asset_id,
                    REBATE,
                    fact.time_us,
                    seq,
                    rebate.units,
                    rebate.balance_units,
                    rebate.award,
                    detail,
                )
            )

    def write(self, connection: Connection, fills: Mapping[int, bytes]) -> None:
        """Write what was gathered and who took part in the packed FILL rows of each market."""
        if self._markets:
            connection.exec_driver_sql(self._insert_markets, self._markets)
            self._markets.clear()
        if self._updates:
            connection.exec_driver_sql(self._insert_updates, self._updates)
            self._updates.clear()
        if fills:
            runs = [run for market_id, rows in fills.items() for run in _runs(market_id, rows)]
            runs.sort()
            connection.exec_driver_sql(self._insert_runs, runs)


def _runs(market_id: int, rows: bytes) -> list[tuple[int, int, int, int, bytes]]:
    """Rows of ``trade_runs``, one for each user who took part."""
    words = memoryview(rows).cast("q")
    times_us, seqs, deal_ids = words[15::ROW_WORDS].tolist(), words[1::ROW_WORDS].tolist(), words[2::ROW_WORDS].tolist()
    entries: defaultdict[int, list[int]] = defaultdict(list)
    for users, *entry in zip(words[8::ROW_WORDS].tolist(), times_us, seqs, deal_ids, strict=True):
        entries[users & 0xFFFF_FFFF] += entry
        entries[users >> 32] += entry
    return [(user_id, market_id, taken[0], taken[2], array("q", taken).tobytes()) for user_id, taken in entries.items()]
