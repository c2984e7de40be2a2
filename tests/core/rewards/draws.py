"""Random programmes: the same seed draws the same commands, whatever the house says to them.

What is drawn is rough on purpose: currencies without digits beside ones with eight, each way of rounding, rates with
gaps and odd fractions, few lines, short lives of rewards, leaps over days. Most commands are sound; some name what is
not there, come twice, or ask for too much.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any

import msgspec

from fondaco.core.rewards import actions as a
from fondaco.core.rewards.entities import (
    Clawback,
    ContributionRule,
    CreditNote,
    Currency,
    CurrencyRate,
    DocumentState,
    Invoice,
    Line,
    Merchant,
    Offer,
    Participant,
    Payment,
    Programme,
    Purchase,
    Receivable,
    ReceivableState,
    Role,
    Rounding,
    Scheme,
    SettlementRun,
    Spend,
    Unit,
)
from tests.core.rewards.accountant_money import DAY_US
from tests.core.rewards.accountant_sheet import Sheet
from tests.core.rewards.comparison import USERS, Comparison

GROUPS = ("", "cafés", "kiosks")
EVENTS = ("invoice.posted", "award.posted", "settlement.applied")
PPM = (1, 333_333, 500_000, 666_667, 750_000, 1_000_000)
RATES_E9 = (1, 333_333_333, 999_999_999, 1_000_000_000, 1_086_956_522, 2_500_000_000, 150_000_000_000)


class Draws:
    """Draws for one programme after another of a comparison, knowing what the accountant has written down."""

    def __init__(self, seed: int, comparison: Comparison) -> None:
        self.rng = random.Random(seed)
        self.comparison = comparison
        self.programmes = self.rng.randint(1, 2)
        self.said: list[tuple[a.Action, int, a.Idempotency]] = []
        self.keys = 0
        self.is_open = False

    # how it goes

    def open(self) -> None:
        """Programmes with a few of everything."""
        rng = self.rng
        for number in range(1, self.programmes + 1):
            create = a.ProgrammeCreate(f"Programme {number}", rng.choice(list(Clawback)), rng.random() < 0.05)
            self.comparison.do(create, 0)
            for draw, count in (
                (self.currency, rng.randint(2, 4)),
                (self.currency_rate, rng.randint(6, 24)),
                (self.merchant, rng.randint(1, 3)),
                (self.unit, rng.randint(2, 4)),
                (self.participant, rng.randint(1, 4)),
                (self.scheme, rng.randint(1, 3)),
                (self.offer, rng.randint(2, 6)),
                (self.rule, rng.randint(0, 5)),
            ):
                for _ in range(count):
                    self.send(draw(self.sheet(number), is_new=True), number)
        self.is_open = True

    def sheet(self, programme_id: int) -> Sheet:
        return self.comparison.accountant.sheets[programme_id]

    def step(self) -> None:
        rng = self.rng
        if rng.random() < 0.2:
            self.comparison.time_us += rng.choice((1, 1_000, 3_600_000_000, DAY_US // 3, DAY_US, 2 * DAY_US))
        elif rng.random() < 0.004:
            self.comparison.time_us += 30 * DAY_US - rng.randint(0, 1)
        if self.said and rng.random() < 0.05:
            action, programme_id, key = rng.choice(self.said[-30:])
            if rng.random() < 0.3:
                key = a.Idempotency(key.name, bytes(16))
            self.comparison.do(action, programme_id, 0, key)
            return
        programme_id = rng.randint(1, self.programmes) if rng.random() > 0.005 else self.programmes + 7
        if programme_id not in self.comparison.accountant.sheets:
            self.comparison.do(a.SettlementApply(1), programme_id)
            return
        self.send(self.draw(self.sheet(programme_id)), programme_id)

    def send(self, action: a.Action, programme_id: int) -> None:
        key = None
        if self.rng.random() < 0.2:
            self.keys += 1
            key = a.Idempotency(self.keys.to_bytes(16, "big"), self.rng.randbytes(16))
            self.said.append((action, programme_id, key))
        self.comparison.do(action, programme_id, 0, key)

    def draw(self, sheet: Sheet) -> a.Action:
        rng = self.rng
        if rng.random() < 0.06:
            change: list[Callable[[Sheet], a.Action]] = [
                self.currency,
                self.currency_rate,
                self.merchant,
                self.unit,
                self.participant,
                self.scheme,
                self.offer,
                self.rule,
                self.operator,
                self.webhook,
                self.receivable,
                self.programme,
                self.mark,
            ]
            return rng.choice(change)(sheet)
        weighted: list[tuple[int, Callable[[Sheet], a.Action]]] = [
            (30, self.purchase),
            (14, self.purchase_cancel),
            (20, self.settlement),
            (1, self.run_start),
            (4, self.run_step),
            (3, self.invoice_cancel),
            (12, self.payment),
            (5, self.payment_cancel),
            (5, self.refund),
            (1, self.write_off),
            (10, self.spend),
            (5, self.spend_cancel),
        ]
        (draw,) = rng.choices([draw for _, draw in weighted], [weight for weight, _ in weighted])
        action = draw(sheet)
        is_early = getattr(action, "number", 0) == 1 and not sheet.all(Purchase)
        return self.purchase(sheet) if is_early else action

    def number(self, sheet: Sheet, type_: type[Any], missing: float = 0.02) -> int:
        """One that is there, mostly a late one; sometimes one that is not."""
        last = len(sheet.all(type_))
        if last == 0 or (self.is_open and self.rng.random() < missing):
            return last + 1
        return self.rng.randint(max(1, last - 12), last) if self.rng.random() < 0.6 else self.rng.randint(1, last)

    def living(self, sheet: Sheet, type_: type[Any]) -> int:
        """Mostly one that is posted and not cancelled."""
        posted = [number for number, one in sheet.all(type_).items() if one.state == DocumentState.POSTED]
        return self.rng.choice(posted[-30:]) if posted and self.rng.random() < 0.85 else self.number(sheet, type_)

    def some(self, sheet: Sheet, type_: type[Any], share: float) -> int:
        """Mostly none."""
        return self.number(sheet, type_) if self.rng.random() < share else 0

    def to_change(self, sheet: Sheet, type_: type[Any], is_new: bool) -> int:
        return 0 if is_new or self.rng.random() < 0.3 else self.number(sheet, type_)

    def period(self) -> tuple[int, int]:
        now, rng = self.comparison.time_us, self.rng
        from_us = rng.choice((0, 0, now - rng.randint(0, 9) * DAY_US, now + DAY_US))
        to_us = rng.choice((0, 0, from_us + rng.randint(0, 20) * DAY_US if from_us else 0))
        return from_us, to_us

    def units(self, sheet: Sheet, currency: int, most: int = 10**6) -> int:
        """An amount that the currency holds."""
        known = sheet.all(Currency).get(currency)
        step = known.step_units if known else 1
        if self.rng.random() < 0.01:
            return -step
        return self.rng.choice((1, 2, 3, 7, self.rng.randint(1, 100), self.rng.randint(1, most))) * step

    # setting up

    def programme(self, sheet: Sheet) -> a.Action:
        rng = self.rng
        if rng.random() < 0.2:
            return a.ProgrammeCreate("Programme 1")
        return a.ProgrammeUpdate(rng.choice(list(Clawback)), self.some(sheet, Currency, 0.5))

    def currency(self, sheet: Sheet, is_new: bool = False) -> a.Action:
        rng = self.rng
        number = self.to_change(sheet, Currency, is_new)
        rounding = rng.choice(list(Rounding))
        old = sheet.all(Currency).get(number)
        if old and rng.random() < 0.8:
            names = {asset_id: name for name, (asset_id, _) in self.comparison.accountant.assets.items()}
            asset = names.get(old.asset_id, "")
            return a.CurrencyPut(number, old.code, old.digits, rounding, asset, suffix_symbol="*")
        asset = rng.choice(("", "", "BTC", "USDT", "XXX" if self.is_open else ""))
        digits = rng.choice((0, 2, 3, 5, 8) if asset != "USDT" else (0, 1, 2, 6, 7))
        return a.CurrencyPut(number, f"C{rng.randint(1, 99)}", digits, rounding, asset)

    def currency_rate(self, sheet: Sheet, is_new: bool = False) -> a.Action:
        rng = self.rng
        number = self.to_change(sheet, CurrencyRate, is_new)
        old = sheet.all(CurrencyRate).get(number)
        if old and rng.random() < 0.8:
            to_us = rng.choice((0, self.comparison.time_us, old.from_us + rng.randint(0, 9) * DAY_US))
            return a.CurrencyRatePut(msgspec.structs.replace(old, to_us=to_us))
        one, other = self.number(sheet, Currency), self.number(sheet, Currency)
        return a.CurrencyRatePut(CurrencyRate(number, one, other, rng.choice(RATES_E9), *self.period()))

    def merchant(self, sheet: Sheet, is_new: bool = False) -> a.Action:
        rng = self.rng
        number = self.to_change(sheet, Merchant, is_new)
        old = sheet.all(Merchant).get(number)
        currency = self.number(sheet, Currency)
        if old and rng.random() < 0.8:
            currency = sheet.all(Receivable)[old.receivable].currency
        return a.MerchantPut(
            number,
            old.code if old and rng.random() < 0.7 else f"M{rng.randint(1, 99)}",
            b"sealed",
            currency,
            rng.choice((0, 4, 30)),
            rng.choice(GROUPS),
            rng.choice((0, *PPM)),
            rng.choice((0, 0, 70_000, 190_000, 333_333)),
            rng.random() > 0.1,
        )

    def unit(self, sheet: Sheet, is_new: bool = False) -> a.Action:
        rng = self.rng
        number = self.to_change(sheet, Unit, is_new)
        merchant = self.some(sheet, Merchant, 0.75)
        return a.UnitPut(Unit(number, f"U{rng.randint(1, 99)}", "Unit", merchant, rng.random() > 0.05))

    def participant(self, sheet: Sheet, is_new: bool = False) -> a.Action:
        rng = self.rng
        number = self.to_change(sheet, Participant, is_new)
        old = sheet.all(Participant).get(number)
        currency = old.currency if old and rng.random() < 0.8 else self.number(sheet, Currency)
        takes_users = sheet.all(Programme)[sheet.programme_id].is_fee_rebate
        user_id = rng.randint(1, len(USERS) + 1) if takes_users or rng.random() < 0.02 else 0
        if old and rng.random() < 0.8:
            user_id = old.user_id
        alternative = self.some(sheet, Currency, 0.5)
        code = old.code if old and rng.random() < 0.7 else f"P{rng.randint(1, 99)}"
        return a.ParticipantPut(number, code, b"", currency, alternative, user_id, rng.random() > 0.05)

    def scheme(self, sheet: Sheet, is_new: bool = False) -> a.Action:
        rng = self.rng
        number = self.to_change(sheet, Scheme, is_new)
        reward_days = rng.choice((0, 1, 3, 10))
        return a.SchemePut(Scheme(number, "Scheme", *self.period(), reward_days, rng.random() > 0.1))

    def offer(self, sheet: Sheet, is_new: bool = False) -> a.Action:
        rng = self.rng
        number = self.to_change(sheet, Offer, is_new)
        is_fixed = rng.random() < 0.3
        currency = self.number(sheet, Currency) if is_fixed or rng.random() < 0.3 else 0
        purchase_currency = self.some(sheet, Currency, 0.25)
        from_us, to_us = self.period()
        return a.OfferPut(
            Offer(
                number,
                self.number(sheet, Scheme),
                "Offer",
                0 if is_fixed else rng.choice(PPM) // rng.choice((1, 10)) or 1,
                max(1, self.units(sheet, currency, 500)) if is_fixed else 0,
                abs(self.units(sheet, currency, 5000)) if currency and not is_fixed else 0,
                currency,
                abs(self.units(sheet, purchase_currency, 5000)) if purchase_currency and rng.random() < 0.7 else 0,
                purchase_currency,
                self.some(sheet, Unit, 0.15),
                self.some(sheet, Merchant, 0.15),
                rng.choice(GROUPS) if rng.random() < 0.3 else "",
                from_us,
                to_us,
                rng.random() > 0.1,
            )
        )

    def rule(self, sheet: Sheet, is_new: bool = False) -> a.Action:
        rng = self.rng
        number = self.to_change(sheet, ContributionRule, is_new)
        return a.ContributionRulePut(
            ContributionRule(
                number,
                rng.choice((0, *PPM)),
                self.some(sheet, Offer, 0.4),
                self.some(sheet, Unit, 0.3),
                self.some(sheet, Merchant, 0.3),
                rng.choice(GROUPS) if rng.random() < 0.4 else "",
                *self.period(),
                rng.random() > 0.1,
            )
        )

    def operator(self, sheet: Sheet) -> a.Action:
        rng = self.rng
        number = rng.choice((0, 0, 1, 2))
        return a.OperatorPut(number, f"operator-{rng.randint(1, 4)}", rng.choice(list(Role)), rng.random() > 0.2)

    def webhook(self, sheet: Sheet) -> a.Action:
        return a.WebhookPut(self.rng.choice((0, 0, 1, 2)), "https://example.org/hook", EVENTS[: self.rng.randint(1, 3)])

    def mark(self, sheet: Sheet) -> a.Action:
        return a.WebhookMark(self.rng.randint(1, 2), self.rng.randint(0, self.comparison.house.next_seq - 1))

    def receivable(self, sheet: Sheet) -> a.Action:
        states = (ReceivableState.ACTIVE, ReceivableState.ACTIVE, ReceivableState.SUSPENDED)
        state = self.rng.choice(states) if self.rng.random() > 0.1 else ReceivableState.TERMINATED
        return a.ReceivablePut(self.number(sheet, Receivable), self.rng.choice((0, 4, 30)), state)

    # trading

    def purchase(self, sheet: Sheet) -> a.Action:
        rng = self.rng
        currency = self.number(sheet, Currency)
        ids = rng.sample("abcdef", rng.choice((1, 1, 2, 3, 5)))
        lines = tuple(Line(line_id, "1", "1", self.units(sheet, currency)) for line_id in ids)
        performed_us = max(1, self.comparison.time_us - rng.choice((0, 0, 1, DAY_US, 4 * DAY_US, 12 * DAY_US)))
        reference = f"R{rng.randint(1, 400)}" if rng.random() < 0.3 else ""
        unit, participant = self.number(sheet, Unit), self.number(sheet, Participant)
        return a.PurchaseCreate(unit, participant, performed_us, currency, lines, reference)

    def purchase_cancel(self, sheet: Sheet) -> a.Action:
        number = self.living(sheet, Purchase)
        purchase = sheet.all(Purchase).get(number)
        if purchase is None or self.rng.random() < 0.4:
            return a.PurchaseCancel(number)
        left = [line.line_id for line in purchase.lines if not line.is_reversed]
        if not left or self.rng.random() < 0.06:
            return a.PurchaseCancel(number, (self.rng.choice("abcdefz"),))
        return a.PurchaseCancel(number, tuple(self.rng.sample(left, self.rng.randint(1, len(left)))))

    def settlement(self, sheet: Sheet) -> a.Action:
        waiting = [number for number, purchase in sheet.all(Purchase).items() if not purchase.is_settled]
        if waiting and self.rng.random() < 0.8:
            return a.SettlementApply(self.rng.choice(waiting[-20:]))
        return a.SettlementApply(self.number(sheet, Purchase))

    def run_start(self, sheet: Sheet) -> a.Action:
        until_us = self.comparison.time_us - DAY_US if self.rng.random() < 0.3 else 0
        return a.SettlementRunStart(self.some(sheet, Merchant, 0.4), until_us)

    def run_step(self, sheet: Sheet) -> a.Action:
        going = [number for number, run in sheet.all(SettlementRun).items() if not run.ended_us]
        number = self.rng.choice(going) if going and self.rng.random() < 0.9 else self.number(sheet, SettlementRun)
        return a.SettlementRunStep(number, self.rng.choice((1, 2, 7, 64)))

    def invoice_cancel(self, sheet: Sheet) -> a.Action:
        return a.InvoiceCancel(self.living(sheet, Invoice))

    @staticmethod
    def owing(sheet: Sheet) -> list[int]:
        return sorted({invoice.receivable for invoice in sheet.all(Invoice).values() if invoice.unsettled_units})

    def payment(self, sheet: Sheet) -> a.Action:
        """Of all that is owed, more or less; mostly by those who owe."""
        rng = self.rng
        owing = self.owing(sheet)
        receivable = rng.choice(owing) if owing and rng.random() < 0.9 else self.number(sheet, Receivable)
        known = sheet.all(Receivable).get(receivable)
        units = self.units(sheet, known.currency if known else 1, 3_000)
        open_invoices = sheet.open_invoices(receivable)
        if open_invoices and rng.random() < 0.7:
            few = open_invoices[: rng.randint(1, 3)]
            units = sum(invoice.unsettled_units for invoice in few) + rng.choice((0, 0, units))
        invoice = rng.choice(open_invoices).number if open_invoices and rng.random() < 0.4 else 0
        if rng.random() < 0.05:
            invoice = self.number(sheet, Invoice)
        return a.PaymentCreate(receivable, units, invoice, rng.choice(("", "wire")))

    def payment_cancel(self, sheet: Sheet) -> a.Action:
        return a.PaymentCancel(self.living(sheet, Payment))

    def refund(self, sheet: Sheet) -> a.Action:
        rng = self.rng
        credits_left: list[Payment | CreditNote] = []
        for number in sheet.all(Receivable):
            credits_left += sheet.unallocated(number)
        if not credits_left or rng.random() < 0.1:
            receivable = self.number(sheet, Receivable)
            return a.PaymentRefund(receivable, self.units(sheet, 1))
        credit = rng.choice(credits_left)
        there = sum(one.unallocated_units for one in sheet.unallocated(credit.receivable))
        step = sheet.currency(credit.currency).step_units
        some = rng.randint(1, max(1, there // step)) * step
        return a.PaymentRefund(credit.receivable, rng.choice((there, some, there + step)), "back")

    def write_off(self, sheet: Sheet) -> a.Action:
        return a.WriteOffCreate(self.rng.choice([*self.owing(sheet), self.number(sheet, Receivable)]), "gone")

    def spend(self, sheet: Sheet) -> a.Action:
        rng = self.rng
        having = sorted({whose for whose, _ in sheet.lots})
        number = rng.choice(having) if having and rng.random() < 0.8 else self.number(sheet, Participant)
        participant = sheet.all(Participant).get(number)
        if participant is None:
            return a.SpendCreate(number, 1)
        there = sum(units for (whose, _), units in sheet.lots.items() if whose == number)
        step = sheet.currency(participant.currency).step_units
        some = rng.randint(1, max(1, there // step)) * step
        return a.SpendCreate(number, rng.choice((there, some, some, there + step)) or step, "till")

    def spend_cancel(self, sheet: Sheet) -> a.Action:
        return a.SpendCancel(self.living(sheet, Spend))


def flow(seed: int, commands: int) -> Comparison:
    """Whole programmes at random, house against accountant, with restarts, audits and the replay at the end."""
    comparison = Comparison()
    draws = Draws(seed, comparison)
    draws.open()
    for number in range(commands):
        draws.step()
        if number % 40 == seed % 40:
            comparison.restart()
        if number % 100 == 50:
            comparison.audit()
    comparison.audit()
    assert comparison.replayed() == comparison.house.state_hash()
    return comparison
