"""The asyncio client: Client's twin."""

# Over 400 lines: the verbs of one class, as in _client.py.

from __future__ import annotations

import asyncio
import contextlib
import os
import weakref
from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from types import TracebackType
from typing import TYPE_CHECKING, Any, Unpack, cast, overload

from . import _batches, _cross
from . import _verbs as verbs
from ._api import documented_by
from ._async_connection import AsyncConnection
from ._client import Client
from ._coalesced import Comparisons, Fibonaccis, Searches
from ._coalescing import Coalescer
from ._connection import Connection
from ._cross import K_DEFAULT, CrossName, Estimate
from ._deadline import UNSET, Deadline, Timeout, check_timeout
from ._edit_records import ScoreAlignment
from ._editops import Editops
from ._frame_options import FrameArguments, FrameOptions
from ._progress import ProgressLike
from ._scorers import DEFAULT_ALIGNER, DEFAULT_SCORER, ParameterValue, ScorerLike
from ._session import Session
from ._target import TLS, as_tls, check_token, parse_address
from ._verbs import DTypeLike, RowErrorsLike, TextLike
from .v1 import kernel_pb2, server_info_pb2

if TYPE_CHECKING:  # numpy is not imported before there are columns
    import numpy.typing as npt

# Turning more rows than this into columns would hold up the event loop for milliseconds.
_ROWS_ON_LOOP_MAX = 1_000

# A greater n takes long enough that the others of its batch would wait for it.
_COALESCED_N_MAX = 10_000


