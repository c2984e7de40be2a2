"""Setting webhooks up: where which events go, whether they arrive, and sending them again.

Source: rewards.notes.md, Beyond the product; docs/reference/rewards/webhooks.md.
"""

from __future__ import annotations

import secrets
from typing import Any, Final

from msgspec import UNSET

from fondaco.core.rewards.actions import WebhookDelete, WebhookMark, WebhookPut
from fondaco.core.rewards.entities import EntityKind, Webhook
from fondaco.core.rewards.facts import RewardsApplied
from fondaco.desks.rewards.call import Call
from fondaco.desks.rewards.failure import Code, Failure, invalid
from fondaco.desks.rewards.identifiers import identifier, number_text
from fondaco.desks.rewards.method import ADMIN, Nothing, method
from fondaco.desks.rewards.resolve import entity_of
from fondaco.desks.rewards.webhook_endpoint import Attempts, secret_name
from fondaco.desks.rewards.webhook_events import test_body
from fondaco.wire.rewards import webhooks as wire
from fondaco.wire.rewards.base import DocumentIdentifier

_SECRET_BYTES: Final = 32


async def create(call: Call, body: wire.WebhookCreate) -> wire.MadeWebhook:
    _check(call, body.url)
    webhooks = call.floor.webhooks
    async with webhooks.making:
        number = max(call.books.webhooks, default=0) + 1
        webhooks.secrets.put(secret_name(call.programme_id, number), secrets.token_hex(_SECRET_BYTES))
        webhook = _changed(await call.send(WebhookPut(0, body.url, tuple(body.events))))
    return _made(call, webhook, webhooks.secrets.get(secret_name(call.programme_id, webhook.number)))


async def update(call: Call, body: wire.WebhookUpdate) -> wire.MadeWebhook:
    old = _named(call, body.webhook_identifier)
    if body.url is not UNSET:
        _check(call, body.url)
    action = WebhookPut(
        old.number,
        old.url if body.url is UNSET else body.url,
        old.events if body.events is UNSET else tuple(body.events),
        old.active if body.active is UNSET else body.active,
    )
    fact = await call.send(action)
    webhook, secret, store = _changed(fact), None, call.floor.webhooks.secrets
    if body.new_secret:  # only now: a refusal leaves the old one, and a repeat the one that was made
        name = secret_name(call.programme_id, old.number)
        secret = store.get(name) if fact.repeated else secrets.token_hex(_SECRET_BYTES)
        if secret is not None and not fact.repeated:
            store.put(name, secret)
    return _made(call, webhook, secret)


async def delete(call: Call, body: wire.WebhookNamed) -> Nothing:
    number = _named(call, body.webhook_identifier).number
    await call.send(WebhookDelete(number))
    call.floor.webhooks.secrets.remove(secret_name(call.programme_id, number))
    return Nothing()


async def show(call: Call, body: wire.WebhookNamed) -> wire.Webhook:
    return wire.Webhook(**_fields(call, _living(call, body.webhook_identifier)))


async def list_(call: Call, body: wire.WebhookPage) -> wire.WebhookList:
    living = [webhook for webhook in call.books.webhooks.values() if not webhook.deleted]
    newest = living[::-1][body.offset :][: body.number_of_results]
    shown = [wire.Webhook(**_fields(call, webhook)) for webhook in newest]
    return wire.WebhookList(webhooks=shown, offset=body.offset, number_of_results=len(shown))


async def test(call: Call, body: wire.WebhookNamed) -> wire.WebhookTested:
    webhook = _living(call, body.webhook_identifier)
    floor, programme = call.floor, call.books.programme
    event_id, content = test_body(programme, floor.runtime.durable_seq, floor.dates.text(call.now_us))
    endpoint = floor.webhooks.endpoint(programme.number, webhook.number)
    assert endpoint is not None
    attempt = await endpoint.send(event_id, content)
    return wire.WebhookTested(
        delivered=attempt.delivered,
        http_status=attempt.http_status or None,
        took_ms=attempt.took_ms,
        failure=attempt.failure or None,
    )


