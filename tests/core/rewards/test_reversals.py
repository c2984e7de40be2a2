"""What comes back: parts to the last unit, credit notes, and rewards that were spent meanwhile, by each policy."""

from __future__ import annotations

from fondaco.core import command_records
from fondaco.core import commands as c
from fondaco.core.commands import Sender
from fondaco.core.rejects import Reject
from fondaco.core.rewards import actions as a
from fondaco.core.rewards.entities import Clawback, DocumentState, EntityKind, Line, Purchase, Rounding
from fondaco.core.rewards.facts import RewardsApplied
from tests.core.rewards.accountant_money import DAY_US
from tests.core.rewards.desk_table import EUR, PARTICIPANT, UNIT, Answer, Desk


def test_a_cancelled_purchase_takes_all_back() -> None:
    desk = Desk()
    desk.buys("150.00")
    answer = desk.cancels().posts("reward 1 | cost | 15")
    purchase = answer.one(Purchase)
    assert (purchase.state, purchase.awards[0].state) == (DocumentState.CANCELLED, DocumentState.CANCELLED)
    desk.has(reward="0", cost="0")
    desk.cancels().is_refused(Reject.NOT_POSTED, bound=EntityKind.PURCHASE, value=1)
    desk.settles().is_refused(Reject.NOT_POSTED, bound=EntityKind.PURCHASE, value=1)


def test_parts_add_up_to_the_whole() -> None:
    """A third of 0.10 is 0.03; two thirds are 0.07, so the second third is 0.04; the last is what is left."""
    desk = Desk(contribution="1")
    desk.buys("0.33", "0.33", "0.33")  # a tenth of 0.99 is 0.10
    desk.settles()
    for line, amount in (("c", "0.03"), ("a", "0.04"), ("b", "0.03")):
        desk.cancels(1, line).posts(f"""
            reward 1 | cost         | {amount}
            income   | receivable 1 | {amount}
        """)
    desk.invoices("1 | 0.1 | 0 | CANCELLED")
    desk.has(reward="0", receivable="0", income="0")


def test_tax_comes_back_by_the_same_parts() -> None:
    desk = Desk(contribution="1", tax="0.19")
    desk.buys("50", "100")
    desk.settles()  # 15 and 2.85
    desk.cancels(1, "a").posts("""
        reward 1 | cost         | 5
        income   | receivable 1 | 5
        tax      | receivable 1 | 0.95
    """)
    desk.invoices("1 | 17.85 | 11.9 | POSTED")
    desk.do(a.InvoiceCancel(1)).posts("""
        income | receivable 1 | 10
        tax    | receivable 1 | 1.9
    """)
    desk.invoices("1 | 17.85 | 0 | CANCELLED")
    desk.settles().is_refused(Reject.ALREADY_SETTLED, bound=1, value=1)
    desk.cancels().posts("reward 1 | cost | 10")  # nothing of the invoice is left to credit


def test_what_had_come_back_before_is_neither_invoiced_nor_credited() -> None:
    desk = Desk(contribution="1")
    desk.buys("50", "25", "75")
    desk.cancels(1, "a").posts("reward 1 | cost | 5")
    desk.settles().posts("receivable 1 | income | 10")
    desk.cancels(1, "b").posts("""
        reward 1 | cost         | 2.5
        income   | receivable 1 | 2.5
    """)
    desk.invoices("1 | 10 | 7.5 | POSTED")


def test_a_credit_note_of_a_paid_invoice_lies_on_the_receivable() -> None:
    desk = Desk()
    desk.buys("50", "100")
    desk.settles()
    desk.pays("11.25")
    desk.cancels(1, "a")
    desk.invoices("1 | 11.25 | 0 | POSTED")
    desk.has(receivable="3.75")
    desk.refunds("3.75").posts("receivable 1 | cash | 3.75")


def test_a_cancelled_payment_of_a_cancelled_invoice() -> None:
    """The invoice would be open again; the credit note that lay beside it settles it."""
    desk = Desk()
    desk.buys("150")
    desk.settles()
    desk.pays("11.25")
    desk.do(a.InvoiceCancel(1))
    desk.do(a.PaymentCancel(1))
    desk.invoices("1 | 11.25 | 0 | CANCELLED")
    desk.has(receivable="0")


