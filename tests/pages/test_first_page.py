"""The first page as a document: what it says of the house, names as text only, and nothing loaded from elsewhere."""

from __future__ import annotations

import base64
import hashlib
import json
import re

import pytest

from fondaco import __version__
from fondaco.core.command_records import encode
from fondaco.core.commands import HOUSE, AssetCreate, Command, MarketCreate
from fondaco.core.house import House
from fondaco.pages import first_page
from fondaco.pages.first_page import HOUSE_MARKER, FirstPage

CREDENTIALS = ".fondaco/demo/credentials.json"


def house() -> House:
    made = House()
    market = MarketCreate("BTCUSDT", "BTC", "USDT", 2, 5, 1, 0, 0, 0)
    commands: list[Command] = [AssetCreate("BTC", 8), AssetCreate("USDT", 8), market]
    for command in commands:
        made.apply(encode(HOUSE, command), 1)
    return made


def told(page: str) -> dict[str, object]:
    """What the page tells its script."""
    match = re.search(r'<script id="house" type="application/json">(.*?)</script>', page, re.DOTALL)
    assert match is not None
    found: dict[str, object] = json.loads(match[1])
    return found


@pytest.mark.parametrize(("credentials", "demo"), [(CREDENTIALS, True), ("", False)])
def test_the_page_tells_its_script_what_the_house_is(credentials: str, demo: bool) -> None:
    assert told(FirstPage(house(), credentials).render().decode()) == {
        "demo": demo,
        "version": __version__,
        "credentials": credentials,
        "slow": told(FirstPage(house()).render().decode())["slow"],
        "markets": [{"name": "BTCUSDT", "stock": "BTC", "money": "USDT", "price_digits": 2, "amount_digits": 5}],
    }


def test_a_market_opened_later_is_on_the_next_page() -> None:
    empty = House()
    page = FirstPage(empty)
    assert told(page.render().decode())["markets"] == []
    for command in (AssetCreate("A", 4), AssetCreate("B", 4), MarketCreate("A/B", "A", "B", 2, 2, 1, 0, 0, 0)):
        empty.apply(encode(HOUSE, command), 1)
    assert [market["name"] for market in told(page.render().decode())["markets"]] == ["A/B"]  # type: ignore[attr-defined]


def test_text_can_not_become_markup() -> None:
    hostile = "</script><script>alert(1)</script>"
    page = FirstPage(house(), hostile).render().decode()
    assert hostile not in page
    assert told(page)["credentials"] == hostile
    script = page[page.rindex("<script>") :]
    for way in ("innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval(", "new Function"):
        assert way not in script


@pytest.mark.parametrize("element", ["script", "style"])
def test_the_policy_allows_its_own_style_and_script_only(element: str) -> None:
    page = FirstPage(house()).render().decode()
    policy = re.search(r'http-equiv="Content-Security-Policy" content="([^"]*)"', page)
    assert policy is not None
    assert "default-src 'none'" in policy[1]
    assert "unsafe" not in policy[1]
    (content,) = re.findall(rf"<{element}>(.*?)</{element}>", page, re.DOTALL)
    digest = base64.b64encode(hashlib.sha256(content.encode()).digest()).decode()
    assert f"{element}-src 'sha256-{digest}'" in policy[1]


def test_nothing_is_loaded_from_elsewhere() -> None:
    page = FirstPage(house(), CREDENTIALS).render().decode()
    assert re.findall(r'(?:src|href)="(?!data:|/"|#)([^"]*)"', page) == []
    assert "@import" not in page
    assert "url(" not in page


def test_the_page_speaks_to_its_own_house_only() -> None:
    page = FirstPage(house()).render().decode()
    assert "connect-src 'self';" in page
    assert HOUSE_MARKER not in page


def test_braces_in_a_style_do_not_move_the_house(monkeypatch: pytest.MonkeyPatch) -> None:
    read = first_page._read
    monkeypatch.setattr(first_page, "_read", lambda name: ("a {}\n" if name == "index.css" else "") + read(name))
    assert told(FirstPage(house()).render().decode())["version"] == __version__
