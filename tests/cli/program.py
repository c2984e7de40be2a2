"""The program as a user starts it: a process of its own."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from fondaco.core.commands import (
    AssetCreate,
    BalanceUpdate,
    Command,
    KeyCreate,
    MarketCreate,
    OrderType,
    Place,
    Sender,
    Side,
    TimeInForce,
    UserCreate,
)
from fondaco.operating.keys import offline

TIMEOUT_S = 60


def fondaco(*words: str | Path, folder: Path | None = None) -> subprocess.CompletedProcess[str]:
    """Runs one command to its end."""
    return subprocess.run(
        [sys.executable, "-m", "fondaco.cli", *map(str, words)],
        capture_output=True,
        text=True,
        timeout=TIMEOUT_S,
        check=False,
        cwd=folder,
    )


#: A house with one trade: ann sells bob 1 of 3 BTC at 100.5, and the rest of hers rests.
STORY: tuple[tuple[Sender, Command], ...] = (
    (Sender(), AssetCreate("BTC", 8)),
    (Sender(), AssetCreate("USDT", 8)),
    (Sender(), MarketCreate("BTCUSDT", "BTC", "USDT", 2, 5, 1, 0, 1000, 2000)),
    (Sender(), UserCreate("ann")),
    (Sender(), UserCreate("bob")),
    (Sender(), KeyCreate("ann-key", 1, ("read", "trade", "operate"))),
    (Sender(), BalanceUpdate(1, "BTC", "deposit", 1, 5 * 10**8)),
    (Sender(), BalanceUpdate(2, "USDT", "deposit", 2, 1000 * 10**8)),
    (Sender(1, 7, 1), Place(1, Side.ASK, OrderType.LIMIT, TimeInForce.GTC, 10050, 300_000, "mine")),
    (Sender(0, 8, 2), Place(1, Side.BID, OrderType.LIMIT, TimeInForce.IOC, 10050, 100_000)),
)


def write_story(directory: Path) -> Path:
    """A data directory with STORY in its journal."""
    with offline(directory) as opened:
        opened.store.put("ann-key", "ann-secret")
        for sender, command in STORY:
            opened.give(command, sender)
    return directory
