"""What picows has to say, in our log: failures of our own, not the misdeeds of peers.

picows reports every connection, and every malformed frame of a stranger as an error: a flood for a log. A peer's
faults are answered on its own connection (close 1002, 1007, 1009) and only counted here.
"""

from __future__ import annotations

import structlog

_log = structlog.get_logger("fondaco.websocket")


class SocketLog:
    """Has the methods of a logger that picows calls."""

    def __init__(self) -> None:
        self.peer_faults = 0

    def isEnabledFor(self, level: int) -> bool:  # noqa: N802  (the name is logging's)
        return False

    def log(self, level: int, message: str, *values: object) -> None:
        """Frame by frame tracing: never on."""

    def debug(self, message: str, *values: object) -> None:
        """Tracing."""

    def info(self, message: str, *values: object) -> None:
        """Connections come and go; the census counts them."""

    def warning(self, message: str, *values: object) -> None:
        _log.warning(message % values if values else message)

    def error(self, message: str, *values: object) -> None:
        self.peer_faults += 1

    def exception(self, message: str, *values: object) -> None:
        _log.exception(message % values if values else message)
