"""Awards and their settlement, by hand: the document's sample, rounding, rates at their ends, who pays how much."""

from __future__ import annotations

import pytest

from fondaco.core.rejects import Reject
from fondaco.core.rewards import actions as a
from fondaco.core.rewards import facts as e
from fondaco.core.rewards.entities import (
    Clawback,
    Invoice,
    Merchant,
    Offer,
    Programme,
    Purchase,
    Rounding,
    Scheme,
    Unit,
)
from tests.core.rewards.accountant_money import DAY_US
from tests.core.rewards.comparison import START_US, Comparison
from tests.core.rewards.desk_table import EUR, MERCHANT, UNIT, Desk


def test_a_programme_is_a_fact() -> None:
    said = Comparison().do(a.ProgrammeCreate("Rialto", Clawback.FORGIVE), 0)
    programme = Programme(1, "Rialto", Clawback.FORGIVE)
    assert said == e.RewardsApplied(1, "programme_create", 0, START_US, (programme,))


def test_the_sample_of_the_document() -> None:
    """150.00 bought, 15 awarded, 75 % of it invoiced, due four days later."""
    desk = Desk()
    desk.buys("150.00").posts("cost | reward 1 | 15")
    answer = desk.settles().posts("receivable 1 | income | 11.25")
    invoice, purchase = answer.one(Invoice), answer.one(Purchase)
    assert (invoice.issued_us, invoice.due_us) == (desk.now_us, desk.now_us + 4 * DAY_US)
    assert (desk.text(purchase.awarded_units), desk.text(purchase.contribution_units)) == ("15", "11.25")
    assert [desk.text(award.contribution_units) for award in purchase.awards] == ["11.25"]
    desk.invoices("1 | 11.25 | 11.25 | POSTED")
    desk.settles().is_refused(Reject.ALREADY_SETTLED, bound=1, value=1)
    desk.has(reward="15", cost="-15", receivable="-11.25", income="11.25")


@pytest.mark.parametrize(
    ("rounding", "digits", "bought", "awarded"),
    [
        (Rounding.HALF_UP, 2, "0.05", "0.01"),  # a tenth: half a cent
        (Rounding.HALF_UP, 2, "0.04", "0"),
        (Rounding.UP, 2, "0.01", "0.01"),
        (Rounding.UP, 2, "0.10", "0.01"),
        (Rounding.DOWN, 2, "0.19", "0.01"),
        (Rounding.DOWN, 2, "0.09", "0"),
        (Rounding.HALF_UP, 0, "15", "2"),
        (Rounding.HALF_UP, 0, "14", "1"),
        (Rounding.DOWN, 0, "19", "1"),
        (Rounding.UP, 8, "0.00000001", "0.00000001"),
    ],
)
def test_an_award_is_rounded_once(rounding: Rounding, digits: int, bought: str, awarded: str) -> None:
    """What comes to nothing is not awarded at all."""
    desk = Desk(rounding=rounding, digits=digits)
    assert desk.awards(desk.buys(bought)) == ([] if awarded == "0" else [awarded])
    desk.has(reward=awarded)


def test_the_total_is_the_sum_of_rounded_rows() -> None:
    """Two awards of 0.01 at half a contribution: each row rounds up, so the merchant pays 0.02, not 0.01."""
    desk = Desk(contribution="0.5")
    desk.do(a.OfferPut(Offer(0, 1, "Another", award_ppm=100_000)))
    assert desk.awards(desk.buys("0.10")) == ["0.01", "0.01"]
    desk.settles().posts("receivable 1 | income | 0.02")


def test_tax_is_on_the_net_and_apart() -> None:
    desk = Desk(tax="0.19")
    desk.buys("150.00")
    desk.settles().posts("""
        receivable 1 | income | 11.25
        receivable 1 | tax    | 2.14
    """)  # 19 % of 11.25 are 2.1375
    desk.invoices("1 | 13.39 | 13.39 | POSTED")


def test_a_rate_begins_at_its_first_moment_and_ends_before_its_last() -> None:
    desk = Desk()
    desk.do(a.CurrencyPut(0, "USD", 2, Rounding.HALF_UP))
    desk.rate(2, EUR, "0.5", START_US - 10, START_US - 5)
    desk.rate(2, EUR, "2", START_US - 5, START_US)
    for at_us, awarded in ((START_US - 10, "5"), (START_US - 6, "5"), (START_US - 5, "20"), (START_US - 1, "20")):
        assert desk.awards(desk.buys("100", currency=2, at_us=at_us)) == [awarded]
    for at_us in (START_US - 11, START_US):
        desk.buys("100", currency=2, at_us=at_us).is_refused(Reject.NO_RATE, bound=2, value=EUR)