def test_refuse() -> None:
    desk = Desk(clawback=Clawback.REFUSE)
    desk.buys("150")
    desk.spends("10").posts("reward 1 | payable | 10")
    desk.cancels().is_refused(Reject.CLAWBACK_REFUSED, bound=500, value=1_500)
    desk.do(a.SpendCancel(1)).posts("payable | reward 1 | 10")
    desk.do(a.SpendCancel(1)).is_refused(Reject.NOT_POSTED, bound=EntityKind.SPEND, value=1)
    desk.cancels().posts("reward 1 | cost | 15")


def test_allow_debt() -> None:
    desk = Desk(clawback=Clawback.ALLOW_DEBT)
    desk.buys("150")
    desk.spends("10")
    desk.cancels().posts("""
        reward 1 | cost | 5
        debt 1   | cost | 10
    """)
    desk.buys("120")
    desk.has(reward="12", debt="-10")
    desk.spends("2.01").is_refused(Reject.REWARD_NOT_ENOUGH, bound=200, value=201)
    desk.spends("2").is_fact()


def test_forgive() -> None:
    desk = Desk(clawback=Clawback.FORGIVE)
    desk.buys("150")
    desk.spends("10")
    desk.cancels().posts("""
        reward 1 | cost | 5
        loss     | cost | 10
    """)
    desk.has(reward="0", cost="0", loss="-10", payable="10")


def test_its_own_rewards_are_taken_before_others() -> None:
    """Of two purchases the later one is cancelled: what expires first stays."""
    desk = Desk(clawback=Clawback.FORGIVE, reward_days=10)
    desk.buys("100")
    desk.later(days=1)
    desk.buys("200")
    desk.spends("5")
    desk.cancels(2).posts("reward 1 | cost | 20")
    desk.later(days=9, us=-1)
    desk.buys("1")
    desk.has(breakage="0")
    desk.later(us=1)
    desk.buys("1")
    desk.has(breakage="5")


def test_rewards_that_expired_are_short_as_well() -> None:
    desk = Desk(clawback=Clawback.FORGIVE, reward_days=1)
    desk.buys("150")
    desk.later(days=1)
    desk.cancels().posts("loss | cost | 15")
    desk.has(breakage="15", loss="-15", reward="0", cost="0")


def test_what_has_expired_is_gone_in_the_same_batch() -> None:
    """An award that had expired before it was posted: its purchase is cancelled before time is looked at again."""
    desk = Desk(clawback=Clawback.FORGIVE, reward_days=1)
    house = desk.comparison.house
    bought = a.PurchaseCreate(UNIT, PARTICIPANT, desk.now_us - DAY_US, EUR, (Line("a", "1", "1", 15_000),))
    actions = (bought, a.PurchaseCancel(1))
    records = [command_records.encode(Sender(), c.Rewards(1, 0, action)) for action in actions]
    said = house.apply(b"".join(records), desk.now_us).facts[-1]
    assert isinstance(said, RewardsApplied)
    Answer(desk, said).posts("""
        reward 1 | breakage | 15
        loss     | cost     | 15
    """)


def test_a_spend_uses_what_expires_first_and_gives_it_back() -> None:
    desk = Desk(reward_days=2)
    desk.buys("100")
    desk.later(days=1)
    desk.buys("100")
    desk.spends("15")
    desk.later(days=1)  # of the first nothing is left to expire
    desk.buys("100")
    desk.has(breakage="0", reward="15")
    desk.do(a.SpendCancel(1)).posts("""
        payable  | reward 1 | 15
        reward 1 | breakage | 10
    """)
    desk.has(breakage="10", reward="20")


def test_a_currency_that_comes_to_round_down_gives_nothing_back_again() -> None:
    """0.01 of 0.02 was taken back, rounded up; two thirds rounded down are 0.01: no more, and no less."""
    desk = Desk(rounding=Rounding.UP, award="0.02")
    desk.buys("0.3", "0.3", "0.3")
    desk.has(reward="0.02")
    desk.cancels(1, "a").posts("reward 1 | cost | 0.01")
    desk.do(a.CurrencyPut(EUR, "EUR", 2, Rounding.DOWN))
    desk.cancels(1, "b").posts("")
    desk.cancels(1, "c").posts("reward 1 | cost | 0.01")
