"""All methods of the desk, by their paths. A test holds this table against docs/reference/rewards."""

from __future__ import annotations

from typing import Final

from fondaco.desks.rewards import (
    account_methods,
    authentication_methods,
    award_methods,
    bulk_methods,
    currency_methods,
    expiry_methods,
    invoice_methods,
    merchant_methods,
    operator_methods,
    participant_methods,
    payment_methods,
    purchase_methods,
    receivable_methods,
    receivable_state_methods,
    run_methods,
    settlement_methods,
    spend_methods,
    terms_methods,
    unit_methods,
    webhook_methods,
    write_off_methods,
)
from fondaco.desks.rewards.method import Method

_GROUPS: Final = (
    authentication_methods,
    operator_methods,
    currency_methods,
    merchant_methods,
    unit_methods,
    participant_methods,
    terms_methods,
    receivable_state_methods,
    purchase_methods,
    bulk_methods,
    settlement_methods,
    run_methods,
    award_methods,
    expiry_methods,
    spend_methods,
    invoice_methods,
    payment_methods,
    receivable_methods,
    write_off_methods,
    account_methods,
    webhook_methods,
)
METHODS: Final[dict[str, Method]] = {method.path: method for group in _GROUPS for method in group.METHODS}
