"""Orders named by id or by ``client_order_id``: whose they are, and on which market."""

from __future__ import annotations

from tests.desks.exchange.venue import Venue

SELL = 1


async def test_anothers_order_and_another_market(venue: Venue) -> None:
    alice, bob = await venue.logged_in("alice"), await venue.logged_in("bob")
    put = await alice.call("order.put_limit", "BTCUSDT", SELL, "0.3", "8000")
    assert (await bob.refused("order.cancel", "BTCUSDT", put["id"]))[0] == 11
    assert (await bob.refused("order.get", "BTCUSDT", put["id"]))[0] == 11
    elsewhere = "order not found: order 1 is not on ETHUSDT but on BTCUSDT; name that market"
    for method in ("order.cancel", "order.get"):
        assert await alice.refused(method, "ETHUSDT", put["id"]) == (10, elsewhere)
        assert "BTCUSDT" not in (await bob.refused(method, "ETHUSDT", put["id"]))[1]
    (entry,) = await alice.call("order.batch_cancel", "ETHUSDT", [put["id"]])
    assert entry["error"] == {"code": 10, "message": elsewhere}
    await alice.call("order.cancel", "BTCUSDT", put["id"])
    assert (await bob.refused("order.get", "BTCUSDT", put["id"]))[0] == 11
    assert await alice.refused("order.get", "ETHUSDT", put["id"]) == (10, elsewhere)
    assert "BTCUSDT" not in (await bob.refused("order.get", "ETHUSDT", put["id"]))[1]


async def test_a_client_order_id_on_another_market(venue: Venue) -> None:
    alice, bob = await venue.logged_in("alice"), await venue.logged_in("bob")
    named = {"client_order_id": "mine-1"}
    elsewhere = "order not found: client_order_id mine-1 is not on ETHUSDT but on BTCUSDT; name that market"
    taken = (
        "client_order_id mine-1 is taken by order 1 on BTCUSDT, which was asked for differently; choose another, or "
        "repeat that request as it was"
    )
    await alice.call("order.put_limit", "BTCUSDT", SELL, "0.3", "8000", named)
    for _ in ("while it is open", "and once it has ended"):
        for method, *changes in (("order.get",), ("order.cancel",), ("order.amend", {"amount": "0.2"})):
            assert await alice.refused(method, "ETHUSDT", named, *changes) == (10, elsewhere)
            assert "BTCUSDT" not in (await bob.refused(method, "ETHUSDT", named, *changes))[1]
        assert await alice.refused("order.put_limit", "ETHUSDT", SELL, "0.3", "8000", named) == (110, taken)
        (entry,) = await alice.call("order.batch_put", ["ETHUSDT", SELL, "0.3", "8000", named])
        assert entry["error"] == {"code": 110, "message": taken}
        await alice.asks("order.cancel", "BTCUSDT", named)


async def test_an_order_that_never_was(venue: Venue) -> None:
    alice = await venue.logged_in("alice")
    lists = "on BTCUSDT; order.query lists your open orders, order.history the others"
    assert await alice.refused("order.get", "BTCUSDT", 77) == (10, f"order not found: there is no order 77 {lists}")
    code, message = await alice.refused("order.get", "BTCUSDT", {"client_order_id": "x"})
    assert message.startswith(f"order not found: there is no client_order_id x {lists}, as a client_order_id is ")
    assert code == 10
