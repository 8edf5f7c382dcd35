"""Writes kernelserve/_kernel_methods.py, a method for each kernel that the server's catalog has.

Expressions and accessors need names, parameters and types of results before any server runs, so
they are asked for while the wheel is built, of the binary that is built beside it.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
import textwrap
from pathlib import Path
from typing import Any

# What the repository's own build makes.
_BUILT = Path("build/release/server/kernelserve-server")
_ANSWER_S_MAX = 60
_WIDTH = 100

_PYTHON_TYPES = {
    "BOOL": "bool",
    "INT64": "int",
    "UINT64": "int",
    "FLOAT64": "float",
    "UTF8": "str",
}

_HEAD = '''\
"""A method for each kernel of the server's catalog; made from it when the wheel was built."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Generic, Literal, TypeVar

from ._deadline import UNSET, Timeout
from ._scorers import ProcessorLike

if TYPE_CHECKING:
    from ._client import Client

OtherT = TypeVar("OtherT", contravariant=True)
ResultT = TypeVar("ResultT", covariant=True)

# The type of each kernel's results, as numpy names it; text is utf8.
RESULT_TYPES: Mapping[str, str] = {results}

# The kernels that compare two texts, and so have score_cutoff and processor.
SCORERS = frozenset({scorers})


class KernelMethods(Generic[OtherT, ResultT]):
    """The catalog's kernels as methods of a column, which is the left side of scorers.

    Their names are the kernels' with an underscore for the dot. `client` is whose server computes;
    left out, default_client()'s.
    """

    def _call(
        self,
        kernel: str,
        others: Sequence[OtherT],
        parameters: Mapping[str, object],
        *,
        processor: ProcessorLike | None = None,
        score_cutoff: float | None = None,
        row_errors: Literal["fail", "null"] = "fail",
        timeout: Timeout = UNSET,
        client: Client | None = None,
    ) -> ResultT:
        raise NotImplementedError
'''


def find_server(root: Path) -> str:
    """The server to ask: $KERNELSERVE_SERVER_BINARY, the repository's, or one on the PATH."""
    built = root.parent.parent / _BUILT
    named = os.environ.get("KERNELSERVE_SERVER_BINARY")
    found = named or (str(built) if built.exists() else shutil.which("kernelserve-server"))
    if found is None:
        raise FileNotFoundError(
            f"no kernelserve-server to ask for its catalog: build {_BUILT} (./dev build), or name "
            f"one by $KERNELSERVE_SERVER_BINARY"
        )
    return found


def list_kernels(server: str, stubs: Path) -> list[Any]:
    """The catalog of a server that runs for as long as this takes; `stubs` has kernelserve/v1."""
    sys.path.insert(0, str(stubs))
    try:
        import grpc

        from kernelserve.v1 import kernel_pb2, kernel_pb2_grpc
    finally:
        sys.path.remove(str(stubs))
    with tempfile.TemporaryDirectory(prefix="kernelserve-") as directory:
        ready, write_end = os.pipe()
        listen = [f"--listen=unix:{directory}/s", f"--ready_fd={write_end}"]
        process = subprocess.Popen(
            [server, *listen, "--lame_duck_ms=0", "--log_level=error"], pass_fds=[write_end]
        )
        os.close(write_end)
        try:
            with os.fdopen(ready) as lines:
                (address,) = json.loads(lines.readline())["addresses"]
            with grpc.insecure_channel(address) as channel:
                stub = kernel_pb2_grpc.KernelServiceStub(channel)
                listed = stub.ListKernels(kernel_pb2.ListKernelsRequest(), timeout=_ANSWER_S_MAX)
        finally:
            process.terminate()
            process.wait()
    return list(listed.kernels)


def source_of(kernels: list[Any]) -> str:
    """The module's text."""
    from kernelserve.v1 import types_pb2

    def type_name(number: Any) -> str:
        return types_pb2.DataType.Name(number).removeprefix("DATA_TYPE_")

    results = {kernel.name: type_name(kernel.result).lower() for kernel in kernels}
    rows = "".join(f"    {name!r}: {result!r},\n" for name, result in results.items())
    head = _HEAD.replace("{results}", f"{{\n{rows}}}")
    scorers = "".join(f"    {kernel.name!r},\n" for kernel in kernels if kernel.scorer)
    head = head.replace("{scorers}", f"[\n{scorers}]")
    return head + "".join(_method(kernel, type_name) for kernel in kernels)


def _method(kernel: Any, type_name: Any) -> str:
    others = [field.name for field in kernel.arguments[1:]]
    if others == ["right"]:
        others = ["other"]
    optional = [f"{f.name}: {_annotation(f, type_name)} = {_default(f)}" for f in kernel.parameters]
    passed = []
    if kernel.scorer:
        optional.append("processor: ProcessorLike | None = None")
        optional.append("score_cutoff: float | None = None")
        passed += ["processor", "score_cutoff"]
    if kernel.fallible:
        optional.append('row_errors: Literal["fail", "null"] = "fail"')
        passed.append("row_errors")
    optional += ["timeout: Timeout = UNSET", "client: Client | None = None"]
    passed += ["timeout", "client"]
    parameters = ", ".join(f'"{f.name}": {f.name}' for f in kernel.parameters)
    lines = [
        "",
        f"    def {kernel.name.replace('.', '_')}(",
        "        self,",
        *(f"        {name}: OtherT," for name in others),
        "        *,",
        *(f"        {name}," for name in optional),
        "    ) -> ResultT:",
        *_docstring(kernel),
        "        return self._call(",
        f"            {kernel.name!r},",
        f"            [{', '.join(others)}],",
        f"            {{{parameters}}},",
        *(f"            {name}={name}," for name in passed),
        "        )",
        "",
    ]
    return "\n".join(lines)


def _docstring(kernel: Any) -> list[str]:
    lines = textwrap.wrap(kernel.doc, _WIDTH - 12)
    if kernel.parameters:
        lines += ["", "Args:"]
        for field in kernel.parameters:
            told = f"{field.name}: {field.doc}"
            lines += textwrap.wrap(
                told, _WIDTH - 12, initial_indent="    ", subsequent_indent="        "
            )
    if len(lines) == 1:
        return [f'        """{lines[0]}"""']
    return [
        f'        """{lines[0]}',
        *(f"        {line}".rstrip() for line in lines[1:]),
        '        """',
    ]


def _annotation(field: Any, type_name: Any) -> str:
    plain = _PYTHON_TYPES.get(type_name(field.type), "Any")
    if field.default_value.WhichOneof("value") == "column":
        return f"Sequence[{plain}]"
    return plain if _default(field) != "None" else f"{plain} | None"


def _default(field: Any) -> str:
    """As Python writes it; None where the kernel does without."""
    kind = field.default_value.WhichOneof("value")
    if kind is None:
        return "None"
    value = getattr(field.default_value, kind)
    if kind == "column":  # of 64-bit integers, as ListKernels encodes them
        return repr(tuple(memoryview(value.values).cast("q").tolist()))
    return repr(value)
