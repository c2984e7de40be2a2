"""Rewards that are spent, and rewards that expire.

What may be spent is the participant's balance less its debt. Of lots the one that expires first is used first, rewards
without an expiry last. A spend that is cancelled gives its lots back; what has expired meanwhile expires at once.
Source: rewards.notes.md, Entries.
"""

from __future__ import annotations

from msgspec.structs import replace

from fondaco.core.purposes import BREAKAGE, PARTICIPANT_DEBT, PARTICIPANT_REWARD, SPEND_PAYABLE
from fondaco.core.refusal import Refusal
from fondaco.core.rejects import Reject
from fondaco.core.rewards import actions as a
from fondaco.core.rewards import checks
from fondaco.core.rewards.checks import missing, not_effective, out_of_bounds, text, within
from fondaco.core.rewards.draft import Draft
from fondaco.core.rewards.entities import DocumentState, EntityKind, Expiry, Spend
from fondaco.core.rewards.money import AMOUNT_UNITS_MAX

NO_EXPIRY = 0


def create_spend(draft: Draft, action: a.SpendCreate) -> Refusal | None:
    books = draft.books
    participant = books.participants.get(action.participant)
    if participant is None:
        return missing(EntityKind.PARTICIPANT, action.participant)
    currency = books.currencies[participant.currency]
    refusal = within(action.amount_units, 1, AMOUNT_UNITS_MAX) or text(action.reference, checks.REFERENCE_LENGTH_MAX)
    if refusal is not None:
        return refusal
    if action.amount_units % currency.step_units:
        return out_of_bounds(currency.step_units, action.amount_units)
    if not participant.effective:
        return not_effective(EntityKind.PARTICIPANT, participant.number)
    expire_lots(draft, participant.number)
    account = (PARTICIPANT_REWARD, participant.number)
    debt_units = -draft.balance((PARTICIPANT_DEBT, participant.number), currency.number)
    available_units = max(draft.balance(account, currency.number) - debt_units, 0)
    if action.amount_units > available_units:
        return Reject.REWARD_NOT_ENOUGH, available_units, action.amount_units
    lots = take_from_lots(draft, participant.number, currency.number, action.amount_units)
    number = draft.next_number(EntityKind.SPEND)
    draft.post(action.amount_units, currency.number, account, (SPEND_PAYABLE, 0), EntityKind.SPEND, number)
    draft.put(
        Spend(
            number=number,
            reference=action.reference,
            participant=participant.number,
            currency=currency.number,
            spent_us=draft.time_us,
            amount_units=action.amount_units,
            lots=tuple(lots),
        )
    )
    return None


def cancel_spend(draft: Draft, action: a.SpendCancel) -> Refusal | None:
    spend = draft.books.spend(action.number)
    if spend is None:
        return missing(EntityKind.SPEND, action.number)
    if spend.state is not DocumentState.POSTED:
        return Reject.NOT_POSTED, EntityKind.SPEND, action.number
    account = (PARTICIPANT_REWARD, spend.participant)
    draft.post(spend.amount_units, spend.currency, (SPEND_PAYABLE, 0), account, EntityKind.SPEND, spend.number)
    for expires_us, units in spend.lots:
        if expires_us != NO_EXPIRY:
            draft.add_to_lot(spend.participant, expires_us, units)
    draft.put(replace(spend, state=DocumentState.CANCELLED))
    expire_lots(draft, spend.participant)
    return None


def expire_lots(draft: Draft, participant_number: int) -> None:
    """Let the lots of a participant expire whose time has come."""
    due = [(when, units) for when, units in draft.lots(participant_number) if when <= draft.time_us]
    if not due:
        return
    currency = draft.books.participants[participant_number].currency
    total_units = sum(units for _, units in due)
    number = draft.next_number(EntityKind.EXPIRY)
    account = (PARTICIPANT_REWARD, participant_number)
    draft.post(total_units, currency, account, (BREAKAGE, 0), EntityKind.EXPIRY, number)
    for expires_us, _ in due:
        draft.set_lot(participant_number, expires_us, 0)
    draft.put(Expiry(number, participant_number, currency, draft.time_us, total_units))


def take_from_lots(
    draft: Draft, participant_number: int, currency: int, units: int, first_expires_us: int | None = None
) -> list[tuple[int, int]]:
    """Take ``units``, which are there, out of a participant's rewards: (expires_us, units) of each lot used.

    ``first_expires_us`` names the lot to be used first, 0 the rewards without an expiry.
    """
    lots = draft.lots(participant_number)
    balance = draft.balance((PARTICIPANT_REWARD, participant_number), currency)
    lots.append((NO_EXPIRY, balance - sum(left for _, left in lots)))
    if first_expires_us is not None:
        lots.sort(key=lambda lot: lot[0] != first_expires_us)
    taken: list[tuple[int, int]] = []
    for expires_us, left in lots:
        used = min(left, units)
        if used:
            taken.append((expires_us, used))
            units -= used
            if expires_us != NO_EXPIRY:
                draft.set_lot(participant_number, expires_us, left - used)
    return taken
