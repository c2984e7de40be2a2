"""Where log lines go: standard error, readable on a terminal and JSON otherwise.

Everything speaks through structlog; what libraries say through ``logging`` takes the same way, from warnings up.
No line carries a secret: the parts that hold one do not log it, and requests are logged without headers and bodies.
Where nobody reads any more (a pipe whose reader ended), lines are lost and the house goes on.
"""

from __future__ import annotations

import logging
import sys
from typing import Any, TextIO, cast

import structlog
from structlog.tracebacks import ExceptionDictTransformer


class _StandardError:
    """Standard error that never raises: a house must be able to close in turn when its terminal is gone."""

    def write(self, text: str) -> int:
        try:
            return sys.stderr.write(text)
        except OSError:
            return 0

    def flush(self) -> None:
        try:
            sys.stderr.flush()
        except OSError:
            pass


def configure(*, level: int = logging.INFO) -> None:
    """To be called once, by a process, before it logs."""
    shared: list[Any] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    renderers: list[Any]
    if sys.stderr.isatty():
        renderers = [structlog.dev.ConsoleRenderer(exception_formatter=structlog.dev.plain_traceback)]
    else:
        tracebacks = structlog.processors.ExceptionRenderer(ExceptionDictTransformer(show_locals=False))
        renderers = [tracebacks, structlog.processors.JSONRenderer()]
    structlog.configure(
        processors=[*shared, *renderers],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.PrintLoggerFactory(cast(TextIO, _StandardError())),
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[*shared, structlog.stdlib.add_logger_name],
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *renderers],
        )
    )
    logging.basicConfig(handlers=[handler], level=logging.WARNING, force=True)
