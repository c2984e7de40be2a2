"""Random programmes: the same seed draws the same commands, whatever the house says to them.

Few lines and short purses, so that parts round and things run out; most commands are sound, some name what is not
there, come twice, or ask for too much; time leaps over days and over what is remembered.
"""

from __future__ import annotations

from collections.abc import Callable

from fondaco.core.rewards import actions as a
from fondaco.core.rewards.entities import (
    Clawback,
    ContributionRule,
    CreditNote,
    Currency,
    Invoice,
    Line,
    Merchant,
    Offer,
    Participant,
    Payment,
    Purchase,
    Receivable,
    Scheme,
    SettlementRun,
    Spend,
    Unit,
)
from tests.core.rewards.accountant_money import DAY_US
from tests.core.rewards.accountant_sheet import Sheet
from tests.core.rewards.comparison import Comparison
from tests.core.rewards.draws_set_up import SetUpDraws


class Draws(SetUpDraws):
    """Sets programmes up and lets them live: commands of all kinds, leaps in time, the same again."""

    def __init__(self, seed: int, comparison: Comparison) -> None:
        super().__init__(seed, comparison)
        self.programmes = self.rng.randint(1, 2)
        self.said: list[tuple[a.Action, int, a.Idempotency]] = []
        self.keys = 0

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
                self.delete,
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

    # trading

    @staticmethod
    def moments(sheet: Sheet) -> list[int]:
        """When something begins or ends to be in force."""
        found: list[int] = []
        for rate in sheet.rates():
            found += (rate.from_us, rate.to_us)
        for scheme in sheet.all(Scheme).values():
            found += (scheme.from_us, scheme.to_us)
        for offer in sheet.all(Offer).values():
            found += (offer.from_us, offer.to_us)
        for rule in sheet.all(ContributionRule).values():
            found += (rule.from_us, rule.to_us)
        return [time_us for time_us in found if time_us]

    def purchase(self, sheet: Sheet) -> a.Action:
        rng = self.rng
        currency = self.number(sheet, Currency)
        ids = rng.sample("abcdef", rng.choice((1, 1, 2, 3, 5)))
        lines = tuple(Line(line_id, "1", "1", self.units(sheet, currency)) for line_id in ids)
        performed_us = max(1, self.comparison.time_us - rng.choice((0, 0, 1, DAY_US, 4 * DAY_US, 12 * DAY_US)))
        ends = self.moments(sheet)
        if ends and rng.random() < 0.1:
            performed_us = rng.choice(ends)
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
