"""Measures the core uncompiled, in a process of its own: ``python -m bench.core.uncompiled`` prints a rate as JSON."""

from __future__ import annotations

import json

from fondaco import compiled

SEGMENT = 5_000
SEGMENTS = 5


def main() -> None:
    compiled.prefer_source()
    from bench.core import encoding, measure, workloads

    rate = measure.measure(encoding.encode(workloads.small_mix(segment=SEGMENT, segments=SEGMENTS)))
    print(json.dumps({"wall": rate.wall, "cpu": rate.cpu}))


if __name__ == "__main__":
    main()
