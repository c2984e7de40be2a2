"""The core: pure and deterministic. It imports nothing above it, has no clock, no I/O, no randomness and no floats."""
