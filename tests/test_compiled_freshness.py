"""A compiled module hides its source: each must be built from the source as it is now, wherever it can be built."""

from __future__ import annotations

import importlib.machinery
import os
import tomllib
from pathlib import Path

import pytest

from fondaco import compiled
from fondaco.compiled import COMPILED_MODULES, SOURCE_MARK, SOURCES, State

ROOT = Path(__file__).resolve().parent.parent
SUFFIX = importlib.machinery.EXTENSION_SUFFIXES[0]


@pytest.mark.parametrize("module", COMPILED_MODULES)
def test_compiled_from_the_source_as_it_is_now(module: str) -> None:
    state = compiled.state_of(module)
    assert state is not State.STALE, f"{module} is {state.value}"
    if os.environ.get("FONDACO_PURE") != "1" and not compiled.missing_to_compile():
        assert state is State.COMPILED, f"a compiler is here, but {module} is {state.value}: run `make compiled`"


def test_type_checks_leave_out_exactly_the_compiled_modules() -> None:
    with (ROOT / "pyproject.toml").open("rb") as file:
        overrides = tomllib.load(file)["tool"]["mypy"]["overrides"]
    left_out = [module for override in overrides if override.get("ignore_errors") for module in override["module"]]
    assert sorted(left_out) == sorted(source for sources in SOURCES.values() for source in sources)


class TestState:
    """The comparison itself, on a package made for the purpose."""

    module = "fondaco.runtime.inbox"

    @pytest.fixture
    def root(self, tmp_path: Path) -> Path:
        runtime = tmp_path / "fondaco" / "runtime"
        runtime.mkdir(parents=True)
        (runtime / "inbox.py").write_text("a = 1\n")
        (runtime / "inbox.pxd").write_text("cdef int a\n")
        (runtime / "outbox.pxd").write_text("cdef int b\n")
        return tmp_path

    def build(self, root: Path) -> None:
        mark = SOURCE_MARK + compiled.source_hash(self.module, root).encode()
        (root / "fondaco" / "runtime" / f"inbox{SUFFIX}").write_bytes(b"\x7fELF" + mark + b"\0rest")

    def test_without_a_compiled_file(self, root: Path) -> None:
        assert compiled.state_of(self.module, root) is State.UNCOMPILED

    def test_just_built(self, root: Path) -> None:
        self.build(root)
        assert compiled.state_of(self.module, root) is State.COMPILED

    @pytest.mark.parametrize("changed", ["inbox.py", "inbox.pxd", "outbox.pxd"])
    def test_source_changed_since_with_its_old_time_kept(self, root: Path, changed: str) -> None:
        self.build(root)
        source = root / "fondaco" / "runtime" / changed
        times_ns = source.stat().st_atime_ns, source.stat().st_mtime_ns
        source.write_text(source.read_text() + "# changed\n")
        os.utime(source, ns=times_ns)
        assert compiled.state_of(self.module, root) is State.STALE

    def test_file_without_a_mark(self, root: Path) -> None:
        (root / "fondaco" / "runtime" / f"inbox{SUFFIX}").write_bytes(b"\x7fELF built by something else")
        assert compiled.state_of(self.module, root) is State.STALE
