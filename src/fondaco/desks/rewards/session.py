"""Who is logged in: tokens, how long they are good, and what is known of each caller.

A token is good for an hour after its last use and two hours in all (settings); it is kept in memory, so a restart of
the house ends all of them. Of an expired one the desk remembers that it was good, to say so. No token is ever logged.
Source: rewards.notes.md, Auth.
"""

from __future__ import annotations

import secrets
from collections import OrderedDict
from collections.abc import Callable

from fondaco.desks.common.rate import Allowance
from fondaco.desks.rewards.failure import Code, Failure
from fondaco.runtime.limits import Limits


class Session:
    """One token. ``last_seq`` is the caller's own last write, which its reads wait for."""

    __slots__ = ("allowance", "expires_s", "last_seq", "operator", "programme_id", "used_s")

    def __init__(self, programme_id: int, operator: int, now_s: float, expires_s: float, allowance: Allowance) -> None:
        self.programme_id = programme_id
        self.operator = operator
        self.used_s = now_s
        self.expires_s = expires_s
        self.last_seq = 0
        self.allowance = allowance


class Sessions:
    """All tokens. ``seconds`` is a clock that never goes back."""

    def __init__(self, limits: Limits, seconds: Callable[[], float]) -> None:
        self._limits = limits
        self._seconds = seconds
        self._by_token: OrderedDict[str, Session] = OrderedDict()

    def open(self, programme_id: int, operator: int) -> str:
        """A new token. The eldest is forgotten where there are too many."""
        limits, now_s = self._limits, self._seconds()
        token = secrets.token_hex(16).upper()
        allowance = Allowance(limits.rewards_requests_per_second_max, limits.rewards_requests_burst_max, self._seconds)
        expires_s = now_s + limits.rewards_token_age_s_max
        self._by_token[token] = Session(programme_id, operator, now_s, expires_s, allowance)
        if len(self._by_token) > limits.rewards_tokens_max:
            self._by_token.popitem(last=False)
        return token

    def use(self, token: str) -> Session:
        """The session of a token that is good. Raises ``Failure``."""
        session = self._by_token.get(token)
        if session is None:
            raise Failure(Code.INVALID_TOKEN, "this token is not known; get one from authentication/token", "token")
        now_s = self._seconds()
        if now_s >= session.expires_s or now_s - session.used_s >= self._limits.rewards_token_idle_s_max:
            session.expires_s = 0.0
            raise Failure(Code.EXPIRED_TOKEN, "this token has expired; get a new one", "token")
        session.used_s = now_s
        return session

    def release(self, token: str) -> None:
        """The token is good no more; nothing for one that is not known."""
        self._by_token.pop(token, None)
