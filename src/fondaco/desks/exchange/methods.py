"""Every method of the desk, in one table: what the sessions obey, what HTTP offers, what the reference must list."""

from __future__ import annotations

from typing import Final

from fondaco.desks.exchange import (
    amend_methods,
    asset_methods,
    batch_methods,
    market_methods,
    operator_lists,
    operator_methods,
    operator_money,
    operator_orders,
    operator_users,
    order_feed_methods,
    order_methods,
    subscribe_methods,
    sweep_methods,
    system_methods,
)
from fondaco.desks.exchange.method import Method

METHODS: Final[dict[str, Method]] = {
    method.name: method
    for methods in (
        system_methods.METHODS,
        market_methods.METHODS,
        order_methods.METHODS,
        amend_methods.METHODS,
        batch_methods.METHODS,
        sweep_methods.METHODS,
        asset_methods.METHODS,
        subscribe_methods.METHODS,
        order_feed_methods.METHODS,
        operator_methods.METHODS,
        operator_users.METHODS,
        operator_money.METHODS,
        operator_orders.METHODS,
        operator_lists.METHODS,
    )
    for method in methods
}
