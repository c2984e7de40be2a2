"""The description of our HTTP addresses as one plain page: no script, nothing loaded from elsewhere."""

from __future__ import annotations

from html import escape
from typing import Any

from litestar import Request
from litestar.openapi.plugins import OpenAPIRenderPlugin

_STYLE = (
    "body{font:16px/1.5 system-ui,sans-serif;max-width:50rem;margin:2rem auto;padding:0 1rem}"
    "code{background:#8882;padding:.1em .3em;border-radius:.2em}h2{margin-bottom:.2em}:root{color-scheme:light dark}"
)


class PlainPage(OpenAPIRenderPlugin):
    """Lists each operation with its parameters and answers."""

    def __init__(self) -> None:
        super().__init__(path="/")

    def render(self, request: Request[Any, Any, Any], openapi_schema: dict[str, Any]) -> bytes:
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


def _operation(path: str, verb: str, operation: dict[str, Any]) -> str:
    parts = [f"<h2><code>{escape(verb.upper())} {escape(path)}</code></h2><p>{escape(operation.get('summary', ''))}. "]
    parts.append(f"{escape(operation.get('description', ''))}</p><ul>")
    for parameter in operation.get("parameters", ()):
        need = "required" if parameter.get("required") else "optional"
        parts.append(f"<li><code>{escape(parameter['name'])}</code> in {escape(parameter['in'])}, {need}")
    for status, answer in operation.get("responses", {}).items():
        parts.append(f"<li>{escape(status)}: {escape(answer.get('description', ''))}")
    return "".join([*parts, "</ul>"])
