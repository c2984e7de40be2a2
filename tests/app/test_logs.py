"""Logs never show a secret: a traceback tells where it happened, not what the variables held."""

from __future__ import annotations

import os
import pty
import subprocess
import sys

import pytest

FAILS = """
import structlog
from fondaco import logs

logs.configure()

def sign(secret):
    raise RuntimeError("it broke")

try:
    sign("hush" + "-hush")
except RuntimeError:
    structlog.get_logger("test").exception("a method failed")
"""


@pytest.mark.parametrize("on_terminal", [False, True])
def test_a_traceback_has_no_variables(on_terminal: bool) -> None:
    if on_terminal:
        reader, writer = pty.openpty()
    else:
        reader, writer = os.pipe()
    subprocess.run([sys.executable, "-c", FAILS], stderr=writer, check=True, timeout=60)
    os.close(writer)
    said = b""
    try:
        while chunk := os.read(reader, 65_536):
            said += chunk
    except OSError:  # a terminal whose other end is closed has no end of file
        pass
    os.close(reader)
    assert b"a method failed" in said
    assert b"it broke" in said
    assert b"hush-hush" not in said
