"""The desk's part of the OpenAPI page, made out of its methods: their bodies, their answers, every status.

Schemas come from the structs that decode the requests and encode the answers, so the page cannot say otherwise. Only
that an identifier has exactly one of its names is added here, since msgspec has no word for it.
"""

from __future__ import annotations

from collections.abc import Iterable
from http import HTTPStatus
from typing import Any, Final

import msgspec

from fondaco.desks.rewards.failure import HTTP_STATUS, Code
from fondaco.desks.rewards.method import Method
from fondaco.wire.rewards.base import CodeIdentifier, CurrencyIdentifier, DocumentIdentifier, EventIdentifier, Status

_REFERENCE: Final = "#/components/schemas/{name}"
_IDENTIFIERS: Final = (EventIdentifier, DocumentIdentifier, CodeIdentifier, CurrencyIdentifier)
_KEY_PARAMETER: Final = {
    "name": "Idempotency-Key",
    "in": "header",
    "required": False,
    "description": "1 to 255 printable ASCII characters: the same request again gets the first answer, for 30 days.",
    "schema": {"type": "string", "minLength": 1, "maxLength": 255, "pattern": "^[!-~]([ -~]*[!-~])?$"},
}


def described(methods: Iterable[Method], prefix: str) -> dict[str, Any]:
    """``paths`` and ``components`` of an OpenAPI document."""
    methods = list(methods)
    types: list[Any] = [Status, *_IDENTIFIERS]
    types += [each for method in methods for each in (method.body, method.answer) if each not in types]
    schemas, components = msgspec.json.schema_components(types, ref_template=_REFERENCE)
    for identifier in _IDENTIFIERS:
        components[identifier.__name__]["oneOf"] = [{"required": [way]} for way in identifier.ways]
    reference = dict(zip(types, schemas, strict=True))
    paths = {
        prefix + method.path: {
            "post": _operation(method, reference[method.body], reference[method.answer], reference[Status])
        }
        for method in methods
    }
    security = {"rewardsBasic": {"type": "http", "scheme": "basic", "description": "A web api key and its secret."}}
    return {"paths": paths, "components": {"schemas": components, "securitySchemes": security}}


def _operation(method: Method, body: Any, answer: Any, status: Any) -> dict[str, Any]:
    operation: dict[str, Any] = {
        "tags": [method.path.partition("/")[0]],
        "operationId": "rewards." + method.path.replace("/", "."),
        "summary": method.summary,
        "description": _access(method),
        "requestBody": {"required": True, "content": {"application/json": {"schema": body}}},
        "responses": _responses(method, answer, status),
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


def _responses(method: Method, answer: Any, status: Any) -> dict[str, Any]:
    content: dict[str, Any] = {"application/json": {"schema": _envelope(answer, status)}}
    if method.streams:
        content["text/csv"] = {"schema": {"type": "string"}}
    headers = {
        "As-Of-Sequence": {
            "description": "The last command of the journal that the answer speaks of.",
            "schema": {"type": "integer"},
        }
    }
    responses: dict[str, Any] = {"200": {"description": "OK", "content": content, "headers": headers}}
    refused = {"application/json": {"schema": _envelope({"type": "null"}, status)}}
    by_status: dict[int, list[str]] = {405: [Code.INVALID_REQUEST]}
    for code, number in HTTP_STATUS.items():
        if code is not Code.OK:
            by_status.setdefault(number, []).append(code)
    for number, codes in sorted(by_status.items()):
        responses[str(number)] = {"description": ", ".join(codes), "content": refused}
    plain = {"text/plain": {"schema": {"type": "string"}}}
    for number in (408, 413, 431):
        responses[str(number)] = {"description": HTTPStatus(number).phrase + ", by the door", "content": plain}
    return responses


def _envelope(data: Any, status: Any) -> dict[str, Any]:
    return {
        "type": "object",
        "properties": {"data": data, "status": status},
        "required": ["data", "status"],
        "additionalProperties": False,
    }
