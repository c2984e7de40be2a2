"""`fondaco settle`: settles all of a programme's purchases in a run of a house that is up, and shows how far it is.

A client like any other: it logs in over HTTP, starts the run (or follows one that is under way, if it has the same
limits), asks twice a second how far it is, and says at the end what was refused. It may be ended at any time: the run
is the house's and goes on. A house that is killed meanwhile is waited for, and so is its run, which goes on with it.
"""

from __future__ import annotations

import getpass
import json
import os
import secrets
import sys
import time
from pathlib import Path
from typing import Annotated, Any, Final, NamedTuple

from cyclopts import Parameter

from fondaco.journal.errors import OperatingError
from fondaco.operating.rewards_client import RewardsClient

PASSWORD_VARIABLE: Final = "FONDACO_REWARDS_PASSWORD"
_ASK_INTERVAL_S: Final = 0.5
_URL: Final = "http://127.0.0.1:8700"
_BAR_WIDTH: Final = 40
_REFUSED_SHOWN_MAX: Final = 20
#: Runs that are looked through for one to follow, the newest first: as many as a page holds.
_RUNS_LOOKED_AT: Final = 100


class SettleRefused(OperatingError):
    """What was given is not enough to log in; the sentence says why."""


def settle(
    *,
    organisation: Annotated[str | None, Parameter(help="The programme's name.")] = None,
    username: Annotated[str | None, Parameter(help="An operator of the programme.")] = None,
    credentials: Annotated[
        Path | None,
        Parameter(help="A file of them like a demo's credentials.json, password and address too."),
    ] = None,
    merchant: Annotated[str | None, Parameter(help="Only this merchant's purchases: its number, M0000000001.")] = None,
    performed_until: Annotated[
        str | None, Parameter(help="Only purchases performed before this date, 2026-01-31T00:00:00.")
    ] = None,
    url: Annotated[str | None, Parameter(help=f"Where the house is: what the file says, or {_URL}.")] = None,
) -> int:
    """Settle a programme's purchases, with a progress bar. Ends with 1 if any was refused.

    The password is read from FONDACO_REWARDS_PASSWORD, from the file of credentials, or asked for.
    """
    login = _login(organisation, username, credentials, url)
    house = RewardsClient(login.url, login.organisation, login.username, login.password)
    run = _running(house, merchant, performed_until) or _start(house, merchant, performed_until)
    number, began_s = run["number"], time.monotonic()
    house.is_patient = True
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


def _start(house: RewardsClient, merchant: str | None, performed_until: str | None) -> Any:
    return house.ask(
        "customer_events/purchases/apply_settlements",
        secrets.token_hex(16),
        merchant_identifier=None if merchant is None else {"number": merchant},
        performed_until=performed_until,
    )


def _running(house: RewardsClient, merchant: str | None, performed_until: str | None) -> Any | None:
    """A run that is under way over just these purchases."""
    for run in house.ask("settlement_runs/list", number_of_results=_RUNS_LOOKED_AT)["settlement_runs"]:
        of = None if run["merchant"] is None else run["merchant"]["number"]
        is_same = (of, run["performed_until"]) == (merchant, performed_until)
        if is_same and run["life_cycle_state"] == "RUNNING":
            return run
    return None


class _Login(NamedTuple):
    url: str
    organisation: str
    username: str
    password: str


def _login(organisation: str | None, username: str | None, credentials: Path | None, url: str | None) -> _Login:
    """What is given goes before what the file says. Raises ``SettleRefused``."""
    known: dict[str, str] = {}
    if credentials is not None:
        try:
            file = json.loads(credentials.read_text())
            known, url = file["rewards"], url or file.get("http")
        except (OSError, ValueError, KeyError, TypeError):
            raise SettleRefused(f"{credentials} holds no rewards login, as a demo's credentials.json does") from None
    organisation, username = organisation or known.get("organisation"), username or known.get("username")
    if organisation is None or username is None:
        raise SettleRefused("say whose purchases: --organisation and --username, or --credentials FILE")
    password = os.environ.get(PASSWORD_VARIABLE) or known.get("password")
    password = password or getpass.getpass(f"Password of {username} at {organisation}: ")
    return _Login(url or _URL, organisation, username, password)


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
