"""Money in and out of the house: balance updates, withdrawals, the rebate account; and deals taken back."""

from __future__ import annotations

import re

from msgspec.structs import replace

from fondaco.core import commands as c
from fondaco.core import events as e
from fondaco.core.commands import Side
from fondaco.core.engine import Matching
from fondaco.core.instruments import Withdrawal, WithdrawalState
from fondaco.core.layout import M_LAST_DEAL
from fondaco.core.purposes import (
    CASH,
    FEE_INCOME,
    HOUSE_OWNER,
    ORDER_HOLD,
    OUTSIDE_WORLD,
    REBATE,
    WITHDRAWAL_HOLD,
)
from fondaco.core.refusal import INVALID, Refusal, shown
from fondaco.core.register import Register
from fondaco.core.rejects import Reject
from fondaco.core.state import BalanceUpdateDone, RebateFundDone
from fondaco.core.units import UNITS_MAX

BUSINESS = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,31}", re.ASCII)
BUSINESS_ID_MAX = (1 << 63) - 1
DETAIL_LENGTH_MAX = 1024
REASON_LENGTH_MAX = 200


def total(matching: Matching, user_id: int, asset_id: int) -> int:
    """All that a user has of an asset, held or not."""
    return sum(matching.ledger.balance(user_id, asset_id, purpose) for purpose in (CASH, ORDER_HOLD, WITHDRAWAL_HOLD))


def update_balance(command: c.BalanceUpdate, register: Register, matching: Matching) -> e.Fact | Refusal:
    if BUSINESS.fullmatch(command.business) is None or len(command.detail) > DETAIL_LENGTH_MAX:
        return INVALID
    if not 0 <= command.business_id <= BUSINESS_ID_MAX:
        return Reject.INVALID_ARGUMENT, BUSINESS_ID_MAX, shown(command.business_id)
    asset_id = register.asset_ids.get(command.asset)
    if asset_id is None:
        return Reject.UNKNOWN_ASSET, 0, 0
    name = (command.user_id, asset_id, command.business, command.business_id)
    done = register.balance_updates.find(*name)
    if done is not None:
        if (done.change_units, done.detail) != (command.change_units, command.detail):
            return Reject.BUSINESS_ID_REUSED, done.change_units, shown(command.change_units)
        return _balance_updated(done, repeated=True)
    if command.user_id not in register.users:
        return Reject.UNKNOWN_USER, 0, 0

    ledger = matching.ledger
    available = ledger.balance(command.user_id, asset_id, CASH)
    if available + command.change_units < 0:
        return Reject.BALANCE_NOT_ENOUGH, available, shown(-command.change_units)
    issued = -ledger.balance(HOUSE_OWNER, asset_id, OUTSIDE_WORLD)
    if issued + command.change_units > UNITS_MAX:
        return Reject.BALANCE_TOO_LARGE, UNITS_MAX - issued, shown(command.change_units)
    outside = ledger.open(HOUSE_OWNER, asset_id, OUTSIDE_WORLD)
    cash = ledger.open(command.user_id, asset_id, CASH)
    ledger.move(outside, cash, command.change_units)
    done = BalanceUpdateDone(
        user_id=command.user_id,
        asset_id=asset_id,
        business=command.business,
        business_id=command.business_id,
        change_units=command.change_units,
        balance_units=total(matching, command.user_id, asset_id),
        detail=command.detail,
    )
    register.balance_updates.add(done)
    return _balance_updated(done, repeated=False)


def _balance_updated(done: BalanceUpdateDone, repeated: bool) -> e.BalanceUpdated:
    return e.BalanceUpdated(
        user_id=done.user_id,
        asset_id=done.asset_id,
        business=done.business,
        business_id=done.business_id,
        change_units=done.change_units,
        balance_units=done.balance_units,
        detail=done.detail,
        repeated=repeated,
    )


