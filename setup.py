"""Compiles the modules listed in `fondaco.compiled`; everything else about the package stands in pyproject.toml.

FONDACO_PURE=1              build without compiling
FONDACO_REQUIRE_COMPILED=1  fail where nothing can be compiled
neither                     compile where a C compiler and Python's headers are found, otherwise say loudly that the
                            package will be slow; an error *while* compiling always fails the build
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

from setuptools import Extension, setup
from setuptools.command.build_ext import build_ext

ROOT = Path(__file__).resolve().parent
SOURCE = ROOT / "src"
sys.path.insert(0, str(SOURCE))

from fondaco import compiled  # noqa: E402  (the path above comes first: nothing is installed yet)

GENERATED = Path("build") / "cython"
JOINED = GENERATED / "joined"
DIRECTIVES = "boundscheck=False, wraparound=False, initializedcheck=False, cdivision=True"
# Portable on purpose: no -march, so that a wheel runs on any machine of its kind. What Cython calls inline is put in
# place: left to itself the compiler calls most of it, and the core does a third more work for the same command.
FLAGS = ["-O3", "-g0", "-DCYTHON_INLINE=inline __attribute__((always_inline))"]


def switched_on(name: str) -> bool:
    value = os.environ.get(name, "")
    if value not in ("", "0", "1"):
        raise SystemExit(f"{name} is {value!r}; it takes 1 (on) or 0 (off)")
    return value == "1"


def modules_to_compile() -> list[str]:
    """The listed modules, or none of them; raises SystemExit where the switches forbid what the machine allows."""
    pure, required = switched_on("FONDACO_PURE"), switched_on("FONDACO_REQUIRE_COMPILED")
    if pure and required:
        raise SystemExit("FONDACO_PURE=1 and FONDACO_REQUIRE_COMPILED=1 contradict each other; unset one")
    if pure:
        return []
    missing = compiled.missing_to_compile()
    if not missing:
        return list(compiled.COMPILED_MODULES)
    sentence = "fondaco cannot be compiled here; missing: " + "; ".join(missing)
    if required:
        raise SystemExit(sentence + " (FONDACO_REQUIRE_COMPILED=1 forbids going on without)")
    bar = "*" * 78
    print(f"{bar}\n{sentence}.\nIt is installed uncompiled: it works, many times slower.\n{bar}", file=sys.stderr)
    return []


def extension(module: str) -> Extension:
    """The extension of one module, with a second C file that carries the hash of its sources."""
    mark = compiled.SOURCE_MARK.decode() + compiled.source_hash(module, SOURCE)
    hash_file = (GENERATED / "source_hash" / f"{module}.c").as_posix()
    text = f'__attribute__((used)) static const char fondaco_source[] = "{mark}";\n'
    path = ROOT / hash_file
    path.parent.mkdir(parents=True, exist_ok=True)
    if not path.exists() or path.read_text() != text:
        path.write_text(text)
    source = joined(module).as_posix()
    return Extension(module, [source, hash_file], extra_compile_args=FLAGS)


def joined(module: str) -> Path:
    """The one file that the sources of a compiled module make, with its declarations beside it."""
    within = tuple(f"from {source} " for source in compiled.SOURCES[module])
    text = [f"# cython: {DIRECTIVES}\n"]
    declarations: list[str] = []
    for path in compiled.source_paths(module, SOURCE):
        text += [line for line in path.read_text().splitlines(True) if not line.startswith("from __future__ ")]
        lines = path.with_suffix(".pxd").read_text().splitlines(True)
        declarations += [line for line in lines if not line.startswith(within)]
    imports = dict.fromkeys(line for line in declarations if _is_import(line))
    place = JOINED.joinpath(*module.split(".")).with_suffix(".py")
    place.parent.mkdir(parents=True, exist_ok=True)
    for folder in (place.parent, *place.parent.parents):
        if folder.is_relative_to(JOINED) and folder != JOINED:
            (folder / "__init__.py").touch()
    place.with_suffix(".pxd").write_text("".join([*imports, *(line for line in declarations if not _is_import(line))]))
    place.write_text("".join(text))
    return place


def _is_import(line: str) -> bool:
    return line.startswith("cimport ") or (line.startswith("from ") and " cimport " in line)


class BuildCompiled(build_ext):
    """Runs Cython only when extensions are really built, and in place rebuilds exactly those whose sources changed."""

    def finalize_options(self) -> None:
        from Cython.Build import cythonize

        modules = modules_to_compile()
        if self.inplace or self.editable_mode:
            modules = [module for module in modules if compiled.state_of(module, SOURCE) != compiled.State.COMPILED]
        self.distribution.ext_modules = cythonize(  # type: ignore[no-untyped-call]
            [extension(module) for module in modules],
            build_dir=str(GENERATED),
            include_path=[str(JOINED), str(SOURCE)],
            language_level="3",
            force=True,  # Cython and setuptools compare times of files; the hash above already decided
            quiet=True,
        )
        super().finalize_options()
        self.force = True


# A package with extensions gets a wheel for this machine only, one without gets a wheel for all: so the decision falls
# here, though Cython runs later.
setup(ext_modules=[extension(m) for m in modules_to_compile()], cmdclass={"build_ext": BuildCompiled})
