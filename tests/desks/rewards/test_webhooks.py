"""Webhooks: in order, at least once, signed, never before it is durable; nobody waits for another's receiver."""

from __future__ import annotations

import asyncio
import time
from pathlib import Path

import pytest
from aiohttp import web

from fondaco.core.rewards import actions as a
from fondaco.desks.rewards.webhook_client import WebhookClient
from fondaco.journal import layout
from fondaco.runtime.targets import Targets
from tests.desks.rewards.receiving import SECRET, Received, Receiver, Shop, status, verify
from tests.waiting import until


async def received(receiver: Receiver, count: int) -> list[Received]:
    await until(lambda: len(receiver.received) >= count, f"{count} events; {len(receiver.received)} came")
    return receiver.received


def holding(directory: Path, content: bytes) -> list[Path]:
    return [path for path in directory.rglob("*") if path.is_file() and content in path.read_bytes()]


async def test_events_come_in_order_signed_and_once(tmp_path: Path) -> None:
    async with Receiver() as receiver, Shop(tmp_path) as shop:
        await shop.hook(receiver.url)
        await shop.buy(3)
        await shop.do(a.SettlementApply(2))
        await shop.do(a.PurchaseCancel(2))
        came = await received(receiver, 7)
        await asyncio.sleep(0.1)
        assert [each.type for each in came[:3]] == ["award.posted"] * 3
        assert sorted(each.type for each in came[3:5]) == ["invoice.posted", "settlement.applied"]
        assert sorted(each.type for each in came[5:]) == ["award.cancelled", "credit_note.posted"]
        assert len(set(receiver.ids)) == len(came) == 7
        assert [each.seq for each in came] == sorted(each.seq for each in came)
        assert receiver.under_way_max == 1
        for each in came:
            assert abs(verify(SECRET, each.signature, each.body) - time.time()) < 60
            with pytest.raises(AssertionError):
                verify(SECRET, each.signature, each.body + b" ")
        assert (shop.webhooks.delivered, shop.webhooks.failed, shop.webhooks.waiting) == (7, 0, 0)


async def test_only_what_was_asked_for_is_told_and_only_from_then_on(tmp_path: Path) -> None:
    async with Receiver() as receiver, Shop(tmp_path) as shop:
        await shop.hook("http://127.0.0.1:9/")  # keeps events in the history, and never accepts one
        await shop.buy()
        await shop.hook(receiver.url, "invoice.posted")
        await shop.buy()
        await shop.do(a.SettlementApply(1))
        await shop.do(a.SettlementApply(2))
        assert [each.type for each in await received(receiver, 2)] == ["invoice.posted"] * 2


async def test_nothing_is_sent_before_history_has_it_and_that_only_has_what_is_durable(tmp_path: Path) -> None:
    async with Receiver() as receiver, Shop(tmp_path) as shop:
        receiver.durable_seq = lambda: shop.runtime.durable_seq
        await shop.hook(receiver.url)
        shop.projects = False
        await shop.buy(20)
        await asyncio.sleep(0.2)
        assert receiver.received == []
        shop.projects = True
        came = await received(receiver, 20)
        assert all(each.seq <= each.durable_seq for each in came)


@pytest.mark.parametrize("code", [500, 404, 302, 199 + 102])
async def test_what_is_not_accepted_is_sent_again_before_anything_else(tmp_path: Path, code: int) -> None:
    async with Receiver() as receiver, Shop(tmp_path) as shop:
        receiver.answer = status(code)
        await shop.hook(receiver.url)
        await shop.buy(2)
        await received(receiver, 4)
        assert len(set(receiver.ids)) == 1
        assert f"it answered with status {code}" in shop.last_failure
        receiver.answer = None
        await until(lambda: shop.webhooks.delivered == 2, "both accepted")
        seqs = [each.seq for each in receiver.received]
        assert seqs == sorted(seqs)
        assert shop.webhooks.failed >= 4
        assert shop.last_failure == ""


async def test_a_dead_receiver_gets_everything_when_it_is_back(tmp_path: Path) -> None:
    async with Shop(tmp_path) as shop:
        async with Receiver() as receiver:
            await shop.hook(receiver.url)
            await shop.buy()
            await received(receiver, 1)
        await shop.buy(5)
        await until(lambda: shop.webhooks.failed >= 2, "attempts that reach nobody")
        await until(lambda: shop.webhooks.waiting == 5, "five that wait")
        assert "it could not be reached" in shop.last_failure
        async with Receiver(receiver.port) as again:
            await received(again, 5)
            assert sorted(again.ids, key=lambda id_: int(id_.split("-")[1])) == again.ids
            assert not set(again.ids) & set(receiver.ids)


async def test_a_slow_receiver_holds_up_itself_alone(tmp_path: Path) -> None:
    async with Receiver() as slow, Receiver() as quick, Shop(tmp_path) as shop:

        async def never() -> web.StreamResponse:
            await asyncio.sleep(60)
            raise AssertionError

        slow.answer = never
        await shop.hook(slow.url)
        await shop.hook(quick.url)
        await shop.buy(30)
        await received(quick, 30)
        await until(lambda: shop.webhooks.failed, "the slow one's time is over")
        assert len(set(slow.ids)) == 1
        assert "it did not answer within 0.5 s" in shop.last_failure


