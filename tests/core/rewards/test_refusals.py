"""Every refusal of the rewards band that no other table meets, with its bound and its value."""

from __future__ import annotations

from fondaco.core import command_records
from fondaco.core import commands as c
from fondaco.core.commands import Sender
from fondaco.core.events import is_answer
from fondaco.core.house import House
from fondaco.core.rejects import Reject
from fondaco.core.rewards import actions as a
from fondaco.core.rewards.allocating import ALLOCATIONS_MAX
from fondaco.core.rewards.entities import (
    CurrencyRate,
    EntityKind,
    Line,
    Offer,
    Role,
    Rounding,
    Scheme,
    Unit,
)
from fondaco.core.rewards.money import AMOUNT_UNITS_MAX
from tests.core.rewards.accountant_money import DAY_US
from tests.core.rewards.comparison import START_US
from tests.core.rewards.desk_table import EUR, MERCHANT, PARTICIPANT, RECEIVABLE, UNIT, Desk

KEY = a.Idempotency(b"name of the key.", b"body, sixteen b.")
OTHER_BODY = a.Idempotency(KEY.name, b"another body....")


def test_what_is_not_there() -> None:
    desk = Desk()
    desk.do(a.SettlementApply(1), programme_id=2).is_refused(Reject.UNKNOWN_PROGRAMME, value=2)
    for action, kind, number in (
        (a.SettlementApply(7), EntityKind.PURCHASE, 7),
        (a.PurchaseCancel(7), EntityKind.PURCHASE, 7),
        (a.InvoiceCancel(7), EntityKind.INVOICE, 7),
        (a.PaymentCreate(7, 1), EntityKind.RECEIVABLE, 7),
        (a.PaymentCreate(RECEIVABLE, 1, 7), EntityKind.INVOICE, 7),
        (a.PaymentRefund(7, 1), EntityKind.RECEIVABLE, 7),
        (a.PaymentCancel(7), EntityKind.PAYMENT, 7),
        (a.WriteOffCreate(7), EntityKind.RECEIVABLE, 7),
        (a.SpendCreate(7, 1), EntityKind.PARTICIPANT, 7),
        (a.SpendCancel(7), EntityKind.SPEND, 7),
        (a.SettlementRunStart(7), EntityKind.MERCHANT, 7),
        (a.SettlementRunStep(7), EntityKind.SETTLEMENT_RUN, 7),
        (a.WebhookMark(7, 0), EntityKind.WEBHOOK, 7),
        (a.WebhookDelete(7), EntityKind.WEBHOOK, 7),
        (a.OfferPut(Offer(0, 7, "of no scheme", award_ppm=1)), EntityKind.SCHEME, 7),
        (a.ProgrammeUpdate(desk.comparison.house.rewards.programmes[1].programme.clawback, 7), EntityKind.CURRENCY, 7),
    ):
        desk.do(action).is_refused(Reject.ENTITY_NOT_FOUND, bound=kind, value=number)


def test_a_key_is_good_for_one_body_and_thirty_days() -> None:
    desk = Desk()
    first = desk.do(a.SpendCreate(PARTICIPANT, 1), key=KEY)
    first.is_refused(Reject.REWARD_NOT_ENOUGH, value=1)
    desk.buys("150")
    desk.do(a.SpendCreate(PARTICIPANT, 1), key=KEY).is_refused(Reject.REWARD_NOT_ENOUGH, value=1)
    desk.do(a.SpendCreate(PARTICIPANT, 2), key=OTHER_BODY).is_refused(Reject.IDEMPOTENCY_KEY_REUSED)
    desk.later(days=30, us=-1)
    desk.do(a.SpendCreate(PARTICIPANT, 1), key=KEY).is_refused(Reject.REWARD_NOT_ENOUGH, value=1)
    desk.later(us=1)
    spent = desk.do(a.SpendCreate(PARTICIPANT, 2), key=OTHER_BODY).is_fact()
    again = desk.do(a.SpendCreate(PARTICIPANT, 2), key=OTHER_BODY).is_fact()
    assert (spent.repeated, again.repeated, again.changed) == (False, True, spent.changed)
    desk.has(payable="0.02")


