"""The register: what is named in the house (assets, markets, users, keys) and the balance updates that were made.

Plain dictionaries by id and by name, in the order of creation, which the state keeps. Nothing is ever removed.
"""

from __future__ import annotations

from fondaco.core.instruments import Asset, Key, Market, User
from fondaco.core.state import BalanceUpdateDone


class Register:
    """Everything that has a name. Ids are sequential from 1; user 0 is the house itself."""

    def __init__(self) -> None:
        self.assets: dict[int, Asset] = {}
        self.markets: dict[int, Market] = {}
        self.users: dict[int, User] = {}
        self.keys: dict[str, Key] = {}
        self.asset_ids: dict[str, int] = {}
        self.market_ids: dict[str, int] = {}
        self.user_ids: dict[str, int] = {}
        self.balance_updates: dict[tuple[int, int, str, int], BalanceUpdateDone] = {}

    def add_asset(self, asset: Asset) -> None:
        self.assets[asset.asset_id] = asset
        self.asset_ids[asset.name] = asset.asset_id

    def add_market(self, market: Market) -> None:
        self.markets[market.market_id] = market
        self.market_ids[market.name] = market.market_id

    def add_user(self, user: User) -> None:
        self.users[user.user_id] = user
        self.user_ids[user.name] = user.user_id
