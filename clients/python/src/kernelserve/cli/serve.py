"""`kernelserve serve`: becomes the server."""

from __future__ import annotations

import os
import sys

import click

from .._embedded import find_binary
from .errors import DataError
from .options import examples


@click.command(
    context_settings={"ignore_unknown_options": True, "allow_extra_args": True},
    epilog=examples(
        "kernelserve serve",
        "kernelserve serve --listen=0.0.0.0:50051,unix:/run/kernelserve/socket",
        "kernelserve serve -- --help",
    ),
)
@click.argument("flags", nargs=-1, type=click.UNPROCESSED, metavar="[FLAG]...")
def serve(flags: tuple[str, ...]) -> None:
    """Run a server until SIGTERM or Ctrl-C.

    Each FLAG is one of kernelserve-server's. Without any, it listens on 127.0.0.1:50051. The binary
    comes from the package kernelserve-server, from $KERNELSERVE_SERVER_BINARY or from the PATH.
    """
    binary = find_binary()
    if sys.stdout is not None:
        sys.stdout.flush()
    try:
        os.execv(binary, [binary, *flags])
    except OSError as error:
        raise DataError(f"{binary} cannot be executed: {error.strerror}") from None
