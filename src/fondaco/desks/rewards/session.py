"""Who is logged in: tokens, kept in memory only, so that a restart ends them all.

A token ends when it was not used for the idle time, when it is as old as it may get, when it is released, when its
operator gets too many, or with the web api key that it was got with. Ended ones are remembered for the fixed life once
more, so that their holder hears EXPIRED_TOKEN and not that there never was such a token. The operator's role is not
kept here: it is read from the programme's books with every request, so that a change of it counts at once.

Invariant: the number of tokens is bounded, for each operator by dropping his eldest, in all by refusing new ones.
Cost: one dictionary lookup a request.
"""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable
from typing import Final

from fondaco.desks.common.rate import Allowance
from fondaco.desks.rewards.failure import Code, Failure
from fondaco.runtime.limits import Limits

_TOKEN_BYTES: Final = 16


class Login:
    """One token. ``last_seq`` is the last command that was sent with it: its reads see at least that.

    ``key`` is the web api key that it was got with, empty for a password.
    """

    __slots__ = (
        "allowance", "ended", "key", "last_seq", "made_s", "operator", "programme_id", "questions", "token", "used_s",
    )  # fmt: skip

    def __init__(
        self, token: str, programme_id: int, operator: int, key: str, allowance: Allowance, now_s: float
    ) -> None:
        self.token = token
        self.programme_id = programme_id
        self.operator = operator
        self.key = key
        self.allowance = allowance
        self.made_s = self.used_s = now_s
        self.last_seq = 0
        self.questions = 0
        self.ended = False


class Logins:
    """All tokens of the desk."""

    def __init__(self, limits: Limits, seconds: Callable[[], float] = time.monotonic) -> None:
        self._limits = limits
        self._seconds = seconds
        self._idle_s = limits.rewards_token_idle_ms / 1_000
        self._life_s = limits.rewards_token_life_ms / 1_000
        self._by_token: dict[str, Login] = {}
        self._of_operator: dict[tuple[int, int], list[Login]] = {}

    def open(self, programme_id: int, operator: int, key: str = "") -> Login:
        """A new token of an operator who has proved who he is. Raises ``Failure`` if there are too many."""
        now_s = self._seconds()
        self._forget(now_s)
        if len(self._by_token) >= self._limits.rewards_tokens_max:
            raise Failure(
                Code.TOO_MANY_REQUESTS,
                f"{len(self._by_token)} tokens are in use or just ended and that is the most; release some, or wait",
                "rewards_tokens_max",
            )
        own = self._of_operator.setdefault((programme_id, operator), [])
        if len(own) >= self._limits.rewards_tokens_per_operator_max:
            self._end(own[0])  # it takes itself out of ``own``
        allowance = Allowance(self._limits.requests_per_second_max, self._limits.requests_burst_max)
        login = Login(secrets.token_hex(_TOKEN_BYTES).upper(), programme_id, operator, key, allowance, now_s)
        self._by_token[login.token] = login
        own.append(login)
        return login

    def find(self, token: str) -> Login | Failure:
        """Whose token it is; it counts as used now."""
        login = self._by_token.get(token)
        if login is None:
            return Failure(Code.INVALID_TOKEN, "there is no such token; authentication/token gives one", "token")
        now_s = self._seconds()
        if not login.ended and (now_s - login.used_s >= self._idle_s or now_s - login.made_s >= self._life_s):
            self._end(login)
        if login.ended:
            return Failure(Code.EXPIRED_TOKEN, "this token has ended; authentication/token gives another", "token")
        login.used_s = now_s
        return login

    def release(self, login: Login) -> None:
        """Ends a token now; its holder wants it forgotten."""
        self._end(login)
        self._by_token.pop(login.token, None)

    def end_all(self, programme_id: int, operator: int) -> None:
        """Ends every token of an operator: his password was changed, or he may no more."""
        for login in list(self._of_operator.get((programme_id, operator), ())):
            self._end(login)

    def end_of_key(self, programme_id: int, operator: int, key: str) -> None:
        """Ends every token that an operator got with a key: it was revoked."""
        for login in list(self._of_operator.get((programme_id, operator), ())):
            if login.key == key:
                self._end(login)

    def _end(self, login: Login) -> None:
        if login.ended:
            return
        login.ended = True
        own = self._of_operator[login.programme_id, login.operator]
        own.remove(login)

    def _forget(self, now_s: float) -> None:
        """Tokens stand in the order in which they were made, so the eldest come first."""
        by_token = self._by_token
        while by_token:
            login = next(iter(by_token.values()))
            if now_s - login.made_s < 2 * self._life_s:
                return
            self._end(login)
            del by_token[login.token]