async def replay(call: Call, body: wire.WebhookReplay) -> wire.Webhook:
    webhook = _named(call, body.webhook_identifier)
    last_seq = call.floor.runtime.durable_seq
    if body.from_sequence > last_seq:
        sentence = f"from_sequence is {body.from_sequence}; the last there is is {last_seq}, name one before it"
        raise invalid(sentence, "from_sequence")
    endpoint = call.floor.webhooks.endpoint(call.programme_id, webhook.number)

    async def mark() -> RewardsApplied:
        return await call.send(WebhookMark(webhook.number, body.from_sequence - 1))

    fact = await (mark() if endpoint is None else endpoint.replay(mark))
    return wire.Webhook(**_fields(call, _changed(fact)))


def _check(call: Call, url: str) -> None:
    why_not = call.floor.webhooks.client.targets.why_not(url)
    if why_not:
        raise invalid(f"nothing can be sent to this url: {why_not}", "url")


def _named(call: Call, given: DocumentIdentifier) -> Webhook:
    """A webhook that was made; what is written to a deleted one is for the core to refuse, or to know again."""
    webhook = entity_of(call, EntityKind.WEBHOOK, given, "webhook_identifier")
    assert isinstance(webhook, Webhook)
    return webhook


def _living(call: Call, given: DocumentIdentifier) -> Webhook:
    webhook = _named(call, given)
    if webhook.deleted:
        number = number_text(EntityKind.WEBHOOK, webhook.number)
        sentence = f"webhook {number} was deleted; webhooks/list names those there are"
        raise Failure(Code.NOT_FOUND, sentence, "webhook_identifier")
    return webhook


def _changed(fact: RewardsApplied) -> Webhook:
    (webhook,) = fact.changed
    assert isinstance(webhook, Webhook)
    return webhook


def _fields(call: Call, webhook: Webhook) -> dict[str, Any]:
    dates, endpoint = call.floor.dates, call.floor.webhooks.endpoint(call.programme_id, webhook.number)
    attempts = endpoint.attempts if endpoint is not None else Attempts()
    return {
        "id": identifier(call.programme_id, EntityKind.WEBHOOK, webhook.number),
        "number": number_text(EntityKind.WEBHOOK, webhook.number),
        "url": webhook.url,
        "events": list(webhook.events),
        "active": webhook.active,
        "delivered_sequence": webhook.delivered_seq,
        "waiting_events": endpoint.waiting if endpoint is not None else 0,
        "failed_attempts": attempts.failures,
        "next_attempt_on": dates.text_or_none(attempts.again_us),
        "last_delivered_on": dates.text_or_none(attempts.delivered_us),
        "last_failed_on": dates.text_or_none(attempts.failed_us),
        "last_failure": attempts.last_failure or None,
    }


def _made(call: Call, webhook: Webhook, secret: str | None) -> wire.MadeWebhook:
    return wire.MadeWebhook(**_fields(call, webhook), secret=secret)


METHODS: Final = (
    method(
        "webhooks/create",
        ADMIN,
        wire.WebhookCreate,
        create,
        "Have events sent to an address; the answer holds the secret",
        writes=True,
        refuses=(Code.INVALID_STATE,),
        answer=wire.MadeWebhook,
    ),
    method(
        "webhooks/update",
        ADMIN,
        wire.WebhookUpdate,
        update,
        "Change a webhook, switch it off or on, or give it a new secret",
        writes=True,
        refuses=(Code.NOT_FOUND,),
        alone=True,
        answer=wire.MadeWebhook,
    ),
    method(
        "webhooks/delete",
        ADMIN,
        wire.WebhookNamed,
        delete,
        "End a webhook for good; nothing is sent to it any more",
        writes=True,
        refuses=(Code.NOT_FOUND,),
        alone=True,
    ),
    method(
        "webhooks/show",
        ADMIN,
        wire.WebhookNamed,
        show,
        "Show a webhook, how far it is and how its last attempts went",
        writes=False,
        refuses=(Code.NOT_FOUND,),
        answer=wire.Webhook,
    ),
    method(
        "webhooks/list",
        ADMIN,
        wire.WebhookPage,
        list_,
        "List webhooks and how far each is",
        writes=False,
        answer=wire.WebhookList,
    ),
    method(
        "webhooks/test",
        ADMIN,
        wire.WebhookNamed,
        test,
        "Send an event that tells nothing, at once, and say how it went",
        writes=False,
        refuses=(Code.NOT_FOUND,),
        answer=wire.WebhookTested,
    ),
    method(
        "webhooks/replay",
        ADMIN,
        wire.WebhookReplay,
        replay,
        "Send all events from a sequence on again",
        writes=True,
        refuses=(Code.NOT_FOUND,),
        answer=wire.Webhook,
    ),
)
