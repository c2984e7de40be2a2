"""Who can operate a house, and what stands in the way of those who cannot.

A key operates if it has the scope, is not revoked, its user is not disabled, and its secret is kept here. A house in
which no key does cannot be mended over the wire. Cost: a walk over all keys, some 50 ns each, to the first that does.
"""

from __future__ import annotations

from typing import Final

from fondaco.core.instruments import Key
from fondaco.desks.common.auth import KeyBook, Secrets

OPERATE: Final = "operate"


def is_usable(house: KeyBook, secrets: Secrets, key: Key) -> bool:
    """Whether a key works for all that its scopes allow."""
    return not key.revoked and not house.users[key.user_id].disabled and secrets.get(key.api_key) is not None


def has_operator(house: KeyBook, secrets: Secrets, *, without: str = "") -> bool:
    """Whether some key operates the house, ``without`` one of them."""
    return any(
        OPERATE in key.scopes and key.api_key != without and is_usable(house, secrets, key)
        for key in house.keys.values()
    )


def why_nobody_operates(house: KeyBook, secrets: Secrets) -> list[str]:
    """Of a house without an operator: for each user with a key for it, what makes it useless."""
    reasons: dict[int, str] = {}
    for key in house.keys.values():
        if OPERATE not in key.scopes:
            continue
        user = house.users[key.user_id]
        if user.disabled:
            reasons[key.user_id] = f"user {user.name} is disabled"
        elif not key.revoked:
            reasons[key.user_id] = f"the secret of {user.name}'s key {key.api_key} is not kept here"
        else:
            reasons.setdefault(key.user_id, f"{user.name}'s key {key.api_key} is revoked")
    return list(reasons.values())
