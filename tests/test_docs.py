"""The documentation says what the code says: nothing undocumented, no link to nowhere, no page outside the site."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

from fondaco.cli import COMMANDS
from fondaco.desks.exchange.errors import Code
from fondaco.desks.exchange.methods import METHODS
from scripts.make_reference import settings_page

ROOT = Path(__file__).resolve().parent.parent
DOCS = ROOT / "docs"
PAGES = sorted(DOCS.rglob("*.md"))
_LINK = re.compile(r"\[[^\]]*\]\(([^)#\s]+)(?:#[^)]*)?\)")


def _navigation(entries: list[object]) -> Iterator[str]:
    for entry in entries:
        if isinstance(entry, str):
            yield entry
        elif isinstance(entry, dict):
            for value in entry.values():
                yield from _navigation(value if isinstance(value, list) else [value])


def test_every_page_is_in_the_navigation_and_every_entry_is_a_page() -> None:
    site = tomllib.loads((ROOT / "zensical.toml").read_text())
    listed = sorted(_navigation(site["project"]["nav"]))
    assert listed == sorted(str(page.relative_to(DOCS)) for page in PAGES)


@pytest.mark.parametrize("page", [ROOT / "README.md", *PAGES], ids=lambda page: str(page.relative_to(ROOT)))
def test_links_lead_somewhere(page: Path) -> None:
    targets = [target for target in _LINK.findall(page.read_text()) if not target.startswith(("http:", "https:"))]
    missing = [target for target in targets if not (page.parent / target).exists()]
    assert not missing, f"{page.relative_to(ROOT)} links to {missing}, which is not there"


def test_every_setting_and_limit_is_in_the_reference() -> None:
    assert (DOCS / "reference" / "settings.md").read_text() == settings_page(), "run python scripts/make_reference.py"


def test_every_method_is_in_the_reference() -> None:
    page = (DOCS / "reference" / "exchange.md").read_text()
    assert [name for name in METHODS if f"`{name}`" not in page and f"### {name}" not in page] == []


def test_every_error_code_is_in_the_reference() -> None:
    page = (DOCS / "reference" / "errors.md").read_text()
    assert [code for code in Code if f"| {code} |" not in page] == []


def test_every_command_is_in_the_reference() -> None:
    page = (DOCS / "reference" / "cli.md").read_text()
    assert [name for name in COMMANDS if f"## {name}" not in page] == []


def test_the_site_builds(tmp_path: Path) -> None:
    """With the pinned builder; what it warns of is shown when it fails."""
    shutil.copytree(DOCS, tmp_path / "docs")
    shutil.copy(ROOT / "zensical.toml", tmp_path)
    built = subprocess.run(
        [str(Path(sys.executable).parent / "zensical"), "build"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )
    assert built.returncode == 0, built.stdout + built.stderr
    page = (tmp_path / "site" / "index.html").read_text()
    assert "one journal gives one state" in page.lower()
    loaded = re.findall(r"<(?:script|link|img)[^>]*(?:src|href)=\"(https?:)?//", page)
    assert not loaded, "the site must not load anything from elsewhere"
