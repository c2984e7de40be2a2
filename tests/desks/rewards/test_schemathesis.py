"""schemathesis over the OpenAPI page: every method of the desk on a real house, with data as the page allows and not.

Identifiers, codes and the token that the page allows are exchanged for real ones, since by chance none ever would be:
a body stays as right or wrong as it was. `FONDACO_TEST_COUNT` is how many bodies of each sort a method gets,
`FONDACO_TEST_SEED` another choice of them.
"""

from __future__ import annotations

import asyncio
import json
import os
import random
import urllib.request
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import msgspec
import pytest
import requests
import schemathesis
from hypothesis import HealthCheck, Phase, given, seed, settings
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.core.result import Ok
from schemathesis.specs.openapi import checks

from fondaco.core.purposes import PARTICIPANT_REWARD
from fondaco.core.rewards.checks import CURRENCY_CODE, USERNAME
from fondaco.desks.rewards.methods import METHODS
from fondaco.runtime.limits import Limits
from tests.desks.rewards.furnished import furnish_everything
from tests.desks.rewards.office import PASSWORD, PROGRAMME, Office, office_on

COUNT: Final = int(os.environ.get("FONDACO_TEST_COUNT", "5"))
SEED: Final = int(os.environ.get("FONDACO_TEST_SEED", "20240808"))
CHECKS: Final = (
    not_a_server_error,
    checks.status_code_conformance,
    checks.content_type_conformance,
    checks.response_headers_conformance,
    checks.response_schema_conformance,
)
#: Statuses of the desk that refuse a body, whatever is wrong with it.
REFUSED: Final = frozenset({400, 401, 403, 404})
PREFIX: Final = "/rewards/"
BULK: Final = "customer_events/bulk/purchases/create"
#: Nobody slows a test down, and no login is refused for coming too often.
WIDE: Final = Limits(
    history_wait_timeout_ms=60_000,
    requests_per_second_max=1_000_000,
    requests_burst_max=1_000_000,
    rewards_logins_per_minute_max=1_000_000,
)
#: What names a thing that is there, by the field that asks for it.
KNOWN: Final[dict[str, tuple[dict[str, str], ...]]] = {
    "customer_event_identifier": (*tuple({"number": str(n)} for n in range(1, 13)), {"reference_number": "R-7"}),
    "performed_by_unit_identifier": ({"code": "till-mercato"}, {"code": "stall"}, {"number": "U0000000002"}),
    "unit_identifier": ({"code": "till-mercato"}, {"code": "stall"}),
    "participant_identifier": ({"code": "georgia"}, {"number": "RP0000000002"}),
    "merchant_identifier": ({"code": "mercato"}, {"number": "M0000000002"}),
    "accounts_receivable_identifier": tuple({"number": f"ACR{n:010}"} for n in (1, 2, 3)),
    "invoice_identifier": tuple({"number": f"I{n:08}"} for n in (1, 3, 4)),
    "credit_note_identifier": ({"number": "CN00000001"}, {"number": "CN00000002"}),
    "payment_identifier": ({"number": "P00000001"}, {"number": "P00000002"}),
    "spend_identifier": ({"number": "1"},),
    "expiry_identifier": ({"number": "1"},),
    "write_off_identifier": ({"number": "1"},),
    "award_identifier": tuple({"number": str(n)} for n in (1, 2, 9)),
    "settlement_run_identifier": ({"number": "1"},),
    "scheme_identifier": ({"number": "1"},),
    "offer_identifier": ({"number": "1"}, {"number": "2"}),
    "contribution_rule_identifier": ({"number": "1"},),
    "currency_identifier": ({"code": "EUR"}, {"code": "DUCAT"}),
    "currency_rate_identifier": ({"number": "1"}, {"number": "3"}),
    "webhook_identifier": ({"number": "1"},),
}
CODES: Final = ("currency", "to_currency", "alternative_currency", "purchase_currency", "base_currency")
AMOUNTS: Final = ("amount", "total_amount", "award_amount", "award_amount_max", "purchase_amount_min", "rate")
WAYS: Final = frozenset({"id", "number", "reference_number", "code"})


def real(body: Any, token: str, chance: random.Random) -> Any:
    """The body with what it names by chance, but rightly, exchanged for what there is: at the top nearly always."""
    if isinstance(body, list):
        return [real(each, token, chance) for each in body]
    if isinstance(body, float) and body.is_integer() and abs(body) < 2**53:
        return int(body)  # an integer to JSON Schema; the desk takes those without a point
    if not isinstance(body, dict):
        return body
    return {name: _real(name, value, token, chance) for name, value in body.items()}


