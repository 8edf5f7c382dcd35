"""`kernelserve run`: any kernel by its name, over a file's columns or values typed in."""

from __future__ import annotations

from itertools import zip_longest
from typing import Any

import click
import pyarrow as pa

from .. import Client
from .._scorers import ParameterValue
from ..v1 import kernel_pb2
from ..v1 import types_pb2 as types
from .errors import DataError
from .kernels import type_name
from .options import (
    examples,
    format_option,
    output_options,
    parameters_option,
    progress_option,
    row_errors_option,
    with_client,
)
from .tables import append_column, open_reader

_NUMBERS: dict[types.DataType.ValueType, Any] = {
    types.DATA_TYPE_INT8: pa.int8(),
    types.DATA_TYPE_INT16: pa.int16(),
    types.DATA_TYPE_INT32: pa.int32(),
    types.DATA_TYPE_INT64: pa.int64(),
    types.DATA_TYPE_UINT8: pa.uint8(),
    types.DATA_TYPE_UINT16: pa.uint16(),
    types.DATA_TYPE_UINT32: pa.uint32(),
    types.DATA_TYPE_UINT64: pa.uint64(),
    types.DATA_TYPE_FLOAT32: pa.float32(),
    types.DATA_TYPE_FLOAT64: pa.float64(),
    types.DATA_TYPE_BOOL: pa.bool_(),
}

# Of an argument that the kernel does not have: the server says how many it has.
_ANY = kernel_pb2.Field()


@click.command(
    # "-1" is a number that the kernel may refuse, not an option of this command.
    context_settings={"ignore_unknown_options": True},
    epilog=examples(
        "kernelserve run fibonacci 42",
        "kernelserve run fibonacci 1000000 --param modulus=1000007",
        "kernelserve run levenshtein.distance kitten sitting --param weights=1,1,2",
        "kernelserve run fibonacci --file numbers.csv n -o numbers.parquet",
    ),
)
@click.argument("kernel")
@click.argument("arguments", nargs=-1, metavar="[ARGUMENT]...")
@parameters_option
@click.option(
    "-f",
    "--file",
    metavar="FILE",
    help="The arguments are columns of this file (CSV, TSV, JSON Lines or Parquet; `-`: "
    "standard input), not values.",
)
@output_options("result")
@format_option
@row_errors_option
@progress_option
@with_client
def run(
    client: Client,
    kernel: str,
    arguments: tuple[str, ...],
    parameters: list[tuple[str, ParameterValue]],
    file: str | None,
    output: str,
    column: str,
    standard: str,
    row_errors: Any,
    no_progress: bool,
) -> None:
    """Run KERNEL on values, or with --file on columns by name.

    `kernelserve kernels` lists kernels with their arguments and parameters. With values, the result
    is printed; with a file, all its columns go to the output, and behind them the results.
    """
    for argument in arguments:
        if argument.startswith("--"):
            raise click.NoSuchOption(argument)
    takes = next((list(k.arguments) for k in client.kernels() if k.name == kernel), [])

    def compute(*columns: Any) -> Any:
        columns = tuple(
            _as_numbers(column, field) if _is_text(column) and field.type in _NUMBERS else column
            for column, field in zip_longest(columns, takes[: len(columns)], fillvalue=_ANY)
        )
        return client.run(kernel, *columns, parameters=dict(parameters), row_errors=row_errors)

    if file is not None:
        with open_reader(file, standard) as reader:
            append_column(
                reader,
                output,
                column,
                arguments,
                compute,
                progress=not no_progress,
                standard=standard,
            )
        return
    try:
        result = compute(*([argument] for argument in arguments))[0]
    except DataError as error:
        raise click.UsageError(error.message) from None
    click.echo("" if result is None else result)


def _is_text(column: Any) -> bool:
    """Whether numbers in it are yet to be read: a value typed in, or a column of CSV."""
    return isinstance(column, list) or bool(pa.types.is_string(column.type))


def _as_numbers(column: Any, field: kernel_pb2.Field) -> Any:
    """The text of `column` as the kind of number that the kernel takes.

    Integers that its type does not hold go as they are: the server knows the bound.
    """
    try:
        texts = pa.array(column, pa.string())
    except UnicodeEncodeError:
        raise DataError(f"{field.name} should be {type_name(field.type)}: {column[0]!r}") from None
    try:
        return texts.cast(_NUMBERS[field.type])
    except pa.ArrowInvalid as error:
        try:
            return texts.cast(pa.int64())
        except pa.ArrowInvalid:
            raise DataError(f"{field.name} should be {type_name(field.type)}: {error}") from None
