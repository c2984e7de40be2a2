"""The description of our HTTP addresses as one plain page: no script, nothing loaded from elsewhere."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from typing import Any

import msgspec
from litestar import MediaType, Request
from litestar.openapi.plugins import OpenAPIRenderPlugin

_STYLE = (
    "body{font:16px/1.5 system-ui,sans-serif;max-width:50rem;margin:2rem auto;padding:0 1rem}"
    "code{background:#8882;padding:.1em .3em;border-radius:.2em}h2{margin-bottom:.2em}:root{color-scheme:light dark}"
)


class PlainPage(OpenAPIRenderPlugin):
    """Lists each operation with its parameters and answers. ``parts`` are what mounted desks say of themselves."""

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
        for path, operations in sorted(openapi_schema["paths"].items()):
            for verb, operation in operations.items():
                parts.append(_operation(path, verb, operation))
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


def _operation(path: str, verb: str, operation: dict[str, Any]) -> str:
    parts = [f"<h2><code>{escape(verb.upper())} {escape(path)}</code></h2><p>{escape(operation.get('summary', ''))}. "]
    parts.append(f"{escape(operation.get('description', ''))}</p><ul>")
    for parameter in operation.get("parameters", ()):
        need = "required" if parameter.get("required") else "optional"
        parts.append(f"<li><code>{escape(parameter['name'])}</code> in {escape(parameter['in'])}, {need}")
    for status, answer in operation.get("responses", {}).items():
        parts.append(f"<li>{escape(status)}: {escape(answer.get('description', ''))}")
    return "".join([*parts, "</ul>"])
