"""Who paid what: allocation first in first out, credit that lies there, refunds, cancelled payments, write-offs."""

from __future__ import annotations

import pytest

from fondaco.core.rejects import Reject
from fondaco.core.rewards import actions as a
from fondaco.core.rewards.entities import CreditNote, EntityKind, Payment, ReceivableState, WriteOff
from tests.core.rewards.desk_table import EUR, MERCHANT, RECEIVABLE, Desk


@pytest.fixture
def desk() -> Desk:
    """Three invoices of 10, 20 and 30; the third is due before the others."""
    desk = Desk(contribution="1")
    for amount in ("100", "200"):
        desk.buys(amount)
    desk.settles(1)
    desk.settles(2)
    desk.do(a.MerchantPut(MERCHANT, "mill", b"", EUR, credit_days=1))
    desk.buys("300")
    desk.settles(3)
    return desk


def test_first_due_first_paid(desk: Desk) -> None:
    desk.pays("35").posts("cash | receivable 1 | 35")
    desk.invoices("""
        1 | 10 | 5  | POSTED
        2 | 20 | 20 | POSTED
        3 | 30 | 0  | POSTED
    """)
    desk.pays("30")
    desk.invoices("""
        1 | 10 | 0 | POSTED
        2 | 20 | 0 | POSTED
        3 | 30 | 0 | POSTED
    """)
    desk.has(receivable="5", cash="-65")


def test_what_it_was_meant_for_comes_first(desk: Desk) -> None:
    desk.pays("25", invoice=2)
    desk.invoices("""
        1 | 10 | 10 | POSTED
        2 | 20 | 0  | POSTED
        3 | 30 | 25 | POSTED
    """)


def test_a_new_invoice_takes_the_eldest_credit(desk: Desk) -> None:
    desk.pays("64")
    desk.do(a.InvoiceCancel(1)).posts("income | receivable 1 | 10")  # 4 and 10 lie there
    desk.buys("60")
    desk.settles(4)
    books = desk.comparison.house.rewards.programmes[1]
    payment, note = books.payment(1), books.credit_note(1)
    assert payment is not None
    assert note is not None
    assert (payment.unallocated_units, note.unallocated_units) == (0, 800)
    desk.invoices("""
        1 | 10 | 0 | CANCELLED
        2 | 20 | 0 | POSTED
        3 | 30 | 0 | POSTED
        4 | 6  | 0 | POSTED
    """)


def test_a_cancelled_payment_reopens_what_it_paid(desk: Desk) -> None:
    desk.pays("35")
    desk.pays("30")
    answer = desk.do(a.PaymentCancel(1)).posts("receivable 1 | cash | 35")
    assert answer.one(Payment).unallocated_units == 0
    desk.invoices("""
        1 | 10 | 5  | POSTED
        2 | 20 | 0  | POSTED
        3 | 30 | 30 | POSTED
    """)
    desk.do(a.PaymentCancel(1)).is_refused(Reject.NOT_POSTED, bound=EntityKind.PAYMENT, value=1)


def test_what_was_refunded_cannot_be_cancelled(desk: Desk) -> None:
    desk.pays("70")
    desk.refunds("10.01").is_refused(Reject.CREDIT_NOT_ENOUGH, bound=1_000, value=1_001)
    desk.refunds("4").posts("receivable 1 | cash | 4")
    desk.do(a.PaymentCancel(1)).is_refused(Reject.PAYMENT_REFUNDED, bound=400, value=7_000)
    desk.do(a.PaymentCancel(2)).is_refused(Reject.PAYMENT_REFUNDED, bound=400, value=400)
    desk.has(receivable="6", cash="-66")


def test_a_write_off_gives_up_what_is_owed(desk: Desk) -> None:
    """Of a debt of 50: what was paid too much for an invoice that was credited is used up first."""
    desk.pays("10", invoice=1)
    desk.do(a.InvoiceCancel(1))
    answer = desk.do(a.WriteOffCreate(RECEIVABLE, "gone")).posts("bad debt | receivable 1 | 40")
    assert answer.one(WriteOff).amount_units == 4_000
    desk.invoices("""
        1 | 10 | 0 | CANCELLED
        2 | 20 | 0 | POSTED
        3 | 30 | 0 | POSTED
    """)
    desk.do(a.WriteOffCreate(RECEIVABLE)).is_refused(Reject.NOTHING_OWED, value=RECEIVABLE)


def test_what_was_given_up_is_no_credit(desk: Desk) -> None:
    """Nobody gets money back that he never paid: a credit note on it takes it out of the bad debt again."""
    desk.pays("4", invoice=1)
    desk.do(a.WriteOffCreate(RECEIVABLE)).posts("bad debt | receivable 1 | 56")
    note = desk.do(a.InvoiceCancel(1)).posts("""
        income | receivable 1 | 10
        receivable 1 | bad debt | 6
    """)
    assert note.one(CreditNote).unallocated_units == 400
    desk.refunds("4.01").is_refused(Reject.CREDIT_NOT_ENOUGH, bound=400, value=401)
    desk.refunds("4")
    desk.has(receivable="0", cash="0")


def test_the_end_of_a_receivable(desk: Desk) -> None:
    terminate = a.ReceivablePut(RECEIVABLE, 4, ReceivableState.TERMINATED)
    desk.do(terminate).is_refused(Reject.RECEIVABLE_NOT_EMPTY, bound=6_000)
    desk.pays("70")
    desk.do(terminate).is_refused(Reject.RECEIVABLE_NOT_EMPTY, value=1_000)
    desk.refunds("10")
    desk.do(terminate).is_fact()
    desk.do(a.ReceivablePut(RECEIVABLE, 4, ReceivableState.ACTIVE)).is_refused(Reject.RECEIVABLE_TERMINATED, value=1)
    desk.buys("10")
    desk.settles(4).is_refused(Reject.RECEIVABLE_TERMINATED, value=RECEIVABLE)
    desk.pays("1").is_refused(Reject.RECEIVABLE_TERMINATED, value=RECEIVABLE)


def test_a_suspended_receivable_is_paid_but_gets_no_invoice(desk: Desk) -> None:
    desk.do(a.ReceivablePut(RECEIVABLE, 4, ReceivableState.SUSPENDED))
    desk.buys("10")
    desk.settles(4).is_refused(Reject.RECEIVABLE_SUSPENDED, value=RECEIVABLE)
    desk.pays("60").is_fact()
    desk.do(a.ReceivablePut(RECEIVABLE, 4, ReceivableState.ACTIVE))
    desk.settles(4).posts("receivable 1 | income | 1")
