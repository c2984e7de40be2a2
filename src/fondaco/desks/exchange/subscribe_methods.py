"""Subscribing to pushes, and ending it. The acknowledgement leaves first, then the first push.

First pushes: price, phase, depth, deals (up to 100; none before the first deal), the current candle (none before the
first deal), state and today. Orders and assets are pushed when they change. An empty list follows everything in the
private channels, as it asks for everything in their queries; the public ones want names.

Source: exchange.md, Subscribe/Unsubscribe Interface; exchange.notes.md, Depth and Subscriptions.
"""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Mapping
from typing import Any, Final, TypeVar

from fondaco.desks.exchange.caller import PENDING, Caller, Pending
from fondaco.desks.exchange.channels import Channel
from fondaco.desks.exchange.depth_stream import CHECKSUM, SEQUENCE
from fondaco.desks.exchange.errors import Code, WireError, invalid
from fondaco.desks.exchange.feed import MarketFeed
from fondaco.desks.exchange.history_feed import HistoryFeed
from fondaco.desks.exchange.market_methods import kline_interval
from fondaco.desks.exchange.method import Handler, Method, method
from fondaco.desks.exchange.params import arity, array, boolean, options
from fondaco.desks.exchange.session import Session
from fondaco.desks.exchange.stream import Subscriber
from fondaco.desks.exchange.translate import Terms, interval_ticks, kind_of, same_decimal
from fondaco.wire import exchange as wire

T = TypeVar("T")

#: How many levels a depth subscription may ask for, and the intervals that merge them.
DEPTH_LIMITS: Final = (1, 5, 10, 20, 30, 50, 100)
DEPTH_INTERVALS: Final = (
    "0",
    "0.00000001",
    "0.0000001",
    "0.000001",
    "0.00001",
    "0.0001",
    "0.001",
    "0.01",
    "0.1",
)
#: What its pushes can carry besides, by the name of the option.
DEPTH_EXTRAS: Final = {"sequence": SEQUENCE, "checksum": CHECKSUM}

#: A market, limit, interval in ticks, and extras.
_WantedDepth = tuple[Terms, int, int, int]


def session_of(caller: Caller) -> Session:
    assert isinstance(caller, Session), "offered on sockets alone"
    return caller


def _wanted(caller: Caller, params: list[Any]) -> list[Any]:
    """The entries of a subscription, before each is read: no more than a connection may follow at all."""
    bound = caller.floor.limits.subscriptions_per_connection_max
    if len(params) > bound:
        sentence = (
            f"params has {len(params)} entries; at most {bound} are followed on one connection: "
            "name fewer, or open another connection"
        )
        raise WireError(Code.SUBSCRIPTION_LIMIT, sentence)
    return params


def _markets(caller: Caller, params: list[Any]) -> list[Terms]:
    """The markets of a public subscription, each once."""
    names = _wanted(caller, params)
    if not names:
        raise invalid("params is empty; name at least one market")
    return list({terms.market_id: terms for terms in map(caller.floor.catalogue.market, names)}.values())


def chosen(caller: Caller, params: list[Any], followed: Mapping[int, T], channel: str) -> list[T]:
    """Those of what a connection follows whose markets are named; all if none is."""
    if not followed:
        raise invalid(f"nothing is followed on this connection; call {channel}.subscribe first")
    names = array(params, "params", caller.floor.limits.subscriptions_per_connection_max)
    markets = [caller.floor.catalogue.market(name) for name in names]
    for terms in markets:
        if terms.market_id not in followed:
            raise invalid(f"{terms.name} is not followed on this connection; call {channel}.subscribe first")
    return [followed[terms.market_id] for terms in markets] if markets else list(followed.values())


# ── public channels ───────────────────────────────────────────────────────────────────────────────────────────────────


def _subscribe_live(channel: Channel, follow: Callable[[MarketFeed, Session, int], Subscriber]) -> Handler:
    def subscribe(caller: Caller, params: list[Any], request_id: int | None) -> Pending:
        session, feed = session_of(caller), caller.floor.market_feed
        markets = _markets(caller, params)
        _replace(session, channel, len(markets), request_id)
        subscribers = [follow(feed, session, terms.market_id) for terms in markets]
        session.channels.add(channel, subscribers)
        feed.begin(subscribers)
        return PENDING

    return subscribe


def _subscribe_depth(caller: Caller, params: list[Any], request_id: int | None) -> Pending:
    return _follow_depths(session_of(caller), [_depth(caller, params)], request_id)


