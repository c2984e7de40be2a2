"""Currencies of a programme, and the assets of the ledger they stand on.

A currency stands on an asset of its own, which nobody outside the programme sees, or is an asset of the exchange: then
it may have fewer digits than that, and its amounts are multiples of a step.
"""

from __future__ import annotations

from typing import Final

from msgspec.structs import replace

from fondaco.core.instruments import ASSET_ID_MAX, SCALE_DIGITS_MAX, Asset
from fondaco.core.refusal import Refusal
from fondaco.core.register import Register
from fondaco.core.rejects import Reject
from fondaco.core.rewards import actions as a
from fondaco.core.rewards import checks
from fondaco.core.rewards.checks import missing, out_of_bounds, text, within
from fondaco.core.rewards.draft import Draft
from fondaco.core.rewards.entities import Currency, EntityKind

#: More would let one unit of a currency pass the largest amount of a document.
DIGITS_MAX: Final = 12


def put_currency(draft: Draft, action: a.CurrencyPut, register: Register) -> Refusal | None:
    """A new currency, or new names, rounding and effectiveness of one that is there."""
    refusal = _names(action)
    if refusal is not None:
        return refusal
    if action.number:
        old = draft.books.currencies.get(action.number)
        if old is None:
            return missing(EntityKind.CURRENCY, action.number)
        if (old.code, old.digits) != (action.code, action.digits):
            return Reject.TERMS_FIXED, EntityKind.CURRENCY, action.number
        draft.put(_named(old, action))
        return None
    return _create(draft, action, register)


def _create(draft: Draft, action: a.CurrencyPut, register: Register) -> Refusal | None:
    books = draft.books
    taken = books.currency_codes.get(action.code)
    if taken is not None:
        return Reject.ENTITY_NAME_TAKEN, EntityKind.CURRENCY, taken
    if len(books.currencies) >= checks.CURRENCIES_MAX:
        return Reject.TOO_MANY_ENTITIES, checks.CURRENCIES_MAX, len(books.currencies)
    if action.asset:
        asset_id = register.asset_ids.get(action.asset)
        if asset_id is None:
            return Reject.UNKNOWN_ASSET, 0, 0
        asset = register.assets[asset_id]
        for currency in books.currencies.values():
            if currency.asset_id == asset_id:
                return Reject.ENTITY_NAME_TAKEN, EntityKind.CURRENCY, currency.number
    else:
        asset_id = len(register.assets) + 1
        if asset_id > ASSET_ID_MAX:
            return Reject.TOO_MANY_ENTITIES, ASSET_ID_MAX, asset_id
        asset = Asset(asset_id, f"{books.programme.number}/{action.code}", action.digits)
    refusal = within(action.digits, 0, min(DIGITS_MAX, asset.scale_digits))
    if refusal is not None:
        return refusal
    if not action.asset:
        register.add_asset(asset)
    number = draft.next_number(EntityKind.CURRENCY)
    bare = Currency(number, action.code, action.digits, action.rounding, asset_id, asset.scale_digits)
    draft.put(_named(bare, action))
    return None


def _named(currency: Currency, action: a.CurrencyPut) -> Currency:
    return replace(
        currency,
        rounding=action.rounding,
        prefix_symbol=action.prefix_symbol,
        suffix_symbol=action.suffix_symbol,
        integer_part_name=action.integer_part_name,
        decimal_part_name=action.decimal_part_name,
        effective=action.effective,
    )


def _names(action: a.CurrencyPut) -> Refusal | None:
    if checks.CURRENCY_CODE.fullmatch(action.code) is None:
        return out_of_bounds(checks.SYMBOL_LENGTH_MAX, len(action.code))
    if not 0 <= action.digits <= SCALE_DIGITS_MAX:
        return out_of_bounds(SCALE_DIGITS_MAX, action.digits)
    for name in (action.prefix_symbol, action.suffix_symbol):
        refusal = text(name, checks.SYMBOL_LENGTH_MAX)
        if refusal is not None:
            return refusal
    return text(action.integer_part_name, checks.CODE_LENGTH_MAX) or text(
        action.decimal_part_name, checks.CODE_LENGTH_MAX
    )
