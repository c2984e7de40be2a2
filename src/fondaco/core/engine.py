"""The parts of the core that are compiled, from one door: compiled where that was done, otherwise from their source.

The sources stand one idea a file beside this one and are compiled as one unit, so that the C compiler sees through the
calls between them (see ``fondaco.compiled``).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from fondaco.core.matching import Matching
else:
    try:
        from fondaco.core._unit import Matching
    except ImportError:
        from fondaco.core.matching import Matching

__all__ = ["Matching"]