def test_a_rate_is_for_one_direction() -> None:
    desk = Desk()
    desk.do(a.CurrencyPut(0, "USD", 2, Rounding.HALF_UP))
    desk.rate(EUR, 2, "2")
    desk.buys("100", currency=2).is_refused(Reject.NO_RATE, bound=2, value=EUR)


def test_a_fixed_award_needs_no_rate() -> None:
    desk = Desk(award="0")
    desk.do(a.CurrencyPut(0, "USD", 2, Rounding.HALF_UP))
    desk.do(a.OfferPut(Offer(0, 1, "Three", award_units=300, currency=EUR)))
    desk.do(a.OfferPut(Offer(0, 1, "Large", award_ppm=1, purchase_units_min=10_001, purchase_currency=2)))
    assert desk.awards(desk.buys("100", currency=2)) == ["3"]


def test_the_rate_of_an_invoice_is_that_of_its_issue() -> None:
    """The award is in the participant's EUR, the merchant's receivable in USD."""
    desk = Desk()
    desk.do(a.CurrencyPut(0, "USD", 2, Rounding.HALF_UP))
    desk.do(a.MerchantPut(0, "other", b"", 2, contribution_ppm=750_000))
    desk.do(a.UnitPut(Unit(0, "stall", "Stall", 2)))
    desk.rate(EUR, 2, "1.1", START_US, START_US + DAY_US)
    desk.rate(EUR, 2, "1.3", START_US + DAY_US)
    desk.buys("150.00", unit=2)
    desk.later(days=1)
    answer = desk.settles().posts("receivable 3 | income | 14.63")  # 11.25 × 1.3 = 14.625
    assert answer.one(Invoice).rate == 2
    assert desk.text(answer.one(Purchase).awarded_units) == "19.5"


def test_without_a_merchant_nothing_is_invoiced() -> None:
    desk = Desk()
    desk.do(a.UnitPut(Unit(0, "fair", "Fair")))
    assert desk.awards(desk.buys("150.00", unit=2)) == ["15"]
    answer = desk.settles().posts("")
    purchase = answer.one(Purchase)
    assert (purchase.is_settled, purchase.invoice, purchase.contribution_units) == (True, 0, 0)
    assert desk.text(purchase.awarded_units) == "15"


def test_a_merchant_who_is_not_effective_awards_nothing() -> None:
    desk = Desk()
    desk.do(a.MerchantPut(MERCHANT, "mill", b"", EUR, credit_days=4, effective=False))
    assert desk.awards(desk.buys("150.00")) == []


@pytest.mark.parametrize(
    ("offer", "bought", "awarded"),
    [
        (Offer(0, 1, "capped", award_ppm=100_000, award_units_max=1_200, currency=EUR), "150", ["12"]),
        (Offer(0, 1, "capped", award_ppm=100_000, award_units_max=1_200, currency=EUR), "120", ["12"]),
        (Offer(0, 1, "capped", award_ppm=100_000, award_units_max=1_200, currency=EUR), "110", ["11"]),
        (Offer(0, 1, "large", award_ppm=100_000, purchase_units_min=15_000, purchase_currency=EUR), "150", ["15"]),
        (Offer(0, 1, "large", award_ppm=100_000, purchase_units_min=15_001, purchase_currency=EUR), "150", []),
        (Offer(0, 1, "fixed", award_units=700, currency=EUR), "150", ["7"]),
        (Offer(0, 1, "fixed for others", award_units=700, currency=2), "150", []),
        (Offer(0, 1, "of a group", award_ppm=100_000, group="mills"), "150", ["15"]),
        (Offer(0, 1, "of another group", award_ppm=100_000, group="cafés"), "150", []),
        (Offer(0, 1, "of the merchant", award_ppm=100_000, merchant=MERCHANT), "150", ["15"]),
        (Offer(0, 1, "of another unit", award_ppm=100_000, unit=2), "150", []),
        (Offer(0, 1, "begins now", award_ppm=100_000, from_us=START_US), "150", ["15"]),
        (Offer(0, 1, "begins later", award_ppm=100_000, from_us=START_US + 1), "150", []),
        (Offer(0, 1, "ends now", award_ppm=100_000, to_us=START_US), "150", []),
        (Offer(0, 1, "not effective", award_ppm=100_000, effective=False), "150", []),
        (Offer(0, 2, "of a scheme that ended", award_ppm=100_000), "150", []),
    ],
    ids=lambda value: value.name if isinstance(value, Offer) else None,
)
def test_an_offer(offer: Offer, bought: str, awarded: list[str]) -> None:
    desk = Desk(award="0")
    desk.do(a.CurrencyPut(0, "USD", 2, Rounding.HALF_UP))
    desk.do(a.UnitPut(Unit(0, "stall", "Stall", MERCHANT)))
    desk.do(a.SchemePut(Scheme(0, "Past", to_us=START_US)))
    desk.do(a.OfferPut(offer)).is_fact()
    assert desk.awards(desk.buys(bought)) == awarded


