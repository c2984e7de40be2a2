"""The rewards desk's state, and the one door to it: ``carry_out`` for commands, ``due`` for what time brings about.

A command is checked and drafted by the function of its action and then committed; what it did is one fact. Idempotency
stands around all of it: a known key gets the first answer without another look at the books.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any, Final, get_args

from fondaco.core.due import Due
from fondaco.core.due_kind import DueKind
from fondaco.core.events import TradeBusted
from fondaco.core.purposes import CASH, ORDER_HOLD, WITHDRAWAL_HOLD
from fondaco.core.refusal import Refusal, shown
from fondaco.core.register import Register
from fondaco.core.rejects import Reject
from fondaco.core.rewards import actions as a
from fondaco.core.rewards import (
    awarding,
    checks,
    currencies,
    paying,
    reversing,
    runs,
    setting_up,
    settling,
    spending,
)
from fondaco.core.rewards.books import Books
from fondaco.core.rewards.books_state import RewardsState
from fondaco.core.rewards.checks import missing, not_effective, out_of_bounds
from fondaco.core.rewards.draft import Draft
from fondaco.core.rewards.entities import (
    EntityKind,
    Invoice,
    Line,
    Programme,
    Purchase,
)
from fondaco.core.rewards.facts import RebatePaid, RewardsApplied
from fondaco.core.rewards.fee_rebates import DAY_US, Fees

if TYPE_CHECKING:
    from fondaco.core.commands import Rewards as RewardsCommand
    from fondaco.core.ledger import Ledger

#: Ledger owners of the rewards desk begin above every user id.
OWNER_FIRST: Final = 1 << 31
OWNER_END: Final = 1 << 32
#: How much of what is due at once is done before the commands of a batch; the rest waits for the next batch.
EXPIRIES_A_BATCH: Final = 200
FEE_PURCHASES_A_BATCH: Final = 50

ACTIONS: Final[dict[type, Callable[[Draft, Any], Refusal | None]]] = {
    a.ProgrammeUpdate: setting_up.update_programme,
    a.CurrencyRatePut: setting_up.put_rate,
    a.MerchantPut: setting_up.put_merchant,
    a.UnitPut: setting_up.put_unit,
    a.SchemePut: setting_up.put_scheme,
    a.OfferPut: setting_up.put_offer,
    a.ContributionRulePut: setting_up.put_rule,
    a.OperatorPut: setting_up.put_operator,
    a.WebhookDelete: setting_up.delete_webhook,
    a.ReceivablePut: setting_up.put_receivable,
    a.PurchaseCreate: awarding.create_purchase,
    a.PurchaseCancel: reversing.cancel_purchase,
    a.SettlementApply: settling.apply_settlement,
    a.SettlementRunStart: runs.start_run,
    a.InvoiceCancel: reversing.cancel_invoice,
    a.PaymentCreate: paying.create_payment,
    a.PaymentRefund: paying.refund_payment,
    a.PaymentCancel: paying.cancel_payment,
    a.WriteOffCreate: paying.write_off,
    a.SpendCreate: spending.create_spend,
    a.SpendCancel: spending.cancel_spend,
}
"""What is decided by a programme's books alone; the rest is below."""


