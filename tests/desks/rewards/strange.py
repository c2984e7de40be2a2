"""What strangers and clumsy clients send the rewards desk, all drawn from one seed.

broken      bodies that no method may take: no JSON, no object, nested without end, bytes that are no text
clumsy      bodies that are almost right: a good one of some method with something in it changed
keys        Idempotency-Keys as bytes, of which some are none
noise       bytes for the door: half a request, wrong lengths, wrong verbs, headers without end
"""

from __future__ import annotations

import json
import random
from typing import Any, Final

from tests.desks.rewards.furnished import COMPANY, PERSON, RECEIVABLE, purchase
from tests.simulation.nonsense import STRANGE, WORDS, Nonsense

TOKEN: Final = "$token"
MIB: Final = 1_000_000
#: A good body of every method that changes something, and of some that read.
GOOD: Final[tuple[tuple[str, dict[str, Any]], ...]] = (
    ("customer_events/purchases/create", purchase(700)),
    ("customer_events/purchases/cancel", {"customer_event_identifier": {"number": "3"}, "lines": [{"line_id": "1"}]}),
    ("customer_events/purchases/show", {"customer_event_identifier": {"number": "3"}, "fields_set": "number,lines"}),
    ("customer_events/purchases/list", {"is_settled": True, "performed_from": "2016-09-28T12:00:00", "offset": 3}),
    ("customer_events/purchases/apply_settlement", {"customer_event_identifier": {"reference_number": "R-9"}}),
    ("customer_events/purchases/preview_settlement", {"customer_event_identifier": {"number": "8"}}),
    ("customer_events/bulk/purchases/create", {"purchases": [{**purchase(701), "request_id": "r"}]}),
    ("customer_events/purchases/apply_settlements", {"merchant_identifier": {"code": "mercato"}}),
    ("settlement_runs/rows", {"settlement_run_identifier": {"number": "1"}, "after": "4", "only_refused": True}),
    ("reward_transactions/awards/list", {"customer_event_identifier": {"number": "3"}, "life_cycle_state": "POSTED"}),
    ("reward_transactions/spends/create", {"participant_identifier": {"code": "georgia"}, "amount": "0.01"}),
    ("invoices/list", {"is_open": True, "due_to": "2030-01-01T00:00:00", "number_of_results": 5}),
    ("invoices/cancel", {"invoice_identifier": {"number": "I00000003"}}),
    ("payments/create", {"accounts_receivable_identifier": RECEIVABLE, "amount": 0.01, "reference_number": "x"}),
    ("payments/refund", {"accounts_receivable_identifier": RECEIVABLE, "amount": "0.01"}),
    ("accounts_receivable/statement", {"accounts_receivable_identifier": RECEIVABLE, "format": "csv"}),
    ("accounts_receivable/ageing", {"accounts_receivable_identifier": RECEIVABLE}),
    ("accounts_receivable/write_off", {"accounts_receivable_identifier": RECEIVABLE, "reason": "lost"}),
    ("write_offs/list", {"accounts_receivable_identifier": RECEIVABLE, "written_off_to": "2030-01-01T00:00:00"}),
    ("reward_transactions/expiries/list", {"participant_identifier": {"code": "georgia"}, "offset": 0}),
    ("merchants/create", {"contact_information": COMPANY, "currency": "EUR", "credit_days": 4}),
    ("participants/update", {"participant_identifier": {"code": "georgia"}, "contact_information": PERSON}),
    ("currencies/create", {"code": "LIRA", "digits": 2, "rounding": "UP"}),
    (
        "currency_rates/create",
        {"currency": "EUR", "to_currency": "DUCAT", "rate": 2, "from_date": "1990-01-01T00:00:00"},
    ),
    ("schemes/update", {"scheme_identifier": {"number": "1"}, "to_date": None, "reward_days": 5}),
    ("offers/create", {"scheme_identifier": {"number": "1"}, "name": "x", "award_percentage": "0.0001"}),
    ("contribution_rules/update", {"contribution_rule_identifier": {"number": "1"}, "contribution_percentage": 3}),
    ("units/update", {"unit_identifier": {"code": "stall"}, "merchant_identifier": None}),
    ("operators/create", {"username": "eve", "password": "eve's password", "role": "READ"}),
    ("webhooks/update", {"webhook_identifier": {"number": "1"}, "events": ["award.posted"]}),
    ("programmes/update", {"clawback": "FORGIVE", "base_currency": "EUR"}),
)
FIELDS_SETS: Final = (
    *("", ",", ".", "id,,number", "id.", ".id", "id.id", "*", "number" + ",number" * 580, "a" * 4_096, "a." * 2_048),
    *("lines.line_id,lines", "lines.line_id.x", "__class__", "currency.__dict__", "id\0", "ID", " id", "é", "a,b,c"),
)
_BROKEN: Final = (
    *(each.encode(errors="surrogatepass") for each in STRANGE),
    *(b"\xff", b"\xff\xfe{\0}\0", b'{"token":"\xff"}', b'{"token":"\xed\xa0\x80"}', b'{"\xff":1}', b"{'token':1}"),
    *(b"[" * MIB, b'{"a":' * (MIB // 5), b'"' * MIB, b'"' + b"\\" * MIB, b"," * MIB, b",]" * (MIB // 2), b" " * MIB),
    *(b"1" * MIB, b'{"token":"' + b"x" * MIB + b'"}', b'{"token":' + b"9" * MIB + b"}", b"{}" + b"\n" * MIB + b"x"),
    *(b'{"token":1,"token":"x","nonsense":2}', b'{"token":"x"}{"token":"x"}', b'{"token":"x",}', b"[{}]", b"NaN"),
    *(b'{"nonsense":' + b"[" * 200_000 + b"]" * 200_000 + b"}", b'{"nonsense":NaN}', b'{"token":null}', b"\0" * 1_000),
)
_KEYS: Final = (b"", b"k", b"k" * 255, b"k" * 256, b"\x7f", b"\xe9", b"a\tb", "ключ".encode(), b"'; --", b"{}", b"0")
_VERBS: Final = ("GET", "HEAD", "PUT", "DELETE", "OPTIONS", "PATCH", "TRACE", "BREW")
_HALVES: Final = (
    b"POST /rewards/invoices/list HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n{",
    b"POST /rewards/invoices/list HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nffffffffffffffff1\r\n",
    b"POST /rewards/invoices/list HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\n{}",
    b"POST /rewards/invoices/list HTTP/1.1\r\nHost: x\r\nContent-Length: -2\r\n\r\n{}",
    b"POST /rewards/invoices/list HTTP/1.1\r\nHost x\r\n\r\n",
    b"POST /rewards/invoices/list HTTP/1.1\r\nIdempotency-Key: \0\r\nContent-Length: 2\r\n\r\n{}",
    b"POST /rewards/\xff%ff/../../x HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\n{}",
    b"POST /rewards/" + b"x" * 20_000 + b" HTTP/1.1\r\n\r\n",
    b"POST /rewards/invoices/list HTTP/1.1\r\n" + b"X: y\r\n" * 5_000 + b"\r\n",
    b"POST /rewards/invoices/list HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 5\r\n\r\n",
)


class Strange:
    """An endless source of it."""

    def __init__(self, seed: int) -> None:
        self._chance = random.Random(seed)
        self._nonsense = Nonsense(seed, {"x": ""})

    def broken(self) -> bytes:
        chance = self._chance
        dice = chance.random()
        if dice < 0.3:
            return chance.choice(_BROKEN)
        if dice < 0.4:
            return chance.randbytes(chance.randrange(300))
        if dice < 0.6:
            return json.dumps(self._nonsense.value(4)).encode()
        body = json.dumps({"token": "x", **chance.choice(GOOD)[1]})
        return self._nonsense.mangled(body).encode(errors="surrogatepass")

    def clumsy(self, token: str) -> tuple[str, bytes]:
        """A method and a body for it, which may happen to be right."""
        chance = self._chance
        path, good = chance.choice(GOOD)
        body = json.loads(json.dumps({"token": token, **good}))
        dice = chance.random()
        if dice < 0.15:
            body["fields_set"] = chance.choice(FIELDS_SETS)
        elif dice < 0.95:
            for _ in range(chance.choice((1, 1, 2))):
                self._change(body)
        text = json.dumps(body, ensure_ascii=chance.random() < 0.5)
        if chance.random() < 0.1:
            name = chance.choice(list(body))
            text = text[:-1] + f", {json.dumps(name)}: {json.dumps(self._nonsense.value(1))}}}"
        if chance.random() < 0.1:
            text = text[:-1] + chance.choice((",}", " , \n}", ",,}", ',"x":[1,],}'))
        return path, text.encode(errors="surrogatepass")

    def key(self) -> bytes | None:
        return self._chance.choice((None, None, *_KEYS, str(self._chance.randrange(50)).encode()))

    def verb(self) -> str:
        return self._chance.choice(_VERBS)

    def noise(self) -> bytes:
        return self._chance.choice(_HALVES) + self._chance.randbytes(self._chance.choice((0, 0, 5, 300)))

    def _change(self, place: Any) -> None:
        """One value somewhere inside becomes another, or goes, or comes."""
        chance = self._chance
        while True:
            keys: list[Any] = list(range(len(place))) if isinstance(place, list) else list(place)
            if not keys or chance.random() < 0.1:
                break
            key = chance.choice(keys)
            if isinstance(place[key], list | dict) and chance.random() < 0.7:
                place = place[key]
                continue
            if chance.random() < 0.15:
                del place[key]
            elif key != "token" or chance.random() < 0.1:
                place[key] = chance.choice(WORDS) if chance.random() < 0.3 else self._nonsense.value(2)
            return
        if isinstance(place, list):
            place.append(self._nonsense.value(2))
        else:
            place[chance.choice(("token", "fields_set", "id", "number", "code", "x", "__class__"))] = (
                self._nonsense.value(2)
            )
