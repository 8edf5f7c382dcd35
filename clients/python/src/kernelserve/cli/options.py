"""Options that several commands have, and the values they take."""

from __future__ import annotations

import functools
import re
from collections.abc import Callable
from typing import Any, TypeAlias, TypeVar

import click

from .. import connect
from .._scorers import DEFAULT_PROCESS, DEFAULT_SCORER, ParameterValue, Scorer

Command: TypeAlias = Callable[..., Any]
Decorator: TypeAlias = Callable[[Command], Command]
_C = TypeVar("_C", bound=Command)

_SERVER_OPTIONS: list[Decorator] = [
    click.option(
        "--address",
        envvar="KERNELSERVE_ADDRESS",
        show_envvar=True,
        metavar="ADDRESS",
        help="The server: host:port, unix:/path or dns:///host:port. Without it, the command "
        "starts a server of its own.",
    ),
    click.option(
        "--timeout",
        type=click.FloatRange(min=0, min_open=True),
        metavar="SECONDS",
        help="How long a call may take; for a file, each of its calls.",
    ),
    click.option(
        "--token",
        envvar="KERNELSERVE_TOKEN",
        show_envvar=True,
        metavar="TOKEN",
        help="A bearer token. Rather set the variable: others can read a command line.",
    ),
    click.option(
        "--tls-ca",
        type=click.Path(exists=True, dir_okay=False),
        metavar="FILE",
        help="Encrypt, and trust the certificates in this PEM file.",
    ),
]


def server_options(command: _C) -> Command:
    """The options that say which server, as the keyword arguments of `connect`."""

    @functools.wraps(command)
    def with_connection(*args: Any, tls_ca: str | None, **kwargs: Any) -> Any:
        named = {key: kwargs.pop(key) for key in ("address", "timeout", "token")}
        return command({**named, "tls": tls_ca}, *args, **kwargs)

    wrapped: Command = with_connection
    for option in reversed(_SERVER_OPTIONS):
        wrapped = option(wrapped)
    return wrapped


def with_client(command: _C) -> Command:
    """The same options; the command gets a Client that is connected as they say."""

    @server_options
    @functools.wraps(command)
    def with_connected(connection: dict[str, Any], *args: Any, **kwargs: Any) -> Any:
        address = connection.pop("address")
        with connect(address, **connection) as client:
            return command(client, *args, **kwargs)

    return with_connected


def _named_value(text: str) -> tuple[str, ParameterValue]:
    """NAME=VALUE as a pair."""
    name, sign, value = text.partition("=")
    if not sign or not name:
        raise click.BadParameter(f"{text!r} should be NAME=VALUE.", param_hint="'--param'")
    return name, _value_of(value)


def _value_of(text: str) -> ParameterValue:
    """What a parameter's text says by its form; in double quotes, it is a text in any case."""
    if len(text) >= 2 and text[0] == text[-1] == '"':
        return text[1:-1]
    if text.lower() in ("true", "false"):
        return text.lower() == "true"
    if re.fullmatch(r"[+-]?\d+(,[+-]?\d+)+", text):
        return tuple(map(int, text.split(",")))
    for number in (int, float):
        try:
            return number(text)
        except ValueError:
            pass
    return text


parameters_option = click.option(
    "--param",
    "parameters",
    multiple=True,
    callback=lambda ctx, option, texts: [_named_value(text) for text in texts],
    metavar="NAME=VALUE",
    help="A parameter that is not to have its default, such as weights=1,1,2; `kernelserve "
    "kernels` lists them. Again for each.",
)

progress_option = click.option(
    "--no-progress", is_flag=True, help="No progress bar (there is one on a terminal only)."
)


def utf8(ctx: click.Context, option: click.Parameter, text: str) -> str:
    """A callback for what has to be UTF-8: Python takes other bytes of a command line, too."""
    try:
        text.encode()
    except UnicodeEncodeError:
        raise click.BadParameter(f"{text!r} is not UTF-8.", ctx, option) from None
    return text


format_option = click.option(
    "--format",
    "standard",
    type=click.Choice(["csv", "tsv", "jsonl"]),
    default="csv",
    show_default=True,
    callback=lambda ctx, option, name: f".{name}",
    help="What standard input (`-`) and standard output are. Of files, their ending says it.",
)


def output_options(column: str) -> Decorator:
    """Where rows go, and the name of the column they get."""

    def decorate(command: Command) -> Command:
        command = click.option(
            "--column",
            default=column,
            callback=utf8,
            show_default=True,
            metavar="NAME",
            help="The name of the new column.",
        )(command)
        return click.option(
            "-o",
            "--output",
            default="-",
            metavar="FILE",
            help="Where the rows go: CSV, TSV, JSON Lines or Parquet by its ending. Without it: "
            "to standard output.",
        )(command)

    return decorate


row_errors_option = click.option(
    "--row-errors",
    type=click.Choice(["fail", "null"]),
    default="fail",
    show_default=True,
    help="What a row that has no result does: fail the command, or become null.",
)


def scorer_options(default: str = DEFAULT_SCORER) -> Callable[[Command], Command]:
    """--scorer and its parameters, as one Scorer."""

    def decorate(command: Command) -> Command:
        @click.option(
            "--scorer",
            default=default,
            show_default=True,
            metavar="NAME",
            help="What is computed; `kernelserve kernels` lists the names.",
        )
        @parameters_option
        @click.option(
            "--processor",
            type=click.Choice([DEFAULT_PROCESS]),
            help="What is done to the texts first: RapidFuzz's default_process leaves lower-case "
            "letters, digits, and spaces between them.",
        )
        @functools.wraps(command)
        def with_scorer(
            *args: Any,
            scorer: str,
            parameters: list[tuple[str, ParameterValue]],
            processor: str | None,
            **kwargs: Any,
        ) -> Any:
            made = Scorer(scorer, processor=processor, **dict(parameters))
            return command(*args, scorer=made, **kwargs)

        return with_scorer

    return decorate


cutoff_option = click.option(
    "--score-cutoff",
    type=float,
    metavar="NUMBER",
    help="Scores that are worse need not be exact: distances over it become cutoff + 1, "
    "similarities under it 0.",
)


def examples(*lines: str) -> str:
    """An epilog of lines as they are: click would fill them into a paragraph."""
    return "\b\nExamples:\n" + "\n".join(f"  {line}" for line in lines)
