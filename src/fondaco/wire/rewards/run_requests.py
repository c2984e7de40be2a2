"""Bodies and answers of the methods about batch runs of settlements."""

from __future__ import annotations

from typing import Annotated, Final

import msgspec
from msgspec import UNSET, Meta, UnsetType

from fondaco.wire.rewards.base import Body, CodeIdentifier, DateText, DocumentIdentifier, ListBody, Number
from fondaco.wire.rewards.documents import RunRow, SettlementRun

ROWS_MAX: Final = 1_000


class RunStart(Body, kw_only=True, forbid_unknown_fields=True):
    """Settles every purchase that is posted and not settled: of one merchant, performed before a date, if given."""

    merchant_identifier: CodeIdentifier | UnsetType = UNSET
    performed_until: DateText | UnsetType = UNSET


class RunRequest(Body, kw_only=True, forbid_unknown_fields=True):
    settlement_run_identifier: DocumentIdentifier


class RunList(ListBody, kw_only=True, forbid_unknown_fields=True):
    """All runs."""


class Runs(msgspec.Struct, frozen=True, kw_only=True):
    settlement_runs: list[SettlementRun]
    offset: int
    number_of_results: int


class RunRows(RunRequest, kw_only=True, forbid_unknown_fields=True):
    """The rows after a purchase's number, in the order of the purchases; ``next_after`` of the answer asks for more."""

    after: Number | UnsetType = UNSET
    number_of_results: Annotated[int, Meta(ge=1, le=ROWS_MAX)] = 100
    only_refused: bool = False


class RunRowsAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """``next_after`` is null where nothing more is to come: never while the run goes on."""

    settlement_run: SettlementRun
    rows: list[RunRow]
    number_of_results: int
    next_after: str | None
