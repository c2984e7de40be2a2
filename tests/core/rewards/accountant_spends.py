"""Rewards that are redeemed, or not in time, in the naive accountant's hand."""

from __future__ import annotations

from msgspec.structs import replace

from fondaco.core.purposes import BREAKAGE, PARTICIPANT_DEBT, PARTICIPANT_REWARD, SPEND_PAYABLE
from fondaco.core.rejects import Reject
from fondaco.core.rewards import actions as a
from fondaco.core.rewards.entities import DocumentState, EntityKind, Expiry, Participant, Spend
from tests.core.rewards.accountant_open_items import HOUSE, check_amount
from tests.core.rewards.accountant_sheet import Refused, Sheet


def spend(sheet: Sheet, action: a.SpendCreate) -> None:
    participant = sheet.get(Participant, action.participant)
    check_amount(action.amount_units, sheet.currency(participant.currency))
    if not participant.effective:
        raise Refused(Reject.ENTITY_NOT_EFFECTIVE, EntityKind.PARTICIPANT, participant.number)
    debt = -sheet.reward(participant, PARTICIPANT_DEBT)
    there = max(0, sheet.reward(participant, PARTICIPANT_REWARD) - debt)
    if action.amount_units > there:
        raise Refused(Reject.REWARD_NOT_ENOUGH, there, action.amount_units)
    number = sheet.next_number(EntityKind.SPEND)
    lots = tuple(sheet.take_from_lots(participant.number, action.amount_units))
    reward = PARTICIPANT_REWARD, participant.number
    name = EntityKind.SPEND, number
    sheet.post(reward, (SPEND_PAYABLE, HOUSE), participant.currency, action.amount_units, name)
    sheet.put(
        Spend(
            number, action.reference, participant.number, participant.currency, sheet.time_us, action.amount_units, lots
        )
    )


def cancel_spend(sheet: Sheet, action: a.SpendCancel) -> None:
    spent = sheet.get(Spend, action.number)
    if spent.state != DocumentState.POSTED:
        raise Refused(Reject.NOT_POSTED, EntityKind.SPEND, action.number)
    for expires_us, units in spent.lots:
        sheet.add_to_lot(spent.participant, expires_us, units)
    reward = PARTICIPANT_REWARD, spent.participant
    name = EntityKind.SPEND, spent.number
    sheet.post((SPEND_PAYABLE, HOUSE), reward, spent.currency, spent.amount_units, name)
    sheet.put(replace(spent, state=DocumentState.CANCELLED))
    expire(sheet, spent.participant)


def expire(sheet: Sheet, participant: int) -> None:
    """What is left of lots whose time has come is the programme's again."""
    due = [lot for lot in sheet.lots if lot[0] == participant and 0 < lot[1] <= sheet.time_us]
    if not due:
        return
    units = sum(sheet.lots.pop(lot) for lot in due)
    currency = sheet.get(Participant, participant).currency
    number = sheet.next_number(EntityKind.EXPIRY)
    sheet.put(Expiry(number, participant, currency, sheet.time_us, units))
    document = EntityKind.EXPIRY, number
    sheet.post((PARTICIPANT_REWARD, participant), (BREAKAGE, HOUSE), currency, units, document)