class AsyncClient:
    """Client's verbs as coroutines. Made by kernelserve.aio.connect().

    Calls of compare() and fibonacci() that are made at the same time, as by asyncio.gather(), go
    out as one batch; so do those of top_k() among the same choices. What compare() and fibonacci()
    return is a future and a coroutine: it is asked for whether it is awaited or not. Usable in any
    number of event loops, one after another or in several threads at once, and in forked children.
    Cancelling a task cancels its work on the server, unless others wait for the same batch.
    """

    def __init__(
        self,
        address: str | Sequence[str] | None = None,
        *,
        token: str | None = None,
        tls: bool | str | os.PathLike[str] | TLS | None = None,
        timeout: float | None = None,
        shared_memory: bool = True,
    ) -> None:
        target = parse_address(address) if address is not None else None
        check_token(token)
        self._timeout = check_timeout(timeout)
        self._connection = AsyncConnection(Session(target, token, as_tls(tls), shared_memory))
        self._coalescers: weakref.WeakKeyDictionary[asyncio.AbstractEventLoop, Coalescer] = (
            weakref.WeakKeyDictionary()
        )
        # The loop that asked last, of which there is one nearly always.
        self._latest: tuple[Callable[[], asyncio.AbstractEventLoop | None], Coalescer] = (
            _no_loop,
            Coalescer(self._connection.executor),
        )

    @overload
    async def compare(
        self,
        left: TextLike,
        right: TextLike,
        *,
        scorer: ScorerLike = ...,
        score_cutoff: float | None = ...,
        timeout: Timeout = ...,
    ) -> int | float: ...
    @overload
    async def compare(
        self,
        left: TextLike | None,
        right: TextLike | None,
        *,
        scorer: ScorerLike = ...,
        score_cutoff: float | None = ...,
        timeout: Timeout = ...,
    ) -> int | float | None: ...
    @documented_by(Client.compare)
    def compare(
        self,
        left: TextLike | None,
        right: TextLike | None,
        *,
        scorer: ScorerLike = DEFAULT_SCORER,
        score_cutoff: float | None = None,
        timeout: Timeout = UNSET,
    ) -> Any:
        try:
            loop = asyncio.get_running_loop()
            coalescer = self._coalescer(loop)
            key = (Comparisons, scorer, score_cutoff, score_cutoff.__class__, timeout)
            batch = coalescer.open.get(key)
        except (RuntimeError, TypeError):  # there is no loop yet, or an argument is no key
            return self._compare(left, right, scorer, score_cutoff, timeout)
        if batch is None:
            work = Comparisons(*self._calls(timeout), scorer, score_cutoff)
            batch = coalescer.begin(loop, key, work)
            coalescer.warn_of_loop(batch, "compare()", "pairwise()")
        return coalescer.ask(loop, batch, (left, right))

    async def _compare(
        self,
        left: TextLike | None,
        right: TextLike | None,
        scorer: ScorerLike,
        score_cutoff: float | None,
        timeout: Timeout,
    ) -> int | float | None:
        return await self._run(verbs.compare(left, right, scorer, score_cutoff), timeout)  # type: ignore[no-any-return]

    @documented_by(Client.editops)
    async def editops(
        self,
        left: TextLike,
        right: TextLike,
        *,
        scorer: ScorerLike = DEFAULT_SCORER,
        timeout: Timeout = UNSET,
    ) -> Editops:
        return await self._run(verbs.editops(left, right, scorer), timeout)  # type: ignore[no-any-return]

    @documented_by(Client.align)
    async def align(
        self,
        left: TextLike | None,
        right: TextLike | None,
        *,
        scorer: ScorerLike = DEFAULT_ALIGNER,
        score_cutoff: float | None = None,
        timeout: Timeout = UNSET,
    ) -> ScoreAlignment | None:
        return await self._run(verbs.align(left, right, scorer, score_cutoff), timeout)  # type: ignore[no-any-return]

    @documented_by(Client.pairwise)
    async def pairwise(
        self,
        left: Any,
        right: Any = UNSET,
        *,
        scorer: ScorerLike = DEFAULT_SCORER,
        score_cutoff: float | None = None,
        dtype: DTypeLike | None = None,
        row_errors: RowErrorsLike = "fail",
        timeout: Timeout = UNSET,
    ) -> Any:
        left, right, pairs = await asyncio.to_thread(_batches.pairs_of, left, right)
        if pairs is None:
            arguments = (left, right, scorer, score_cutoff, dtype, row_errors)
            return await self._columns((left, right), timeout, verbs.pairwise, *arguments)

        def score(pair: _batches.Pair, first_row: int) -> verbs.Verb:
            return verbs.pairwise(*pair, scorer, score_cutoff, dtype, row_errors, first_row)

        return self._each(pairs, score, timeout)

    @documented_by(Client.cdist)
    async def cdist(
        self,
        queries: Any,
        choices: Any = None,
        *,
        scorer: ScorerLike = DEFAULT_SCORER,
        score_cutoff: float | None = None,
        dtype: DTypeLike | None = None,
        progress: ProgressLike = False,
        timeout: Timeout = UNSET,
    ) -> npt.NDArray[Any]:
        arguments = (queries, choices, scorer, score_cutoff, dtype, progress)
        return await self._columns((queries, choices), timeout, _cross.cdist, *arguments)  # type: ignore[no-any-return]

    @documented_by(Client.top_k)
    async def top_k(
        self,
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
        options = FrameOptions(**frames)
        if options.given:
            asked = (queries, choices, options, scorer, score_cutoff, progress, k)
            return await self._search_frames(asked, timeout)
        alone = progress or isinstance(scorer, (list, tuple))
        if not alone and _is_short(queries) and _is_whole(choices):
            loop = asyncio.get_running_loop()
            coalescer = self._coalescer(loop)
            # Choices are known by identity: the batch holds them.
            key = (Searches, id(choices), k, scorer, score_cutoff, score_cutoff.__class__, timeout)
            with contextlib.suppress(TypeError):  # an argument that is no key is refused below
                batch = coalescer.open.get(key)
                if batch is None:
                    calls = self._calls(timeout)
                    work = Searches(*calls, choices, k, cast(ScorerLike, scorer), score_cutoff)
                    batch = coalescer.begin(loop, key, work)
                return await coalescer.ask(loop, batch, queries)
        arguments = (k, scorer, score_cutoff, progress)
        return await self._search(_cross.top_k, queries, choices, timeout, *arguments)

    @documented_by(Client.join)
    async def join(
        self,
        left: Any,
        right: Any = None,
        *,
        scorer: ScorerLike | Sequence[ScorerLike] = DEFAULT_SCORER,
        score_cutoff: float | None = None,
        progress: ProgressLike = False,
        timeout: Timeout = UNSET,
        **frames: Unpack[FrameArguments],
    ) -> Any:
        options = FrameOptions(**frames)
        if options.given:
            asked = (left, right, options, scorer, score_cutoff, progress)
            return await self._search_frames(asked, timeout)
        arguments = (scorer, score_cutoff, progress)
        return await self._search(_cross.join, left, right, timeout, *arguments)

    @documented_by(Client.estimate)
    async def estimate(
        self,
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
        arguments = (verb, queries, choices, k, scorer, score_cutoff, dtype)
        return await self._columns((queries, choices), timeout, _cross.estimate, *arguments)  # type: ignore[no-any-return]

    @overload
    async def fibonacci(
        self, n: int, *, modulus: int | None = ..., timeout: Timeout = ...
    ) -> int: ...
    @overload
    async def fibonacci(
        self,
        n: Any,
        *,
        modulus: int | None = ...,
        dtype: DTypeLike | None = ...,
        row_errors: RowErrorsLike = ...,
        timeout: Timeout = ...,
    ) -> Any: ...
    @documented_by(Client.fibonacci)
    def fibonacci(
        self,
        n: Any,
        *,
        modulus: int | None = None,
        dtype: DTypeLike | None = None,
        row_errors: RowErrorsLike = "fail",
        timeout: Timeout = UNSET,
    ) -> Any:
        plain = type(n) is int and dtype is None and row_errors == "fail"
        if not plain or not 0 <= n <= _COALESCED_N_MAX:
            return self._fibonacci(n, modulus, dtype, row_errors, timeout)
        try:
            loop = asyncio.get_running_loop()
            coalescer = self._coalescer(loop)
            key = (Fibonaccis, modulus, modulus.__class__, timeout)
            batch = coalescer.open.get(key)
        except (RuntimeError, TypeError):
            return self._fibonacci(n, modulus, dtype, row_errors, timeout)
        if batch is None:
            batch = coalescer.begin(loop, key, Fibonaccis(*self._calls(timeout), modulus))
            coalescer.warn_of_loop(batch, "fibonacci()", "fibonacci() of a list")
        return coalescer.ask(loop, batch, n)

    async def _fibonacci(
        self,
        n: Any,
        modulus: int | None,
        dtype: DTypeLike | None,
        row_errors: RowErrorsLike,
        timeout: Timeout,
    ) -> Any:
        return await self._run(verbs.fibonacci(n, modulus, dtype, row_errors), timeout)

    @documented_by(Client.kernels)
    async def kernels(self, *, timeout: Timeout = UNSET) -> list[kernel_pb2.Kernel]:
        return await self._run(verbs.kernels(), timeout)  # type: ignore[no-any-return]

    @documented_by(Client.run)
    async def run(
        self,
        kernel: str,
        /,
        *columns: Any,
        parameters: Mapping[str, ParameterValue] | None = None,
        result_type: DTypeLike | None = None,
        row_errors: RowErrorsLike = "fail",
        timeout: Timeout = UNSET,
    ) -> Any:
        arguments = (kernel, columns, parameters, result_type, row_errors)
        return await self._columns(columns, timeout, verbs.run, *arguments)

    @documented_by(Client.server_info)
    async def server_info(
        self, *, timeout: Timeout = UNSET
    ) -> server_info_pb2.GetServerInfoResponse:
        return await self._run(verbs.server_info(), timeout)  # type: ignore[no-any-return]

    @property
    def address(self) -> str:
        """Where calls go: the address as given, or the embedded server's once it is started."""
        return self._connection.connection.address

    @property
    def closed(self) -> bool:
        """Whether close() was called: every verb then raises ClientClosedError."""
        return self._connection.session.closed

    async def close(self) -> None:
        """Closes the connections; calls under way end with ClientClosedError.

        May be called again.
        """
        await self._connection.close()

    async def __aenter__(self) -> AsyncClient:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        await self.close()

    def __repr__(self) -> str:
        session = self._connection.session
        how = "closed" if session.closed else "embedded server" if session.given is None else ""
        return f"<kernelserve.AsyncClient {self.address}{f' ({how})' if how else ''}>"

    def _seconds(self, timeout: Timeout) -> float | None:
        return self._timeout if timeout is UNSET else check_timeout(timeout)

    async def _run(self, verb: verbs.Verb, timeout: Timeout) -> Any:
        return await self._connection.run(verb, self._seconds(timeout))

    async def _columns(
        self,
        columns: Sequence[object],
        timeout: Timeout,
        make: Callable[..., verbs.Verb],
        *arguments: Any,
    ) -> Any:
        """Runs a verb over columns, of which `arguments` has the same."""
        rows = max(map(_rows_of, columns), default=0)
        return await self._rows(rows, self._seconds(timeout), make, *arguments)

    async def _search_frames(self, arguments: tuple[Any, ...], timeout: Timeout) -> Any:
        """A verb of two frames: as many verbs of columns as it takes, made beside the loop."""
        from ._frame_search import advance, search

        deadline = Deadline(self._seconds(timeout))
        asking = await asyncio.to_thread(search, *arguments)
        verb, result = await asyncio.to_thread(advance, asking, None)
        while verb is not None:
            answer = await self._connection.run(verb, deadline)
            verb, result = await asyncio.to_thread(advance, asking, answer)
        return result

    async def _search(
        self,
        make: Callable[..., verbs.Verb],
        queries: Any,
        choices: Any,
        timeout: Timeout,
        *arguments: Any,
    ) -> Any:
        """A verb of queries by choices, or one for each batch of queries."""
        queries, batches = await asyncio.to_thread(_batches.queries_of, queries, choices)
        if batches is None:
            columns = (queries, choices)
            return await self._columns(columns, timeout, make, *columns, *arguments)
        shared = await asyncio.to_thread(_cross.ChoicesOfBatches, choices)

        def search(batch: Any, first_row: int) -> verbs.Verb:
            return make(batch, shared, *arguments, first_row)

        return self._each(batches, search, timeout)

    async def _each(
        self, batches: Iterator[Any], make: Callable[[Any, int], verbs.Verb], timeout: Timeout
    ) -> AsyncIterator[Any]:
        """The results of verbs that are made of batches, which are read beside the event loop."""
        seconds = self._seconds(timeout)
        each = _batches.numbered(batches)
        while (batch := await asyncio.to_thread(next, each, None)) is not None:
            yield await self._connection.run(await asyncio.to_thread(make, *batch), seconds)

    async def _rows(
        self, rows: int, seconds: float | None, make: Callable[..., verbs.Verb], *arguments: Any
    ) -> Any:
        """Runs a verb over columns, turning long lists into columns beside the event loop."""
        if rows > _ROWS_ON_LOOP_MAX:
            verb = await asyncio.to_thread(make, *arguments)
        else:
            verb = make(*arguments)
        return await self._connection.run(verb, seconds)

    def _coalescer(self, loop: asyncio.AbstractEventLoop) -> Coalescer:
        known, coalescer = self._latest
        if known() is loop:
            return coalescer
        coalescer = self._coalescers.get(loop) or Coalescer(self._connection.executor)
        self._coalescers[loop] = coalescer
        self._latest = (weakref.ref(loop), coalescer)
        return coalescer

    def _calls(self, timeout: Timeout) -> tuple[Connection, Timeout, float | None]:
        return self._connection.connection, timeout, self._timeout


def _no_loop() -> None:
    """A reference to no loop."""


def _is_short(queries: object) -> bool:
    """Whether queries are best sent along with others."""
    return isinstance(queries, (str, bytes)) or (
        type(queries) is list and 0 < len(queries) <= _ROWS_ON_LOOP_MAX
    )


def _is_whole(choices: object) -> bool:
    """Whether choices can be read more than once."""
    return hasattr(choices, "__len__") and not isinstance(choices, (str, bytes, Iterator))


def _rows_of(value: object) -> int:
    try:
        return len(value)  # type: ignore[arg-type]
    except TypeError:  # an iterator, or a numpy array of no dimension
        return 0