def _subscribe_depths(caller: Caller, params: list[Any], request_id: int | None) -> Pending:
    wanted = []
    for one in _wanted(caller, params):
        wanted.append(_depth(caller, array(one, "each of params", 4)))
    if not wanted:
        raise invalid("params is empty; name at least one [market, limit, interval]")
    names = [terms.name for terms, *_ in wanted]
    for name in names:
        if names.count(name) > 1:
            raise invalid(f"{name} is named twice; its pushes could not be told apart, so ask for one depth a market")
    return _follow_depths(session_of(caller), wanted, request_id)


def _follow_depths(session: Session, wanted: list[_WantedDepth], request_id: int | None) -> Pending:
    feed = session.floor.market_feed
    _replace(session, Channel.DEPTH, len(wanted), request_id)
    subscribers = [
        feed.follow_depth(session, terms.market_id, limit, ticks, extras) for terms, limit, ticks, extras in wanted
    ]
    session.channels.add(Channel.DEPTH, subscribers)
    feed.begin(subscribers)
    return PENDING


def _depth(caller: Caller, params: list[Any]) -> _WantedDepth:
    arity(params, 3, 4, "market, limit, interval, {options}")
    terms = caller.floor.catalogue.market(params[0])
    limit = params[1]
    if type(limit) is not int or limit not in DEPTH_LIMITS:
        shown = limit if type(limit) is int else kind_of(limit)
        raise invalid(f"limit is {shown}; a subscription takes {', '.join(map(str, DEPTH_LIMITS))}")
    interval = same_decimal(params[2], DEPTH_INTERVALS)
    if interval is None:
        raise invalid(f"interval is {params[2]}; a subscription takes {', '.join(DEPTH_INTERVALS)}")
    given = options(params[3], DEPTH_EXTRAS) if len(params) > 3 else {}
    extras = sum(DEPTH_EXTRAS[name] for name, value in given.items() if boolean(value, name))
    return terms, limit, interval_ticks(terms, interval), extras


def _resync_depth(caller: Caller, params: list[Any], request_id: int | None) -> wire.Status:
    """The pushes that follow begin with whole images, at the next tick."""
    session = session_of(caller)
    followed = {
        subscriber.stream.market_id: subscriber
        for subscriber in session.channels.of(Channel.DEPTH)
        if isinstance(subscriber, Subscriber)
    }
    for subscriber in chosen(caller, params, followed, "depth"):
        subscriber.resync()
    return wire.Status()


def _subscribe_deals(caller: Caller, params: list[Any], request_id: int | None) -> Pending:
    session, feed = session_of(caller), caller.floor.market_feed
    markets = _markets(caller, params)
    _replace(session, Channel.DEALS, len(markets), request_id, reads_history=True)
    subscribers = [feed.follow_deals(session, terms.market_id) for terms in markets]
    session.channels.add(Channel.DEALS, subscribers)
    return _begin_later(session, feed.begin_deals(subscribers))


def _subscribe_kline(caller: Caller, params: list[Any], request_id: int | None) -> Pending:
    arity(params, 2, 2, "market, interval")
    session, feed = session_of(caller), caller.floor.history_feed
    terms = caller.floor.catalogue.market(params[0])
    interval_s = kline_interval(params[1])
    _replace(session, Channel.KLINE, 1, request_id, reads_history=True)
    subscriber = feed.follow_kline(session, terms.market_id, interval_s)
    session.channels.add(Channel.KLINE, [subscriber])
    return _begin_later(session, feed.begin([subscriber]))


def _subscribe_window(channel: Channel, follow: Callable[[HistoryFeed, Session, int], Subscriber]) -> Handler:
    def subscribe(caller: Caller, params: list[Any], request_id: int | None) -> Pending:
        session, feed = session_of(caller), caller.floor.history_feed
        markets = _markets(caller, params)
        _replace(session, channel, len(markets), request_id, reads_history=True)
        subscribers = [follow(feed, session, terms.market_id) for terms in markets]
        session.channels.add(channel, subscribers)
        return _begin_later(session, feed.begin(subscribers))

    return subscribe


def _replace(
    session: Session, channel: Channel, count: int, request_id: int | None, *, reads_history: bool = False
) -> None:
    """End what the channel had and acknowledge. Raises, changing nothing, where a bound is reached."""
    if reads_history:
        session.check_history_slot()
    session.channels.replace(channel, count)
    session.reply(request_id, wire.Status())


def _begin_later(session: Session, first_pushes: Coroutine[Any, Any, None]) -> Pending:
    """First pushes that wait for the history; they count as one of the session's queries over it."""
    session.start_history_work(first_pushes)
    return PENDING


