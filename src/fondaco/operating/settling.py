"""`fondaco settle`: settles all of a programme's purchases in a run of a house that is up, and shows how far it is.

A client like any other: it logs in over HTTP, starts the run (or follows one that is under way), asks twice a second
how far it is, and says at the end what was refused. It may be ended at any time: the run is the house's and goes on.
"""

from __future__ import annotations

import getpass
import json
import os
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path
from typing import Annotated, Any, Final

from cyclopts import Parameter

from fondaco.journal.errors import OperatingError

PASSWORD_VARIABLE: Final = "FONDACO_REWARDS_PASSWORD"
_ASK_INTERVAL_S: Final = 0.5
_TIMEOUT_S: Final = 30.0
_BAR_WIDTH: Final = 40
_REFUSED_SHOWN_MAX: Final = 20


class SettleRefused(OperatingError):
    """The house did not do it; the sentence says why."""


def settle(
    *,
    organisation: Annotated[str | None, Parameter(help="The programme's name.")] = None,
    username: Annotated[str | None, Parameter(help="An operator of the programme.")] = None,
    credentials: Annotated[
        Path | None, Parameter(help="A file that holds them as a demo's credentials.json does, the password too.")
    ] = None,
    merchant: Annotated[str | None, Parameter(help="Only this merchant's purchases: its number, M0000000001.")] = None,
    performed_until: Annotated[
        str | None, Parameter(help="Only purchases performed before this date, 2026-01-31T00:00:00.")
    ] = None,
    url: Annotated[str, Parameter(help="Where the house is.")] = "http://127.0.0.1:8700",
) -> int:
    """Settle a programme's purchases, with a progress bar. Ends with 1 if any was refused.

    The password is read from FONDACO_REWARDS_PASSWORD, from the file of credentials, or asked for.
    """
    house = _House(url, *_login(organisation, username, credentials))
    run = house.running() or house.start(merchant, performed_until)
    number, began_s = run["number"], time.monotonic()
    while run["life_cycle_state"] == "RUNNING":
        _show(run, time.monotonic() - began_s)
        time.sleep(_ASK_INTERVAL_S)
        run = house.ask("settlement_runs/show", settlement_run_identifier={"number": number})
    _show(run, time.monotonic() - began_s)
    print(file=sys.stderr)
    print(f"run {number}: {run['settled']:,} settled, {run['refused']:,} refused, {run['passed_over']:,} passed over")
    if not run["refused"]:
        return 0
    told = house.ask(
        "settlement_runs/rows",
        settlement_run_identifier={"number": number},
        only_refused=True,
        number_of_results=_REFUSED_SHOWN_MAX,
    )
    for row in told["rows"]:
        print(f"  purchase {row['purchase']['number']}: {row['code']}, {row['message']}")
    if run["refused"] > len(told["rows"]):
        print(f"  and {run['refused'] - len(told['rows']):,} more: settlement_runs/rows lists them")
    return 1


class _House:
    """A house over HTTP, and a token there."""

    def __init__(self, url: str, organisation: str, username: str, password: str) -> None:
        self._url = url.rstrip("/")
        self._token = ""
        login = {"username": username, "password": password, "organisation": organisation}
        self._token = self._post("authentication/token", login)["token"]

    def ask(self, method: str, **fields: Any) -> Any:
        given = {name: value for name, value in fields.items() if value is not None}
        return self._post(method, {"token": self._token, **given})

    def start(self, merchant: str | None, performed_until: str | None) -> Any:
        identifier = None if merchant is None else {"number": merchant}
        return self.ask(
            "customer_events/purchases/apply_settlements",
            merchant_identifier=identifier,
            performed_until=performed_until,
        )

    def running(self) -> Any | None:
        """A run that is under way."""
        runs = self.ask("settlement_runs/list", number_of_results=1)["settlement_runs"]
        return runs[0] if runs and runs[0]["life_cycle_state"] == "RUNNING" else None

    def _post(self, method: str, body: dict[str, Any]) -> Any:
        address = f"{self._url}/rewards/{method}"
        request = urllib.request.Request(address, json.dumps(body).encode(), {"Content-Type": "application/json"})
        try:
            with urllib.request.urlopen(request, timeout=_TIMEOUT_S) as answer:
                return json.load(answer)["data"]
        except urllib.error.HTTPError as error:
            raise SettleRefused(f"{method}: {_sentence(error)}") from None
        except (urllib.error.URLError, TimeoutError) as error:
            why = getattr(error, "reason", error)
            raise SettleRefused(f"{self._url} does not answer ({why}); is the house up? --url names another") from None


def _sentence(error: urllib.error.HTTPError) -> str:
    try:
        status = json.load(error)["status"]
        return f"{status['code']}, {status['message']}"
    except (ValueError, KeyError, TypeError):
        return f"HTTP {error.code}"


def _login(organisation: str | None, username: str | None, credentials: Path | None) -> tuple[str, str, str]:
    known: dict[str, str] = {}
    if credentials is not None:
        try:
            known = json.loads(credentials.read_text())["rewards"]
        except (ValueError, KeyError):
            raise SettleRefused(f"{credentials} holds no rewards login, as a demo's credentials.json does") from None
    organisation, username = organisation or known.get("organisation"), username or known.get("username")
    if organisation is None or username is None:
        raise SettleRefused("say whose purchases: --organisation and --username, or --credentials FILE")
    password = os.environ.get(PASSWORD_VARIABLE) or known.get("password")
    return organisation, username, password or getpass.getpass(f"Password of {username} at {organisation}: ")


def _show(run: Any, took_s: float) -> None:
    """One line that is written over itself; where nobody looks, nothing but the end is written."""
    if not sys.stderr.isatty():
        return
    part = float(run["progress_percentage"]) / 100
    filled = round(part * _BAR_WIDTH)
    rate = run["settled"] / took_s if took_s > 1 else 0.0
    left = f", {took_s * (1 - part) / part:,.0f} s left" if 0 < part < 1 and took_s > 1 else ""
    bar = "█" * filled + "·" * (_BAR_WIDTH - filled)
    print(
        f"\r{bar} {part:6.1%}  {run['settled']:,} settled, {rate:,.0f}/s{left}   ", end="", file=sys.stderr, flush=True
    )
