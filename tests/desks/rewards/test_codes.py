"""A method lists the codes of whatever its command can be refused for, as whole programmes at random are refused."""

from __future__ import annotations

from typing import get_args

import pytest

from fondaco.core.rejects import Reject
from fondaco.core.rewards import actions as a
from fondaco.desks.rewards.methods import METHODS
from fondaco.desks.rewards.refusals import TABLE
from tests.core.rewards.draws import flow

#: The methods that send an action of the kind.
SENT_BY: dict[type[a.Action], tuple[str, ...]] = {
    a.ProgrammeUpdate: ("programmes/update",),
    a.CurrencyPut: ("currencies/create", "currencies/update"),
    a.CurrencyRatePut: ("currency_rates/create", "currency_rates/update"),
    a.MerchantPut: ("merchants/create", "merchants/update"),
    a.UnitPut: ("units/create", "units/update"),
    a.ParticipantPut: ("participants/create", "participants/update"),
    a.SchemePut: ("schemes/create", "schemes/update"),
    a.OfferPut: ("offers/create", "offers/update"),
    a.ContributionRulePut: ("contribution_rules/create", "contribution_rules/update"),
    a.OperatorPut: ("operators/create", "operators/update"),
    a.WebhookPut: ("webhooks/create", "webhooks/update"),
    a.WebhookMark: ("webhooks/replay",),
    a.WebhookDelete: ("webhooks/delete",),
    a.ReceivablePut: tuple(f"accounts_receivable/{verb}" for verb in ("suspend", "resume", "terminate")),
    a.PurchaseCreate: ("customer_events/purchases/create",),
    a.PurchaseCancel: ("customer_events/purchases/cancel",),
    a.SettlementApply: tuple(f"customer_events/purchases/{verb}_settlement" for verb in ("apply", "preview")),
    a.SettlementRunStart: ("customer_events/purchases/apply_settlements",),
    a.InvoiceCancel: ("invoices/cancel",),
    a.PaymentCreate: ("payments/create",),
    a.PaymentRefund: ("payments/refund",),
    a.PaymentCancel: ("payments/cancel",),
    a.WriteOffCreate: ("accounts_receivable/write_off",),
    a.SpendCreate: ("reward_transactions/spends/create",),
    a.SpendCancel: ("reward_transactions/spends/cancel",),
}
#: What the desk gives no occasion for: an update sends what is fixed as it is, a create names nothing that may be gone,
#: a preview has no key.
NEVER = {
    ("currencies/update", Reject.TERMS_FIXED),
    ("currency_rates/update", Reject.TERMS_FIXED),
    ("merchants/create", Reject.TERMS_FIXED),
    ("merchants/update", Reject.TERMS_FIXED),
    ("operators/create", Reject.ENTITY_NOT_FOUND),
    ("webhooks/create", Reject.ENTITY_NOT_FOUND),
    ("customer_events/purchases/preview_settlement", Reject.IDEMPOTENCY_KEY_REUSED),
}


@pytest.mark.parametrize("seed", range(1, 9))
def test_whatever_the_core_refuses_is_listed(seed: int) -> None:
    refused = [each for each in flow(seed, 400).refused if each[0] in SENT_BY]
    assert len(refused) > 15
    for action, reject in refused:
        for path in SENT_BY[action]:
            assert TABLE[reject][0] in METHODS[path].codes or (path, reject) in NEVER, (path, reject.name)


def test_every_action_has_its_methods() -> None:
    """But for a programme's beginning, which is a command of the shell, and a run's steps, which the house takes."""
    assert SENT_BY.keys() == {*get_args(a.Action)} - {a.ProgrammeCreate, a.SettlementRunStep}
