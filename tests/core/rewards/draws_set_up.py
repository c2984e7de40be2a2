"""Random terms of a programme: currencies, rates, merchants, offers and whatever else there is to set up.

What is drawn is rough on purpose: currencies without digits beside ones with eight, each way of rounding, rates with
gaps and odd fractions, short lives of rewards. Most is sound; some names what is not there or is taken.
"""

from __future__ import annotations

import random
from typing import Any

import msgspec

from fondaco.core.rewards import actions as a
from fondaco.core.rewards.entities import (
    Clawback,
    ContributionRule,
    Currency,
    CurrencyRate,
    DocumentState,
    Merchant,
    Offer,
    Participant,
    Programme,
    Receivable,
    ReceivableState,
    Role,
    Rounding,
    Scheme,
    Unit,
)
from tests.core.rewards.accountant_money import DAY_US
from tests.core.rewards.accountant_sheet import Sheet
from tests.core.rewards.comparison import USERS, Comparison

GROUPS = ("", "cafés", "kiosks")
EVENTS = ("invoice.posted", "award.posted", "settlement.applied")
PPM = (1, 333_333, 500_000, 666_667, 750_000, 1_000_000)
RATES_E9 = (1, 333_333_333, 999_999_999, 1_000_000_000, 1_086_956_522, 2_500_000_000, 150_000_000_000)


class SetUpDraws:
    """Draws for one programme after another of a comparison, knowing what the accountant has written down."""

    def __init__(self, seed: int, comparison: Comparison) -> None:
        self.rng = random.Random(seed)
        self.comparison = comparison
        self.is_open = False

    # of what there is

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

    def delete(self, sheet: Sheet) -> a.Action:
        return a.WebhookDelete(self.rng.randint(1, 3))

    def receivable(self, sheet: Sheet) -> a.Action:
        states = (ReceivableState.ACTIVE, ReceivableState.ACTIVE, ReceivableState.SUSPENDED)
        state = self.rng.choice(states) if self.rng.random() > 0.1 else ReceivableState.TERMINATED
        return a.ReceivablePut(self.number(sheet, Receivable), self.rng.choice((0, 4, 30)), state)
