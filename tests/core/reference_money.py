"""Money in the naive model: fees and rebates, what comes in and goes out, and deals taken back.

An account of the house is a dictionary by asset; a user's balance is one total, of which holds are worked out.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import msgspec

from fondaco.core import commands as c
from fondaco.core import events as e
from fondaco.core.commands import Side
from fondaco.core.instruments import Market, UserFees, Withdrawal, WithdrawalState
from fondaco.core.rejects import Reject
from fondaco.core.state import BalanceUpdateDone
from tests.core.reference_order import Order, Refused

if TYPE_CHECKING:
    from tests.core.reference_house import ReferenceHouse

UNITS_MAX = 2**62
BUSINESS_ID_MAX = 2**63 - 1
FEE_PPM_MAX = 500_000
BUSINESS = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,31}", re.ASCII)


def check_business(business: str, business_id: int, detail: str) -> None:
    if BUSINESS.fullmatch(business) is None or len(detail) > 1_024:
        raise Refused(Reject.INVALID_ARGUMENT)
    if not 0 <= business_id <= BUSINESS_ID_MAX:
        raise Refused(Reject.INVALID_ARGUMENT, BUSINESS_ID_MAX, shown(business_id))


def asset_id_of(house: ReferenceHouse, name: str) -> int:
    for asset in house.assets.values():
        if asset.name == name:
            return asset.asset_id
    raise Refused(Reject.UNKNOWN_ASSET)


# fees


def check_rates(maker_fee_ppm: int, taker_fee_ppm: int) -> None:
    if not -FEE_PPM_MAX <= maker_fee_ppm <= FEE_PPM_MAX:
        raise Refused(Reject.INVALID_ARGUMENT, FEE_PPM_MAX, shown(maker_fee_ppm))
    if not 0 <= taker_fee_ppm <= FEE_PPM_MAX:
        raise Refused(Reject.INVALID_ARGUMENT, FEE_PPM_MAX, shown(taker_fee_ppm))


def set_fees(house: ReferenceHouse, command: c.FeesSet) -> e.UserFeesSet:
    if command.user_id not in house.users:
        raise Refused(Reject.UNKNOWN_USER)
    market_ids = {market.name: market.market_id for market in house.markets.values()} | {"": 0}
    if command.market not in market_ids:
        raise Refused(Reject.UNKNOWN_MARKET)
    maker, taker = command.maker_fee_ppm, command.taker_fee_ppm
    fees = UserFees(command.user_id, market_ids[command.market], maker, taker)
    if maker is None and taker is None:
        house.user_fees.pop((fees.user_id, fees.market_id), None)
    elif maker is None or taker is None:
        raise Refused(Reject.INVALID_ARGUMENT)
    else:
        check_rates(maker, taker)
        house.user_fees[fees.user_id, fees.market_id] = fees
    return e.UserFeesSet(fees)


def rates_of(house: ReferenceHouse, user_id: int, market: Market) -> tuple[int, int]:
    """(taker's, maker's) for an order put now."""
    own = house.user_fees.get((user_id, market.market_id)) or house.user_fees.get((user_id, 0))
    if own is None:
        return market.taker_fee_ppm, market.maker_fee_ppm
    assert own.taker_fee_ppm is not None
    assert own.maker_fee_ppm is not None
    return own.taker_fee_ppm, own.maker_fee_ppm


def settle(
    house: ReferenceHouse, taker: Order, maker: Order, money_units: int, stock_units: int, taker_fee_ppm: int
) -> dict[int, int]:
    """Money and stock change hands, each less the fee of who receives it; answers the fees by order id."""
    market = taker.market
    buyer, seller = (taker, maker) if taker.is_bid else (maker, taker)
    rates = {taker.order_id: taker_fee_ppm, maker.order_id: maker.maker_fee_ppm}
    house.pay(buyer.user_id, market.money_asset_id, -money_units)
    house.pay(seller.user_id, market.stock_asset_id, -stock_units)
    house.pay(buyer.user_id, market.stock_asset_id, stock_units)
    house.pay(seller.user_id, market.money_asset_id, money_units)
    fees: dict[int, int] = {}
    for order, asset_id, received in (
        (buyer, market.stock_asset_id, stock_units),
        (seller, market.money_asset_id, money_units),
    ):
        fee = order.charge(received, rates[order.order_id])
        if fee >= 0:
            house.fee_income[asset_id] = house.fee_income.get(asset_id, 0) + fee
        else:
            to_spend = max(0, house.rebates.get(asset_id, 0) - house.floors.get(asset_id, 0))
            fee = -min(-fee, to_spend)
            house.rebates[asset_id] = house.rebates.get(asset_id, 0) + fee
        house.pay(order.user_id, asset_id, -fee)
        order.fee_units += fee
        fees[order.order_id] = fee
    return fees


def fund_rebates(house: ReferenceHouse, command: c.RebateFund) -> e.RebateFunded:
    if not 0 <= command.business_id <= BUSINESS_ID_MAX:
        raise Refused(Reject.INVALID_ARGUMENT, BUSINESS_ID_MAX, shown(command.business_id))
    if command.floor_units is not None and not 0 <= command.floor_units <= UNITS_MAX:
        raise Refused(Reject.INVALID_ARGUMENT, UNITS_MAX, shown(command.floor_units))
    asset_id = asset_id_of(house, command.asset)
    done = house.rebate_funds.get((asset_id, command.business_id))
    if done is not None:
        if done[0] != command:
            raise Refused(Reject.BUSINESS_ID_REUSED)
        return msgspec.structs.replace(done[1], repeated=True)
    change = command.change_units
    floor = house.floors.get(asset_id, 0) if command.floor_units is None else command.floor_units
    balance = house.rebates.get(asset_id, 0) + change
    if change < 0 and balance < floor:
        raise Refused(Reject.BELOW_FLOOR, floor, shown(balance))
    check_room(house, asset_id, change)
    house.rebates[asset_id] = balance
    house.floors[asset_id] = floor
    house.outside[asset_id] = house.outside.get(asset_id, 0) - change
    fact = e.RebateFunded(asset_id, command.business_id, change, balance, floor)
    house.rebate_funds[asset_id, command.business_id] = command, fact
    return fact


# in and out


def shown(value: int) -> int:
    """A value as a refusal shows it: one that no row could hold is shown as 0."""
    return value if abs(value) <= UNITS_MAX else 0


def check_room(house: ReferenceHouse, asset_id: int, change: int) -> None:
    """Whether the house may hold that much more of an asset."""
    room = UNITS_MAX + house.outside.get(asset_id, 0)
    if change > room:
        raise Refused(Reject.BALANCE_TOO_LARGE, room, shown(change))


def update_balance(house: ReferenceHouse, command: c.BalanceUpdate) -> e.BalanceUpdated:
    check_business(command.business, command.business_id, command.detail)
    asset_id = asset_id_of(house, command.asset)
    user_id, change = command.user_id, command.change_units
    name = (user_id, asset_id, command.business, command.business_id)
    done = house.balance_updates.get(name)
    if done is not None:
        if (done.change_units, done.detail) != (change, command.detail):
            raise Refused(Reject.BUSINESS_ID_REUSED, done.change_units, shown(change))
        return _balance_updated(done, repeated=True)
    if user_id not in house.users:
        raise Refused(Reject.UNKNOWN_USER)
    available = house.available(user_id, asset_id)
    if available + change < 0:
        raise Refused(Reject.BALANCE_NOT_ENOUGH, available, shown(-change))
    check_room(house, asset_id, change)
    house.pay(user_id, asset_id, change)
    house.outside[asset_id] = house.outside.get(asset_id, 0) - change
    total = house.totals[user_id, asset_id]
    done = BalanceUpdateDone(user_id, asset_id, command.business, command.business_id, change, total, command.detail)
    house.balance_updates[name] = done
    return _balance_updated(done, repeated=False)


def _balance_updated(done: BalanceUpdateDone, repeated: bool) -> e.BalanceUpdated:
    return e.BalanceUpdated(**msgspec.structs.asdict(done), repeated=repeated)


def freeze_withdrawal(house: ReferenceHouse, command: c.WithdrawalFreeze) -> e.WithdrawalChanged:
    check_business(command.business, command.business_id, command.detail)
    user_id, units = command.user_id, command.units
    if not 1 <= units <= UNITS_MAX:
        raise Refused(Reject.INVALID_ARGUMENT, UNITS_MAX, shown(units))
    asset_id = asset_id_of(house, command.asset)
    name = (user_id, asset_id, command.business, command.business_id)
    known = house.withdrawals.get(name)
    if known is not None:
        if (known.units, known.detail) != (units, command.detail):
            raise Refused(Reject.BUSINESS_ID_REUSED, known.units, units)
        return _withdrawal_changed(house, known, repeated=True)
    if user_id not in house.users:
        raise Refused(Reject.UNKNOWN_USER)
    available = house.available(user_id, asset_id)
    if available < units:
        raise Refused(Reject.BALANCE_NOT_ENOUGH, available, units)
    withdrawal = Withdrawal(user_id, asset_id, command.business, command.business_id, units, command.detail)
    house.withdrawals[name] = withdrawal
    return _withdrawal_changed(house, withdrawal)


def end_withdrawal(house: ReferenceHouse, command: c.WithdrawalEnd) -> e.WithdrawalChanged:
    asset_id = asset_id_of(house, command.asset)
    name = (command.user_id, asset_id, command.business, command.business_id)
    known = house.withdrawals.get(name)
    if known is None:
        raise Refused(Reject.UNKNOWN_WITHDRAWAL)
    state = WithdrawalState.CONFIRMED if command.is_confirmed else WithdrawalState.RELEASED
    if known.state != WithdrawalState.FROZEN:
        if known.state != state:
            raise Refused(Reject.WITHDRAWAL_ENDED)
        return _withdrawal_changed(house, known, repeated=True)
    house.withdrawals[name] = msgspec.structs.replace(known, state=state)
    if command.is_confirmed:
        house.pay(known.user_id, asset_id, -known.units)
        house.outside[asset_id] += known.units
    return _withdrawal_changed(house, house.withdrawals[name])


def _withdrawal_changed(house: ReferenceHouse, withdrawal: Withdrawal, repeated: bool = False) -> e.WithdrawalChanged:
    total = house.totals.get((withdrawal.user_id, withdrawal.asset_id), 0)
    return e.WithdrawalChanged(withdrawal, total, repeated)


# deals taken back


def bust(house: ReferenceHouse, command: c.TradeBust) -> e.TradeBusted:
    market = house.markets.get(command.market_id)
    if market is None:
        raise Refused(Reject.UNKNOWN_MARKET, 0, command.market_id)
    for user_id in (command.taker_user_id, command.maker_user_id):
        if user_id not in house.users:
            raise Refused(Reject.UNKNOWN_USER, 0, user_id)
    numbers = (command.size_lots, command.money_units)
    fees = (command.taker_fee_units, command.maker_fee_units)
    is_wrong = any(not 0 <= number <= UNITS_MAX for number in numbers) or any(abs(fee) > UNITS_MAX for fee in fees)
    is_wrong |= command.size_lots * market.stock_units_per_lot > UNITS_MAX
    if command.taker_side not in (1, 2) or is_wrong or len(command.reason) > 200:
        raise Refused(Reject.INVALID_ARGUMENT)
    last_deal = house.last_deal.get(market.market_id, 0)
    if not 1 <= command.deal_id <= last_deal:
        raise Refused(Reject.INVALID_ARGUMENT, last_deal, command.deal_id)
    done = house.busts.get((market.market_id, command.deal_id))
    if done is not None:
        return msgspec.structs.replace(done, repeated=True)

    taker, maker = command.taker_user_id, command.maker_user_id
    is_bid = command.taker_side == Side.BID
    buyer, seller = (taker, maker) if is_bid else (maker, taker)
    buyer_fee, seller_fee = fees if is_bid else fees[::-1]
    stock_id, money_id = market.stock_asset_id, market.money_asset_id
    stock_units = command.size_lots * market.stock_units_per_lot
    for payer, asset_id, fee, needed in (
        (buyer, stock_id, buyer_fee, stock_units),
        (seller, money_id, seller_fee, command.money_units),
    ):
        available = house.available(payer, asset_id) + fee
        if available < needed:
            raise Refused(Reject.BALANCE_NOT_ENOUGH, available, needed)
    for asset_id, fee in ((stock_id, buyer_fee), (money_id, seller_fee)):
        income = house.fee_income.get(asset_id, 0)
        if fee > income:
            raise Refused(Reject.BALANCE_NOT_ENOUGH, income, fee)
    for payer, receiver, asset_id, fee, units in (
        (buyer, seller, stock_id, buyer_fee, stock_units),
        (seller, buyer, money_id, seller_fee, command.money_units),
    ):
        account = house.fee_income if fee > 0 else house.rebates
        account[asset_id] = account.get(asset_id, 0) - fee
        house.pay(payer, asset_id, fee - units)
        house.pay(receiver, asset_id, units)
    fact = e.TradeBusted(
        command.market_id,
        command.deal_id,
        command.taker_user_id,
        maker,
        command.taker_side,
        command.size_lots,
        command.money_units,
        *fees,
        command.reason,
        *house.totals_of(taker, market),
        *house.totals_of(maker, market),
        house.time_us,
    )
    house.busts[market.market_id, command.deal_id] = fact
    return fact
