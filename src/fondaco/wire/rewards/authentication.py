"""Logging in and out.

Source: rewards.notes.md (Auth).
"""

from __future__ import annotations

from typing import Annotated

import msgspec
from msgspec import Meta

from fondaco.wire.rewards.base import Name, Request

Username = Annotated[str, Meta(min_length=1, max_length=64)]
Password = Annotated[str, Meta(min_length=1, max_length=128)]


class TokenRequest(Request, kw_only=True, forbid_unknown_fields=True):
    """``organisation`` is the programme's name."""

    username: Username
    password: Password
    organisation: Name


class KeyTokenRequest(Request, kw_only=True, forbid_unknown_fields=True):
    """Empty: key and secret come in the header Authorization, HTTP Basic."""


class TokenAnswer(msgspec.Struct, frozen=True):
    token: str