async def test_a_restart_goes_on_where_it_was(tmp_path: Path) -> None:
    async with Receiver() as receiver:
        async with Shop(tmp_path) as shop:
            await shop.hook(receiver.url)
            await shop.buy(5)
            await received(receiver, 5)
            await until(lambda: shop.webhooks.waiting == 0, "all accepted")
        async with Shop(tmp_path) as shop:
            assert shop.marked_seq == receiver.received[-1].seq
            await shop.buy(2)
            await received(receiver, 7)
        assert len(set(receiver.ids)) == 7, "after an orderly end nothing comes twice"
        async with Shop(tmp_path, is_killed=True) as shop:
            receiver.answer = status(503)
            await shop.buy(3)
            await received(receiver, 8)
        receiver.answer = None
        async with Shop(tmp_path) as shop:
            await until(lambda: len(set(receiver.ids)) == 10, "what was not accepted in the life before")
            seqs = [each.seq for each in receiver.received]
            assert seqs == sorted(seqs)


async def test_after_a_kill_what_was_not_journalled_as_accepted_comes_again(tmp_path: Path) -> None:
    async with Receiver() as receiver:
        async with Shop(tmp_path, is_killed=True) as shop:
            await shop.hook(receiver.url)
            await shop.buy(5)
            await received(receiver, 5)
            shop.runtime.stop_intake("killed")
            first = list(receiver.ids)
            marked_seq = shop.marked_seq
        async with Shop(tmp_path) as shop:
            again = [id_ for id_, each in zip(first, receiver.received, strict=False) if each.seq > marked_seq]
            await received(receiver, 5 + len(again))
            assert receiver.ids[5:] == again


async def test_the_cursor_is_journalled_once_a_second_at_most(tmp_path: Path) -> None:
    async with Receiver() as receiver, Shop(tmp_path) as shop:
        await shop.hook(receiver.url)
        before_seq = shop.runtime.durable_seq
        began_s = time.monotonic()
        await shop.buy(100)
        await received(receiver, 100)
        await until(lambda: shop.marked_seq == receiver.received[-1].seq, "the mark")
        marks = shop.runtime.durable_seq - before_seq - 100
        assert 1 <= marks <= 1 + (time.monotonic() - began_s)


async def test_a_replay_sends_again_even_while_something_is_under_way(tmp_path: Path) -> None:
    async with Receiver() as receiver, Shop(tmp_path) as shop:
        await shop.hook(receiver.url)
        await shop.buy(4)
        await received(receiver, 4)
        first = list(receiver.ids)
        from_seq = receiver.received[1].seq
        await shop.replay(from_seq)
        await received(receiver, 7)
        assert receiver.ids == first + first[1:]
        receiver.answer = status(500)
        await shop.buy()
        await received(receiver, 8)
        await shop.replay(from_seq)
        await until(lambda: receiver.ids[-1] == first[1], "the first of the replay, however long the other would wait")
        receiver.answer = None
        await until(lambda: receiver.ids[-1] not in first, "the newest at last")
        assert shop.webhooks.waiting <= 1


async def test_a_webhook_that_is_switched_off_gets_nothing_and_a_new_address_all_from_then_on(tmp_path: Path) -> None:
    async with Receiver() as old, Receiver() as new, Shop(tmp_path) as shop:
        old.answer = status(410)
        await shop.hook(old.url)
        await shop.buy(2)
        await received(old, 2)
        await shop.hook(new.url, number=1)
        await received(new, 2)
        await shop.hook(new.url, number=1, active=False)
        came = len(new.received)
        await shop.buy()
        await asyncio.sleep(0.1)
        assert len(new.received) == came
        await shop.hook(new.url, number=1)
        await shop.buy()
        await received(new, came + 1)


async def test_no_secret_and_no_address_reaches_logs_or_the_journal(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    async with Receiver() as receiver, Shop(tmp_path) as shop:
        receiver.answer = status(500)
        await shop.hook(receiver.url)
        await shop.hook("http://127.0.0.1:9/path-to-nobody")
        await shop.buy()
        await until(lambda: shop.webhooks.failed >= 4, "failures, which are logged")
    out, err = capfd.readouterr()
    assert "a webhook was not delivered" in out + err
    for secret in (SECRET, "in-the-url", "path-to-nobody"):
        assert secret not in out + err
    assert holding(tmp_path, SECRET.encode()) == [layout.secrets_path(tmp_path)]


async def test_an_answer_without_an_end_is_not_read(tmp_path: Path) -> None:
    async with Receiver() as receiver:

        async def endless() -> web.StreamResponse:
            return web.Response(body=bytes(50_000_000))

        receiver.answer = endless
        client = WebhookClient(Targets("loopback"))
        try:
            attempt = await client.send(receiver.url, "secret", "1-1-0", b"{}")
        finally:
            await client.close()
        assert (attempt.delivered, attempt.http_status) == (True, 200)


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1", "[::ffff:127.0.0.1]"])
async def test_a_name_is_judged_by_what_it_is_connected_to(host: str) -> None:
    async with Receiver() as receiver:
        url = receiver.url.replace("127.0.0.1", host)
        for allowed in ("any, 10.0.0.0/8", "loopback"):
            client = WebhookClient(Targets(allowed))
            try:
                attempt = await client.send(url, "secret", "1-1-0", b"{}")
            finally:
                await client.close()
            assert attempt.delivered == (allowed == "loopback")
            assert attempt.delivered or "no address this house sends to: any, 10.0.0.0/8" in attempt.failure
        assert len(receiver.received) == 1
