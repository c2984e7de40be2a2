"""A JSON schema in a few words of HTML: what a field may hold, with its bounds.

Named shapes are links to where the page has them, each once. Known limit: it knows the words that our schemas use; of
others it says the type alone.
"""

from __future__ import annotations

import json
from html import escape
from typing import Any, Final

_WORDS: Final = {
    "string": "text",
    "integer": "whole number",
    "number": "number",
    "boolean": "true or false",
    "null": "null",
    "object": "object",
}
_END: Final = r"(?!\n)$"


def fields(schema: dict[str, Any]) -> str:
    """The properties of an object as a list; of anything else, what it is."""
    properties = schema.get("properties")
    if properties is None:
        return f"<p>{words(schema)}</p>" if schema else ""
    required = schema.get("required", ())
    rows = [
        f"<li><code>{escape(name)}</code> {words(of)}{', required' if name in required else ''}"
        for name, of in properties.items()
    ]
    return f"<ul>{''.join(rows)}</ul>" if rows else "<p>No fields.</p>"


def words(schema: dict[str, Any]) -> str:
    """Such as ``text of 1 to 64, or null``."""
    said = _kind(schema)
    if schema.get("default") is not None:
        said += f", {escape(json.dumps(schema['default']))} if not said"
    return f"{said}: {escape(schema['description'])}" if schema.get("description") else said


def anchor(name: str) -> str:
    """The id of a shape or an answer on the page."""
    return "shape-" + escape(name, quote=True)


def _kind(schema: dict[str, Any]) -> str:
    if "$ref" in schema:
        name = schema["$ref"].rpartition("/")[2]
        return f'<a href="#{anchor(name)}">{escape(name)}</a>'
    if "enum" in schema:
        return " | ".join(f"<code>{escape(str(each))}</code>" for each in schema["enum"])
    if "anyOf" in schema or "oneOf" in schema:
        return _one_of(schema.get("anyOf") or schema["oneOf"])
    if schema.get("type") == "array":
        return f"list of {_kind(schema.get('items', {}))}{_span(schema, 'minItems', 'maxItems', ', {} of them')}"
    word = _WORDS.get(schema.get("type", ""), "anything")
    word += _span(schema, "minLength", "maxLength", " of {} characters")
    word += _span(schema, "minimum", "maximum", ", {}")
    if "exclusiveMinimum" in schema:
        word += f", more than {schema['exclusiveMinimum']}"
    if "pattern" in schema and "description" not in schema:
        word += f", as <code>{escape(schema['pattern'].removesuffix(_END))}</code>"
    return word


def _one_of(kinds: list[dict[str, Any]]) -> str:
    """A number that also comes as its text is said so, without the text's pattern."""
    has_number = any(kind.get("type") == "number" for kind in kinds)
    said = []
    for kind in kinds:
        is_its_text = has_number and kind.get("type") == "string" and "pattern" in kind
        said.append("its text" if is_its_text else words(kind))
    return ", or ".join(said)


def _span(schema: dict[str, Any], least: str, most: str, form: str) -> str:
    low, high = schema.get(least), schema.get(most)
    if low is None and high is None:
        return ""
    span = f"at least {low}" if high is None else f"at most {high}" if low is None else f"{low} to {high}"
    return form.format(span)
