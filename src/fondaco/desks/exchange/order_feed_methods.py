"""Following a market order by order: from an image, or from a sequence that is still known.

Each market is subscribed on its own: a subscribe replaces that of the same market alone. A sequence that is not known,
be it too old or from a future that a restored backup does not have, begins with an image: its reader need not give up.
"""

from __future__ import annotations

from typing import Any, Final

from fondaco.desks.exchange.caller import Caller
from fondaco.desks.exchange.channels import Channel
from fondaco.desks.exchange.method import method
from fondaco.desks.exchange.order_stream import OrderReader
from fondaco.desks.exchange.params import arity, integer, options
from fondaco.desks.exchange.subscribe_methods import chosen, session_of
from fondaco.desks.exchange.translate import COUNT_MAX
from fondaco.wire import exchange as wire


def _subscribe(caller: Caller, params: list[Any], request_id: int | None) -> wire.OrdersFollowed:
    arity(params, 1, 2, "market, {options}")
    session, feed = session_of(caller), caller.floor.order_feed
    market_id = caller.floor.catalogue.market(params[0]).market_id
    given = options(params[1], ("from",)) if len(params) > 1 else {}
    sequence = integer(given["from"], "from", 0, COUNT_MAX) if "from" in given else None
    feed.check_place(market_id)
    session.channels.replace((Channel.ORDERS, market_id), 1)
    reader = feed.follow(session, market_id, sequence)
    session.channels.add((Channel.ORDERS, market_id), [reader])
    return wire.OrdersFollowed(is_replayed=reader.place >= 0) if sequence is not None else wire.OrdersFollowed()


def _resync(caller: Caller, params: list[Any], request_id: int | None) -> wire.Status:
    for reader in chosen(caller, params, _followed(caller), "orders"):
        reader.resync()
    return wire.Status()


def _unsubscribe(caller: Caller, params: list[Any], request_id: int | None) -> wire.Status:
    """Markets that are named, or all."""
    channels = session_of(caller).channels
    named = [caller.floor.catalogue.market(name).market_id for name in params]
    for market_id in named or list(_followed(caller)):
        channels.leave((Channel.ORDERS, market_id))
    return wire.Status()


def _followed(caller: Caller) -> dict[int, OrderReader]:
    """What the connection follows, by market."""
    readers = session_of(caller).channels.all_of(Channel.ORDERS)
    return {reader.stream.market_id: reader for reader in readers if isinstance(reader, OrderReader)}


METHODS: Final = (
    method(
        "orders.subscribe",
        None,
        "market, {options}?",
        _subscribe,
        "Pushes every order of a market and every change of one.",
        on_socket_only=True,
    ),
    method("orders.resync", None, "market, …", _resync, "Asks for an image after a gap.", on_socket_only=True),
    method("orders.unsubscribe", None, "market, …", _unsubscribe, "Ends it.", on_socket_only=True),
)
