"""A house of its own process for tests: python house_process.py DIR [disk fails after N syncs]."""

from __future__ import annotations

import asyncio
import os
import sys
from pathlib import Path

import uvloop

from fondaco import logs
from fondaco.app import App, serve
from fondaco.config import load
from fondaco.demo.seed import seed, write_credentials


async def prepare(app: App) -> None:
    write_credentials(app.options.directory, await seed(app.runtime, app.secrets, app.url))


async def opened(app: App) -> None:
    print(app.url, flush=True)
    if len(sys.argv) > 2:
        _let_syncs_fail_after(int(sys.argv[2]))
    await asyncio.Event().wait()


def _let_syncs_fail_after(count: int) -> None:
    """From here on the disk accepts so many more syncs and then refuses, as a dying one does."""
    real, left = os.fdatasync, [count]

    def failing(descriptor: int) -> None:
        left[0] -= 1
        if left[0] < 0:
            raise OSError(5, "Input/output error")
        real(descriptor)

    os.fdatasync = failing  # type: ignore[assignment]


def main() -> None:
    logs.configure()
    options = load({"data": str(Path(sys.argv[1])), "port": 0, "demo": True}, environment={})
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(serve(options, prepare=prepare, opened=opened))


if __name__ == "__main__":
    main()