def freeze_withdrawal(command: c.WithdrawalFreeze, register: Register, matching: Matching) -> e.Fact | Refusal:
    if BUSINESS.fullmatch(command.business) is None or len(command.detail) > DETAIL_LENGTH_MAX:
        return INVALID
    if not 0 <= command.business_id <= BUSINESS_ID_MAX:
        return Reject.INVALID_ARGUMENT, BUSINESS_ID_MAX, shown(command.business_id)
    if not 1 <= command.units <= UNITS_MAX:
        return Reject.INVALID_ARGUMENT, UNITS_MAX, shown(command.units)
    asset_id = register.asset_ids.get(command.asset)
    if asset_id is None:
        return Reject.UNKNOWN_ASSET, 0, 0
    name = (command.user_id, asset_id, command.business, command.business_id)
    old = register.withdrawals.get(name)
    if old is not None:
        if (old.units, old.detail) != (command.units, command.detail):
            return Reject.BUSINESS_ID_REUSED, old.units, command.units
        return e.WithdrawalChanged(old, total(matching, command.user_id, asset_id), repeated=True)
    if command.user_id not in register.users:
        return Reject.UNKNOWN_USER, 0, 0
    ledger = matching.ledger
    available = ledger.balance(command.user_id, asset_id, CASH)
    if available < command.units:
        return Reject.BALANCE_NOT_ENOUGH, available, command.units
    cash = ledger.open(command.user_id, asset_id, CASH)
    ledger.move(cash, ledger.open(command.user_id, asset_id, WITHDRAWAL_HOLD), command.units)
    withdrawal = Withdrawal(*name, units=command.units, detail=command.detail)
    register.put_withdrawal(withdrawal)
    return e.WithdrawalChanged(withdrawal, total(matching, command.user_id, asset_id))


def end_withdrawal(command: c.WithdrawalEnd, register: Register, matching: Matching) -> e.Fact | Refusal:
    asset_id = register.asset_ids.get(command.asset)
    if asset_id is None:
        return Reject.UNKNOWN_ASSET, 0, 0
    name = (command.user_id, asset_id, command.business, command.business_id)
    old = register.withdrawals.get(name)
    if old is None:
        return Reject.UNKNOWN_WITHDRAWAL, 0, 0
    state = WithdrawalState.CONFIRMED if command.is_confirmed else WithdrawalState.RELEASED
    if old.state != WithdrawalState.FROZEN:
        if old.state != state:
            return Reject.WITHDRAWAL_ENDED, 0, 0
        return e.WithdrawalChanged(old, total(matching, command.user_id, asset_id), repeated=True)
    ledger = matching.ledger
    target = (
        ledger.open(HOUSE_OWNER, asset_id, OUTSIDE_WORLD)
        if command.is_confirmed
        else ledger.open(command.user_id, asset_id, CASH)
    )
    ledger.move(ledger.open(command.user_id, asset_id, WITHDRAWAL_HOLD), target, old.units)
    withdrawal = replace(old, state=state)
    register.put_withdrawal(withdrawal)
    return e.WithdrawalChanged(withdrawal, total(matching, command.user_id, asset_id))


def fund_rebates(command: c.RebateFund, register: Register, matching: Matching) -> e.Fact | Refusal:
    if not 0 <= command.business_id <= BUSINESS_ID_MAX:
        return Reject.INVALID_ARGUMENT, BUSINESS_ID_MAX, shown(command.business_id)
    if command.floor_units is not None and not 0 <= command.floor_units <= UNITS_MAX:
        return Reject.INVALID_ARGUMENT, UNITS_MAX, shown(command.floor_units)
    asset_id = register.asset_ids.get(command.asset)
    if asset_id is None:
        return Reject.UNKNOWN_ASSET, 0, 0
    done = register.rebate_funds.get((asset_id, command.business_id))
    if done is not None:
        if (done.change_units, done.asked_floor_units) != (command.change_units, command.floor_units):
            return Reject.BUSINESS_ID_REUSED, 0, 0
        return _rebate_funded(done, repeated=True)
    ledger = matching.ledger
    floors = matching.crossing.rebate_floors
    floor_units = floors.get(asset_id, 0) if command.floor_units is None else command.floor_units
    balance = ledger.balance(HOUSE_OWNER, asset_id, REBATE) + command.change_units
    if command.change_units < 0 and balance < floor_units:
        return Reject.BELOW_FLOOR, floor_units, shown(balance)
    issued = -ledger.balance(HOUSE_OWNER, asset_id, OUTSIDE_WORLD)
    if issued + command.change_units > UNITS_MAX:
        return Reject.BALANCE_TOO_LARGE, UNITS_MAX - issued, shown(command.change_units)
    outside = ledger.open(HOUSE_OWNER, asset_id, OUTSIDE_WORLD)
    ledger.move(outside, ledger.open(HOUSE_OWNER, asset_id, REBATE), command.change_units)
    floors[asset_id] = floor_units
    done = RebateFundDone(
        asset_id, command.business_id, command.change_units, command.floor_units, balance, floor_units
    )
    register.rebate_funds[asset_id, command.business_id] = done
    return _rebate_funded(done, repeated=False)


