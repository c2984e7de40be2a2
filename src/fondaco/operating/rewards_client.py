"""One operator of a programme at the rewards desk of a house that is up, over HTTP, with the standard library alone.

Away is a house that cannot be reached, hangs up in the middle of an answer, or says that it takes nothing for now. Who
is ``patient`` waits through that, for at most ``AWAY_S_MAX`` at a time, and is told once of each absence; to everybody
else it is ``HouseRefused`` at once. After a token that has ended (with the house's life, or by its age) comes another
login, patient or not.

Known limit: a request whose answer was lost is sent again, so a write needs a key of its own (``key``).
"""

from __future__ import annotations

import http.client
import json
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from typing import Any, Final, TypeVar

from fondaco.journal.errors import OperatingError

AWAY_S_MAX: Final = 300.0
_ASK_AGAIN_S: Final = 0.5
_TIMEOUT_S: Final = 30.0
_TOKEN_ENDED: Final = frozenset(("EXPIRED_TOKEN", "INVALID_TOKEN"))
#: What a house that closes, or what stands before a house that is gone, answers.
_AWAY_STATUSES: Final = frozenset((502, 503, 504))
_T = TypeVar("_T")


class HouseRefused(OperatingError):
    """The house did not do it; the sentence says why."""


class _Away(Exception):
    """The house is not there at the moment; why."""


class _TokenEnded(Exception):
    """What the house said of the token."""


class RewardsClient:
    """Logs in when it is made. Raises ``HouseRefused``, as its methods do."""

    def __init__(self, url: str, organisation: str, username: str, password: str) -> None:
        self.is_patient = False
        self._url = url.rstrip("/")
        self._login = {"username": username, "password": password, "organisation": organisation}
        self._token = ""
        self._till_there(self._log_in)

    def ask(self, method: str, key: str | None = None, /, **fields: Any) -> Any:
        """What stands under ``data``. Fields that are ``None`` are left out; ``key`` makes a write safe to repeat."""
        given = {name: each for name, each in fields.items() if each is not None}
        return self._till_there(lambda: self._asked(method, key, given))

    def _till_there(self, ask: Callable[[], _T]) -> _T:
        away_since_s: float | None = None
        while True:
            try:
                return ask()
            except _Away as away:
                if not self.is_patient:
                    raise HouseRefused(
                        f"{self._url} does not answer ({away}); is the house up? --url names another"
                    ) from None
                if away_since_s is None:
                    away_since_s = time.monotonic()
                    print(f"\n{self._url} is away ({away}); waiting for it", file=sys.stderr, flush=True)
                if time.monotonic() - away_since_s > AWAY_S_MAX:
                    raise HouseRefused(
                        f"{self._url} has been away for {AWAY_S_MAX:,.0f} s ({away}), and no longer is waited; "
                        "start the house and call this again: a run goes on where it was"
                    ) from None
            time.sleep(_ASK_AGAIN_S)

    def _asked(self, method: str, key: str | None, fields: dict[str, Any]) -> Any:
        try:
            return self._post(method, {"token": self._token, **fields}, key)
        except _TokenEnded:
            self._log_in()
        try:
            return self._post(method, {"token": self._token, **fields}, key)
        except _TokenEnded as ended:
            raise HouseRefused(f"{method}: {ended}, and that of a new token") from None

    def _log_in(self) -> None:
        self._token = self._post("authentication/token", self._login, None)["token"]

    def _post(self, method: str, body: dict[str, Any], key: str | None) -> Any:
        """Raises ``_Away``, ``_TokenEnded``, ``HouseRefused``."""
        headers = {"Content-Type": "application/json"} | ({} if key is None else {"Idempotency-Key": key})
        address = f"{self._url}/rewards/{method}"
        try:
            request = urllib.request.Request(address, json.dumps(body).encode(), headers)
            with urllib.request.urlopen(request, timeout=_TIMEOUT_S) as answer:
                return json.load(answer)["data"]
        except urllib.error.HTTPError as error:
            code, sentence = _said(error)
            if code in _TOKEN_ENDED:
                raise _TokenEnded(sentence) from None
            if error.code in _AWAY_STATUSES:
                raise _Away(sentence) from None
            raise HouseRefused(f"{method}: {sentence}") from None
        except (OSError, http.client.HTTPException, ValueError, KeyError) as error:
            raise _Away(str(getattr(error, "reason", error)) or type(error).__name__) from None


def _said(error: urllib.error.HTTPError) -> tuple[str, str]:
    """The status code of the desk, empty where something else answered, and a sentence."""
    try:
        status = json.load(error)["status"]
        return status["code"], f"{status['code']}, {status['message']}"
    except (OSError, http.client.HTTPException, ValueError, KeyError, TypeError):
        return "", f"HTTP {error.code}"
