"""Which modules are compiled, from what, and what this machine lacks to compile them.

The hot modules are Cython in pure-Python syntax: the same `.py` runs interpreted or compiled, and Python prefers the
compiled file that lies beside it. That preference is a trap after `git checkout`: an old compiled file silently hides
a new source. So the build writes a hash of the sources *into* each compiled file, and `state_of` compares it with the
sources as they are now; times of files are never consulted.

A module that runs both ways imports its neighbours plainly (`from fondaco.core.ledger import Ledger`) and repeats the
import in its `.pxd` (`from fondaco.core.ledger cimport Ledger`): then compiled calls go straight from C to C.
`from cython.cimports.fondaco…` cannot be imported uncompiled.

Invariants: this list is the only one (the build, the tests and the start-up message read it); the modules are compiled
all together or not at all, since compiled modules call each other below Python. Imports the standard library only,
because the build loads this file before anything is installed.

Known limits: the hash covers a module's own `.py` and every `.pxd` of the package, not the compiler's flags.
"""

from __future__ import annotations

import hashlib
import importlib.machinery
import os
import shlex
import shutil
import subprocess
import sys
import sysconfig
from collections.abc import Sequence
from enum import Enum
from pathlib import Path
from types import ModuleType

COMPILED_MODULES = (
    "fondaco.core.ledger",
    "fondaco.core.order_table",
    "fondaco.core.order_book",
    "fondaco.core.matching",
    "fondaco.runtime.inbox",
    "fondaco.runtime.outbox",
    "fondaco.desks.common.traffic",
    "fondaco.desks.exchange.order_text",
    "fondaco.desks.exchange.plain_request",
    "fondaco.desks.exchange.express",
)
"""Modules built by Cython, in the order in which they import each other."""

SOURCE_MARK = b"fondaco-source-sha256:"
"""What precedes the hash (64 hex digits) inside a compiled file."""

_ROOT = Path(__file__).resolve().parent.parent


class State(Enum):
    """How a module of the list would be loaded by the next import."""

    COMPILED = "compiled from the source as it is now"
    STALE = "compiled from another source: rebuild with `make compiled`"
    UNCOMPILED = "interpreted"


def source_path(module: str, root: Path = _ROOT) -> Path:
    """The `.py` file of `module` under `root` (the folder that holds `fondaco/`)."""
    return root.joinpath(*module.split(".")).with_suffix(".py")


def source_hash(module: str, root: Path = _ROOT) -> str:
    """SHA-256, in hex, of everything `module` is compiled from: its `.py` and every `.pxd` of the package."""
    declarations = sorted(root.joinpath("fondaco").rglob("*.pxd"))
    digest = hashlib.sha256()
    for path in [source_path(module, root), *declarations]:
        content = path.read_bytes()
        digest.update(f"{path.relative_to(root).as_posix()} {len(content)}\n".encode())
        digest.update(content)
    return digest.hexdigest()


def compiled_path(module: str, root: Path = _ROOT) -> Path | None:
    """The compiled file that this Python would load for `module`, or None."""
    source = source_path(module, root)
    for suffix in importlib.machinery.EXTENSION_SUFFIXES:
        candidate = source.with_name(source.stem + suffix)
        if candidate.exists():
            return candidate
    return None


def state_of(module: str, root: Path = _ROOT) -> State:
    """Compares the hash inside the compiled file with the hash of the sources now. Reads both files."""
    binary = compiled_path(module, root)
    if binary is None:
        return State.UNCOMPILED
    mark = SOURCE_MARK + source_hash(module, root).encode()
    return State.COMPILED if mark in binary.read_bytes() else State.STALE


def uncompiled_modules(root: Path = _ROOT) -> list[str]:
    """Modules of the list that run interpreted here. Not empty means the house is slow: say so at start."""
    return [module for module in COMPILED_MODULES if compiled_path(module, root) is None]


def missing_to_compile() -> list[str]:
    """What this machine lacks to compile, each with the Debian package that brings it. Empty: it can compile.

    Asks the compiler itself (two runs of its preprocessor, some 30 ms), the one that Python's build would call: `CC`
    where it is set, otherwise the compiler this Python was built with.
    """
    command = shlex.split(os.environ.get("CC") or sysconfig.get_config_var("CC") or "cc")
    if shutil.which(command[0]) is None:
        return [f"a C compiler ({command[0]} is not found; Debian package: gcc; another one: set CC)"]
    if not _can_include("stdio.h", command):
        return ["the C library's headers (stdio.h is not found; Debian package: libc6-dev)"]
    if not _can_include("Python.h", command):
        package = f"python{sys.version_info.major}.{sys.version_info.minor}-dev"
        return [f"Python's headers (Python.h is not found; Debian package: python3-dev or {package})"]
    return []


def _can_include(header: str, command: list[str]) -> bool:
    folders = [f"-I{sysconfig.get_path(name)}" for name in ("include", "platinclude")]
    source = f"#include <{header}>\n".encode()
    run = subprocess.run([*command, *folders, "-E", "-x", "c", "-"], input=source, capture_output=True, check=False)
    return run.returncode == 0


class _SourceFinder(importlib.machinery.PathFinder):
    """Finds the `.py` of the listed modules even where a compiled file lies beside it."""

    @classmethod
    def find_spec(
        cls, fullname: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> importlib.machinery.ModuleSpec | None:
        if fullname not in COMPILED_MODULES:
            return None
        for folder in path or ():
            loader = (importlib.machinery.SourceFileLoader, importlib.machinery.SOURCE_SUFFIXES)
            spec = importlib.machinery.FileFinder(folder, loader).find_spec(fullname, target)
            if spec is not None:
                return spec
        return None


def prefer_source() -> None:
    """From now on import the listed modules from their `.py`: for a debugger, or to compare both ways of running.

    Call it before any of them is imported, in a process of its own; it raises ImportError when that is too late.
    """
    loaded = [module for module in COMPILED_MODULES if module in sys.modules]
    if loaded:
        raise ImportError(f"{', '.join(loaded)} already imported; call prefer_source() first, in a new process")
    sys.meta_path.insert(0, _SourceFinder)