def _rebate_funded(done: RebateFundDone, repeated: bool) -> e.RebateFunded:
    return e.RebateFunded(
        done.asset_id, done.business_id, done.change_units, done.balance_units, done.floor_units, repeated
    )


def bust_trade(command: c.TradeBust, register: Register, matching: Matching) -> e.Fact | Refusal:
    market = register.markets.get(command.market_id)
    if market is None:
        return Reject.UNKNOWN_MARKET, 0, shown(command.market_id)
    for user_id in (command.taker_user_id, command.maker_user_id):
        if user_id not in register.users:
            return Reject.UNKNOWN_USER, 0, shown(user_id)
    fees = (command.taker_fee_units, command.maker_fee_units)
    sizes = (command.size_lots, command.money_units)
    if not all(0 <= units <= UNITS_MAX for units in sizes) or not all(abs(units) <= UNITS_MAX for units in fees):
        return INVALID
    stock_units = command.size_lots * market.stock_units_per_lot
    if stock_units > UNITS_MAX or len(command.reason) > REASON_LENGTH_MAX:
        return INVALID
    last_deal = matching.floor.market_words(command.market_id)[M_LAST_DEAL]
    if not 1 <= command.deal_id <= last_deal:
        return Reject.INVALID_ARGUMENT, last_deal, shown(command.deal_id)
    done = register.busts.get((command.market_id, command.deal_id))
    if done is not None:
        return replace(done, repeated=True)

    stock, money = market.stock_asset_id, market.money_asset_id
    taker_buys = command.taker_side == Side.BID
    buyer, seller = command.taker_user_id, command.maker_user_id
    stock_fee, money_fee = fees
    if not taker_buys:
        buyer, seller, stock_fee, money_fee = seller, buyer, money_fee, stock_fee
    ledger = matching.ledger
    for asset_id, user_id, fee, gross in (
        (stock, buyer, stock_fee, stock_units),
        (money, seller, money_fee, command.money_units),
    ):
        available = ledger.balance(user_id, asset_id, CASH) + fee
        if available < gross:
            return Reject.BALANCE_NOT_ENOUGH, available, gross
    for asset_id, fee in ((stock, stock_fee), (money, money_fee)):
        income = ledger.balance(HOUSE_OWNER, asset_id, FEE_INCOME)
        if income < fee:
            return Reject.BALANCE_NOT_ENOUGH, income, fee
    for asset_id, payer, other, fee, gross in (
        (stock, buyer, seller, stock_fee, stock_units),
        (money, seller, buyer, money_fee, command.money_units),
    ):
        account = ledger.open(HOUSE_OWNER, asset_id, FEE_INCOME if fee > 0 else REBATE)
        cash = ledger.open(payer, asset_id, CASH)
        ledger.move(account, cash, fee)
        ledger.move(cash, ledger.open(other, asset_id, CASH), gross)
    taker, maker = command.taker_user_id, command.maker_user_id
    busted = e.TradeBusted(
        market_id=command.market_id,
        deal_id=command.deal_id,
        taker_user_id=taker,
        maker_user_id=maker,
        taker_side=command.taker_side,
        size_lots=command.size_lots,
        money_units=command.money_units,
        taker_fee_units=command.taker_fee_units,
        maker_fee_units=command.maker_fee_units,
        reason=command.reason,
        taker_stock_units=total(matching, taker, stock),
        taker_money_units=total(matching, taker, money),
        maker_stock_units=total(matching, maker, stock),
        maker_money_units=total(matching, maker, money),
        time_us=matching.rows.time_us,
    )
    register.busts[command.market_id, command.deal_id] = busted
    return busted
