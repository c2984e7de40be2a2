"""How hypothesis is used here: the same examples on every run, and no verdict by the clock: a machine may be busy."""

from __future__ import annotations

from hypothesis import HealthCheck, settings

steady = settings(derandomize=True, deadline=None, suppress_health_check=[HealthCheck.too_slow])
