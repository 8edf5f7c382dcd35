"""`kernelserve kernels`: what the server can compute."""

from __future__ import annotations

import json
from typing import Any

import click

from .. import Client
from ..v1 import kernel_pb2, types_pb2
from .listing import print_rows
from .options import examples, with_client


@click.command(
    epilog=examples(
        "kernelserve kernels",
        "kernelserve kernels --json | jq -r '.[] | select(.scorer) | .name'",
    )
)
@click.option("--json", "as_json", is_flag=True, help="Everything, as a JSON array.")
@with_client
def kernels(client: Client, as_json: bool) -> None:
    """List what the server can compute.

    A kernel a line: its name, what it takes, what it gives, what it computes. Scorers are kernels.
    """
    found = client.kernels()
    if as_json:
        click.echo(json.dumps([_as_dict(kernel) for kernel in found], indent=2))
        return
    print_rows(
        ["kernel", "takes", "gives", ""],
        [(k.name, _signature(k), type_name(k.result), k.doc) for k in found],
    )


def type_name(data_type: types_pb2.DataType.ValueType) -> str:
    """A type as users know it: "int32", "text"."""
    name = types_pb2.DataType.Name(data_type).removeprefix("DATA_TYPE_").lower()
    return "text" if name == "utf8" else name


def _signature(kernel: kernel_pb2.Kernel) -> str:
    arguments = [f"{field.name}: {type_name(field.type)}" for field in kernel.arguments]
    parameters = [f"--param {field.name}={_default_text(field)}" for field in kernel.parameters]
    return " ".join([", ".join(arguments), *parameters])


def _default_text(field: kernel_pb2.Field) -> str:
    default = _default(field)
    if default is None:
        return type_name(field.type).upper()
    if isinstance(default, list):
        return ",".join(map(str, default))
    return str(default)


def _default(field: kernel_pb2.Field) -> Any:
    """What a parameter is where it is not given; None where that is no value."""
    if not field.HasField("default_value"):
        return None
    kind = field.default_value.WhichOneof("value")
    if kind is None:
        return None
    if kind == "column":
        values = field.default_value.column.values
        return list(memoryview(values).cast("q"))  # int64, the one type that lists have
    return getattr(field.default_value, kind)


def _as_dict(kernel: kernel_pb2.Kernel) -> dict[str, Any]:
    return {
        "name": kernel.name,
        "doc": kernel.doc,
        "arguments": [
            {"name": field.name, "type": type_name(field.type), "doc": field.doc}
            for field in kernel.arguments
        ],
        "parameters": [
            {
                "name": field.name,
                "type": type_name(field.type),
                "doc": field.doc,
                "default": _default(field),
            }
            for field in kernel.parameters
        ],
        "result": type_name(kernel.result),
        "scorer": kernel.scorer,
        "symmetric": kernel.symmetric,
        "fallible": kernel.fallible,
    }