# ── private channels ──────────────────────────────────────────────────────────────────────────────────────────────────


def _subscribe_order(caller: Caller, params: list[Any], request_id: int | None) -> Pending:
    session = session_of(caller)
    ids = frozenset(terms.market_id for terms in map(caller.floor.catalogue.market, params)) if params else None
    session.channels.replace(Channel.ORDER, 1 if ids is None else len(ids))
    session.reply(request_id, wire.Status())
    session.channels.add(Channel.ORDER, [caller.floor.private_feed.follow_orders(session, ids, request_id)])
    return PENDING


def _subscribe_asset(caller: Caller, params: list[Any], request_id: int | None) -> Pending:
    session = session_of(caller)
    ids = frozenset(asset.asset_id for asset in map(caller.floor.catalogue.asset, params)) if params else None
    session.channels.replace(Channel.ASSET, 1 if ids is None else len(ids))
    session.reply(request_id, wire.Status())
    session.channels.add(Channel.ASSET, [caller.floor.private_feed.follow_assets(session, ids, request_id)])
    return PENDING


# ── leaving ───────────────────────────────────────────────────────────────────────────────────────────────────────────


def _unsubscribe(channel: Channel) -> Handler:
    def leave(caller: Caller, params: list[Any], request_id: int | None) -> wire.Status:
        session_of(caller).channels.leave(channel)
        return wire.Status()

    return leave


def _on_socket(name: str, scope: str | None, params: str, handler: Handler, line: str) -> Method:
    return method(name, scope, params, handler, line, on_socket_only=True)


METHODS: Final = (
    _on_socket("kline.subscribe", None, "market, interval", _subscribe_kline, "Pushes the current candle."),
    _on_socket("kline.unsubscribe", None, "", _unsubscribe(Channel.KLINE), "Ends it."),
    _on_socket(
        "price.subscribe",
        None,
        "market, …",
        _subscribe_live(Channel.PRICE, MarketFeed.follow_price),
        "Pushes the price of the last deal.",
    ),
    _on_socket("price.unsubscribe", None, "", _unsubscribe(Channel.PRICE), "Ends it."),
    _on_socket(
        "phase.subscribe",
        None,
        "market, …",
        _subscribe_live(Channel.PHASE, MarketFeed.follow_phase),
        "Pushes the phase of a market.",
    ),
    _on_socket("phase.unsubscribe", None, "", _unsubscribe(Channel.PHASE), "Ends it."),
    _on_socket(
        "state.subscribe",
        None,
        "market, …",
        _subscribe_window(Channel.STATE, HistoryFeed.follow_state),
        "Pushes a market over the last 24 hours.",
    ),
    _on_socket("state.unsubscribe", None, "", _unsubscribe(Channel.STATE), "Ends it."),
    _on_socket(
        "today.subscribe",
        None,
        "market, …",
        _subscribe_window(Channel.TODAY, HistoryFeed.follow_today),
        "Pushes a market over the calendar day.",
    ),
    _on_socket("today.unsubscribe", None, "", _unsubscribe(Channel.TODAY), "Ends it."),
    _on_socket("deals.subscribe", None, "market, …", _subscribe_deals, "Pushes every deal, newest first."),
    _on_socket("deals.unsubscribe", None, "", _unsubscribe(Channel.DEALS), "Ends it."),
    _on_socket(
        "depth.subscribe",
        None,
        "market, limit, interval, {options}?",
        _subscribe_depth,
        "Pushes the book of one market.",
    ),
    _on_socket(
        "depths.subscribe",
        None,
        "[market, limit, interval, {options}?], …",
        _subscribe_depths,
        "Pushes several books.",
    ),
    _on_socket("depth.resync", None, "market, …", _resync_depth, "Asks for whole images after something was lost."),
    _on_socket("depth.unsubscribe", None, "", _unsubscribe(Channel.DEPTH), "Ends both kinds."),
    _on_socket("depths.unsubscribe", None, "", _unsubscribe(Channel.DEPTH), "The same as `depth.unsubscribe`."),
    _on_socket("order.subscribe", "read", "market, …", _subscribe_order, "Pushes every change of your orders."),
    _on_socket("order.unsubscribe", "read", "", _unsubscribe(Channel.ORDER), "Ends it."),
    _on_socket("asset.subscribe", "read", "asset, …", _subscribe_asset, "Pushes every change of your balances."),
    _on_socket("asset.unsubscribe", "read", "", _unsubscribe(Channel.ASSET), "Ends it."),
)
