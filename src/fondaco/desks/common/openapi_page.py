"""The description of our HTTP addresses as one plain page: no script, nothing loaded from elsewhere."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from typing import Any

import msgspec
from litestar import MediaType, Request
from litestar.openapi.plugins import OpenAPIRenderPlugin

from fondaco.desks.common.schema_words import anchor, fields, words

_STYLE = (
    "body{font:16px/1.5 system-ui,sans-serif;max-width:50rem;margin:2rem auto;padding:0 1rem}"
    "code{background:#8882;padding:.1em .3em;border-radius:.2em}h2{margin-bottom:.2em}:root{color-scheme:light dark}"
)


class PlainPage(OpenAPIRenderPlugin):
    """Lists operations, bodies and the shapes they name. ``parts`` are what mounted desks say of themselves."""

    def __init__(self, parts: Sequence[dict[str, Any]]) -> None:
        super().__init__(path="/")
        self._parts = parts

    def render(self, request: Request[Any, Any, Any], openapi_schema: dict[str, Any]) -> bytes:
        openapi_schema = joined(openapi_schema, self._parts)
        about = openapi_schema["info"]
        parts = [
            "<!doctype html><html lang=en><meta charset=utf-8><meta name=viewport content='width=device-width'>",
            f"<title>{escape(about['title'])}</title><style>{_STYLE}</style>",
            f"<h1>{escape(about['title'])} {escape(about['version'])}</h1>",
            f"<p>{escape(about.get('description', ''))}</p>",
            "<p>For tools: <a href='/docs/openapi.json'>openapi.json</a></p>",
        ]
        shapes: dict[str, Any] = openapi_schema["components"].get("schemas", {})
        bodies: set[str] = set()
        for path, operations in sorted(openapi_schema["paths"].items()):
            for verb, operation in operations.items():
                parts.append(_operation(path, verb, operation, shapes))
                bodies.add(_name(_schema_of(operation.get("requestBody", {}))))
        parts.append(_shapes(openapi_schema["components"], bodies))
        return "".join(parts).encode()


class PageForTools(OpenAPIRenderPlugin):
    """The whole description as JSON."""

    media_type = MediaType.JSON

    def __init__(self, parts: Sequence[dict[str, Any]]) -> None:
        super().__init__(path="/openapi.json")
        self._parts = parts

    def render(self, request: Request[Any, Any, Any], openapi_schema: dict[str, Any]) -> bytes:
        return msgspec.json.encode(joined(openapi_schema, self._parts))


def joined(schema: dict[str, Any], parts: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """The framework's description with what mounted desks say of themselves."""
    whole = {**schema, "paths": dict(schema["paths"]), "components": dict(schema.get("components", {}))}
    for part in parts:
        whole["paths"].update(part["paths"])
        for name, entries in part["components"].items():
            whole["components"][name] = {**whole["components"].get(name, {}), **entries}
    return whole


def _operation(path: str, verb: str, operation: dict[str, Any], shapes: dict[str, Any]) -> str:
    about = [_sentence(operation.get(part, "")) for part in ("summary", "description")]
    parts = [f"<h2><code>{escape(verb.upper())} {escape(path)}</code></h2><p>{' '.join(about)}</p><ul>"]
    for parameter in operation.get("parameters", ()):
        need = "required" if parameter.get("required") else "optional"
        parts.append(f"<li><code>{escape(parameter['name'])}</code> in {escape(parameter['in'])}, {need}")
    answers = operation.get("responses", {})
    parts += [f"<li>{escape(status)}: {_answer(of)}" for status, of in answers.items() if "$ref" not in of]
    shared = [f'<a href="#{anchor(_name(of))}">{escape(status)}</a>' for status, of in answers.items() if "$ref" in of]
    if shared:
        parts.append(f"<li>Refused as {', '.join(shared)}")
    parts.append("</ul>")
    body = _schema_of(operation.get("requestBody", {}))
    if body:
        parts.append(f"<p>Body:</p>{fields(shapes.get(_name(body), body))}")
    return "".join(parts)


def _answer(of: dict[str, Any]) -> str:
    """What it says of itself, and what it holds: in an envelope, the data in it."""
    schema = _schema_of(of)
    held = schema.get("properties", {}).get("data", schema)
    said = escape(of.get("description", ""))
    return f"{said}, {words(held)}" if held else said


def _shapes(components: dict[str, Any], left_out: set[str]) -> str:
    """Each shape and each shared answer once, but the bodies, which stand with their operations."""
    parts = ["<h1>Shapes</h1>"]
    for name, schema in sorted(components.get("schemas", {}).items()):
        if name in left_out:
            continue
        about = _sentence(schema.get("description", "").replace("``", ""))
        parts.append(f'<h3 id="{anchor(name)}">{escape(name)}</h3><p>{about}</p>{fields(schema)}')
    responses = components.get("responses", {})
    if responses:
        parts.append("<h1>Refusals</h1><ul>")
        parts += [
            f'<li id="{anchor(name)}">{escape(name)}: {_sentence(of["description"])}' for name, of in responses.items()
        ]
        parts.append("</ul>")
    return "".join(parts)


def _schema_of(part: dict[str, Any]) -> dict[str, Any]:
    content = part.get("content", {})
    schema: dict[str, Any] = content.get("application/json", {}).get("schema", {})
    return schema


def _name(of: dict[str, Any]) -> str:
    name: str = of.get("$ref", "").rpartition("/")[2]
    return name


def _sentence(text: str) -> str:
    return escape(text.rstrip(". ") + ".") if text else ""
