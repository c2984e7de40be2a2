"""Every test of the door runs on both event loops: they read and switch protocols differently."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping

import pytest
import uvloop

from fondaco.desks.common.rate import Allowance


def pytest_asyncio_loop_factories() -> Mapping[str, Callable[[], asyncio.AbstractEventLoop]]:
    return {"asyncio": asyncio.SelectorEventLoop, "uvloop": uvloop.new_event_loop}


@pytest.fixture
def no_refill(monkeypatch: pytest.MonkeyPatch) -> None:
    """Time stands still for allowances: a burst is all there is, however long the test takes over it."""
    monkeypatch.setattr(Allowance.__init__, "__defaults__", (lambda: 0.0,))
