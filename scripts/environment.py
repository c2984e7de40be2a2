"""Makes the project's environment: uv in .tools/, packages in .venv/, compiled modules beside their sources.

    python3 scripts/environment.py runtime       what `fondaco` needs to run
    python3 scripts/environment.py dev           the same, and what the checks need
    python3 scripts/environment.py uv ARGS…      calls the project's uv with the machine's package index

Each step records what it was made from and is skipped while that has not changed; then the whole takes a tenth of a
second and needs no network. Needs only this Python with pip; nothing is written outside the project's folder but the
ordinary caches of pip and uv.

uv does not read pip's configuration. So that a machine set up for pip needs no second set-up, index, certificates and
proxy are taken from `pip config list` and handed to uv in its environment; nothing of it is written anywhere. Where a
`UV_…INDEX…` variable is set, uv is left to its own. Every package is pinned by hash, so it does not matter which
index a file comes from.
"""

from __future__ import annotations

import ast
import fcntl
import hashlib
import importlib.util
import json
import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
TOOLS = ROOT / ".tools"
VENV = ROOT / ".venv"
UV = TOOLS / "uv" / "bin" / "uv"
VENV_PYTHON = VENV / "bin" / "python"
SOURCE = ROOT / "src"
PYTHON_MIN = (3, 11)
HTTP_TIMEOUT_S = 180


def say(sentence: str) -> None:
    print(f"fondaco: {sentence}", flush=True)


def stop(sentence: str) -> None:
    raise SystemExit(f"fondaco: {sentence}")


def run(command: list[str], env: dict[str, str] | None = None) -> None:
    """Runs `command` in the project's folder; its output is shown only when it fails."""
    result = subprocess.run(
        command, cwd=ROOT, env=env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False
    )
    if result.returncode != 0:
        sys.stderr.write(result.stdout)
        stop(f"failed with exit code {result.returncode}: {' '.join(command)}")


# ── what each step was made from ─────────────────────────────────────────────────────────────────────────────────────


def fingerprint(*files: Path, also: str = "") -> str:
    digest = hashlib.sha256(also.encode())
    for file in files:
        digest.update(file.read_bytes())
    return digest.hexdigest()


class Stamps:
    """Step → fingerprint of what it was made from, kept as JSON inside the folder that the steps fill.

    A folder that is deleted takes its stamps along. A stamp is dropped before its step runs and set after it, so that
    a step that was interrupted runs again.
    """

    def __init__(self, file: Path) -> None:
        self.file = file
        try:
            self.made: dict[str, str] = json.loads(file.read_text())
        except (OSError, ValueError):
            self.made = {}

    def is_made(self, step: str, value: str) -> bool:
        return self.made.get(step) == value

    def drop(self, step: str) -> None:
        if self.made.pop(step, None) is not None:
            self._write()

    def put(self, step: str, value: str) -> None:
        self.made[step] = value
        self._write()

    def _write(self) -> None:
        self.file.parent.mkdir(parents=True, exist_ok=True)
        self.file.write_text(json.dumps(self.made, indent=1))


# ── the machine's package index, for uv ──────────────────────────────────────────────────────────────────────────────


def pip_settings() -> dict[str, str]:
    """pip's settings for `pip install`, by name: environment over `[install]` over `[global]`, as pip ranks them."""
    listing = subprocess.run(
        [sys.executable, "-m", "pip", "config", "list"], capture_output=True, text=True, check=False
    ).stdout
    found: dict[str, str] = {}
    for section in ("global.", "install.", ":env:."):
        for line in listing.splitlines():
            key, equals, value = line.partition("=")
            if equals and key.startswith(section):
                found[key[len(section) :]] = str(ast.literal_eval(value))
    return found


def reachable(places: str) -> list[str]:
    """The addresses in `places`, without folders of this machine that are not there (pip skips them, uv stops)."""
    kept = []
    for place in places.split():
        folder = place[len("file://") :] if place.startswith("file://") else place
        if "://" in folder or Path(folder).exists():
            kept.append(place)
    return kept


