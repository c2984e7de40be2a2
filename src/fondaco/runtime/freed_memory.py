"""Memory that was freed and is still the process's own, given back to the system.

The C library keeps what large things leave behind: once one of 17 MB was freed (a snapshot, say), up to twice that
stays with the process for good. Whoever has just let go of something large calls ``give_back``. Cost: about a
millisecond, and page faults where that memory is wanted again. Only glibc can; elsewhere nothing happens.
"""

from __future__ import annotations

import ctypes


def give_back() -> bool:
    """Whether anything was given back."""
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
    return bool(trim is not None and trim(0))
