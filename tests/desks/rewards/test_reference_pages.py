"""docs/reference/rewards: each method about documents has a section with all its fields and those of its answer."""

from __future__ import annotations

import re
from pathlib import Path

import msgspec
import pytest

from fondaco.desks.rewards import (
    account_methods,
    award_methods,
    bulk_methods,
    expiry_methods,
    invoice_methods,
    payment_methods,
    purchase_methods,
    receivable_methods,
    receivable_state_methods,
    run_methods,
    settlement_methods,
    spend_methods,
    write_off_methods,
)
from fondaco.desks.rewards.failure import Code
from fondaco.desks.rewards.method import Method
from fondaco.wire.rewards.base import Body

PAGES = Path(__file__).parents[3] / "docs" / "reference" / "rewards"
PAGE_OF: dict[str, tuple[Method, ...]] = {
    "purchases": (*purchase_methods.METHODS, *bulk_methods.METHODS),
    "settlement": settlement_methods.METHODS,
    "settlement-runs": run_methods.METHODS,
    "awards-and-spends": (*award_methods.METHODS, *expiry_methods.METHODS, *spend_methods.METHODS),
    "invoices-and-credit-notes": invoice_methods.METHODS,
    "payments": payment_methods.METHODS,
    "accounts": account_methods.METHODS,
    "accounts-receivable": (
        *receivable_methods.METHODS,
        *receivable_state_methods.METHODS,
        *write_off_methods.METHODS,
    ),
}
ALL = [(name, method) for name, methods in PAGE_OF.items() for method in methods]
COMMON = {field.encode_name for field in msgspec.structs.fields(Body)}


@pytest.mark.parametrize(("name", "method"), ALL, ids=[method.path for _, method in ALL])
def test_a_method_has_its_section_role_and_fields(name: str, method: Method) -> None:
    page = (PAGES / f"{name}.md").read_text()
    _, found, rest = page.partition(f"### {method.path}\n")
    section = re.split(r"^##", rest, maxsplit=1, flags=re.MULTILINE)[0]
    assert found, f"{method.path} is not on {name}.md"
    assert method.role is not None
    assert f"`{method.role.name}`" in section
    body = {field.encode_name for field in msgspec.structs.fields(method.body)} - COMMON
    if method.path.endswith("preview_settlement"):
        body = set()  # the same body as apply_settlement, the page says
    unsaid = sorted(field for field in body if f"`{field}`" not in section)
    unsaid += sorted(f.encode_name for f in msgspec.structs.fields(method.answer) if f"`{f.encode_name}`" not in page)
    said = {Code(each) for each in re.findall(r"`([A-Z_]+)`", section) if each in Code.__members__}
    assert said <= {Code.OK, *method.codes}, f"{name}.md says what {method.path} does not answer"
    assert unsaid == [], f"{name}.md does not say what {method.path} takes or answers: {unsaid}"