def uv_environment() -> dict[str, str]:
    """This process's environment, plus what uv must know: no other Python, and pip's index."""
    env = dict(os.environ)
    env.pop("VIRTUAL_ENV", None)
    env["UV_PYTHON_DOWNLOADS"] = "never"
    env["UV_NO_PROGRESS"] = "1"
    if not os.access(Path.home(), os.W_OK):
        env.setdefault("UV_CACHE_DIR", str(TOOLS / "cache"))
    pip = pip_settings()
    if not any(name.startswith("UV_") and ("INDEX" in name or name == "UV_FIND_LINKS") for name in os.environ):
        # Safe because every file is checked against its hash: take it from whichever index has it.
        env["UV_INDEX_STRATEGY"] = "unsafe-best-match"
        if "index-url" in pip:
            env["UV_DEFAULT_INDEX"] = pip["index-url"]
        for setting, variable, separator in (
            ("extra-index-url", "UV_INDEX", " "),
            ("find-links", "UV_FIND_LINKS", ","),
            ("trusted-host", "UV_INSECURE_HOST", " "),
        ):
            places = pip.get(setting, "").split() if setting == "trusted-host" else reachable(pip.get(setting, ""))
            if places:
                env.setdefault(variable, separator.join(places))
        if pip.get("no-index", "").lower() in ("1", "true", "yes", "on"):
            env["UV_NO_INDEX"] = "1"
    if "cert" in pip:
        env.setdefault("SSL_CERT_FILE", pip["cert"])
    if "proxy" in pip and not any(name.lower() in ("https_proxy", "all_proxy") for name in os.environ):
        env["HTTPS_PROXY"] = env["HTTP_PROXY"] = pip["proxy"]
    env.setdefault("UV_HTTP_TIMEOUT", str(HTTP_TIMEOUT_S))
    return env


# ── the steps ────────────────────────────────────────────────────────────────────────────────────────────────────────


def check_python() -> None:
    if sys.version_info < PYTHON_MIN:
        have = ".".join(str(part) for part in sys.version_info[:3])
        need = ".".join(str(part) for part in PYTHON_MIN)
        stop(
            f"{sys.executable} is Python {have}; fondaco needs {need} or newer. "
            f"Install one (Debian packages: python{need} python{need}-dev python3-pip) "
            f"and name it: make PYTHON=python{need} …"
        )


def make_uv() -> None:
    stamps, pinned = Stamps(TOOLS / "made.json"), ROOT / "requirements" / "tools.txt"
    value = fingerprint(pinned)
    if UV.exists() and stamps.is_made("uv", value):
        return
    if importlib.util.find_spec("pip") is None:
        stop(f"{sys.executable} has no pip. Install it (Debian package: python3-pip) and start again.")
    say("fetching uv, the package installer, into .tools/")
    stamps.drop("uv")
    command = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-deps"]
    command += ["--require-hashes", "--only-binary=:all:", "--upgrade", "--target", str(UV.parent.parent)]
    # --target goes into our own folder: neither a user's pip settings nor Debian's guard of its own packages matter
    run([*command, "--root-user-action=ignore", "-r", str(pinned)], env={**os.environ, "PIP_USER": "0"})
    stamps.put("uv", value)


