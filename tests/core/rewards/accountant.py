"""The naive accountant: one rewards programme after another, by the book, with fractions and dictionaries.

He is asked the same as the house and says what it must answer: what changed, what was posted from which account to
which, or which refusal. He is slow on purpose: he looks through everything each time, and copies a programme's whole
sheet before he touches it, so that a refusal changes nothing. See ``accountant_sheet.py`` for what he writes down.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import replace

from msgspec import Struct

from fondaco.core.rejects import Reject
from fondaco.core.rewards import actions as a
from fondaco.core.rewards.entities import EntityKind, Operator, Participant, Programme
from tests.core.rewards import accountant_open_items as open_items
from tests.core.rewards import accountant_purchases as purchases
from tests.core.rewards import accountant_reversals as reversals
from tests.core.rewards import accountant_set_up as set_up
from tests.core.rewards import accountant_settlement as settlement
from tests.core.rewards import accountant_spends as spends
from tests.core.rewards.accountant_money import DAY_US
from tests.core.rewards.accountant_sheet import Expected, Refused, Sheet

KEY_KEPT_US = 30 * DAY_US

Outcome = Expected | Refused


def tag_of(type_: type[Struct]) -> str:
    return str(type_.__struct_config__.tag)


class Accountant:
    def __init__(self, assets: set_up.Assets, users: Iterable[int]) -> None:
        self.assets = assets
        self.users = frozenset(users)
        self.sheets: dict[int, Sheet] = {}
        #: (programme, name of the key) → (body, when, what was answered)
        self.keys: dict[tuple[int, bytes], tuple[bytes, int, Outcome]] = {}

    def pass_time(self, time_us: int) -> list[Expected]:
        """All rewards that have expired by now, the first to expire first."""
        due = [
            (expires_us, programme_id, participant)
            for programme_id, sheet in self.sheets.items()
            for participant, expires_us in sheet.lots
            if 0 < expires_us <= time_us
        ]
        answers = []
        told: dict[tuple[int, int], None] = {}
        for _, programme_id, participant in sorted(due):
            told[programme_id, participant] = None
        for programme_id, participant in told:
            sheet = self.begin(programme_id, "reward_expiry", 0, time_us)
            spends.expire(sheet, participant)
            self.sheets[programme_id] = sheet
            answers.append(sheet.expected)
        return answers

    def do(
        self,
        action: a.Action,
        programme_id: int,
        operator: int,
        idempotency: a.Idempotency | None,
        time_us: int,
        seq: int = 0,
    ) -> Outcome:
        if isinstance(action, a.ProgrammeCreate):  # there is no programme yet whose operator or key it could be
            programme_id, operator, idempotency = 0, 0, None
        elif programme_id not in self.sheets:
            return Refused(Reject.UNKNOWN_PROGRAMME, 0, programme_id)
        elif operator:
            known = self.sheets[programme_id].all(Operator).get(operator)
            if known is None or not known.active:
                return Refused(Reject.ENTITY_NOT_EFFECTIVE, EntityKind.OPERATOR, operator)
        key = (programme_id, idempotency.name if idempotency else b"")
        if idempotency and key in self.keys:
            body, when_us, first = self.keys[key]
            if time_us < when_us + KEY_KEPT_US:
                if body != idempotency.body:
                    return Refused(Reject.IDEMPOTENCY_KEY_REUSED)
                return first if isinstance(first, Refused) else replace(first, postings=Counter(), repeated=True)
        try:
            outcome = self.act(action, programme_id, operator, time_us, seq)
        except Refused as refused:
            outcome = refused
        if idempotency:
            self.keys[key] = idempotency.body, time_us, outcome
        return outcome

    def begin(self, programme_id: int, action: str, operator: int, time_us: int) -> Sheet:
        sheet = self.sheets[programme_id].copy() if programme_id in self.sheets else Sheet(programme_id)
        sheet.time_us = time_us
        sheet.expected = Expected(programme_id, action, operator, time_us)
        return sheet

    def act(self, action: a.Action, programme_id: int, operator: int, time_us: int, seq: int) -> Outcome:
        if isinstance(action, a.ProgrammeCreate):
            programme_id = self.next_programme_id(action)
        sheet = self.begin(programme_id, tag_of(type(action)), operator, time_us)
        self.carry_out(sheet, action, seq)
        self.sheets[programme_id] = sheet
        return sheet.expected

    def free_users(self, programme_id: int, participant: int) -> frozenset[int]:
        """The users that no other participant of any programme is."""
        taken = [
            other.user_id
            for number, sheet in self.sheets.items()
            for other in sheet.all(Participant).values()
            if (number, other.number) != (programme_id, participant)
        ]
        return self.users.difference(taken)

    def next_programme_id(self, action: a.ProgrammeCreate) -> int:
        names = [sheet.get(Programme, programme_id).name for programme_id, sheet in self.sheets.items()]
        if action.name in names:
            raise Refused(Reject.ENTITY_NAME_TAKEN)
        return len(self.sheets) + 1

    def carry_out(self, sheet: Sheet, action: a.Action, seq: int) -> None:
        match action:
            case a.ProgrammeCreate():
                programme = Programme(sheet.programme_id, action.name, action.clawback, action.is_fee_rebate)
                sheet.put(programme)
            case a.ProgrammeUpdate():
                set_up.update_programme(sheet, action)
            case a.CurrencyPut():
                set_up.put_currency(sheet, action, self.assets)
            case a.CurrencyRatePut():
                set_up.put_rate(sheet, action)
            case a.MerchantPut():
                set_up.put_merchant(sheet, action)
            case a.UnitPut():
                set_up.put_unit(sheet, action)
            case a.ParticipantPut():
                set_up.put_participant(sheet, action, self.free_users(sheet.programme_id, action.number), self.users)
            case a.SchemePut():
                set_up.put_scheme(sheet, action)
            case a.OfferPut():
                set_up.put_offer(sheet, action)
            case a.ContributionRulePut():
                set_up.put_contribution_rule(sheet, action)
            case a.OperatorPut():
                set_up.put_operator(sheet, action)
            case a.WebhookPut():
                set_up.put_webhook(sheet, action, seq)
            case a.WebhookMark():
                set_up.mark_webhook(sheet, action)
            case a.WebhookDelete():
                set_up.delete_webhook(sheet, action)
            case a.ReceivablePut():
                set_up.put_receivable(sheet, action)
            case a.PurchaseCreate():
                purchases.create(sheet, action)
            case a.PurchaseCancel():
                reversals.cancel(sheet, action)
            case a.SettlementApply():
                settlement.apply_settlement(sheet, action.number)
            case a.SettlementRunStart():
                settlement.start_run(sheet, action)
            case a.SettlementRunStep():
                settlement.step_run(sheet, action)
            case a.InvoiceCancel():
                reversals.cancel_invoice(sheet, action)
            case a.PaymentCreate():
                open_items.pay(sheet, action)
            case a.PaymentRefund():
                open_items.refund(sheet, action)
            case a.PaymentCancel():
                open_items.cancel_payment(sheet, action)
            case a.WriteOffCreate():
                open_items.write_off(sheet, action)
            case a.SpendCreate():
                spends.spend(sheet, action)
            case a.SpendCancel():
                spends.cancel_spend(sheet, action)
