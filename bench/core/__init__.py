"""The core alone: ``House.apply`` on flows that were made and encoded before the clock starts."""
