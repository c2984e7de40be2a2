"""House and accountant side by side: each command goes to both, and what they say must be the same to the last unit.

After every command: the answer, what changed, what was posted, and the balances named in the entries. ``audit`` holds
all that is kept against each other: every balance, every document, and what must always add up.
"""

from __future__ import annotations

from collections import Counter

from fondaco.core import command_records
from fondaco.core import commands as c
from fondaco.core.applied import Applied
from fondaco.core.commands import Sender
from fondaco.core.events import EventKind, is_answer, kind_of
from fondaco.core.house import House
from fondaco.core.purposes import CASH, MERCHANT_RECEIVABLE, PARTICIPANT_DEBT, PARTICIPANT_REWARD
from fondaco.core.rejects import Reject
from fondaco.core.rewards import actions as a
from fondaco.core.rewards.account_totals import OWN
from fondaco.core.rewards.entities import (
    Currency,
    Entity,
    EntityKind,
    Expiry,
    Merchant,
    Participant,
    Programme,
    Receivable,
    Unit,
)
from fondaco.core.rewards.facts import Entry, RewardsApplied
from tests.core.rewards.accountant import Accountant
from tests.core.rewards.accountant_sheet import Expected, Named, Posting, Refused, Sheet
from tests.core.rewards.accountant_sheet import kind_of as entity_kind

#: Accounts of which there are many in a currency.
OTHERS = (MERCHANT_RECEIVABLE, PARTICIPANT_REWARD, PARTICIPANT_DEBT, CASH)
START_US = 1_700_000_000_000_000
USERS = ("ann", "bob", "cyd")
ASSETS = (("BTC", 8), ("USDT", 6))

#: Where each document is read in the house's books.
DOCUMENTS = {
    EntityKind.PURCHASE: "purchase",
    EntityKind.AWARD: "award",
    EntityKind.INVOICE: "invoice",
    EntityKind.CREDIT_NOTE: "credit_note",
    EntityKind.PAYMENT: "payment",
    EntityKind.SPEND: "spend",
    EntityKind.EXPIRY: "expiry",
    EntityKind.WRITE_OFF: "write_off",
}
REGISTERS = {
    EntityKind.CURRENCY: "currencies",
    EntityKind.CURRENCY_RATE: "rates",
    EntityKind.MERCHANT: "merchants",
    EntityKind.UNIT: "units",
    EntityKind.PARTICIPANT: "participants",
    EntityKind.RECEIVABLE: "receivables",
    EntityKind.SCHEME: "schemes",
    EntityKind.OFFER: "offers",
    EntityKind.CONTRIBUTION_RULE: "rules",
    EntityKind.OPERATOR: "operators",
    EntityKind.WEBHOOK: "webhooks",
    EntityKind.SETTLEMENT_RUN: "runs",
}


