"""The parts of the core that are compiled, from one door: compiled where that was done, otherwise from their source.

The sources stand one idea a file beside this one and are compiled as one unit, so that the C compiler sees through the
calls between them (see ``fondaco.compiled``).
"""

from __future__ import annotations

try:
    from fondaco.core._unit import Book, FarLevels, Ledger, Matching, OrderTable  # type: ignore[import-not-found]
except ImportError:
    from fondaco.core.book import Book
    from fondaco.core.far_levels import FarLevels
    from fondaco.core.ledger import Ledger
    from fondaco.core.matching import Matching
    from fondaco.core.order_table import OrderTable

__all__ = ["Book", "FarLevels", "Ledger", "Matching", "OrderTable"]
