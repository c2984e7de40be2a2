"""`GET /`: demo or not, the markets live, the addresses, a first order to copy.

One document with its style, script and mark inside, so that a page is one request and a proxy needs no more routes.
What the house knows (markets, demo or not) goes in as JSON in an inert script element; the script shows it as text,
never as markup. A policy in the document allows exactly its own style and script, by their hashes.

Cost: files are read once; a rendering is one small JSON encoding and one replacement.
"""

from __future__ import annotations

import base64
import hashlib
from importlib import resources

import msgspec

from fondaco import __version__, compiled
from fondaco.core.house import House

#: Where index.html takes the house's JSON.
HOUSE_MARKER = "index.house"


class PageMarket(msgspec.Struct, frozen=True):
    name: str
    stock: str
    money: str
    price_digits: int
    amount_digits: int


class PageHouse(msgspec.Struct, frozen=True):
    """What the script is told. ``credentials`` is where a demo keeps its keys; ``slow`` a sentence, or empty."""

    demo: bool
    version: str
    credentials: str
    slow: str
    markets: tuple[PageMarket, ...]


class FirstPage:
    """The page of one house. ``credentials``: the path of a demo's credentials.json, empty for a house that is none."""

    def __init__(self, house: House, credentials: str = "") -> None:
        self._house = house
        self._credentials = credentials
        self._slow = "" if not compiled.uncompiled_modules() else "This house runs uncompiled: it works, but slowly."
        self._before, self._after = _document().split(HOUSE_MARKER)

    def render(self) -> bytes:
        """The document as it is now, UTF-8."""
        assets = self._house.assets
        markets = tuple(
            PageMarket(
                market.name,
                assets[market.stock_asset_id].name,
                assets[market.money_asset_id].name,
                market.price_digits,
                market.amount_digits,
            )
            for market in self._house.markets.values()
        )
        told = PageHouse(bool(self._credentials), __version__, self._credentials, self._slow, markets)
        # A name with "</script>" must not end the element, so no "<" is left as it is.
        text = msgspec.json.encode(told).decode().replace("<", "\\u003c")
        return (self._before + text + self._after).encode()


def _document() -> str:
    """index.html with the other files put in; ``HOUSE_MARKER`` is where the house's JSON goes."""
    html, style, script, mark = (_read(name) for name in ("index.html", "index.css", "index.js", "mark.svg"))
    policy = (
        f"default-src 'none'; script-src '{_hash(script)}'; style-src '{_hash(style)}'; connect-src 'self'; "
        "img-src data:; base-uri 'none'; form-action 'none'"
    )
    for place, content in (
        ("index.policy", policy),
        ('<link rel="stylesheet" href="index.css">', f"<style>{style}</style>"),
        ('<script src="index.js"></script>', f"<script>{script}</script>"),
        ("mark.svg", "data:image/svg+xml;base64," + base64.b64encode(mark.encode()).decode()),
    ):
        if place not in html:
            raise ValueError(f"index.html has no {place}")
        html = html.replace(place, content)
    return html


def _read(name: str) -> str:
    return resources.files("fondaco").joinpath("pages", name).read_text(encoding="utf-8")


def _hash(content: str) -> str:
    return "sha256-" + base64.b64encode(hashlib.sha256(content.encode()).digest()).decode()
