"""What a webhook tells: an event's id and the bytes of its body.

    {"id", "sequence", "type", "created_on", "programme", "data"}

``data`` is what the method that shows it would answer, as it was after the command, but for what it refers to (a
currency, a person), which is as it is now. The id names programme, command and place in it, so it is the same however
often the event is sent.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from msgspec.structs import replace

from fondaco.core.house import House
from fondaco.core.rewards.entities import Award, CreditNote, Invoice, Programme, Purchase
from fondaco.desks.rewards import translate_documents as translate
from fondaco.desks.rewards.dates import Dates
from fondaco.desks.rewards.shown import Shown
from fondaco.desks.rewards.view import View
from fondaco.projections.rewards import AWARD_CANCELLED
from fondaco.projections.rewards_reads import RewardEvent
from fondaco.wire.rewards.base import ENCODER
from fondaco.wire.rewards.webhooks import WebhookEvent

TEST: Final = "webhook.test"


class Bodies:
    """Makes the bodies of a house's events. ``open_contact`` gives a sealed contact, None where it was erased."""

    def __init__(self, house: House, zone: str, open_contact: Callable[[bytes], bytes | None]) -> None:
        self._house = house
        self._dates = Dates(zone)
        self._open_contact = open_contact

    def __call__(self, programme_id: int, event: RewardEvent) -> tuple[str, bytes]:
        books = self._house.rewards.programmes[programme_id]
        return body_of(View(books, self._dates, self._open_contact, Shown()), event)


def body_of(view: View, event: RewardEvent) -> tuple[str, bytes]:
    """The id and the body."""
    programme = view.books.programme
    id_ = f"{programme.number}-{event.seq}-{event.n}"
    return id_, _encoded(programme, id_, event.seq, event.type, view.date(event.time_us), _data(view, event))


def test_body(programme: Programme, seq: int, created_on: str) -> tuple[str, bytes]:
    """An event that tells nothing, to see whether it arrives."""
    id_ = f"{programme.number}-{seq}-test"
    return id_, _encoded(programme, id_, seq, TEST, created_on, None)


def _encoded(programme: Programme, id_: str, seq: int, type_: str, created_on: str, data: object) -> bytes:
    return ENCODER.encode(
        WebhookEvent(id=id_, sequence=seq, type=type_, created_on=created_on, programme=programme.name, data=data)
    )


def _data(view: View, event: RewardEvent) -> object:
    entity = event.entity
    if isinstance(entity, Award):
        purchase = view.books.purchase(entity.purchase)
        assert purchase is not None, "an award is never without its purchase"
        # A purchase is settled after its awards were posted, and never after they were cancelled.
        was_settled = purchase.is_settled and event.type == AWARD_CANCELLED
        return translate.award(view, entity, replace(purchase, is_settled=was_settled), event.time_us)
    if isinstance(entity, Purchase):
        return translate.purchase(view, entity)
    if isinstance(entity, Invoice):
        return translate.invoice(view, entity, event.time_us)
    assert isinstance(entity, CreditNote), f"nothing is told of a {type(entity).__name__}"
    return translate.credit_note(view, entity)
