"""What the operator does with money: in and out of the house, withdrawals, and the accounts that pay rebates.

A withdrawal is two steps: ``withdraw.freeze`` sets the money aside while the transfer outside is under way, and
``withdraw.confirm`` lets it leave the house or ``withdraw.release`` gives it back. Each is done once for ever for its
(user, asset, business, business id); a repeat answers how it stands. A business id that was used here is none for
``balance.update``, and the reverse (``business_ids.py``).

Source: exchange.notes.md, Operator methods.
"""

from __future__ import annotations

from typing import Any, Final

import msgspec

from fondaco.core.commands import BalanceUpdate, RebateFund, WithdrawalEnd, WithdrawalFreeze
from fondaco.core.events import Fact, RebateFunded, WithdrawalChanged
from fondaco.core.instruments import Asset, User, Withdrawal
from fondaco.core.units import UNITS_MAX, format_units
from fondaco.desks.exchange.business_ids import Use, send_named
from fondaco.desks.exchange.caller import Caller, Pending
from fondaco.desks.exchange.errors import invalid
from fondaco.desks.exchange.fact_waiter import done, send
from fondaco.desks.exchange.method import method
from fondaco.desks.exchange.operator_params import business_word, detail_text, known_user
from fondaco.desks.exchange.params import arity, integer, options
from fondaco.desks.exchange.refusals import Asked
from fondaco.desks.exchange.translate import COUNT_MAX, asset_units
from fondaco.wire import exchange as wire

_FUND_PARAMS: Final = "asset, business_id, change, {floor?}?"
_NAMED: Final = "user, asset, business, business_id"
_FREEZE_PARAMS: Final = f"{_NAMED}, amount, {{detail}}?"


def _update_balance(caller: Caller, params: list[Any], request_id: int | None) -> Pending:
    arity(params, 5, 6, f"{_NAMED}, change, {{detail}}?")
    user, asset, business, business_id = _name(caller, params)
    name = (user.user_id, asset.asset_id, business, business_id)
    is_new = not caller.floor.business_ids.is_used(name, Use.CHANGE)
    change_units = asset_units(asset, params[4], "change")
    if is_new and not change_units:
        raise invalid(f"change is {params[4]}, which moves nothing; send what comes in, or below zero what goes out")
    detail = detail_text(params[5], is_new=is_new) if len(params) == 6 else "{}"
    command = BalanceUpdate(user.user_id, asset.name, business, business_id, change_units, detail)
    asked = Asked(subject=_subject(user, asset, business, business_id), asset=asset)
    return send_named(caller, request_id, command, name, done, asked)


def _name(caller: Caller, params: list[Any]) -> tuple[User, Asset, str, int]:
    """What a change is found by, for ever."""
    user = known_user(caller, params[0])
    asset = caller.floor.catalogue.asset(params[1])
    return user, asset, business_word(params[2]), integer(params[3], "business_id", 0, COUNT_MAX)


def _subject(user: User, asset: Asset, business: str, business_id: int) -> str:
    return f"{business} {business_id} of {user.name} in {asset.name}"


# ── withdrawals ───────────────────────────────────────────────────────────────────────────────────────────────────────


def _freeze(caller: Caller, params: list[Any], request_id: int | None) -> Pending:
    arity(params, 5, 6, _FREEZE_PARAMS)
    user, asset, business, business_id = _name(caller, params)
    units = asset_units(asset, params[4], "amount")
    if not 0 < units <= UNITS_MAX:
        raise invalid(f"amount is {params[4]}; send what the user takes out, more than 0")
    name = (user.user_id, asset.asset_id, business, business_id)
    is_new = not caller.floor.business_ids.is_used(name, Use.WITHDRAWAL)
    detail = detail_text(params[5], is_new=is_new) if len(params) == 6 else "{}"
    command = WithdrawalFreeze(user.user_id, asset.name, business, business_id, units, detail)
    asked = Asked(subject=_subject(user, asset, business, business_id), asset=asset)
    return send_named(caller, request_id, command, name, _withdrawal_changed, asked)


def _confirm(caller: Caller, params: list[Any], request_id: int | None) -> Pending:
    return _end(caller, params, request_id, is_confirmed=True)


def _release(caller: Caller, params: list[Any], request_id: int | None) -> Pending:
    return _end(caller, params, request_id, is_confirmed=False)


