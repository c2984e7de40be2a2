"""The desk's part of the OpenAPI page, made out of its methods: their bodies, their answers, the statuses of each.

Schemas come from the structs that decode the requests and encode the answers, so the page cannot say otherwise. What
msgspec has no word for is added here: that an identifier has exactly one of its names, that a line says what it comes
to, that decimals are answered as numbers. Known limit: since ``fields_set`` may leave out any field, the page demands
none of an answer's; without it every field is there.
"""

from __future__ import annotations

from collections.abc import Iterable
from http import HTTPStatus
from typing import Any, Final

import msgspec

from fondaco.desks.rewards.failure import HTTP_STATUS, Code
from fondaco.desks.rewards.method import Method
from fondaco.wire.rewards.base import END, CodeIdentifier, CurrencyIdentifier, DocumentIdentifier, EventIdentifier
from fondaco.wire.rewards.purchase_requests import PurchaseLineGiven

_SCHEMA: Final = "#/components/schemas/{name}"
_BY_VERB: Final = [Code.INVALID_REQUEST]
_IDENTIFIERS: Final = (EventIdentifier, DocumentIdentifier, CodeIdentifier, CurrencyIdentifier)
_LINE_TOTALS: Final = [{"required": ["total_amount"]}, {"required": ["quantity", "unit_price"]}]
_KEY_PARAMETER: Final = {
    "name": "Idempotency-Key",
    "in": "header",
    "required": False,
    "description": "1 to 255 printable ASCII characters: the same request again gets the first answer, for 30 days.",
    "schema": {"type": "string", "minLength": 1, "maxLength": 255, "pattern": f"^[!-~]([ -~]*[!-~])?{END}"},
}


def described(methods: Iterable[Method], prefix: str) -> dict[str, Any]:
    """``paths`` and ``components`` of an OpenAPI document."""
    methods = list(methods)
    bodies: list[Any] = [*_IDENTIFIERS, PurchaseLineGiven, *dict.fromkeys(method.body for method in methods)]
    answers: list[Any] = list(dict.fromkeys(method.answer for method in methods))
    schemas, components = msgspec.json.schema_components([*bodies, *answers], ref_template=_SCHEMA)
    asked = msgspec.json.schema_components(bodies, ref_template=_SCHEMA)[1]
    for name, component in components.items():
        if name not in asked:
            components[name] = _answered(component)
    for identifier in _IDENTIFIERS:
        components[identifier.__name__]["oneOf"] = [{"required": [way]} for way in identifier.ways]
    components[PurchaseLineGiven.__name__]["anyOf"] = _LINE_TOTALS
    reference = dict(zip([*bodies, *answers], schemas, strict=True))
    paths = {
        prefix + method.path: {"post": _operation(method, reference[method.body], reference[method.answer])}
        for method in methods
    }
    security = {"rewardsBasic": {"type": "http", "scheme": "basic", "description": "A web api key and its secret."}}
    return {
        "paths": paths,
        "components": {"schemas": components, "responses": _refusals(methods), "securitySchemes": security},
    }


def _answered(schema: Any) -> Any:
    """The schema of a struct as it is answered: decimals are numbers, and ``fields_set`` may leave any field out."""
    if isinstance(schema, list):
        return [_answered(each) for each in schema]
    if not isinstance(schema, dict):
        return schema
    if schema.get("format") == "decimal":
        return {"type": "number"}
    inside = {key: _answered(each) for key, each in schema.items() if key not in ("required", "default")}
    return {**inside, "additionalProperties": False} if schema.get("type") == "object" else inside


def _operation(method: Method, body: Any, answer: Any) -> dict[str, Any]:
    operation: dict[str, Any] = {
        "tags": [method.path.partition("/")[0]],
        "operationId": "rewards." + method.path.replace("/", "."),
        "summary": method.summary,
        "description": _access(method),
        "requestBody": {"required": True, "content": {"application/json": {"schema": body}}},
        "responses": _responses(method, answer),
    }
    if method.writes and method.role is not None:
        operation["parameters"] = [_KEY_PARAMETER]
    if method.path == "authentication/web_api_key/token":
        operation["security"] = [{"rewardsBasic": []}]
    return operation


def _access(method: Method) -> str:
    if method.role is None:
        return "Takes no token; it gives one."
    return f"The token of an operator with the role {method.role.name} stands in the body."


def _responses(method: Method, answer: Any) -> dict[str, Any]:
    content: dict[str, Any] = {"application/json": {"schema": _envelope(answer, [Code.OK])}}
    if method.streams:
        content["text/csv"] = {"schema": {"type": "string"}}
    headers = {
        "As-Of-Sequence": {
            "description": "The last command of the journal that the answer speaks of.",
            "required": True,
            "schema": {"type": "integer", "minimum": 0},
        }
    }
    done = {"description": "OK", "content": content, "headers": headers}
    refused = {
        str(status): {"$ref": f"#/components/responses/{_name(status, codes)}"}
        for status, codes in _by_status(method).items()
    }
    return {"200": done, **refused}


def _refusals(methods: list[Method]) -> dict[str, Any]:
    """What the methods answer but OK, by status and its codes: the desk's own, and what the door says in plain text."""
    plain = {"text/plain": {"schema": {"type": "string"}}}
    responses: dict[str, Any] = {}
    for status, codes in (refusal for method in methods for refusal in _by_status(method).items()):
        content = {"application/json": {"schema": _envelope({"type": "null"}, codes)}} if codes else plain
        said = ", ".join(codes) or f"{HTTPStatus(status).phrase}, by the door"
        responses[_name(status, codes)] = {"description": said, "content": content}
    allow = {"Allow": {"required": True, "schema": {"type": "string", "enum": ["POST"]}}}
    responses[_name(405, _BY_VERB)]["headers"] = allow
    return responses


def _by_status(method: Method) -> dict[int, list[Code]]:
    """What a method may answer but OK; the door's statuses have no codes."""
    by_status: dict[int, list[Code]] = {405: _BY_VERB, 408: [], 413: [], 431: []}
    for code in method.codes:
        by_status.setdefault(HTTP_STATUS[code], []).append(code)
    return dict(sorted(by_status.items()))


def _name(status: int, codes: list[Code]) -> str:
    return ".".join(("rewards", str(status), *codes))


def _envelope(data: Any, codes: list[Code]) -> dict[str, Any]:
    status = {
        "code": {"type": "string", "enum": [str(code) for code in codes]},
        "message": {"type": "string", "description": "One sentence: what is wrong, and the way out."},
        "description": {"type": "string", "description": "The field or the rule that it is about."},
    }
    return _object({"data": data, "status": _object(status)})


def _object(properties: dict[str, Any]) -> dict[str, Any]:
    return {"type": "object", "properties": properties, "required": list(properties), "additionalProperties": False}
