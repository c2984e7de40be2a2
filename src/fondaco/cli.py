"""The command line: `fondaco COMMAND`. This file knows the commands by name only, so that help costs nothing.

Each command is a function elsewhere (fondaco.operating), imported when it is asked for. Exit codes, for scripts:

    0  done, or nothing wrong      1  something is wrong, and was said on standard error      2  not understood
    3  the data directory belongs to another process
"""

from __future__ import annotations

import difflib
import os
import sys
from collections.abc import Sequence
from typing import NamedTuple

from fondaco import __version__

DONE, WRONG, NOT_UNDERSTOOD, IN_USE = 0, 1, 2, 3


class Entry(NamedTuple):
    """One command: where its function is, and what it does in a line."""

    function: str
    summary: str


COMMANDS = {
    "demo": Entry("fondaco.operating.running:demo", "run a house with two markets that move, and keys to try them"),
    "up": Entry("fondaco.operating.running:up", "run a house"),
    "key": Entry("fondaco.operating.key_commands:app", "make, list and revoke API keys while no house runs"),
    "settle": Entry("fondaco.operating.settling:settle", "settle a programme's purchases, with a progress bar"),
    "programme": Entry(
        "fondaco.operating.programme_commands:app", "make and list reward programmes while no house runs"
    ),
    "verify": Entry("fondaco.operating.looking:verify", "replay a journal from nothing and compare everything"),
    "inspect": Entry("fondaco.operating.looking:inspect", "print commands and events as JSON lines"),
    "backup": Entry("fondaco.operating.looking:backup", "copy a house, running or not"),
    "doctor": Entry(
        "fondaco.operating.looking:doctor", "say what is wrong with a machine or a house, and how to mend it"
    ),
    "version": Entry("fondaco.cli:version", "print the version"),
}


def main(arguments: Sequence[str] | None = None) -> None:
    """The program. Ends the process with one of the exit codes above."""
    words = list(sys.argv[1:] if arguments is None else arguments)
    if words[:1] == ["help"]:
        words = [*words[1:], "--help"]  # `fondaco help up` is `fondaco up --help`
    if not words or words in (["--help"], ["-h"]):
        print(_help())
        sys.exit(DONE)
    if words in (["version"], ["--version"]):
        version()
        sys.exit(DONE)
    sys.exit(_run(words))


def version() -> None:
    """Print the version."""
    print(f"fondaco {__version__}")


def _help() -> str:
    width = max(map(len, COMMANDS))
    lines = [f"  {name.ljust(width)}  {entry.summary}" for name, entry in COMMANDS.items()]
    return "\n".join(
        [
            "fondaco: a trading house in one process",
            "",
            "usage: fondaco COMMAND [options]       fondaco COMMAND --help says more",
            "",
            *lines,
            "",
            "To begin: fondaco demo",
        ]
    )


def _run(words: list[str]) -> int:
    name = words[0]
    if name not in COMMANDS:
        near = difflib.get_close_matches(name, COMMANDS, 1)
        meant = f"; did you mean {near[0]}?" if near else ""
        print(f"fondaco: there is no command {name}{meant}\nfondaco --help lists all", file=sys.stderr)
        return NOT_UNDERSTOOD

    from cyclopts import App, CycloptsError

    from fondaco.journal.errors import DirectoryLocked, OperatingError

    app = App(name="fondaco", version=__version__, help_format="plaintext")
    app.command(COMMANDS[name].function, name=name)
    try:
        code = app(words, exit_on_error=False, print_error=False, result_action="return_value")
    except CycloptsError as error:
        print(f"fondaco: {error}\nfondaco {name} --help lists the options", file=sys.stderr)
        return NOT_UNDERSTOOD
    except DirectoryLocked as error:
        print(f"fondaco: {error}", file=sys.stderr)
        return IN_USE
    except OperatingError as error:
        print(f"fondaco: {error}", file=sys.stderr)
        return WRONG
    except BrokenPipeError:  # `fondaco inspect DIR | head`
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # or Python complains again while it ends
        return DONE
    except OSError as error:
        if error.filename is None:
            raise  # no file that an operator could look after: a defect
        print(f"fondaco: {error.filename}: {error.strerror}; look at the path and its permissions", file=sys.stderr)
        return WRONG
    except KeyboardInterrupt:
        return WRONG
    return code if isinstance(code, int) else DONE


if __name__ == "__main__":
    main()
