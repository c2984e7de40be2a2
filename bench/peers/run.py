"""Runs the peers on a flow, each in its own process and environment, and reads what they print."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Sequence
from statistics import median

import msgspec

from bench.core.flow import Flow
from bench.peers.environments import FOLDER, PEERS, ROOT, NotInstalled, Peer, install

SECONDS_EACH = 5.0


class PeerResult(msgspec.Struct, frozen=True):
    """A peer on a flow. ``said``: why there is no figure, or nothing. ``fills``: -1 if it did not get to the end."""

    package: str
    wall: list[float] = []
    cpu: list[float] = []
    fills: int = -1
    timed: int = 0
    said: str = ""

    def median_cpu(self) -> float:
        return median(self.cpu) if self.cpu else 0.0

    def median_wall(self) -> float:
        return median(self.wall) if self.wall else 0.0


def _drive(peer: Peer, description: str) -> PeerResult:
    try:
        python = install(peer)
    except NotInstalled as why:
        return PeerResult(peer.package, said=f"not installed: {why}")
    run = subprocess.run(
        [str(python), "-m", peer.driver, description, str(SECONDS_EACH)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    if run.returncode != 0:
        return PeerResult(peer.package, said=f"failed: {run.stderr.strip().splitlines()[-1:]}")
    found = json.loads(run.stdout)
    return PeerResult(peer.package, found["wall"], found["cpu"], found["fills"], found["timed"], found["unfinished"])


def drive_all(flow: Flow, peers: Sequence[Peer] = PEERS) -> list[PeerResult]:
    """Every peer on the same commands, as far as ``SECONDS_EACH`` reaches."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    description = FOLDER / "flow.json"
    words = description.with_suffix(".words")
    description.write_text(
        json.dumps({"untimed": flow.untimed, "segment": flow.segment, "segments": flow.segments, "fresh": flow.fresh})
    )
    words.write_bytes(flow.words.tobytes())
    try:
        return [_drive(peer, str(description)) for peer in peers]
    finally:
        description.unlink()
        words.unlink()