def test_names_are_taken_once() -> None:
    desk = Desk()
    desk.do(a.ProgrammeCreate("Rialto Rewards"), programme_id=0).is_refused(
        Reject.ENTITY_NAME_TAKEN, bound=EntityKind.PROGRAMME, value=1
    )
    desk.do(a.CurrencyPut(0, "EUR", 2, Rounding.UP)).is_refused(
        Reject.ENTITY_NAME_TAKEN, bound=EntityKind.CURRENCY, value=EUR
    )
    desk.do(a.UnitPut(Unit(0, "shop", "Shop"))).is_refused(Reject.ENTITY_NAME_TAKEN, bound=EntityKind.UNIT, value=UNIT)
    purchase = a.PurchaseCreate(UNIT, PARTICIPANT, START_US, EUR, (Line("a", "1", "1", 1),), "R-1")
    desk.do(purchase).is_fact()
    desk.do(purchase).is_refused(Reject.REFERENCE_TAKEN, value=1)


def test_what_documents_rest_on_stays() -> None:
    desk = Desk()
    desk.do(a.CurrencyPut(0, "USD", 2, Rounding.UP))
    desk.rate(EUR, 2, "1.1")
    for action, kind in (
        (a.CurrencyPut(1, "EUR", 3, Rounding.UP), EntityKind.CURRENCY),
        (a.CurrencyRatePut(CurrencyRate(1, EUR, 2, 1, 0)), EntityKind.CURRENCY_RATE),
        (a.MerchantPut(1, "mill", b"", 2), EntityKind.MERCHANT),
        (a.ParticipantPut(1, "georgia", b"", 2), EntityKind.PARTICIPANT),
    ):
        desk.do(action).is_refused(Reject.TERMS_FIXED, bound=kind, value=1)
    desk.do(a.CurrencyRatePut(CurrencyRate(1, EUR, 2, 1_100_000_000, 0, START_US))).is_fact()


def test_periods() -> None:
    desk = Desk()
    desk.do(a.CurrencyPut(0, "USD", 2, Rounding.UP))
    desk.rate(EUR, 2, "1", 10, 20).is_fact()
    desk.rate(EUR, 2, "1", 20).is_fact()
    desk.rate(EUR, 2, "1", 19, 20).is_refused(Reject.RATE_OVERLAP, bound=1, value=19)
    desk.rate(EUR, 2, "1", 0, 10).is_fact()
    desk.rate(2, EUR, "1").is_fact()
    desk.rate(EUR, EUR, "1").is_refused(Reject.CURRENCY_DIFFERS, bound=EUR, value=EUR)
    desk.do(a.SchemePut(Scheme(0, "Empty", 10, 10))).is_refused(Reject.PERIOD_EMPTY, bound=10, value=10)


def test_lines() -> None:
    desk = Desk()
    desk.buys("1", "2", "3")
    desk.cancels(1, "a", "z").is_refused(Reject.LINE_UNKNOWN, bound=3, value=1)
    desk.cancels(1, "b").is_fact()
    desk.cancels(1, "a", "b").is_refused(Reject.LINE_REVERSED, bound=1, value=1)
    desk.cancels(1, "c", "c").is_refused(Reject.LINE_REVERSED, bound=2, value=1)


def test_what_is_not_effective() -> None:
    desk = Desk()
    desk.do(a.UnitPut(Unit(1, "shop", "Shop", MERCHANT, effective=False)))
    desk.buys("1").is_refused(Reject.ENTITY_NOT_EFFECTIVE, bound=EntityKind.UNIT, value=UNIT)
    desk.do(a.UnitPut(Unit(1, "shop", "Shop", MERCHANT)))
    desk.do(a.ParticipantPut(1, "georgia", b"", EUR, effective=False))
    for answer in (desk.buys("1"), desk.spends("1")):
        answer.is_refused(Reject.ENTITY_NOT_EFFECTIVE, bound=EntityKind.PARTICIPANT, value=PARTICIPANT)
    desk.do(a.OperatorPut(0, "ann", Role.ADMIN, active=False))
    for operator in (1, 2):
        answer = desk.do(a.SettlementApply(1), operator=operator)
        answer.is_refused(Reject.ENTITY_NOT_EFFECTIVE, bound=EntityKind.OPERATOR, value=operator)


