"""An environment of its own for each peer, under ``.bench/``: pinned by hash, made anew when the pins change.

What cannot be installed here (no wheel, no Python that is new enough, no package index) is a sentence in the results,
not a failure of the bench.
"""

from __future__ import annotations

import hashlib
import re
import shutil
import subprocess
import sys
from pathlib import Path

import msgspec

ROOT = Path(__file__).resolve().parents[2]
FOLDER = ROOT / ".bench"
_PINS = Path(__file__).resolve().parent


class Peer(msgspec.Struct, frozen=True):
    """A package to compare with: its distribution and version, and the oldest Python it takes."""

    name: str
    package: str
    python_min: tuple[int, int]

    @property
    def driver(self) -> str:
        """The module that drives it, run with the peer's Python in ``ROOT``."""
        return f"bench.peers.drive_{self.name}"


PEERS = (
    Peer("bourse", "bourse 0.4.0", (3, 11)),
    Peer("lightmatchingengine", "lightmatchingengine 2019.1.4", (3, 11)),
    Peer("matching_engine", "matching-engine 0.1.1", (3, 12)),
)


class NotInstalled(Exception):
    """The peer cannot be had here; the message says why."""


def find_python(least: tuple[int, int]) -> Path:
    """The oldest Python here that is new enough: this one, on PATH, or under ~/.pyenv/versions."""
    if sys.version_info[:2] >= least:
        return Path(sys.executable)
    for minor in range(least[1], least[1] + 8):
        found = shutil.which(f"python{least[0]}.{minor}")
        if found and subprocess.run([found, "-c", ""], capture_output=True, check=False).returncode == 0:
            return Path(found)
    versions = []
    for python in (Path.home() / ".pyenv" / "versions").glob("*/bin/python3"):
        match = re.fullmatch(r"(\d+)\.(\d+)\.(\d+)", python.parent.parent.name)
        if match and tuple(map(int, match.groups()))[:2] >= least:
            versions.append((tuple(map(int, match.groups())), python))
    if not versions:
        raise NotInstalled(f"no Python {least[0]}.{least[1]} or newer is on PATH or under ~/.pyenv/versions")
    return min(versions)[1]


def _uv(*arguments: str) -> None:
    command = [sys.executable, str(ROOT / "scripts" / "environment.py"), "uv", *arguments]
    result = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    if result.returncode != 0:
        lines = [line.strip() for line in result.stderr.splitlines() if line.strip()]
        raise NotInstalled(f"uv {arguments[0]} failed: {' '.join(lines[-3:]) or 'without a word'}")


def install(peer: Peer) -> Path:
    """The peer's Python, with exactly the pinned packages. Raises ``NotInstalled``."""
    base = find_python(peer.python_min)
    pins = _PINS / f"{peer.name}.txt"
    made_from = hashlib.sha256(pins.read_bytes() + str(base.resolve()).encode()).hexdigest()
    home = FOLDER / peer.name
    python, stamp = home / "bin" / "python", home / "made_from"
    if python.exists() and stamp.exists() and stamp.read_text() == made_from:
        return python
    _uv("venv", "--quiet", "--clear", "--no-project", "--python", str(base), str(home))
    _uv("pip", "sync", "--quiet", "--require-hashes", "--python", str(python), str(pins))
    stamp.write_text(made_from)
    return python
