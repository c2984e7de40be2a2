"""All methods of the desk, by their paths. A test holds this table against docs/reference/rewards."""

from __future__ import annotations

from typing import Final

from fondaco.desks.rewards import authentication_methods
from fondaco.desks.rewards.method import Method

METHODS: Final[dict[str, Method]] = {method.path: method for method in (*authentication_methods.METHODS,)}
