"""The tables of the rewards desk: documents, statements, events, and what came of runs.

Every entity lies in ``reward_documents`` as it is now, packed, with the few columns that lists are chosen by; the names
of those columns are wider than any one kind:

    kind          account       origin     place   time_us        due_us   flag in ``status``
    purchase      participant   merchant   unit    performed_us            it is settled
    award         participant   purchase           posted_us
    invoice       receivable                       issued_us      due_us   something of it is unsettled
    credit note   receivable    invoice            issued_us
    payment       receivable                       received_us
    spend         participant                      spent_us
    expiry        participant                      expired_us
    write-off     receivable                       written_us

All else (what a programme is made of, and runs) is found by its number alone. An award has no body of its own: it
stands in its purchase, so that a settlement, which changes every award of a purchase, writes none of them.

Invariant: a list is one range of an index for each value of ``status`` it wants, in the order it is shown in. An index
holds only documents that have its column. Cost: some 25 bytes and a microsecond for each index a document is in; an
invoice or a purchase is in four.
"""

from __future__ import annotations

from typing import Final

from sqlalchemy import Column, Index, Table, Text

from fondaco.projections.database import key, metadata, number, optional_number, packed

reward_documents = Table(
    "reward_documents",
    metadata,
    key("programme"),
    key("kind"),
    key("number"),
    optional_number("status"),
    optional_number("time_us"),
    optional_number("due_us"),
    optional_number("account"),
    optional_number("origin"),
    optional_number("place"),
    packed("body"),
    sqlite_with_rowid=False,
)
"""The latest state of every entity. ``status`` is twice what lies before its state, plus its flag."""

CHOSEN_BY: Final = ("account", "origin", "place", None)
"""What a list can be chosen by, and ``None``: all of a kind."""


def _index(column: str | None, time: str) -> None:
    chosen = () if column is None else (column,)
    names = ("programme", "kind", *chosen, "status", time, "number")
    present = reward_documents.c[time if column is None or time == "due_us" else column].is_not(None)
    Index(
        f"reward_documents_by_{'_'.join((*chosen, time.removesuffix('_us')))}",
        *(reward_documents.c[name] for name in names),
        sqlite_where=present,
        postgresql_where=present,
    )


for _column in CHOSEN_BY:
    _index(_column, "time_us")
for _column in ("account", None):
    _index(_column, "due_us")

reward_entries = Table(
    "reward_entries",
    metadata,
    key("programme"),
    key("purpose"),
    key("owner"),
    key("currency"),
    key("time_us"),
    key("seq"),
    key("line"),
    number("kind"),
    number("document"),
    number("change_units"),
    number("balance_units"),
    sqlite_with_rowid=False,
)
"""Both sides of every posting, account by account. ``line`` numbers the sides of one command; credit is positive.

Of a user's cash these are the programme's postings alone, between which the exchange moves it too.
"""

reward_events = Table(
    "reward_events",
    metadata,
    key("programme"),
    key("seq"),
    key("n"),
    number("time_us"),
    Column("type", Text, nullable=False),
    number("kind"),
    number("number"),
    packed("body"),
    sqlite_with_rowid=False,
)
"""What webhooks tell, with the document as it was then; kept from when a programme has an active webhook."""

reward_run_rows = Table(
    "reward_run_rows",
    metadata,
    key("programme"),
    key("run"),
    key("purchase"),
    number("invoice"),
    number("reject"),
    number("bound"),
    number("value"),
    sqlite_with_rowid=False,
)
"""What a settlement run made of each purchase: an invoice (0: none was needed), or why it was refused."""