def _end(caller: Caller, params: list[Any], request_id: int | None, *, is_confirmed: bool) -> Pending:
    arity(params, 4, 4, _NAMED)
    user, asset, business, business_id = _name(caller, params)
    command = WithdrawalEnd(user.user_id, asset.name, business, business_id, is_confirmed)
    subject = _subject(user, asset, business, business_id)
    return send(caller, request_id, command, _withdrawal_changed, subject, asset=asset)


def _withdrawal_changed(caller: Caller, fact: Fact) -> wire.WithdrawalRecord:
    assert isinstance(fact, WithdrawalChanged)
    return withdrawal_record(caller, fact.withdrawal)


def withdrawal_record(caller: Caller, withdrawal: Withdrawal) -> wire.WithdrawalRecord:
    asset = caller.floor.house.assets[withdrawal.asset_id]
    return wire.WithdrawalRecord(
        user=withdrawal.user_id,
        asset=asset.name,
        business=withdrawal.business,
        business_id=withdrawal.business_id,
        amount=format_units(withdrawal.units, asset.scale_digits),
        state=withdrawal.state.name.lower(),
        detail=msgspec.Raw(withdrawal.detail.encode()),
    )


def _query_withdrawal(caller: Caller, params: list[Any], request_id: int | None) -> wire.WithdrawalRecord:
    arity(params, 4, 4, _NAMED)
    user, asset, business, business_id = _name(caller, params)
    withdrawal = caller.floor.house.withdrawal(user.user_id, asset.asset_id, business, business_id)
    if withdrawal is None:
        subject = _subject(user, asset, business, business_id)
        raise invalid(f"unknown withdrawal: {subject}; withdraw.freeze makes one")
    return withdrawal_record(caller, withdrawal)


# ── rebates ───────────────────────────────────────────────────────────────────────────────────────────────────────────


def _fund(caller: Caller, params: list[Any], request_id: int | None) -> Pending:
    arity(params, 3, 4, _FUND_PARAMS)
    asset = caller.floor.catalogue.asset(params[0])
    business_id = integer(params[1], "business_id", 0, COUNT_MAX)
    change_units = asset_units(asset, params[2], "change")
    given = options(params[3], ("floor",)) if len(params) == 4 else {}
    floor_units = asset_units(asset, given["floor"], "floor") if "floor" in given else None
    if floor_units is not None and not 0 <= floor_units <= UNITS_MAX:
        raise invalid(f"floor is {given['floor']}; send what rebates leave in the account, 0 or more")
    command = RebateFund(asset.name, business_id, change_units, floor_units)
    return send(caller, request_id, command, _funded, f"the rebate fund {business_id} of {asset.name}", asset=asset)


def _funded(caller: Caller, fact: Fact) -> wire.RebateRecord:
    assert isinstance(fact, RebateFunded)
    return _rebate_record(caller.floor.house.assets[fact.asset_id], fact.balance_units, fact.floor_units)


def _rebate_record(asset: Asset, balance_units: int, floor_units: int) -> wire.RebateRecord:
    digits = asset.scale_digits
    return wire.RebateRecord(asset.name, format_units(balance_units, digits), format_units(floor_units, digits))


def _query_rebates(caller: Caller, params: list[Any], request_id: int | None) -> list[wire.RebateRecord]:
    house, catalogue = caller.floor.house, caller.floor.catalogue
    traded = house.traded_assets
    arity(params, 0, len(traded), "asset, …")
    assets = [catalogue.asset(name) for name in params] if params else traded
    return [_rebate_record(asset, *house.rebate_account(asset.asset_id)) for asset in assets]


METHODS: Final = (
    method(
        "balance.update",
        "operate",
        f"{_NAMED}, change, {{detail}}?",
        _update_balance,
        "Brings money in or takes it out, once for ever per business id.",
    ),
    method("withdraw.freeze", "operate", _FREEZE_PARAMS, _freeze, "Sets aside what a user takes out."),
    method("withdraw.confirm", "operate", _NAMED, _confirm, "What was set aside left the house."),
    method("withdraw.release", "operate", _NAMED, _release, "Gives what was set aside back to its user."),
    method("withdraw.query", "operate", _NAMED, _query_withdrawal, "How a withdrawal stands.", reads=True),
    method("rebate.fund", "operate", _FUND_PARAMS, _fund, "Funds the account that pays an asset's rebates."),
    method("rebate.query", "operate", "asset, …", _query_rebates, "What rebates are paid from.", reads=True),
)