@pytest.mark.parametrize(
    ("rules", "contribution"),
    [
        ([], "15"),  # 100 % of the award by default
        ([("0.1", {})], "1.5"),
        ([("0.1", {}), ("0.2", {})], "3"),  # the newest of two alike
        ([("0.3", {"group": "mills"}), ("0.1", {})], "4.5"),
        ([("0.3", {"group": "cafés"}), ("0.1", {})], "1.5"),
        ([("0.4", {"merchant": MERCHANT}), ("0.3", {"group": "mills"})], "6"),
        ([("0.5", {"unit": UNIT}), ("0.4", {"merchant": MERCHANT}), ("0.3", {"group": "mills"})], "7.5"),
        ([("0.6", {"offer": 1}), ("0.5", {"unit": UNIT, "merchant": MERCHANT, "group": "mills"})], "9"),
        ([("0.7", {"offer": 1, "group": "mills"}), ("0.6", {"offer": 1}), ("0.5", {"unit": UNIT})], "10.5"),
        ([("0.1", {"to_us": START_US}), ("0.2", {"from_us": START_US + 1}), ("0.3", {"effective": False})], "15"),
    ],
)
def test_the_most_specific_rule_says_who_pays(rules: list[tuple[str, dict[str, int | str]]], contribution: str) -> None:
    desk = Desk(contribution="1")
    for share, names in rules:
        desk.rule(share, **names).is_fact()
    desk.buys("150.00")
    desk.settles().posts(f"receivable 1 | income | {contribution}")


def test_the_percentage_is_frozen_at_posting() -> None:
    desk = Desk()
    desk.buys("150.00")
    desk.rule("0.1")
    desk.do(a.MerchantPut(MERCHANT, "mill", b"", EUR, credit_days=4, contribution_ppm=1)).one(Merchant)
    desk.settles().posts("receivable 1 | income | 11.25")


def test_an_alternative_amount() -> None:
    """150 % of an award in points, where there is a rate, and nothing where there is none."""
    desk = Desk()
    desk.do(a.CurrencyPut(0, "PTS", 0, Rounding.DOWN))
    desk.do(a.ParticipantPut(1, "georgia", b"", EUR, alternative_currency=2))
    desk.rate(EUR, 2, "1.5", START_US, START_US + 1)
    assert [award.alternative_units for award in desk.buys("150.00").one(Purchase).awards] == [22]
    desk.later(us=1)
    assert [award.alternative_units for award in desk.buys("150.00").one(Purchase).awards] == [0]


def test_a_currency_of_fewer_digits_than_its_asset() -> None:
    """Two digits on an asset of six: amounts are multiples of 0.01, and so is what is awarded."""
    desk = Desk(award="0.1")
    desk.do(a.CurrencyPut(0, "USDT", 2, Rounding.UP, asset="USDT"))
    desk.do(a.ParticipantPut(0, "nikos", b"", 2))
    assert desk.awards(desk.buys("1.01", currency=2, participant=2)) == ["0.11"]
    desk.buys("1.001", currency=2, participant=2).is_refused(Reject.VALUE_OUT_OF_BOUNDS, bound=10_000, value=1_001_000)


def test_a_run_settles_all_there_is() -> None:
    desk = Desk()
    for amount in ("100", "200", "300", "400"):
        desk.buys(amount)
    desk.settles(2)
    desk.cancels(3)
    desk.do(a.SettlementRunStart())
    desk.buys("500")  # too late for this run
    desk.do(a.SettlementRunStep(1, 1)).posts("receivable 1 | income | 7.5")
    desk.do(a.SettlementRunStep(1)).posts("receivable 1 | income | 30")
    desk.do(a.SettlementRunStep(1)).is_refused(Reject.RUN_ENDED, value=1)


def test_a_run_says_what_it_could_not_settle() -> None:
    desk = Desk()
    desk.do(a.CurrencyPut(0, "USD", 2, Rounding.HALF_UP))
    desk.do(a.MerchantPut(0, "other", b"", 2))
    desk.do(a.UnitPut(Unit(0, "stall", "Stall", 2)))
    desk.buys("100", unit=2)  # there is no rate from EUR to USD
    desk.buys("200")
    desk.do(a.SettlementRunStart())
    answer = desk.do(a.SettlementRunStep(1)).posts("receivable 1 | income | 15")
    (row,) = answer.is_fact().refused
    assert (row.purchase, row.reject, row.bound, row.value) == (1, Reject.NO_RATE, EUR, 2)
