"""Which modules are compiled, from what, and what this machine lacks to compile them.

The hot modules are Cython in pure-Python syntax: the same `.py` files run interpreted or compiled. Those of the core
are compiled as one *unit*, a single C file made of them all, so that the C compiler sees through the calls between
them; `fondaco.core.engine` takes the unit where it is there and the sources where it is not. A compiled file is a trap
after `git checkout`: an old one silently hides new sources. So the build writes a hash of the sources *into* each
compiled file, and `state_of` compares it with the sources as they are now; times of files are never consulted.

A source that runs both ways imports its neighbours of the unit under `if not cython.compiled` and repeats the import in
its `.pxd` (`from fondaco.core.ledger cimport Ledger`); within the unit both are left out. So no two files of a unit may
give a global the same name. `from cython.cimports.fondaco…` cannot be imported uncompiled.

Invariants: this list is the only one (the build, the tests and the start-up message read it). Imports the standard
library only, because the build loads this file before anything is installed.

Known limits: the hash covers a unit's own `.py` files and every `.pxd` of the package, not the compiler's flags.
"""

from __future__ import annotations

import hashlib
import importlib.machinery
import importlib.util
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

SOURCES: dict[str, tuple[str, ...]] = {
    "fondaco.core._unit": (
        "fondaco.core.applied",
        "fondaco.core.due",
        "fondaco.core.ledger",
        "fondaco.core.order_table",
        "fondaco.core.far_levels",
        "fondaco.core.book",
        "fondaco.core.book_walks",
        "fondaco.core.rows",
        "fondaco.core.name_records",
        "fondaco.core.client_orders",
        "fondaco.core.reasons",
        "fondaco.core.order_names",
        "fondaco.core.floor",
        "fondaco.core.foresight",
        "fondaco.core.crossing",
        "fondaco.core.book_checks",
        "fondaco.core.checks",
        "fondaco.core.plain_way",
        "fondaco.core.triggers",
        "fondaco.core.placing",
        "fondaco.core.amending",
        "fondaco.core.auction",
        "fondaco.core.matching",
    ),
    "fondaco.runtime.inbox": ("fondaco.runtime.inbox",),
    "fondaco.runtime.outbox": ("fondaco.runtime.outbox",),
    "fondaco.desks.common.traffic": ("fondaco.desks.common.traffic",),
    "fondaco.desks.exchange.order_text": ("fondaco.desks.exchange.order_text",),
    "fondaco.desks.exchange.plain_request": ("fondaco.desks.exchange.plain_request",),
    "fondaco.desks.exchange.express": ("fondaco.desks.exchange.express",),
}
"""By compiled module, the modules whose sources it is made of, in the order in which they need each other."""

COMPILED_MODULES = tuple(SOURCES)
"""Modules built by Cython."""

SOURCE_MARK = b"fondaco-source-sha256:"
"""What precedes the hash (64 hex digits) inside a compiled file."""

_ROOT = Path(__file__).resolve().parent.parent


class State(Enum):
    """How a module of the list would be loaded by the next import."""

    COMPILED = "compiled from the source as it is now"
    STALE = "compiled from another source: rebuild with `make compiled`"
    UNCOMPILED = "interpreted"


def source_paths(module: str, root: Path = _ROOT) -> list[Path]:
    """The `.py` files of `module` under `root` (the folder that holds `fondaco/`)."""
    return [_place(source, root).with_suffix(".py") for source in SOURCES[module]]


def source_hash(module: str, root: Path = _ROOT) -> str:
    """SHA-256, in hex, of everything `module` is compiled from: its `.py` files and every `.pxd` of the package."""
    declarations = sorted(root.joinpath("fondaco").rglob("*.pxd"))
    digest = hashlib.sha256()
    for path in [*source_paths(module, root), *declarations]:
        content = path.read_bytes()
        digest.update(f"{path.relative_to(root).as_posix()} {len(content)}\n".encode())
        digest.update(content)
    return digest.hexdigest()


def _place(module: str, root: Path) -> Path:
    return root.joinpath(*module.split("."))


def compiled_path(module: str, root: Path = _ROOT) -> Path | None:
    """The compiled file that this Python would load for `module`, or None."""
    place = _place(module, root)
    for suffix in importlib.machinery.EXTENSION_SUFFIXES:
        candidate = place.with_name(place.name + suffix)
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


class _NoCompiledModules(importlib.machinery.PathFinder):
    """Finds none of the compiled modules, even where their files are."""

    @classmethod
    def find_spec(
        cls, fullname: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> importlib.machinery.ModuleSpec | None:
        if SOURCES.get(fullname) == (fullname,):
            return importlib.util.spec_from_file_location(fullname, source_paths(fullname)[0])
        if fullname in COMPILED_MODULES:
            raise ModuleNotFoundError(f"{fullname} is left alone: the sources are preferred", name=fullname)
        return None


def prefer_source() -> None:
    """From now on run the sources of the compiled modules: for a debugger, or to compare both ways of running.

    Call it before any of them is imported, in a process of its own; it raises ImportError when that is too late.
    """
    loaded = [module for module in COMPILED_MODULES if module in sys.modules]
    if loaded:
        raise ImportError(f"{', '.join(loaded)} already imported; call prefer_source() first, in a new process")
    sys.meta_path.insert(0, _NoCompiledModules)
