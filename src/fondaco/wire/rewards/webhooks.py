"""Webhooks: where events are sent, and what is sent. Source: rewards.notes.md, Beyond the product."""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec
from msgspec import UNSET, Meta, UnsetType

from fondaco.wire.rewards.base import Body, DocumentIdentifier, ListBody

Url = Annotated[str, Meta(min_length=1, max_length=1_024)]
Event = Literal["invoice.posted", "award.posted", "award.cancelled", "settlement.applied", "credit_note.posted"]
Events = Annotated[list[Event], Meta(min_length=1, max_length=5)]
Sequence = Annotated[int, Meta(ge=1, le=2**62)]


class WebhookCreate(Body, kw_only=True, forbid_unknown_fields=True):
    url: Url
    events: Events


class WebhookUpdate(Body, kw_only=True, forbid_unknown_fields=True):
    """What is left out stays as it is. ``new_secret``: the old secret ends with this call."""

    webhook_identifier: DocumentIdentifier
    url: Url | UnsetType = UNSET
    events: Events | UnsetType = UNSET
    active: bool | UnsetType = UNSET
    new_secret: bool = False


class WebhookNamed(Body, kw_only=True, forbid_unknown_fields=True):
    webhook_identifier: DocumentIdentifier


class WebhookReplay(WebhookNamed, kw_only=True, forbid_unknown_fields=True):
    """Send again all events from this sequence on."""

    from_sequence: Sequence


class WebhookPage(ListBody, kw_only=True, forbid_unknown_fields=True):
    """All webhooks, newest first."""


class Webhook(msgspec.Struct, kw_only=True):
    """``delivered_sequence``: events up to it were accepted. ``waiting_events`` are those that were not yet.

    ``failed_attempts`` are those of the event that is under way, and ``next_attempt_on`` is when it is sent again. The
    dates are null for what was not since the house started.
    """

    id: str
    number: str
    url: str
    events: list[str]
    active: bool
    delivered_sequence: int
    waiting_events: int
    failed_attempts: int
    next_attempt_on: str | None
    last_delivered_on: str | None
    last_failed_on: str | None
    last_failure: str | None


class MadeWebhook(Webhook, kw_only=True):
    """``secret`` is shown here and never again: null unless it was made by this call."""

    secret: str | None


class WebhookList(msgspec.Struct, kw_only=True):
    webhooks: list[Webhook]
    offset: int
    number_of_results: int


class WebhookTested(msgspec.Struct, kw_only=True):
    """``http_status`` is null where nobody answered."""

    delivered: bool
    http_status: int | None
    took_ms: int
    failure: str | None


class WebhookEvent(msgspec.Struct, kw_only=True):
    """The body of what is sent. ``data`` is the object as its own method shows it."""

    id: str
    sequence: int
    type: str
    created_on: str
    programme: str
    data: object
