"""Who heard everything the house said, and holds it to that after every crash.

Each submitted command carries a number of its own (its session id), so it can be found again in the journal. The
witness writes down what every sender was told and every batch that was published. After a crash it reads what survived,
feeds exactly that to a twin which never crashed and never saw a snapshot, and compares:

- the journal still begins with everything it held at the crash before, and each command is in it at most once;
- a command that was answered is in it, and the twin gives the same answer, word for word; so with published batches;
- a command that was refused with nothing done is not in it;
- a client order id has one accepted order for ever: the same request again gets the first answer, another is refused;
  a business id moves money once;
- every asset sums to zero, and the house that came back has the twin's state hash.
"""

from __future__ import annotations

from collections import Counter
from pathlib import Path

from fondaco.core import command_records
from fondaco.core import commands as c
from fondaco.core.applied import Applied
from fondaco.core.events import BalanceUpdated, EventKind, Row, is_answer, kind_of
from fondaco.core.house import House
from fondaco.core.rejects import Reject
from fondaco.journal.base import Batch
from fondaco.journal.file_system import FileSystem
from tests.journal.flows import read_all

Request = tuple[int, ...]
_ROW_HEAD_WITHOUT_KIND = ~0xFF


class Witness:
    def __init__(self) -> None:
        self.tally: Counter[str] = Counter()
        self._twin = House()
        self._survived: list[Batch] = []
        self._applied: dict[int, Applied] = {}
        self._answers: dict[int, Row] = {}
        self._told: dict[int, Row] = {}
        self._refused: set[int] = set()
        self._open: set[int] = set()
        self._published: list[Applied] = []
        self._accepted: dict[tuple[int, str], tuple[Request, Row]] = {}
        self._moved: set[tuple[int, int, str, int]] = set()
        self._next_number = 1

    # ── while the house runs ──────────────────────────────────────────────────────────────────────────────────────────

    def number(self) -> int:
        """The number of the next submitted command; its outcome is open from now on."""
        number = self._next_number
        self._next_number += 1
        self._open.add(number)
        self.tally["submitted"] += 1
        return number

    def answered(self, number: int, row: Row) -> None:
        self._open.remove(number)  # a second answer fails here
        self._told[number] = row
        self.tally["answered"] += 1

    def failed(self, number: int) -> None:
        self._open.remove(number)
        self._refused.add(number)
        self.tally["refused, nothing done"] += 1

    def applied(self, applied: Applied) -> None:
        """The desks are listeners too: what they hear may go out to everyone."""
        self._published.append(applied)

    def flush(self) -> None:
        pass

    # ── after a crash ─────────────────────────────────────────────────────────────────────────────────────────────────

    def judge(self, directory: Path, file_system: FileSystem, house: House) -> None:
        """Compare what survived, and the house made of it, with everything that was said."""
        batches = read_all(directory, file_system)
        known = len(self._survived)
        assert batches[:known] == self._survived, "what survived one crash must survive the next"
        for batch in batches[known:]:
            self._follow(batch)
        self._survived = batches
        for published in self._published:
            assert self._applied.get(published.first_seq) == published, "what was published must be what is replayed"
        self._published.clear()
        for number, row in self._told.items():
            assert self._answers.get(number) == row, f"command {number} was told {row}, replay says otherwise"
        lost = [number for number in self._refused if number in self._answers]
        assert not lost, f"commands {lost} were refused with nothing done, but are in the journal"
        self._settle_open()
        assert not any(house.imbalances().values())
        assert house.next_seq == self._twin.next_seq
        assert house.state_hash() == self._twin.state_hash(), "the house that came back is not the one that never left"

    @property
    def state_hash(self) -> str:
        return self._twin.state_hash()

    def _settle_open(self) -> None:
        """Of what nobody was told about, some is there and some is not: either is right, and it is final."""
        for number in self._open:
            if number in self._answers:
                self._told[number] = self._answers[number]
                self.tally["there, though nobody was told"] += 1
            else:
                self._refused.add(number)
                self.tally["gone, and nobody was told"] += 1
        self._open.clear()

    def _follow(self, batch: Batch) -> None:
        applied = self._twin.apply(batch.records, batch.time_us)
        self._applied[batch.first_seq] = applied
        answers = [row for row in applied if is_answer(row)]
        assert len(answers) == batch.count == applied.count
        offset = 0
        for row in answers:
            record = command_records.decode(batch.records, offset)
            offset += record.size_bytes
            number = record.sender.session_id
            assert number not in self._answers, f"command {number} is in the journal twice"
            assert number < self._next_number, f"command {number} was never submitted"
            self._answers[number] = row
            if isinstance(record.command, c.Place):
                self._placed(record.sender.user_id, record.command, row)
            elif kind_of(row) == EventKind.FACT:
                self._stated(applied, row)
        self.tally["fills"] += sum(kind_of(row) == EventKind.FILL for row in applied)
        self.tally["journalled"] += batch.count

    def _placed(self, user_id: int, place: c.Place, row: Row) -> None:
        kind = kind_of(row)
        if not place.client_order_id:
            assert kind in (EventKind.ORDER, EventKind.REJECT)
            return
        name = user_id, place.client_order_id
        request = place.market_id, place.side, place.order_type, place.time_in_force, place.price_ticks, place.amount
        if name not in self._accepted:
            assert kind in (EventKind.ORDER, EventKind.REJECT)
            if kind == EventKind.ORDER:
                self._accepted[name] = request, row
        elif self._accepted[name][0] == request:
            first = self._accepted[name][1]
            assert kind == EventKind.ORDER_REPEATED, f"{name} was accepted before and got {row}"
            assert row[0] & _ROW_HEAD_WITHOUT_KIND == first[0] & _ROW_HEAD_WITHOUT_KIND
            assert row[2:] == first[2:]
            self.tally["first answer given again"] += 1
        else:
            assert kind == EventKind.REJECT
            assert row[2] in (Reject.CLIENT_ORDER_ID_REUSED, Reject.UNKNOWN_MARKET)
            self.tally["client order id reused"] += 1

    def _stated(self, applied: Applied, row: Row) -> None:
        fact = applied.facts[row[2]]
        if isinstance(fact, BalanceUpdated):
            once = fact.user_id, fact.asset_id, fact.business, fact.business_id
            assert fact.repeated == (once in self._moved), f"{once} moved money twice, or not at all"
            self._moved.add(once)
            self.tally["business id repeated"] += fact.repeated
