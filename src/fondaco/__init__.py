"""fondaco: a trading house in one process, one double-entry ledger behind one journal."""

__version__ = "0.1.0"