class Rewards:
    """All programmes of the house."""

    def __init__(self, register: Register, ledger: Ledger, due: Due) -> None:
        self.programmes: dict[int, Books] = {}
        self.programme_ids: dict[str, int] = {}
        self.fees = Fees()
        self._register = register
        self._ledger = ledger
        self._due = due
        self._expiring: dict[int, None] = {}
        self._next_owner = OWNER_FIRST

    # ── commands ──────────────────────────────────────────────────────────────────────────────────────────────────────

    def carry_out(self, command: RewardsCommand, seq: int, time_us: int) -> RewardsApplied | Refusal:
        """Do one command of the rewards desk."""
        action = command.action
        if isinstance(action, a.ProgrammeCreate):
            return self._create_programme(action, time_us)
        books = self.programmes.get(command.programme_id)
        if books is None:
            return Reject.UNKNOWN_PROGRAMME, 0, shown(command.programme_id)
        if command.operator:
            operator = books.operators.get(command.operator)
            if operator is None or not operator.active:
                return not_effective(EntityKind.OPERATOR, shown(command.operator))
        key = command.idempotency
        if key is not None:
            known = books.keys.known(key, time_us)
            if known is not None:
                return known
        outcome = self._do(books, command.operator, action, seq, time_us)
        if key is not None:
            books.keys.remember(key, outcome, time_us)
        return outcome

    def _do(self, books: Books, operator: int, action: a.Action, seq: int, time_us: int) -> RewardsApplied | Refusal:
        draft = Draft(books, self._ledger, time_us)
        step = runs.Step(draft) if isinstance(action, a.SettlementRunStep) else None
        refusal: Refusal | None
        match action:
            case a.SettlementRunStep():
                assert step is not None
                refusal = step.carry_out(action)
            case a.CurrencyPut():
                refusal = currencies.put_currency(draft, action, self._register)
            case a.ParticipantPut():
                refusal = self._put_participant(draft, action)
            case a.WebhookPut():
                refusal = setting_up.put_webhook(draft, action, seq)
            case a.WebhookMark():
                refusal = setting_up.mark_webhook(draft, action, seq)
            case _:
                refusal = ACTIONS[type(action)](draft, action)
        entries = draft.commit() if refusal is None else refusal
        if isinstance(entries, tuple):
            return entries
        for owners in draft.new_owners:
            owners.append(self._new_owner())
        if isinstance(action, a.ParticipantPut) and action.user_id:
            participant = books.count(EntityKind.PARTICIPANT) if not action.number else action.number
            self.fees.referred[action.user_id] = (books.programme.number, participant)
        self._set_expiry(books)
        return RewardsApplied(
            programme_id=books.programme.number,
            action=_TAGS[type(action)],
            operator=operator,
            time_us=time_us,
            changed=(*(step.changed if step is not None else ()), *draft.changed),
            entries=(*(step.entries if step is not None else ()), *entries),
            refused=tuple(draft.refused),
        )

    def _create_programme(self, action: a.ProgrammeCreate, time_us: int) -> RewardsApplied | Refusal:
        if checks.PROGRAMME_NAME.fullmatch(action.name) is None:
            return out_of_bounds(checks.NAME_LENGTH_MAX, len(action.name))
        if action.name in self.programme_ids:
            return Reject.ENTITY_NAME_TAKEN, EntityKind.PROGRAMME, self.programme_ids[action.name]
        if len(self.programmes) >= checks.PROGRAMMES_MAX:
            return Reject.TOO_MANY_ENTITIES, checks.PROGRAMMES_MAX, len(self.programmes)
        programme = Programme(len(self.programmes) + 1, action.name, action.clawback, action.is_fee_rebate)
        self._add(Books(programme, self._new_owner()))
        return RewardsApplied(programme.number, _TAGS[type(action)], 0, time_us, (programme,))

    def _put_participant(self, draft: Draft, action: a.ParticipantPut) -> Refusal | None:
        if action.user_id and not action.number and action.user_id in self.fees.referred:
            return Reject.USER_REFERRED, 0, action.user_id
        return setting_up.put_participant(draft, action, self._register.users)

    def _add(self, books: Books) -> None:
        self.programmes[books.programme.number] = books
        self.programme_ids[books.programme.name] = books.programme.number

    def _new_owner(self) -> int:
        owner = self._next_owner
        if owner == OWNER_END:
            raise AssertionError("the ledger has no owner left for the rewards desk")
        self._next_owner += 1
        return owner

    # ── what time brings about ────────────────────────────────────────────────────────────────────────────────────────

    def fall_due(self, kind: int, id_: int, time_us: int) -> Iterable[RewardsApplied]:
        """Carry out a deadline that has come. Nothing is due again before ``set_deadlines``."""
        if kind == DueKind.REWARD_EXPIRY:
            self._expiring[id_] = None
            fact = self._expire(id_, time_us)
            return () if fact is None else (fact,)
        return self._end_fee_day(time_us)

    def set_deadlines(self) -> None:
        """After deadlines have come: when the next ones do, at once for what was more than one batch takes."""
        for programme_id in self._expiring:
            self._set_expiry(self.programmes[programme_id])
        self._expiring.clear()
        self._set_fee_day()

    def gather_fees(self, rows: bytes, facts: Iterable[object], time_us: int) -> None:
        """Take the fees of referred users out of what a batch did."""
        self.fees.gather(rows, self._register.markets, time_us)
        for fact in facts:
            if isinstance(fact, TradeBusted):
                self.fees.busted(fact, self._register.markets, time_us)
        self._set_fee_day()

    def _set_expiry(self, books: Books) -> None:
        expires_us = books.lots.next_us()
        if expires_us:
            self._due.set(DueKind.REWARD_EXPIRY, books.programme.number, expires_us)
        else:
            self._due.drop(DueKind.REWARD_EXPIRY, books.programme.number)

    def _set_fee_day(self) -> None:
        if self.fees.next_us:
            self._due.set(DueKind.FEE_DAY, 0, self.fees.next_us)

    def _expire(self, programme_id: int, time_us: int) -> RewardsApplied | None:
        """Let rewards expire whose time has come, of up to ``EXPIRIES_A_BATCH`` participants."""
        books = self.programmes[programme_id]
        participants = books.lots.due(time_us, EXPIRIES_A_BATCH)
        if not participants:
            return None
        draft = Draft(books, self._ledger, time_us)
        for participant in participants:
            spending.expire_lots(draft, participant)
        entries = draft.commit()
        if isinstance(entries, tuple):
            raise AssertionError(f"rewards of programme {programme_id} cannot expire: {entries}")
        return RewardsApplied(programme_id, "reward_expiry", 0, time_us, tuple(draft.changed), tuple(entries))

    def _end_fee_day(self, time_us: int) -> Iterable[RewardsApplied]:
        """Turn the fees of a day that has ended into purchases, up to ``FEE_PURCHASES_A_BATCH`` of them."""
        fees = self.fees
        fees.end_day(time_us)
        for _ in range(min(FEE_PURCHASES_A_BATCH, len(fees.ended))):
            day_end_us, user, asset, units = fees.ended.pop()
            fact = self._fee_purchase(day_end_us, user, asset, units, time_us)
            if fact is not None:
                yield fact
        fees.look_ahead(time_us)

    def _fee_purchase(
        self, day_end_us: int, user_id: int, asset_id: int, units: int, time_us: int
    ) -> RewardsApplied | None:
        programme_id, participant = self.fees.referred[user_id]
        books = self.programmes[programme_id]
        unit = next((unit for unit in books.units.values() if unit.effective), None)
        currency = next((each for each in books.currencies.values() if each.asset_id == asset_id), None)
        if unit is None or currency is None:
            self.fees.carry_over(user_id, asset_id, units)
            return None
        rest = units % currency.step_units
        if rest:
            self.fees.carry_over(user_id, asset_id, rest)
        day = day_end_us // DAY_US - 1
        line = Line("fees", "1", "", units - rest)
        reference = f"fees-{user_id}-{asset_id}-{day}"
        draft = Draft(books, self._ledger, time_us)
        action = a.PurchaseCreate(unit.number, participant, day_end_us - 1, currency.number, (line,), reference)
        refusal = awarding.post_purchase(draft, action)
        posted = draft.commit() if refusal is None else refusal
        if isinstance(posted, tuple):
            self.fees.carry_over(user_id, asset_id, units - rest)
            return None
        changed = {(type(entity), entity.number): entity for entity in draft.changed}
        purchase = next(entity for entity in changed.values() if isinstance(entity, Purchase))
        settling_draft = draft.another()
        refusal = settling.apply_settlement(settling_draft, a.SettlementApply(purchase.number))
        settled = settling_draft.commit() if refusal is None else refusal
        if not isinstance(settled, tuple):
            posted += settled
            changed |= {(type(entity), entity.number): entity for entity in settling_draft.changed}
        balance = sum(
            self._ledger.balance(user_id, asset_id, purpose) for purpose in (CASH, ORDER_HOLD, WITHDRAWAL_HOLD)
        )
        rebates = []
        for award in reversed(purchase.awards):
            rebates.append(RebatePaid(user_id, asset_id, award.number, award.amount_units, balance))
            balance -= award.amount_units
        return RewardsApplied(
            programme_id,
            "fee_day",
            0,
            time_us,
            tuple(changed.values()),
            tuple(posted),
            rebates=tuple(reversed(rebates)),
        )

    # ── questions ─────────────────────────────────────────────────────────────────────────────────────────────────────

    def balance(self, programme_id: int, purpose: int, whose: int, currency: int) -> int:
        """An account's balance, credit positive. ``whose`` as in ``Draft``: a receivable, a participant, or 0."""
        return Draft(self.programmes[programme_id], self._ledger, 0).balance((purpose, whose), currency)

    def preview(self, programme_id: int, number: int, time_us: int) -> tuple[Purchase, Invoice | None] | Refusal:
        """What settling a purchase now would make of it. Changes nothing."""
        books = self.programmes[programme_id]
        draft = Draft(books, self._ledger, time_us)
        refusal = settling.apply_settlement(draft, a.SettlementApply(number)) or draft.check()
        if refusal is not None:
            return refusal
        purchase = draft.purchase(number)
        if purchase is None:
            return missing(EntityKind.PURCHASE, number)
        return purchase, draft.invoice(purchase.invoice) if purchase.invoice else None

    # ── as a value ────────────────────────────────────────────────────────────────────────────────────────────────────

    def dump(self) -> RewardsState | None:
        """``None`` while there is no programme."""
        if not self.programmes:
            return None
        fees = self.fees
        return RewardsState(
            next_owner=self._next_owner,
            programmes=[books.dump() for books in self.programmes.values()],
            fees=sorted((user, asset, units) for (user, asset), units in fees.units.items()),
            ended_fees=fees.ended,
            fee_day_us=fees.next_us,
        )

    def restore(self, state: RewardsState) -> None:
        self._next_owner = state.next_owner
        for each in state.programmes:
            books = Books.load(each)
            books.totals.count(books, self._ledger)
            self._add(books)
            for participant in books.participants.values():
                if participant.user_id:
                    self.fees.referred[participant.user_id] = (books.programme.number, participant.number)
        self.fees.units.update({(user, asset): units for user, asset, units in state.fees})
        self.fees.ended = state.ended_fees
        self.fees.next_us = state.fee_day_us
        for books in self.programmes.values():
            self._set_expiry(books)
        self._set_fee_day()


_TAGS: Final[dict[type, str]] = {type_: str(type_.__struct_config__.tag) for type_ in get_args(a.Action)}