def make_packages(profile: str) -> None:
    """The virtual environment with exactly the pinned packages. Once `dev`, it stays `dev`."""
    python = f"{sys.version} {os.path.realpath(sys.executable)} {VENV}"
    stamps = Stamps(VENV / "made.json")
    if not VENV_PYTHON.exists() or not stamps.is_made("python", python):
        make_uv()
        say(f"making .venv with Python {sys.version.split()[0]}")
        uv_env = uv_environment()
        run([str(UV), "venv", "--quiet", "--clear", "--no-project", "--python", sys.executable, str(VENV)], env=uv_env)
        stamps = Stamps(VENV / "made.json")
        stamps.put("python", python)

    requirements = ROOT / "requirements"
    lists = {
        "runtime": [requirements / "runtime.txt", requirements / "build.txt"],
        "dev": [requirements / "dev.txt"],
    }
    if "dev" in stamps.made:
        profile = "dev"
    value = fingerprint(*lists[profile])
    if not stamps.is_made(profile, value):
        make_uv()
        say(f"installing the pinned packages ({profile}) into .venv; the first time this takes a minute")
        for step in ("runtime", "dev", "package"):  # a sync removes what its list lacks, the package itself included
            stamps.drop(step)
        command = [str(UV), "pip", "sync", "--quiet", "--require-hashes", "--python", str(VENV_PYTHON)]
        run([*command, *map(str, lists[profile])], env=uv_environment())
        stamps.put(profile, value)

    value = fingerprint(ROOT / "pyproject.toml", ROOT / "setup.py", requirements / "runtime.in")
    if not stamps.is_made("package", value):
        make_uv()
        command = [str(UV), "pip", "install", "--quiet", "--no-deps", "--no-build-isolation", "--offline"]
        command += ["--python", str(VENV_PYTHON), "--reinstall-package", "fondaco", "--editable", str(ROOT)]
        env = {**uv_environment(), "FONDACO_PURE": "1", "FONDACO_REQUIRE_COMPILED": "0"}  # compiling is the next step
        run(command, env=env)
        stamps.put("package", value)


def make_compiled() -> None:
    """Compiles what is not compiled from the sources as they are now; without a compiler, runs from the sources."""
    sys.path.insert(0, str(SOURCE))
    from fondaco import compiled

    listed = compiled.COMPILED_MODULES
    wanted = {compiled.compiled_path(module) for module in listed}
    for found in SOURCE.rglob("*.so"):
        if found not in wanted:  # of a module that is no longer compiled by itself: it would hide its source
            say(f"removing {found.relative_to(ROOT)}, which is not built any more")
            found.unlink()
    states = {module: compiled.state_of(module) for module in listed}
    pure = os.environ.get("FONDACO_PURE") == "1"
    if not pure and all(state is compiled.State.COMPILED for state in states.values()):
        return
    missing = [] if pure else compiled.missing_to_compile()
    if pure or missing:
        for module in listed:
            binary = compiled.compiled_path(module)
            if binary is not None:  # all or none: compiled modules call each other below Python
                say(f"removing {binary.relative_to(ROOT)}, which would hide its source")
                binary.unlink()
        if missing:
            say(f"running UNCOMPILED, many times slower; missing: {'; '.join(missing)}")
        if missing and os.environ.get("FONDACO_REQUIRE_COMPILED") == "1":
            stop("FONDACO_REQUIRE_COMPILED=1 forbids going on without compiled modules")
        return
    todo = [module for module, state in states.items() if state is not compiled.State.COMPILED]
    say(f"compiling {', '.join(todo)}")
    run([str(VENV_PYTHON), "setup.py", "--quiet", "build_ext", "--inplace"])


def main(arguments: list[str]) -> None:
    check_python()
    if not arguments or arguments[0] not in ("runtime", "dev", "uv"):
        stop(f"{' '.join(arguments) or 'nothing'} is not a thing to make; say runtime, dev or uv")
    TOOLS.mkdir(exist_ok=True)
    with (TOOLS / "lock").open("w") as lock:  # two `make` at once in one folder would fill one .venv
        fcntl.flock(lock, fcntl.LOCK_EX)
        if arguments[0] == "uv":
            make_uv()
        else:
            make_packages(arguments[0])
            make_compiled()
    if arguments[0] == "uv":
        os.execve(UV, [str(UV), *arguments[1:]], uv_environment())


if __name__ == "__main__":
    main(sys.argv[1:])
