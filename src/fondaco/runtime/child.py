"""A process beside ours that is kept alive: started, watched, and started again with growing patience.

It lives as long as its standard input is open, whose other end we hold; so it ends with us, however we end, and
``stop`` only has to close it. Its log lines go to our standard error.

Invariant: never two at once. Known limit: a child that hangs without ending is not noticed here; what it should do
falls behind, and whoever waits for that says so.
"""

from __future__ import annotations

import asyncio
import sys
from asyncio.subprocess import DEVNULL, PIPE, Process
from collections.abc import Sequence

import structlog

_PATIENCE_S = (0.2, 0.5, 1.0, 2.0, 5.0, 10.0, 30.0)
_SOUND_AFTER_S = 60.0
_LAST_WORK_TIMEOUT_S = 20.0
_KILL_TIMEOUT_S = 5.0

_log = structlog.get_logger("fondaco.child")


class Child:
    """``python -m MODULE ARGUMENTS``, started again whenever it ends by itself."""

    def __init__(self, module: str, arguments: Sequence[str]) -> None:
        self.module = module
        self.restarts = 0
        self._command = [sys.executable, "-m", module, *arguments]
        self._process: Process | None = None
        self._stopping = False
        self._watch: asyncio.Task[None] | None = None

    @property
    def pid(self) -> int | None:
        return None if self._process is None else self._process.pid

    async def start(self) -> None:
        """Returns once it runs. Raises ``OSError`` if it cannot be started at all."""
        await self._spawn()
        self._watch = asyncio.create_task(self._keep_alive())

    async def stop(self) -> None:
        """Lets it finish its last work, for a bounded time."""
        self._stopping = True
        process = self._process
        if process is not None and process.returncode is None:
            if process.stdin is not None:
                process.stdin.close()
            if not await _ends(process, _LAST_WORK_TIMEOUT_S):
                _log.warning("a child does not end by itself and is terminated", module=self.module, pid=process.pid)
                process.terminate()
                if not await _ends(process, _KILL_TIMEOUT_S):
                    process.kill()
                    await process.wait()
        if self._watch is not None:
            self._watch.cancel()
            await asyncio.gather(self._watch, return_exceptions=True)

    async def _spawn(self) -> Process:
        self._process = await asyncio.create_subprocess_exec(*self._command, stdin=PIPE, stdout=DEVNULL)
        return self._process

    async def _keep_alive(self) -> None:
        loop = asyncio.get_running_loop()
        failures = 0
        process = self._process
        while process is not None:
            started_s = loop.time()
            status = await process.wait()
            if self._stopping:
                return
            failures = 0 if loop.time() - started_s > _SOUND_AFTER_S else failures + 1
            patience_s = _PATIENCE_S[min(failures, len(_PATIENCE_S)) - 1] if failures else _PATIENCE_S[0]
            _log.error(
                "a child ended and is started again",
                module=self.module,
                status=status,
                in_s=patience_s,
                failures=failures,
            )
            await asyncio.sleep(patience_s)
            process = await self._spawn_again()
            self.restarts += 1

    async def _spawn_again(self) -> Process:
        """Tries until the machine has a process to spare."""
        failures = 0
        while True:
            try:
                return await self._spawn()
            except OSError as error:
                patience_s = _PATIENCE_S[min(failures, len(_PATIENCE_S) - 1)]
                failures += 1
                _log.error("a child cannot be started", module=self.module, why=str(error), in_s=patience_s)
            await asyncio.sleep(patience_s)


async def _ends(process: Process, timeout_s: float) -> bool:
    try:
        async with asyncio.timeout(timeout_s):
            await process.wait()
    except TimeoutError:
        return False
    return True
