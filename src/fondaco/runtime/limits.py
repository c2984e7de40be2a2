"""Every bound of the house, in one place.

Whatever a stranger can make grow (queues, frames, lists, connections) has its bound here, and over it the house gives
a clear refusal instead of growing. The values are read once at start, from ``[limits]`` of the configuration, and do
not change while the house runs. Each field carries its own description and range, so that the reference and the
refusal of a bad setting say the same.

Known limits: the bounds hold for one process; what lies before it (a proxy, the kernel's backlog) has its own. Bounds
that decide what the core answers (open orders of a user, sizes and balances) are rules, the same on every replay, and
stand in the core.
"""

from __future__ import annotations

from typing import Annotated, Any

import msgspec
from msgspec import Meta


def _between(least: int, most: int, description: str) -> Meta:
    return Meta(ge=least, le=most, description=description)


class Limits(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Bounds with their defaults. The unit stands last in each name."""

    # ── the door ──────────────────────────────────────────────────────────────────────────────────────────────────────
    connections_max: Annotated[
        int, _between(1, 1_000_000, "Open connections, WebSocket and HTTP together. Over it: 503.")
    ] = 2_000
    connections_per_address_max: Annotated[
        int, _between(1, 1_000_000, "Open connections of one client address. Over it: 503.")
    ] = 1_000
    request_head_bytes_max: Annotated[
        int, _between(1_024, 15_360, "Request line and headers of one HTTP request or upgrade. Over it: 431.")
    ] = 8_192
    request_head_timeout_ms: Annotated[
        int, _between(100, 60_000, "From the opening of a connection to the end of a request head. Over it: 408.")
    ] = 5_000
    http_body_bytes_max: Annotated[int, _between(1_024, 16_777_216, "Body of one HTTP request. Over it: 413.")] = 65_536
    http_body_timeout_ms: Annotated[
        int, _between(100, 600_000, "From the end of the head to the end of the body. Over it: 408.")
    ] = 10_000
    http_keep_alive_timeout_ms: Annotated[
        int, _between(1_000, 3_600_000, "How long an idle HTTP connection is kept open.")
    ] = 60_000

    # ── one connection ────────────────────────────────────────────────────────────────────────────────────────────────
    frame_bytes_max: Annotated[
        int, _between(1_024, 16_777_216, "One WebSocket message, whole or in fragments. Over it: close 1009.")
    ] = 65_536
    commands_in_flight_max: Annotated[
        int,
        _between(
            1,
            1_000_000,
            "Unanswered requests of one connection. Over it the connection is not read from until "
            "answers have brought it down; what was read together with the last one is still taken.",
        ),
    ] = 1_024
    requests_per_second_max: Annotated[
        int, _between(1, 10_000_000, "Sustained requests of one connection, or of one key or token over HTTP.")
    ] = 20_000
    requests_burst_max: Annotated[
        int, _between(1, 10_000_000, "Requests at once on top of the sustained rate. Over it: error 112, HTTP 429.")
    ] = 20_000
    refusals_in_row_max: Annotated[
        int, _between(1, 10_000_000, "Requests in a row refused for their rate before the connection is closed.")
    ] = 10_000
    subscriptions_per_connection_max: Annotated[
        int, _between(1, 100_000, "Markets and assets one connection may follow, all channels together.")
    ] = 256
    outbound_bytes_max: Annotated[
        int,
        _between(
            65_536,
            1_073_741_824,
            "Unsent bytes of one connection. A reader too slow for its replies is disconnected with 1008.",
        ),
    ] = 8_388_608
    outbound_bytes_total_max: Annotated[
        int,
        _between(
            1_048_576,
            1_099_511_627_776,
            "Unsent bytes of all connections together. Over it the slowest readers are dropped, once a second.",
        ),
    ] = 536_870_912
    close_timeout_ms: Annotated[
        int, _between(100, 60_000, "How long a closing connection may take to read its last bytes.")
    ] = 2_000
    ping_idle_timeout_ms: Annotated[
        int,
        _between(
            1_000,
            3_600_000,
            "Silence after which a WebSocket client is pinged; a second such silence closes.",
        ),
    ] = 30_000

    # ── the writer ────────────────────────────────────────────────────────────────────────────────────────────────────
    batch_commands_max: Annotated[
        int, _between(1, 4_096, "Commands of one group commit; the rest waits for the next.")
    ] = 4_096
    inbox_commands_max: Annotated[
        int, _between(1, 10_000_000, "Commands waiting for the journal. Over it: service unavailable.")
    ] = 65_536
    clock_jump_ms_max: Annotated[
        int, _between(1_000, 86_400_000, "How far the wall clock may leap ahead of elapsed time before intake stops.")
    ] = 60_000

    # ── the exchange desk ─────────────────────────────────────────────────────────────────────────────────────────────
    query_rows_max: Annotated[int, _between(1, 1_000, "Rows of one page of orders or of balance changes.")] = 100
    deals_rows_max: Annotated[int, _between(100, 10_000, "Deals of one deals.query.")] = 10_000
    kline_rows_max: Annotated[
        int, _between(1, 5_000, "Candles of one kline.query; of a longer time the newest are answered.")
    ] = 5_000
    depth_levels_max: Annotated[int, _between(100, 10_000, "Levels of each side in one depth.query.")] = 500
    history_queries_in_flight_max: Annotated[
        int,
        _between(
            1,
            1_000,
            "Unanswered queries over history of one connection; over HTTP of a key or address. Over it: error 112.",
        ),
    ] = 16
    history_queries_waiting_max: Annotated[
        int, _between(1, 100_000, "Queries of all that wait for a thread to read history. Over it: error 5.")
    ] = 512
    history_wait_timeout_ms: Annotated[
        int,
        _between(
            100,
            60_000,
            "How long a query over history waits for the projector, and then for a thread to read. Over it: error 5.",
        ),
    ] = 5_000
    market_push_interval_ms: Annotated[
        int, _between(10, 10_000, "How often price, deals and depth are pushed for a market that changed.")
    ] = 100
    order_push_interval_ms: Annotated[
        int, _between(1, 1_000, "How long changes of single orders are gathered before they are pushed.")
    ] = 10
    order_changes_kept_max: Annotated[
        int,
        _between(
            1_024,
            10_000_000,
            "Latest changes of single orders kept of each followed market. From a sequence among them "
            "`orders.subscribe` goes on; some 60 bytes each.",
        ),
    ] = 65_536
    order_books_followed_max: Annotated[
        int,
        _between(
            1,
            65_535,
            "Markets that are followed order by order at a time; each costs some 250 bytes an order in its book. "
            "Over it: error 119.",
        ),
    ] = 64
    order_book_kept_ms: Annotated[
        int,
        _between(
            100,
            3_600_000,
            "How long a market goes on being followed order by order after its last reader left, for who comes back.",
        ),
    ] = 60_000
    history_push_interval_ms: Annotated[
        int, _between(100, 60_000, "How often candles, state and today are pushed for a market that changed.")
    ] = 1_000

    # ── the rewards desk ──────────────────────────────────────────────────────────────────────────────────────────────
    rewards_body_bytes_max: Annotated[
        int, _between(1_024, 16_777_216, "Body of one request under `/rewards/`. Over it: 413.")
    ] = 1_048_576
    rewards_token_idle_ms: Annotated[
        int, _between(1_000, 86_400_000, "How long a token lasts that is not used. After it: EXPIRED_TOKEN.")
    ] = 3_600_000
    rewards_token_life_ms: Annotated[
        int, _between(1_000, 604_800_000, "How long a token lasts at most. After it: EXPIRED_TOKEN.")
    ] = 7_200_000
    rewards_tokens_per_operator_max: Annotated[
        int, _between(1, 10_000, "Tokens of one operator at a time. Over it the eldest ends.")
    ] = 100
    rewards_tokens_max: Annotated[
        int, _between(1, 10_000_000, "Tokens of all operators at a time. Over it: TOO_MANY_REQUESTS.")
    ] = 100_000
    rewards_logins_per_minute_max: Annotated[
        int,
        _between(1, 100_000, "Logins tried by one address, and for one username. Over it: TOO_MANY_REQUESTS."),
    ] = 20
    rewards_logins_waiting_max: Annotated[
        int, _between(1, 10_000, "Passwords that wait to be hashed, one after the other. Over it: TOO_MANY_REQUESTS.")
    ] = 32

    # ── accounts ──────────────────────────────────────────────────────────────────────────────────────────────────────
    keys_max: Annotated[int, _between(1, 10_000_000, "API keys of the house, revoked ones included.")] = 100_000
    signature_window_ms: Annotated[
        int, _between(100, 60_000, "How far the time in a signature may lie from the house's clock.")
    ] = 5_000
    signatures_remembered_max: Annotated[
        int,
        _between(
            1_000,
            10_000_000,
            "Signatures kept within the window to refuse repeats. Over it: 429, error 121.",
        ),
    ] = 500_000


def describe() -> dict[str, tuple[int, str]]:
    """Every bound: name → (default, description). The reference is checked against this."""
    defaults = Limits()
    described: dict[str, tuple[int, str]] = {}
    for field in _fields():
        metadata = field.type.extra_json_schema or {}
        described[field.name] = (getattr(defaults, field.name), metadata["description"])
    return described


def ranges() -> dict[str, tuple[int, int]]:
    """The least and the most that each bound can be set to."""
    return {field.name: (field.type.type.ge, field.type.type.le) for field in _fields()}


def _fields() -> tuple[Any, ...]:
    """What msgspec knows of each bound; it types the answer as that of any type, whether or not it has fields."""
    described: Any = msgspec.inspect.type_info(Limits)
    return tuple(described.fields)
