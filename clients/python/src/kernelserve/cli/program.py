"""The program `kernelserve`: its commands, and how each of their outcomes ends it."""

from __future__ import annotations

import os
import sys
import warnings
from collections.abc import Sequence
from importlib import import_module
from typing import Any

import click

from .._exceptions import Error
from .._version import __version__
from .errors import line_of

# Each command's module, in the order of the help. It is imported once the command is asked for.
_COMMANDS = {
    "compare": "texts",
    "editops": "texts",
    "align": "texts",
    "pairwise": "pairwise",
    "cdist": "cross",
    "top-k": "cross",
    "join": "cross",
    "link": "link",
    "fibonacci": "fibonacci",
    "run": "run",
    "kernels": "kernels",
    "serve": "serve",
    "health": "health",
    "bench": "bench",
}

FAILED = 1
USAGE = 2
INTERRUPTED = 130  # 128 + SIGINT, as shells have it
OUTPUT_CLOSED = 141  # 128 + SIGPIPE


class _Program(click.Group):
    """Turns every way in which a command can end into an exit code."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(_COMMANDS)

    def get_command(self, ctx: click.Context, name: str) -> click.Command | None:
        if name not in _COMMANDS:
            return None
        module = import_module(f".{_COMMANDS[name]}", __package__)
        command = getattr(module, name.replace("-", "_"))
        assert isinstance(command, click.Command)
        return command

    def invoke(self, ctx: click.Context) -> Any:
        try:
            code = super().invoke(ctx)
            if sys.stdout is not None:
                sys.stdout.flush()
        except BrokenPipeError:
            # Whoever read the output has enough of it. Python would say so once more at its end.
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            return OUTPUT_CLOSED
        return code


program = _Program(
    "kernelserve",
    help="""Native kernels for the command line: string distances and Fibonacci numbers.

    Commands compute on the server at --address or $KERNELSERVE_ADDRESS; without either, they start
    one for themselves and end it when they are done.

    \b
    Exit codes:
      0    done
      1    the server, a file or its data gave an error (one line on standard error)
      2    the command line makes no sense
      130  interrupted
      141  whoever read the output closed it
    """,
    epilog="""\b
    Examples:
      kernelserve compare kitten sitting
      kernelserve pairwise people.csv name alias -o scored.parquet
      kernelserve pairwise --help
    """,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
program = click.version_option(__version__, message="%(prog)s %(version)s")(program)


def run(arguments: Sequence[str]) -> int:
    """Runs one command line and returns its exit code."""
    with warnings.catch_warnings():
        warnings.showwarning = lambda message, *_: _complain("warning", str(message))
        return _run(arguments)


def _run(arguments: Sequence[str]) -> int:
    try:
        code = program.main(list(arguments), prog_name="kernelserve", standalone_mode=False)
    except click.UsageError as error:
        error.show()
        return USAGE
    except click.ClickException as error:
        _complain("error", error.format_message())
    except Error as error:
        _complain("error", line_of(error))
    except click.Abort:
        _complain("error", "interrupted")
        return INTERRUPTED
    except OSError as error:
        about = f"{error.filename}: " if error.filename else ""
        _complain("error", f"{about}{error.strerror or error}")
    else:
        return code if isinstance(code, int) else 0
    return FAILED


def _complain(kind: str, message: str) -> None:
    """One line, whatever is in the message."""
    click.echo(f"kernelserve: {kind}: {' '.join(message.split())}", err=True)