def _real(name: str, value: Any, token: str, chance: random.Random) -> Any:
    if chance.random() < 0.1:
        name = ""
    if name == "token" and isinstance(value, str) and 0 < len(value) <= 64:
        return token
    if name in KNOWN and isinstance(value, dict) and len(value) == 1 and value.keys() <= WAYS:
        return chance.choice(KNOWN[name]) if _is_short_text(*value.values()) else value
    if name in CODES and _is_short_text(value) and CURRENCY_CODE.fullmatch(value):
        return chance.choice(("EUR", "POINT", "DUCAT"))
    if name in AMOUNTS and isinstance(value, int | float) and 0 < value <= 1_000_000 and value is not True:
        return chance.choice((0.5, 1, 2, "3.00"))
    if name == "fields_set" and _is_short_text(value):
        return chance.choice(("id", "number", "token", "offset", "rewards_participant.id"))
    if name == "username" and _is_short_text(value) and USERNAME.fullmatch(value):
        return chance.choice(("spare", value))
    return real(value, token, chance)


def _is_short_text(value: Any) -> bool:
    return isinstance(value, str) and 0 < len(value) <= 16


class Campaign:
    """All methods of one house, one after another; ``met`` counts what was answered."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._http = requests.Session()
        self._http.trust_env = False
        self._chance = random.Random(SEED)
        self.met: Counter[tuple[str, str]] = Counter()
        self.obeyed: set[str] = set()

    def run(self) -> None:
        with (
            self._http,
            urllib.request.build_opener(urllib.request.ProxyHandler({})).open(f"{self._url}/docs/openapi.json") as page,
        ):
            schema = schemathesis.openapi.from_dict(json.load(page))
            schema.config.base_url = self._url
            for found in schema.include(path_regex=f"^{PREFIX}").get_all_operations():
                assert isinstance(found, Ok), found  # otherwise the page does not describe it
                for mode in (GenerationMode.POSITIVE, GenerationMode.NEGATIVE):
                    self._try(found.ok(), mode)

    def _try(self, operation: Any, mode: GenerationMode) -> None:
        path = operation.path.removeprefix(PREFIX)
        token = self._token()

        @seed(SEED)
        @settings(
            max_examples=COUNT,
            database=None,
            deadline=None,
            phases=[Phase.generate],  # the house has gone on when a body would be tried again
            suppress_health_check=list(HealthCheck),
        )
        @given(operation.as_strategy(generation_mode=mode))
        def answered_as_described(case: Any) -> None:
            case.body = real(case.body, token, self._chance)
            try:
                response = case.call(session=self._http, timeout=30)
                case.validate_response(response, checks=CHECKS)
                self._judge(path, case, mode, response)
            except BaseException as error:
                error.add_note(f"{mode} {path} {case.body!r}, seed {SEED}")
                raise

        answered_as_described()

    def _judge(self, path: str, case: Any, mode: GenerationMode, response: Any) -> None:
        if mode is GenerationMode.POSITIVE:
            METHODS[path].decoder.decode(response.request.body)  # what the page allows, the decoder takes
        if response.status_code == 200:
            is_refused = path == BULK and response.json()["data"].get("unprocessed")  # each row is judged for itself
            assert mode is GenerationMode.POSITIVE or is_refused, f"{path} took what its schema does not: {case.body!r}"
            self.obeyed.add(path)
            is_whole = not isinstance(case.body, dict) or "fields_set" not in case.body
            if is_whole and response.headers["content-type"][0] == "application/json":
                msgspec.convert(response.json()["data"], METHODS[path].answer, strict=False)  # nothing is left out
        elif mode is GenerationMode.NEGATIVE:
            assert response.status_code in REFUSED, (path, case.body, response.content)
        self.met[mode.value, response.json()["status"]["code"] if response.status_code != 200 else "OK"] += 1

    def _token(self) -> str:
        """A new one for every method: some end the one they come with."""
        login = {"username": "ada", "password": PASSWORD, "organisation": PROGRAMME}
        answer = self._http.post(f"{self._url}{PREFIX}authentication/token", json=login, timeout=30)
        token: str = answer.json()["data"]["token"]
        return token


@pytest.mark.timeout(600)
@pytest.mark.filterwarnings("ignore:Do not use the `random` module inside strategies")  # the house's thread does
async def test_every_method_answers_as_the_page_says(tmp_path: Path) -> None:
    async with office_on(tmp_path, WIDE, access_log=False) as office:
        await furnish_everything(office)
        campaign = Campaign(office.app.url)
        await asyncio.to_thread(campaign.run)
        print(dict(campaign.met), len(campaign.obeyed), "methods obeyed, not:", set(METHODS) - campaign.obeyed)
        assert not any(office.app.house.imbalances().values())
        assert min(_rewards_left(office)) >= 0
        assert (await office.asks("rita", "programmes/show")).status == 200
        assert campaign.met["positive", "OK"]
        assert campaign.met["negative", "INVALID_REQUEST"]


def _rewards_left(office: Office) -> Iterator[int]:
    for number, participant in office.books.participants.items():
        yield office.app.house.rewards.balance(1, PARTICIPANT_REWARD, number, participant.currency)