def test_bounds() -> None:
    desk = Desk()
    desk.buys("0").is_refused(Reject.VALUE_OUT_OF_BOUNDS, bound=1)
    desk.pays("0").is_refused(Reject.VALUE_OUT_OF_BOUNDS, bound=1)
    desk.spends("-0.01").is_refused(Reject.VALUE_OUT_OF_BOUNDS, bound=1, value=-1)
    hook = a.WebhookPut(0, "https://example.org", ("invoice.posted",))
    for _ in range(20):
        desk.do(hook).is_fact()
    said = desk.comparison.house_alone(hook)
    assert said == (Reject.TOO_MANY_ENTITIES, 20, 20)


def test_more_than_the_ledger_holds() -> None:
    """One document holds 10**17 units at most."""
    desk = Desk(award="1")
    desk.do(a.CurrencyPut(0, "USD", 2, Rounding.UP))
    desk.rate(2, EUR, "2")
    line = Line("a", "1", "1", AMOUNT_UNITS_MAX)
    said = desk.comparison.house_alone(a.PurchaseCreate(UNIT, PARTICIPANT, START_US, 2, (line,)))
    assert said == (Reject.AMOUNT_OVER_LEDGER, AMOUNT_UNITS_MAX, 2 * AMOUNT_UNITS_MAX)


def test_more_invoices_than_one_payment_settles() -> None:
    """The way out is to pay less at a time."""
    house = House()

    def send(*actions: a.Action) -> list[tuple[int, ...]]:
        records = [command_records.encode(Sender(), c.Rewards(1, 0, action)) for action in actions]
        return [row for row in house.apply(b"".join(records), START_US) if is_answer(row)]

    send(
        a.ProgrammeCreate("Many"),
        a.CurrencyPut(0, "EUR", 2, Rounding.UP),
        a.MerchantPut(0, "mill", b"", 1),
        a.UnitPut(Unit(0, "shop", "Shop", 1)),
        a.ParticipantPut(0, "georgia", b"", 1),
        a.SchemePut(Scheme(0, "Scheme")),
        a.OfferPut(Offer(0, 1, "All", award_ppm=1_000_000)),
    )
    send(*[a.PurchaseCreate(1, 1, START_US, 1, (Line("a", "1", "1", 1),))] * (ALLOCATIONS_MAX + 1))
    send(a.SettlementRunStart(), *[a.SettlementRunStep(1, 1_000)] * (ALLOCATIONS_MAX // 1_000 + 1))
    (row,) = send(a.PaymentCreate(1, ALLOCATIONS_MAX + 1))
    assert (Reject(row[2]), row[4], row[5]) == (Reject.TOO_MANY_ALLOCATIONS, ALLOCATIONS_MAX, ALLOCATIONS_MAX + 1)
    send(a.PaymentCreate(1, ALLOCATIONS_MAX), a.PaymentCreate(1, 1))
    books = house.rewards.programmes[1]
    assert books.count(EntityKind.PAYMENT) == 2
    assert not any(books.open_items(1).ageing(START_US + DAY_US))


def test_what_is_of_another_kind() -> None:
    desk = Desk()
    of_participant = RECEIVABLE + 1
    desk.do(a.PaymentCreate(of_participant, 1)).is_refused(
        Reject.NOT_A_MERCHANTS, bound=EntityKind.PARTICIPANT, value=of_participant
    )
    lines = (Line("a", "1", "1", 1),)
    bound_us = desk.comparison.time_us + DAY_US
    late = a.PurchaseCreate(UNIT, PARTICIPANT, bound_us + 1, EUR, lines)
    desk.do(late).is_refused(Reject.PERFORMED_LATER, bound=bound_us, value=bound_us + 1)
    desk.do(a.UnitPut(Unit(0, "bell\a", "Bell"))).is_refused(Reject.TEXT_NOT_PRINTABLE, bound=64, value=5)
    desk.do(a.ProgrammeCreate("Fees", is_fee_rebate=True), programme_id=0).is_fact()
    desk.do(a.PurchaseCreate(1, 1, START_US, 1, lines), programme_id=2).is_refused(Reject.FEES_ALONE, value=2)
    desk.do(a.CurrencyPut(0, "BTC", 8, Rounding.DOWN, asset="BTC"), programme_id=2).is_fact()
    desk.do(a.ParticipantPut(0, "ann", b"", 1, user_id=1), programme_id=2).is_fact()
    desk.do(a.ParticipantPut(0, "too", b"", 1, user_id=1), programme_id=2).is_refused(Reject.USER_REFERRED, value=1)
