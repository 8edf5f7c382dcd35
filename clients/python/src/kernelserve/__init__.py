"""Native kernels over gRPC: string distance, Fibonacci numbers, whatever the server has.

    import kernelserve as ks

    ks.compare("kitten", "sitting")                 # 3
    ks.pairwise(["kitten", "flaw"], ["sitting", "lawn"])      # [3, 2]; numpy, pandas, Polars, Arrow
    ks.top_k("kitten", ["sitting", "mitten"], k=1)  # a table of matches; cdist, join
    ks.fibonacci(42)                                # 267914296

    with ks.connect("unix:/run/kernelserve.sock") as client:
        client.kernels()

The verbs of this module are those of default_client(): the server at $KERNELSERVE_ADDRESS, or one
that starts by itself (pip install kernelserve-server). `kernelserve.aio` has them for asyncio,
`kernelserve.v1` the generated gRPC code.
"""

from __future__ import annotations

from . import aio
from ._api import (
    align,
    cdist,
    compare,
    default_client,
    editops,
    estimate,
    fibonacci,
    join,
    kernels,
    pairwise,
    run,
    top_k,
)
from ._async_client import AsyncClient
from ._client import Client, connect
from ._cross import Estimate
from ._edit_records import Editop, ScoreAlignment
from ._editops import Editops
from ._exceptions import (
    AuthenticationError,
    CallCancelledError,
    ClientClosedError,
    ConnectError,
    DeadlineError,
    EmbeddedServerError,
    Error,
    InvalidArgumentError,
    InvalidTextError,
    LengthMismatchError,
    MalformedColumnError,
    OutOfRangeError,
    OverloadedError,
    PerformanceWarning,
    ResultOverflowError,
    RowErrorWarning,
    RowFailedError,
    ServerError,
    ServerNotFoundError,
    TooLargeError,
    UnknownNameError,
    UnsupportedError,
    WrongTypeError,
)
from ._scorers import Scorer
from ._target import TLS
from ._version import __version__

__all__ = [
    "TLS",
    "AsyncClient",
    "AuthenticationError",
    "CallCancelledError",
    "Client",
    "ClientClosedError",
    "ConnectError",
    "DeadlineError",
    "Editop",
    "Editops",
    "EmbeddedServerError",
    "Error",
    "Estimate",
    "InvalidArgumentError",
    "InvalidTextError",
    "LengthMismatchError",
    "MalformedColumnError",
    "OutOfRangeError",
    "OverloadedError",
    "PerformanceWarning",
    "ResultOverflowError",
    "RowErrorWarning",
    "RowFailedError",
    "ScoreAlignment",
    "Scorer",
    "ServerError",
    "ServerNotFoundError",
    "TooLargeError",
    "UnknownNameError",
    "UnsupportedError",
    "WrongTypeError",
    "__version__",
    "aio",
    "align",
    "cdist",
    "compare",
    "connect",
    "default_client",
    "editops",
    "estimate",
    "fibonacci",
    "join",
    "kernels",
    "pairwise",
    "run",
    "top_k",
]

# Tracebacks and pickles name the public module, wherever a class is written.
for _name in __all__:
    if isinstance(locals()[_name], type) or callable(locals()[_name]):
        locals()[_name].__module__ = __name__
del _name
