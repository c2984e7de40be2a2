"""Which text of a refused body does not print: the core refuses such texts, and does not know what they are called.

Looked for only once a command was refused, so a good request costs nothing.
"""

from __future__ import annotations

from typing import Any, Final

import msgspec

from fondaco.desks.rewards.failure import Failure, invalid

#: The core is not told them: what is known of people is sealed, and of passwords there is a hash.
_UNSEEN: Final = frozenset({"contact_information", "password", "token"})


def unprintable(body: msgspec.Struct) -> Failure | None:
    """A refusal that names the first text with a control character or the like, ``None`` if all of them print."""
    found = _first(msgspec.to_builtins(body, builtin_types=(msgspec.Raw,)), "")
    if found is None:
        return None
    field, text = found
    return invalid(f"{field} has characters that do not print: {text!a}; leave them out", field)


def _first(value: Any, path: str) -> tuple[str, str] | None:
    if isinstance(value, str):
        return None if value.isprintable() else (path, value)
    if isinstance(value, dict):
        inside = [
            (each, f"{path}.{name}" if path else str(name)) for name, each in value.items() if name not in _UNSEEN
        ]
    elif isinstance(value, list):
        inside = [(each, f"{path}[{place}]") for place, each in enumerate(value)]
    else:
        return None
    return next((found for each, name in inside if (found := _first(each, name)) is not None), None)
