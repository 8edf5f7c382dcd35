"""The module-level verbs: those of one client that the process shares."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, TypeVar, Unpack, overload

from ._client import Client
from ._cross import K_DEFAULT, CrossName, Estimate
from ._deadline import UNSET, Timeout
from ._edit_records import ScoreAlignment
from ._editops import Editops
from ._forks import renew_in_child
from ._frame_options import FrameArguments
from ._progress import ProgressLike
from ._scorers import DEFAULT_ALIGNER, DEFAULT_SCORER, ParameterValue, ScorerLike
from ._verbs import DTypeLike, RowErrorsLike, TextLike
from .v1 import kernel_pb2

if TYPE_CHECKING:  # numpy is not imported before there are columns
    import numpy.typing as npt

ADDRESS_VARIABLE = "KERNELSERVE_ADDRESS"

Function = TypeVar("Function", bound=Callable[..., Any])


class _Default:
    def __init__(self) -> None:
        self.client: Client | None = None
        self.after_fork_in_child()
        renew_in_child(self)

    def after_fork_in_child(self) -> None:
        self.lock = threading.Lock()


_default = _Default()


def default_client() -> Client:
    """The client behind kernelserve.compare() and the other module-level verbs.

    Of the server at $KERNELSERVE_ADDRESS, or embedded where that is not set. Made on first use, and
    anew if it was closed.
    """
    with _default.lock:
        if _default.client is None or _default.client.closed:
            _default.client = Client(os.environ.get(ADDRESS_VARIABLE) or None)
        return _default.client


def documented_by(method: Callable[..., Any]) -> Callable[[Function], Function]:
    """The docstring of the method that a function is the twin of."""

    def decorate(function: Function) -> Function:
        function.__doc__ = method.__doc__
        return function

    return decorate


@overload
def compare(
    left: TextLike,
    right: TextLike,
    *,
    scorer: ScorerLike = ...,
    score_cutoff: float | None = ...,
    timeout: Timeout = ...,
) -> int | float: ...
@overload
def compare(
    left: TextLike | None,
    right: TextLike | None,
    *,
    scorer: ScorerLike = ...,
    score_cutoff: float | None = ...,
    timeout: Timeout = ...,
) -> int | float | None: ...
@documented_by(Client.compare)
def compare(
    left: TextLike | None,
    right: TextLike | None,
    *,
    scorer: ScorerLike = DEFAULT_SCORER,
    score_cutoff: float | None = None,
    timeout: Timeout = UNSET,
) -> int | float | None:
    return default_client().compare(
        left, right, scorer=scorer, score_cutoff=score_cutoff, timeout=timeout
    )


@documented_by(Client.editops)
def editops(
    left: TextLike,
    right: TextLike,
    *,
    scorer: ScorerLike = DEFAULT_SCORER,
    timeout: Timeout = UNSET,
) -> Editops:
    return default_client().editops(left, right, scorer=scorer, timeout=timeout)


@documented_by(Client.align)
def align(
    left: TextLike | None,
    right: TextLike | None,
    *,
    scorer: ScorerLike = DEFAULT_ALIGNER,
    score_cutoff: float | None = None,
    timeout: Timeout = UNSET,
) -> ScoreAlignment | None:
    return default_client().align(
        left, right, scorer=scorer, score_cutoff=score_cutoff, timeout=timeout
    )


@documented_by(Client.pairwise)
def pairwise(
    left: Any,
    right: Any = UNSET,
    *,
    scorer: ScorerLike = DEFAULT_SCORER,
    score_cutoff: float | None = None,
    dtype: DTypeLike | None = None,
    row_errors: RowErrorsLike = "fail",
    timeout: Timeout = UNSET,
) -> Any:
    return default_client().pairwise(
        left,
        right,
        scorer=scorer,
        score_cutoff=score_cutoff,
        dtype=dtype,
        row_errors=row_errors,
        timeout=timeout,
    )


@documented_by(Client.cdist)
def cdist(
    queries: Any,
    choices: Any = None,
    *,
    scorer: ScorerLike = DEFAULT_SCORER,
    score_cutoff: float | None = None,
    dtype: DTypeLike | None = None,
    progress: ProgressLike = False,
    timeout: Timeout = UNSET,
) -> npt.NDArray[Any]:
    return default_client().cdist(
        queries,
        choices,
        scorer=scorer,
        score_cutoff=score_cutoff,
        dtype=dtype,
        progress=progress,
        timeout=timeout,
    )


@documented_by(Client.top_k)
def top_k(
    queries: Any,
    choices: Any = None,
    k: int = K_DEFAULT,
    *,
    scorer: ScorerLike | Sequence[ScorerLike] = DEFAULT_SCORER,
    score_cutoff: float | None = None,
    progress: ProgressLike = False,
    timeout: Timeout = UNSET,
    **frames: Unpack[FrameArguments],
) -> Any:
    return default_client().top_k(
        queries,
        choices,
        k,
        scorer=scorer,
        score_cutoff=score_cutoff,
        progress=progress,
        timeout=timeout,
        **frames,
    )


@documented_by(Client.join)
def join(
    left: Any,
    right: Any = None,
    *,
    scorer: ScorerLike | Sequence[ScorerLike] = DEFAULT_SCORER,
    score_cutoff: float | None = None,
    progress: ProgressLike = False,
    timeout: Timeout = UNSET,
    **frames: Unpack[FrameArguments],
) -> Any:
    return default_client().join(
        left,
        right,
        scorer=scorer,
        score_cutoff=score_cutoff,
        progress=progress,
        timeout=timeout,
        **frames,
    )


@documented_by(Client.estimate)
def estimate(
    verb: CrossName,
    queries: Any,
    choices: Any = None,
    k: int = K_DEFAULT,
    *,
    scorer: ScorerLike = DEFAULT_SCORER,
    score_cutoff: float | None = None,
    dtype: DTypeLike | None = None,
    timeout: Timeout = UNSET,
) -> Estimate:
    return default_client().estimate(
        verb,
        queries,
        choices,
        k,
        scorer=scorer,
        score_cutoff=score_cutoff,
        dtype=dtype,
        timeout=timeout,
    )


@overload
def fibonacci(n: int, *, modulus: int | None = ..., timeout: Timeout = ...) -> int: ...
@overload
def fibonacci(
    n: Any,
    *,
    modulus: int | None = ...,
    dtype: DTypeLike | None = ...,
    row_errors: RowErrorsLike = ...,
    timeout: Timeout = ...,
) -> Any: ...
@documented_by(Client.fibonacci)
def fibonacci(
    n: Any,
    *,
    modulus: int | None = None,
    dtype: DTypeLike | None = None,
    row_errors: RowErrorsLike = "fail",
    timeout: Timeout = UNSET,
) -> Any:
    return default_client().fibonacci(
        n, modulus=modulus, dtype=dtype, row_errors=row_errors, timeout=timeout
    )


@documented_by(Client.kernels)
def kernels(*, timeout: Timeout = UNSET) -> list[kernel_pb2.Kernel]:
    return default_client().kernels(timeout=timeout)


@documented_by(Client.run)
def run(
    kernel: str,
    /,
    *columns: Any,
    parameters: Mapping[str, ParameterValue] | None = None,
    result_type: DTypeLike | None = None,
    row_errors: RowErrorsLike = "fail",
    timeout: Timeout = UNSET,
) -> Any:
    return default_client().run(
        kernel,
        *columns,
        parameters=parameters,
        result_type=result_type,
        row_errors=row_errors,
        timeout=timeout,
    )
