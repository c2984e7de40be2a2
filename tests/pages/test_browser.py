"""The first page in a real browser, against a real demo: it goes live, and does so again after a kill."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.cli.program import fondaco
from tests.cli.running import running
from tests.pages.browser import browsing

CHROMIUM = shutil.which("chromium")
LIVE_TIMEOUT_S = 60
LIVE = "document.getElementById('status').dataset.state === 'live'"
FILLED = "[...document.querySelectorAll('.depth td')].filter((cell) => cell.textContent).length"
PRICED = "[...document.querySelectorAll('.last')].every((last) => last.textContent.length > 6)"


@pytest.mark.timeout(400)  # several waits of a minute at most, each for another program
@pytest.mark.skipif(
    CHROMIUM is None and "CI" not in os.environ, reason="chromium is not installed (Debian package: chromium)"
)
def test_the_page_is_live_on_a_phone_and_after_a_restart(tmp_path: Path) -> None:
    assert CHROMIUM is not None, "CI installs chromium: see .ci/run"
    data = tmp_path / "demo"
    with (
        running("demo", "--data", data, "--speed", "5") as house,
        browsing(CHROMIUM, tmp_path / "browser", house.url, 380, 900) as page,
    ):
        page.wait_for(f"document.readyState === 'complete' && {LIVE} && {FILLED} >= 30", LIVE_TIMEOUT_S)
        assert page.value("document.title") == "fondaco · demo"
        titles = page.value("[...document.querySelectorAll('#markets h3')].map((title) => title.textContent)")
        assert titles == ["BTCUSDT", "ETHUSDT"]
        pairs = page.value("[...document.querySelectorAll('#markets .pair')].map((pair) => pair.textContent)")
        assert pairs == ["BTC / USDT", "ETH / USDT"]
        page.wait_for(PRICED, LIVE_TIMEOUT_S)
        lasts = page.value("[...document.querySelectorAll('.last')].map((last) => last.textContent)")
        assert all(re.fullmatch(r"\d{1,2}\u202f\d{3}\.\d{2}", last) for last in lasts)
        assert page.value("document.body.scrollWidth <= innerWidth")  # nothing sticks out of a phone
        assert str(data / "credentials.json") in page.value("document.getElementById('code-python').textContent")
        assert page.complaints == []
        script = page.value("document.getElementById('code-rewards').textContent")
        settled = subprocess.run(["sh", "-c", script], capture_output=True, text=True, timeout=60, check=True).stdout
        assert '"total_contribution_amount": 11.25,' in settled
        assert settled.count('"code": "OK",') == 2
        port = house.url.rpartition(":")[2]
        house.kill()
        page.wait_for(f"!({LIVE})", LIVE_TIMEOUT_S)
        with running("demo", "--data", data, port=int(port)):
            page.wait_for(LIVE, LIVE_TIMEOUT_S)


@pytest.mark.skipif(
    CHROMIUM is None and "CI" not in os.environ, reason="chromium is not installed (Debian package: chromium)"
)
def test_a_house_of_ones_own_shows_an_order_once_there_is_a_market_and_asks_for_a_key(tmp_path: Path) -> None:
    assert CHROMIUM is not None, "CI installs chromium: see .ci/run"
    data = tmp_path / "house"
    operator = json.loads(
        fondaco("key", "create", "operator", "--scope", "operate", "--create-user", "--data", data).stdout
    )
    hidden = "document.getElementById('order').hidden"
    with (
        running("up", "--data", data) as house,
        browsing(CHROMIUM, tmp_path / "browser", house.url, 380, 900) as page,
    ):
        page.wait_for(f"document.readyState === 'complete' && {LIVE}", LIVE_TIMEOUT_S)
        assert page.value(hidden) is True
        for name in ("BTC", "EUR"):
            house.ask(operator, "asset.create", name, 8)
        for name in ("BTCEUR", "BTCEUR.OLD"):
            house.ask(operator, "market.create", name, "BTC", "EUR", {"price_digits": 2, "amount_digits": 5})
        page.call("Page.reload")
        page.wait_for(f"document.readyState === 'complete' && {LIVE} && !{hidden}", LIVE_TIMEOUT_S)
        titles = page.value("[...document.querySelectorAll('#markets h3')].map((title) => title.textContent)")
        assert titles == ["BTCEUR", "BTCEUR.OLD"]
        assert page.value("document.getElementById('key-words').hidden") is False
        for language in ("python", "websocat"):
            sample = page.value(f"document.getElementById('code-{language}').textContent")
            assert "API_KEY" in sample
            assert "SECRET" in sample
            assert "alice" not in sample
            assert "credentials" not in sample
        assert page.complaints == []
