"""What the rare commands do, by kind: one line a command, and who carries it out.

Each takes what it needs of the house, and answers a fact, or a refusal with the bound and the value it speaks of.
All checks come before the first change, so a refusal changes nothing.
"""

from __future__ import annotations

from fondaco.core import commands as c
from fondaco.core import events as e
from fondaco.core import money_commands, naming_commands, order_commands
from fondaco.core.engine import Matching
from fondaco.core.refusal import Refusal
from fondaco.core.register import Register
from fondaco.core.rewards.rewards import Rewards


def carry_out(command: c.RareCommand, register: Register, matching: Matching, rewards: Rewards) -> e.Fact | Refusal:
    """Do one rare command."""
    match command:
        case c.BalanceUpdate():
            return money_commands.update_balance(command, register, matching)
        case c.WithdrawalFreeze():
            return money_commands.freeze_withdrawal(command, register, matching)
        case c.WithdrawalEnd():
            return money_commands.end_withdrawal(command, register, matching)
        case c.RebateFund():
            return money_commands.fund_rebates(command, register, matching)
        case c.TradeBust():
            return money_commands.bust_trade(command, register, matching)
        case c.OrdersCancel():
            return order_commands.cancel_orders(command, register, matching)
        case c.DeadMan():
            return order_commands.set_dead_man(command, register, matching)
        case c.CancelOnDisconnect():
            return order_commands.set_cancel_on_disconnect(command, matching)
        case c.SessionEnd():
            return order_commands.end_session(command, matching)
        case c.HouseOpen():
            return order_commands.open_house(matching)
        case c.MarketPhase():
            return order_commands.set_phase(command, register, matching)
        case c.FeesSet():
            return naming_commands.set_fees(command, register, matching)
        case c.AssetCreate():
            return naming_commands.create_asset(command, register)
        case c.MarketCreate():
            return naming_commands.create_market(command, register, matching)
        case c.MarketUpdate():
            return naming_commands.update_market(command, register, matching)
        case c.UserCreate():
            return naming_commands.create_user(command, register, matching)
        case c.UserDisable():
            return naming_commands.disable_user(command, register, matching)
        case c.UserEnable():
            return naming_commands.enable_user(command, register, matching)
        case c.KeyCreate():
            return naming_commands.create_key(command, register)
        case c.KeyRevoke():
            return naming_commands.revoke_key(command, register)
        case c.Rewards():
            return rewards.carry_out(command, matching.rows.seq, matching.rows.time_us)
        case c.Tick():
            return e.Ticked()
