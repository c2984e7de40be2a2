"""The register: what is named in the house (assets, markets, users, keys) and what was done once and must
not be done again.

Plain dictionaries by id and by name, in the order of creation, which the state keeps; what may be millions lies closer
(``users.py``, ``done_updates.py``). Nothing is ever removed.
"""

from __future__ import annotations

from fondaco.core.commands import OrdersCancel, RareCommand, Sender
from fondaco.core.done_updates import DoneUpdates
from fondaco.core.events import TradeBusted
from fondaco.core.instruments import Asset, Key, Market, User, Withdrawal, WithdrawalState
from fondaco.core.state import RebateFundDone
from fondaco.core.users import Users

#: user, asset, business, business id.
WithdrawalName = tuple[int, int, str, int]


class Register:
    """Everything that has a name. Ids are sequential from 1; user 0 is the house itself."""

    def __init__(self) -> None:
        self.assets: dict[int, Asset] = {}
        self.markets: dict[int, Market] = {}
        self.users = Users()
        self.keys: dict[str, Key] = {}
        self._api_keys: dict[int, str] = {}
        self._api_keys_of: dict[int, list[str]] = {}
        self.asset_ids: dict[str, int] = {}
        self.market_ids: dict[str, int] = {}
        self.withdrawals: dict[WithdrawalName, Withdrawal] = {}
        self.withdrawal_names: list[WithdrawalName] = []
        self.frozen: dict[WithdrawalName, None] = {}
        self.rebate_funds: dict[tuple[int, int], RebateFundDone] = {}
        self.busts: dict[tuple[int, int], TradeBusted] = {}
        self.balance_updates = DoneUpdates()

    def may_send(self, command: RareCommand, sender: Sender) -> bool:
        """Whether the sender of a rare command still may: not disabled, its key not revoked.

        The desks ask before, but a command may have waited behind the one that took the right away. Whoever is disabled
        may still take out his own orders, all at once as one by one.
        """
        if isinstance(command, OrdersCancel) and command.user_id == sender.user_id:
            return True
        if sender.user_id in self.users and self.users.is_disabled(sender.user_id):
            return False
        api_key = self._api_keys.get(sender.key_id)
        return api_key is None or not self.keys[api_key].revoked

    def add_key(self, key: Key) -> None:
        """The next key, or another state of one that is there."""
        if key.api_key not in self.keys:
            self._api_keys_of.setdefault(key.user_id, []).append(key.api_key)
        self.keys[key.api_key] = key
        self._api_keys[key.key_id] = key.api_key

    def keys_of(self, user_id: int) -> list[Key]:
        """A user's keys, the oldest first. O(their number)."""
        return [self.keys[api_key] for api_key in self._api_keys_of.get(user_id, ())]

    def put_withdrawal(self, withdrawal: Withdrawal) -> None:
        """The next withdrawal, or another state of one that is there; those still frozen are known apart."""
        name = (withdrawal.user_id, withdrawal.asset_id, withdrawal.business, withdrawal.business_id)
        if name not in self.withdrawals:
            self.withdrawal_names.append(name)
        self.withdrawals[name] = withdrawal
        if withdrawal.state == WithdrawalState.FROZEN:
            self.frozen[name] = None
        else:
            self.frozen.pop(name, None)

    def add_asset(self, asset: Asset) -> None:
        """An asset of a rewards programme's own has a name that nobody can say; it is found by its id alone."""
        self.assets[asset.asset_id] = asset
        if "/" not in asset.name:
            self.asset_ids[asset.name] = asset.asset_id

    def add_market(self, market: Market) -> None:
        self.markets[market.market_id] = market
        self.market_ids[market.name] = market.market_id

    def add_user(self, user: User) -> None:
        self.users.put(user)
