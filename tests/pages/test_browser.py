"""The first page in a real browser, against a real demo: it goes live and shows both markets."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.cli.running import running

CHROMIUM = shutil.which("chromium")
PAGE_TIMEOUT_MS = 6_000


@pytest.mark.skipif(CHROMIUM is None, reason="chromium is not installed (Debian package: chromium)")
def test_the_page_is_live_on_a_phone(tmp_path: Path) -> None:
    assert CHROMIUM is not None
    with running("demo", "--data", tmp_path / "demo", "--speed", "5") as house:
        run = subprocess.run(
            [
                *(CHROMIUM, "--headless", "--no-sandbox", "--disable-gpu", f"--user-data-dir={tmp_path / 'browser'}"),
                *("--window-size=380,1200", f"--timeout={PAGE_TIMEOUT_MS}", "--enable-logging=stderr"),
                *("--dump-dom", house.url),
            ],
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
    page = re.sub(r"<template.*?</template>", "", run.stdout, flags=re.DOTALL)
    assert 'data-state="live"' in page, run.stderr
    assert not [line for line in run.stderr.splitlines() if "CONSOLE" in line]  # no error, and no breach of the policy
    assert [re.sub(r"\s", "", name) for name in re.findall(r"<h3>(.*?)</h3>", page)] == ["BTC/USDT", "ETH/USDT"]
    print(re.findall(r"<p class=.last.*?</p>", page))
    assert all(re.fullmatch(r"[\d\u202f]+\.\d\d", last) for last in re.findall(r'<p class="last[^>]*>(.*?)</p>', page))
    levels = re.findall(r'<td class="price">([\d\u202f.]+)</td><td class="amount">([\d\u202f.]+)</td>', page)
    assert len(levels) >= 12  # of twice ten: right after a jump a side may be short
    assert "one evening in August 2024" in page
