"""Logging in, and who may: requests and answers. Source: rewards.notes.md, Auth."""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from fondaco.wire.rewards.base import Body, OpenBody, Page

Username = Annotated[str, Meta(min_length=1, max_length=64, pattern=r"^[A-Za-z0-9][A-Za-z0-9._@-]*$")]
Password = Annotated[str, Meta(min_length=1, max_length=200)]
Role = Literal["READ", "OPERATE", "ADMIN"]


class TokenRequest(OpenBody, kw_only=True):
    username: Annotated[str, Meta(max_length=64)]
    password: Password
    organisation: Annotated[str, Meta(max_length=100)]


class KeyTokenRequest(OpenBody, kw_only=True):
    """Key and secret come in the header ``Authorization: Basic``."""


class Token(msgspec.Struct):
    token: str


class Empty(msgspec.Struct):
    """Nothing more to tell."""


class ProgrammeUpdate(Body, kw_only=True):
    """``clawback_policy``: what happens to a reward that was spent before its purchase is cancelled."""

    clawback_policy: Literal["REFUSE", "ALLOW_DEBT", "FORGIVE"] | None = None
    base_currency: Annotated[str, Meta(max_length=16)] | None = None


class Programme(msgspec.Struct, kw_only=True):
    id: str
    name: str
    clawback_policy: str
    is_fee_rebate: bool
    base_currency: str | None


class OperatorCreate(Body, kw_only=True):
    username: Username
    password: Annotated[str, Meta(min_length=10, max_length=200)]
    role: Role


class OperatorUpdate(Body, kw_only=True):
    """What is left out stays as it is."""

    username: Username
    password: Annotated[str, Meta(min_length=10, max_length=200)] | None = None
    role: Role | None = None
    active: bool | None = None


class Operator(msgspec.Struct, kw_only=True):
    id: str
    username: str
    role: str
    active: bool


class OperatorList(msgspec.Struct, kw_only=True):
    operators: list[Operator]
    offset: int
    number_of_results: int


class OperatorPage(Page, kw_only=True):
    pass


class KeyCreate(Body, kw_only=True):
    username: Username


class KeyRevoke(Body, kw_only=True):
    web_api_key: Annotated[str, Meta(max_length=64)]


class MadeKey(msgspec.Struct, kw_only=True):
    """The only time the secret is shown."""

    web_api_key: str
    secret: str
