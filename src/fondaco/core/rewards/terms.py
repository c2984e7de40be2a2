"""The terms under which a programme awards: schemes, their offers, and rules of the merchants' contribution.

Which offers count for a purchase is looked for among all effective ones (at most ``TERMS_MAX`` of a kind), about 0.3 µs
each. A rule is looked for by what it names, the most specific first: a rule that names the offer before one that does
not; then by unit before merchant before group before none; then the highest number.
Source: rewards.notes.md, Settlement.
"""

from __future__ import annotations

from typing import Final

from fondaco.core.rewards.entities import ContributionRule, Merchant, Offer, Scheme, Unit

TERMS_MAX: Final = 1_000

Term = Scheme | Offer | ContributionRule


class Terms:
    """Of one programme."""

    def __init__(self) -> None:
        self.schemes: dict[int, Scheme] = {}
        self.offers: dict[int, Offer] = {}
        self.rules: dict[int, ContributionRule] = {}
        self._rules_of: dict[tuple[int, int], list[ContributionRule]] | None = None

    def put(self, term: Term) -> None:
        match term:
            case Scheme():
                self.schemes[term.number] = term
            case Offer():
                self.offers[term.number] = term
            case ContributionRule():
                self.rules[term.number] = term
                self._rules_of = None

    def offers_at(self, unit: Unit, merchant: Merchant | None, performed_us: int) -> list[tuple[Offer, Scheme]]:
        """The offers in force for purchases of a unit at a time, by number, each with its scheme."""
        return [
            (offer, scheme)
            for offer in self.offers.values()
            if _is_in_force(offer, performed_us)
            and offer.unit in (0, unit.number)
            and _is_of(offer, merchant)
            and _is_in_force(scheme := self.schemes[offer.scheme], performed_us)
        ]

    def contribution_ppm(self, offer: Offer, unit: Unit, merchant: Merchant | None, performed_us: int) -> int:
        """The merchant's share of an award by an offer."""
        if merchant is None:
            return 0
        rules_of = self._rules_of
        if rules_of is None:
            rules_of = self._rules_of = _by_names(self.rules)
        best: ContributionRule | None = None
        for names in ((offer.number, unit.number), (offer.number, 0), (0, unit.number), (0, 0)):
            for rule in rules_of.get(names, ()):
                is_better = best is None or _rank(rule) > _rank(best)
                if is_better and _is_in_force(rule, performed_us) and _is_of(rule, merchant):
                    best = rule
        return merchant.contribution_ppm if best is None else best.contribution_ppm


def _by_names(rules: dict[int, ContributionRule]) -> dict[tuple[int, int], list[ContributionRule]]:
    by_names: dict[tuple[int, int], list[ContributionRule]] = {}
    for rule in rules.values():
        by_names.setdefault((rule.offer, rule.unit), []).append(rule)
    return by_names


def _rank(rule: ContributionRule) -> tuple[bool, int, int]:
    named = 3 if rule.unit else 2 if rule.merchant else 1 if rule.group else 0
    return rule.offer != 0, named, rule.number


def _is_in_force(term: Term, time_us: int) -> bool:
    return term.effective and term.from_us <= time_us and (not term.to_us or time_us < term.to_us)


def _is_of(term: Offer | ContributionRule, merchant: Merchant | None) -> bool:
    if term.merchant and (merchant is None or merchant.number != term.merchant):
        return False
    return not term.group or (merchant is not None and merchant.group == term.group)