class Comparison:
    """``log`` is every batch there was, to be replayed; ``answered`` counts what was met, and
    ``refused`` holds by which refusal each action was met.
    """

    def __init__(self) -> None:
        self.house = House()
        self.time_us = START_US
        self.log: list[tuple[bytes, int]] = []
        self.answered: Counter[str] = Counter()
        self.refused: set[tuple[type[a.Action], Reject]] = set()
        self.statements: dict[tuple[int, int, int, int], int] = {}
        #: the house's asset of a currency that is a programme's own, by the accountant's name for it
        self.own_assets: dict[int, int] = {}
        for name, digits in ASSETS:
            self._apply(c.AssetCreate(name, digits))
        for name in USERS:
            self._apply(c.UserCreate(name))
        assets = {name: (asset_id, digits) for asset_id, (name, digits) in enumerate(ASSETS, 1)}
        self.accountant = Accountant(assets, range(1, len(USERS) + 1))

    def _apply(self, command: c.Command) -> Applied:
        record = command_records.encode(Sender(), command)
        self.log.append((record, self.time_us))
        return self.house.apply(record, self.time_us)

    def do(
        self, action: a.Action, programme_id: int = 1, operator: int = 0, idempotency: a.Idempotency | None = None
    ) -> RewardsApplied | tuple[Reject, int, int]:
        """What the house says, which must be what the accountant says."""
        due = self.accountant.pass_time(self.time_us)
        seq = self.house.next_seq
        cash = {user_id: self._cash(user_id) for user_id in range(1, len(USERS) + 1)}
        expected = self.accountant.do(action, programme_id, operator, idempotency, self.time_us, seq)
        applied = self._apply(c.Rewards(programme_id, operator, action, idempotency))
        facts = [fact for fact in applied.facts if isinstance(fact, RewardsApplied)]
        (row,) = [row for row in applied if is_answer(row)]
        answer: RewardsApplied | tuple[Reject, int, int]
        if kind_of(row) == EventKind.REJECT:
            answer = Reject(row[2]), row[4], row[5]
        else:
            answer = facts.pop()
            assert answer is applied.facts[row[2]]
        self._compare_due(due, facts)
        what = f"{action} of programme {programme_id} at {self.time_us}"
        self.answered[answer[0].name if isinstance(answer, tuple) else answer.action] += 1
        if isinstance(answer, tuple):
            self.refused.add((type(action), answer[0]))
        if isinstance(expected, Refused):
            assert isinstance(answer, tuple), f"{what}: {answer}, not refused as {expected}"
            assert answer[0] == expected.reject, f"{what}: {answer}, not {expected}"
            for shown, meant in zip(answer[1:], (expected.bound, expected.value), strict=True):
                assert meant is None or shown == meant, f"{what}: {answer}, not {expected}"
            return answer
        assert isinstance(answer, RewardsApplied), f"{what}: refused as {answer}, not {expected}"
        self._compare(expected, answer, what)
        if not answer.repeated:
            for user_id, asset_id, _, units in expected.rebates:
                cash[user_id][asset_id - 1] += units
        assert cash == {user_id: self._cash(user_id) for user_id in cash}, what
        return answer

    def _cash(self, user_id: int) -> list[int]:
        return [self.house.balance(user_id, asset_id)[0] for asset_id in range(1, len(ASSETS) + 1)]

    def _compare_due(self, due: list[Expected], facts: list[RewardsApplied]) -> None:
        """Expiries: what fell due for whom; in how many facts it is told is the house's business."""
        told: Counter[tuple[int, int, int, int]] = Counter()
        meant: Counter[tuple[int, int, int, int]] = Counter()
        for fact in facts:
            assert (fact.action, fact.operator) == ("reward_expiry", 0)
            self._add_entries(fact)
            self.answered[fact.action] += 1
            for entity in fact.changed:
                assert isinstance(entity, Expiry)
                told[fact.programme_id, entity.participant, entity.expired_us, entity.amount_units] += 1
        for expected in due:
            for entity in expected.changed.values():
                assert isinstance(entity, Expiry)
                meant[expected.programme_id, entity.participant, entity.expired_us, entity.amount_units] += 1
        assert told == meant

    def _compare(self, expected: Expected, answer: RewardsApplied, what: str) -> None:
        assert (answer.programme_id, answer.action, answer.operator, answer.time_us, answer.repeated) == (
            expected.programme_id,
            expected.action,
            expected.operator,
            expected.time_us,
            expected.repeated,
        ), what
        if not answer.repeated:
            for entity in answer.changed:
                self._know_asset(expected, entity)
        changed = {name_of(entity): entity for entity in answer.changed}
        if answer.action != "settlement_run_step":  # whose rows may change one payment after another
            assert len(changed) == len(answer.changed), f"{what}: told twice in {answer.changed}"
        meant = {name: self._as_house(entity) for name, entity in expected.changed.items()}
        meant = {name: entity for name, entity in meant.items() if name[0] != EntityKind.AWARD}
        assert changed == meant, f"{what}:\nhouse      {changed}\naccountant {meant}"
        assert postings(answer.entries) == expected.postings, f"{what}: {answer.entries}, not {expected.postings}"
        assert [(row.purchase, row.reject) for row in answer.refused] == expected.rows_refused, what
        rebates = [(rebate.user_id, rebate.asset_id, rebate.award, rebate.units) for rebate in answer.rebates]
        assert rebates == expected.rebates, what
        if not answer.repeated:
            self._add_entries(answer)

    def _know_asset(self, expected: Expected, entity: Entity) -> None:
        if isinstance(entity, Currency):
            meant = expected.changed.get((EntityKind.CURRENCY, entity.number))
            assert isinstance(meant, Currency)
            if meant.asset_id < 0:
                known = self.own_assets.setdefault(meant.asset_id, entity.asset_id)
                assert known == entity.asset_id
                assert list(self.own_assets.values()).count(known) == 1

    def _as_house(self, entity: Entity) -> Entity:
        if isinstance(entity, Currency):
            import msgspec

            return msgspec.structs.replace(entity, asset_id=self.own_assets.get(entity.asset_id, entity.asset_id))
        return entity

    def _add_entries(self, fact: RewardsApplied) -> None:
        """Statements made of the entries alone: each says what the balance is after it."""
        sheet = self.accountant.sheets[fact.programme_id]
        for entry in fact.entries:
            asset_id = sheet.currency(entry.currency).asset_id
            for purpose, owner, units, balance in (
                (entry.debit_purpose, entry.debit_owner, -entry.units, entry.debit_balance_units),
                (entry.credit_purpose, entry.credit_owner, entry.units, entry.credit_balance_units),
            ):
                if purpose == CASH:
                    continue
                name = fact.programme_id, purpose, owner, asset_id
                self.statements[name] = self.statements.get(name, 0) + units
                assert self.statements[name] == balance, f"{entry} of {fact.action}: {self.statements[name]}"

    def house_alone(self, action: a.Action) -> tuple[Reject, int, int]:
        """What the house refuses by bounds that the accountant does not know."""
        applied = House.load(self.house.dump()).apply(
            command_records.encode(Sender(), c.Rewards(1, 0, action)), self.time_us
        )
        (row,) = [row for row in applied if is_answer(row)]
        assert kind_of(row) == EventKind.REJECT
        return Reject(row[2]), row[4], row[5]

    def restart(self) -> None:
        dump = self.house.dump()
        self.house = House.load(dump)
        assert self.house.dump() == dump

    def replayed(self) -> str:
        """The state's hash after the same batches again."""
        house = House()
        for record, time_us in self.log:
            house.apply(record, time_us)
        return house.state_hash()

    # all that is kept

    def audit(self) -> None:
        assert not any(self.house.imbalances().values())
        assert sorted(self.house.rewards.programmes) == sorted(self.accountant.sheets)
        for programme_id, sheet in self.accountant.sheets.items():
            self._audit_entities(programme_id, sheet)
            self._audit_allocations(programme_id, sheet)
            self._audit_balances(programme_id, sheet)
            self._audit_sums(programme_id, sheet)

    def _audit_entities(self, programme_id: int, sheet: Sheet) -> None:
        books = self.house.rewards.programmes[programme_id]
        assert books.programme == sheet.get(Programme, programme_id)
        assert self.house.rewards.programme_ids[books.programme.name] == programme_id
        for kind, register in REGISTERS.items():
            meant = {number: self._as_house(entity) for number, entity in sheet.entities[kind].items()}
            assert dict(getattr(books, register)) == meant
        for codes, named in (
            (books.currency_codes, sheet.all(Currency)),
            (books.merchant_codes, sheet.all(Merchant)),
            (books.unit_codes, sheet.all(Unit)),
            (books.participant_codes, sheet.all(Participant)),
        ):
            assert codes == {entity.code: number for number, entity in named.items()}
        for kind, document in DOCUMENTS.items():
            read = getattr(books, document)
            assert books.count(kind) == len(sheet.entities[kind])
            for number, entity in sheet.entities[kind].items():
                assert read(number) == entity, f"{kind.name} {number}"
            assert read(len(sheet.entities[kind]) + 1) is None
            assert read(0) is None

    def _audit_allocations(self, programme_id: int, sheet: Sheet) -> None:
        books = self.house.rewards.programmes[programme_id]
        for kind, number in sheet.credits:
            meant = {
                invoice: units for (credit, invoice), units in sheet.allocations.items() if credit == (kind, number)
            }
            found: Counter[int] = Counter()
            for invoice, units in books.allocations(kind, number):
                found[invoice] += units
            assert dict(found) == meant, f"allocations of {kind.name} {number}"

    def _audit_balances(self, programme_id: int, sheet: Sheet) -> None:
        currencies = {currency.asset_id: number for number, currency in sheet.all(Currency).items()}
        for (purpose, owner, asset_id), units in sheet.balances.items():
            if purpose != CASH:
                found = self.house.rewards.balance(programme_id, purpose, owner, currencies[asset_id])
                assert found == units, f"balance of purpose {purpose} of {owner}: {found}, not {units}"
                assert self.statements.get((programme_id, purpose, owner, asset_id), 0) == units
        totals: Counter[tuple[int, int]] = Counter()
        for (purpose, _, asset_id), units in sheet.balances.items():
            totals[purpose, currencies[asset_id]] += units
        books = self.house.rewards.programmes[programme_id]
        for (purpose, currency), units in totals.items():
            assert books.totals.of(purpose, currency) == units, f"total of purpose {purpose} in {currency}"
        for currency in books.currencies:
            assert sum(books.totals.of(purpose, currency) for purpose in (*OWN, *OTHERS)) == 0

    def _audit_sums(self, programme_id: int, sheet: Sheet) -> None:
        for number, receivable in sheet.all(Receivable).items():
            is_open = sum(invoice.unsettled_units for invoice in sheet.open_invoices(number))
            unallocated = sum(credit.unallocated_units for credit in sheet.unallocated(number))
            balance = self.house.rewards.balance(programme_id, MERCHANT_RECEIVABLE, number, receivable.currency)
            assert is_open - unallocated == -balance
        for number, participant in sheet.all(Participant).items():
            lots = sum(units for (whose, _), units in sheet.lots.items() if whose == number)
            assert lots == self.house.rewards.balance(programme_id, PARTICIPANT_REWARD, number, participant.currency)


def name_of(entity: Entity) -> Named:
    return entity_kind(type(entity)), entity.number


def postings(entries: tuple[Entry, ...]) -> Counter[Posting]:
    return Counter(
        (
            entry.debit_purpose,
            entry.debit_owner,
            entry.credit_purpose,
            entry.credit_owner,
            entry.currency,
            entry.units,
            entry.kind,
            entry.document,
        )
        for entry in entries
    )
