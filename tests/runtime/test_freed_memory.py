"""What was freed goes back to the system, measured where the system counts it."""

from __future__ import annotations

import os
import platform
from pathlib import Path

from fondaco.runtime.freed_memory import give_back

MEBIBYTES = 64
PAGE_BYTES = os.sysconf("SC_PAGE_SIZE")


def resident_bytes() -> int:
    return int(Path("/proc/self/statm").read_text().split()[1]) * PAGE_BYTES


def test_freed_memory_goes_back_though_something_above_it_stays() -> None:
    pieces = [bytes(8_192) for _ in range(MEBIBYTES * 128)]
    full_bytes = resident_bytes()
    last = pieces.pop()
    del pieces
    was_given = give_back()
    assert was_given == (platform.libc_ver()[0] == "glibc")
    assert not was_given or resident_bytes() < full_bytes - (MEBIBYTES // 2 << 20)
    assert len(last) == 8_192
