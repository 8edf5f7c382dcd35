"""The synchronous client."""

# Over 400 lines: the verbs of one class, whose docstrings are the reference.

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from types import TracebackType
from typing import TYPE_CHECKING, Any, Unpack, overload

from . import _batches, _callbacks, _cross
from . import _verbs as verbs
from ._connection import Connection
from ._cross import K_DEFAULT, CrossName, Estimate
from ._deadline import UNSET, Deadline, Timeout, check_timeout
from ._edit_records import ScoreAlignment
from ._editops import Editops
from ._frame_options import FrameArguments, FrameOptions
from ._loops import count_call
from ._progress import ProgressLike
from ._scorers import DEFAULT_ALIGNER, DEFAULT_SCORER, ParameterValue, ScorerLike
from ._session import Session
from ._target import TLS, as_tls, check_token, parse_address
from ._verbs import DTypeLike, RowErrorsLike, TextLike
from .v1 import kernel_pb2, server_info_pb2

if TYPE_CHECKING:  # numpy is not imported before there are columns
    import numpy.typing as npt


class Client:
    """Kernels of one server, or of equal replicas, as Python methods. Made by connect().

    Made without I/O, but for looking up the names in a list of addresses: the first call connects,
    and starts the embedded server where there is no address. May be used from many threads at once,
    and in forked children, each of which makes connections of its own. Close it, or use it as a
    context manager, to close its connections, and to end the embedded server if this is its last
    client.

    Every verb takes `timeout`: seconds for the whole verb, however many calls it makes; None for no
    limit; left out, the client's own. Ctrl-C ends a verb, and its work on the server. All raise
    subclasses of `kernelserve.Error`.
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
        self._connection = Connection(Session(target, token, as_tls(tls), shared_memory))

    @overload
    def compare(
        self,
        left: TextLike,
        right: TextLike,
        *,
        scorer: ScorerLike = ...,
        score_cutoff: float | None = ...,
        timeout: Timeout = ...,
    ) -> int | float: ...
    @overload
    def compare(
        self,
        left: TextLike | None,
        right: TextLike | None,
        *,
        scorer: ScorerLike = ...,
        score_cutoff: float | None = ...,
        timeout: Timeout = ...,
    ) -> int | float | None: ...
    def compare(
        self,
        left: TextLike | None,
        right: TextLike | None,
        *,
        scorer: ScorerLike = DEFAULT_SCORER,
        score_cutoff: float | None = None,
        timeout: Timeout = UNSET,
    ) -> int | float | None:
        """The score of one pair of texts.

        A round trip each: for many pairs, use pairwise(). A hundred of them in a row, within
        seconds and by one thread, bring one PerformanceWarning.

        Args:
            left, right: str (its units are code points), bytes (each the Latin-1 character of its
                value) or a sequence of hashable things. None for either gives None.
            scorer: a dotted name such as "levenshtein.normalized_similarity" (kernels() lists
                them), a kernelserve.Scorer, or RapidFuzz's function, such as
                rapidfuzz.distance.Levenshtein.distance.
            score_cutoff: scores beyond it are of no interest. A distance over it becomes
                score_cutoff + 1, a similarity below it 0, a normalised distance over it 1.0.

        Returns:
            An int for distances and similarities, a float for normalised ones.

        Raises:
            UnknownNameError: of the scorer or of a parameter of it; suggests a close one.
            OutOfRangeError: of score_cutoff or a parameter.
            WrongTypeError: left or right is no text.
        """
        if _callbacks.inside():
            return _callbacks.compare(left, right, scorer, score_cutoff)  # type: ignore[no-any-return]
        count_call("compare()", "pairwise()")
        return self._run(verbs.compare(left, right, scorer, score_cutoff), timeout)  # type: ignore[no-any-return]

    def editops(
        self,
        left: TextLike,
        right: TextLike,
        *,
        scorer: ScorerLike = DEFAULT_SCORER,
        timeout: Timeout = UNSET,
    ) -> Editops:
        """A shortest list of edits that turn `left` into `right`.

        Args:
            left, right: as in compare().
            scorer: any form of a metric that has edits: levenshtein, osa, indel, lcs_seq, hamming.

        Returns:
            The edits in ascending order of position, those of RapidFuzz's editops(): tuples of
            kind ("replace", "insert", "delete", or osa's "transpose"), position in left, position
            in right.

        Raises:
            UnsupportedError: the metric has no edits; the message names those that do.
            RowFailedError: of hamming without `pad`, where the texts differ in length.
            UnknownNameError, WrongTypeError: as in compare().
        """
        if _callbacks.inside():
            raise _callbacks.refusal("editops()")
        return self._run(verbs.editops(left, right, scorer), timeout)  # type: ignore[no-any-return]

    def align(
        self,
        left: TextLike | None,
        right: TextLike | None,
        *,
        scorer: ScorerLike = DEFAULT_ALIGNER,
        score_cutoff: float | None = None,
        timeout: Timeout = UNSET,
    ) -> ScoreAlignment | None:
        """Which parts of two texts fit best, and how well.

        Args:
            left, right: as in compare(). None for either gives None.
            scorer: one that aligns: "fuzz.partial_ratio", by which the shorter text is compared
                with parts of the longer one.
            score_cutoff: the least score that is of interest.

        Returns:
            (score, src_start, src_end, dest_start, dest_end): the parts are
            left[src_start:src_end] and right[dest_start:dest_end], those of RapidFuzz's
            partial_ratio_alignment(). None where the score is below the cutoff.

        Raises:
            UnsupportedError: the scorer aligns nothing; the message names those that do.
            UnknownNameError, OutOfRangeError, WrongTypeError: as in compare().
        """
        if _callbacks.inside():
            raise _callbacks.refusal("align()")
        return self._run(verbs.align(left, right, scorer, score_cutoff), timeout)  # type: ignore[no-any-return]

    def pairwise(
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
        """The scores of two columns of texts, row by row.

        Cut into calls of a size that the server likes, several of which are under way at a time.

        Columns may come in batches, which takes the memory of a batch however many there are:
        `left` and `right` are each an iterator of columns (or one text), such as a
        pyarrow.RecordBatchReader of one column; or `left` is an iterator of pairs of columns, such
        as a reader of two, and `right` is left out. The scores then come as an iterator, each batch
        of them computed when it is asked for, within `timeout`; as a RecordBatchReader where left
        is one. (Of AsyncClient, as an asynchronous iterator.)

        Args:
            left, right: columns of n rows each: a list or tuple, a numpy array, a pandas or Polars
                Series, a pyarrow array, or anything with `__arrow_c_array__` or
                `__arrow_c_stream__`. Rows are texts as in compare(); None, NaN and pandas.NA are
                null. One text, or a column of one row, is paired with every row of the other.
            scorer, score_cutoff: as in compare().
            dtype: the type of the scores, such as "int64" or numpy.float32. A score too great for
                it becomes its maximum.
            row_errors: "fail" raises for the first row that has no score (text that is not UTF-8);
                "null" makes such rows null, with a RowErrorWarning.

        Returns:
            n scores, null where a text is, as the same kind of thing as `left` (or as `right`,
            where left is one text):

            - list: int or float, and None
            - numpy array: int32 or float64; a MaskedArray where rows are null
            - pandas Series: int32 or float64 with left's index and name; Int32, and NaN for floats,
              where rows are null
            - Polars Series: Int32 or Float64, with left's name
            - pyarrow, and other Arrow data: an Array, or ChunkedArray, of int32 or float64

        Raises:
            LengthMismatchError: the columns differ in length.
            WrongTypeError: an argument is no column, or no column of texts.
            InvalidTextError, MalformedColumnError: `row` and `field` tell where.
            UnknownNameError, OutOfRangeError: as in compare().
        """
        empty = _batches.empty_batch(left, 2)
        left, right, pairs = _batches.pairs_of(left, right)
        if pairs is None:
            verb = verbs.pairwise(left, right, scorer, score_cutoff, dtype, row_errors)
            return self._run(verb, timeout)

        def score(pair: _batches.Pair, first_row: int) -> verbs.Verb:
            return verbs.pairwise(*pair, scorer, score_cutoff, dtype, row_errors, first_row)

        return self._each(pairs, score, timeout, empty)

    def cdist(
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
        """The scores of every query with every choice, as a matrix.

        Blocks of it are written to their place in one array as they arrive: beside that, it takes
        no memory to speak of. Where a connection breaks off, it goes on from the last block, on
        another replica if there is one.

        Args:
            queries: a column of n texts as in pairwise(), or one text.
            choices: a column of m texts; None: the queries themselves, of which the server may
                compute one half only. The scorer has to be symmetric then.
            scorer, score_cutoff: as in compare().
            dtype: the type of the scores, such as "uint8", which needs a quarter of the memory and
                of the time on the way. A score too great for it becomes its maximum, here 255.
            progress: called with the pairs that are scored and those there are in all, after each
                block, from one thread at a time; True for a line on standard error.

        Returns:
            A numpy array of shape (n, m), int32 or float64 as the scorer's own scores are, or of
            `dtype`. Where a text is null, it is a MaskedArray, and the null's row or column is
            masked.

        Raises:
            WrongTypeError: an argument is no column, or no column of texts.
            InvalidTextError, MalformedColumnError: `row` and `field` tell where.
            InvalidArgumentError: no choices, and the scorer is not symmetric.
            UnknownNameError, OutOfRangeError: as in compare().
        """
        verb = _cross.cdist(queries, choices, scorer, score_cutoff, dtype, progress)
        return self._run(verb, timeout)  # type: ignore[no-any-return]

    def top_k(
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
        """The best choices of each query. Most pairs that cannot be among them are not compared.

        Args:
            queries: a column of texts as in pairwise(), or one text. They may come in batches, as
                there: then the result is an iterator of tables (of a RecordBatchReader, such a
                reader), each computed when it is asked for, whose `query_index` goes on from batch
                to batch. The choices are sent once.
            choices: a column of texts; None: the queries themselves, none of which is given itself.
                The scorer has to be symmetric then.
            k: how many choices a query gets at most.
            scorer: as in compare().
            score_cutoff: choices beyond it are not given. Speeds it up.
            progress: as in cdist().
            frames: as in join(), `queries` being its `left` and `choices` its `right`.

        Returns:
            A table with a row for each match and the columns `query_index` and `choice_index`
            (uint64, rows of the two columns from 0) and `score` (int32 or float64): ordered by
            query, then from best to worst, then by choice. A null is no match of anything. A
            Polars DataFrame if one of the columns is a Polars Series, a pandas DataFrame if one is
            a pandas Series (or Index), otherwise a pyarrow Table. Of frames, as join() gives, with
            the matches of a row from best to worst.

        Raises:
            OutOfRangeError: of k or score_cutoff.
            InvalidArgumentError, WrongTypeError, InvalidTextError, MalformedColumnError,
            UnknownNameError: as in cdist().
        """
        options = FrameOptions(**frames)
        if options.given:
            asked = (queries, choices, options, scorer, score_cutoff, progress, k)
            return self._search_frames(asked, timeout)
        arguments = (k, scorer, score_cutoff, progress)
        return self._search(_cross.top_k, queries, choices, timeout, *arguments)

    def join(
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
        """Every pair of two columns whose score passes the cutoff; or of two frames.

        Most pairs that cannot pass it are not compared.

        Frames are those of Polars, pandas and pyarrow, and whatever gives such a table by
        `__arrow_c_stream__`. They are joined where any of these is given:

        - on, or left_on and right_on: the column of texts to compare, or a list of columns.
        - by, or left_by and right_by: the column or columns of blocking keys. Only rows that agree
          on all of them are compared, and the work is in proportion to those; null agrees with
          nothing. Keys are of any type that both sides have. A list of lists has alternatives: rows
          are compared, once, that agree on all keys of one of them.
        - how: "inner" gives matches; "left" also left's rows that have none, with nulls.
        - suffix: what right's columns have behind their names where left has the same ("_right").
        - score_name: the name of the column of scores ("score").
        - weights: of several columns, how much each counts (1). `scorer` may be a list, too, one
          for each. The score of a pair is the mean of its scores by weight, float64: see that they
          are on one scale, such as those of normalized similarities.
        - null_score: what a column counts as where either text is null; None: the pair is no match.

        Args:
            left: a column of texts as in pairwise(), or one text; or columns in batches, as in
                top_k().
            right: a column of texts; None joins `left` with itself: each pair is given once, with
                left_index < right_index. The scorer has to be symmetric then.
            scorer: as in compare().
            score_cutoff: the greatest distance, or the least similarity, of a match. Required, but
                for frames that have `by`: without it, every pair that agrees is given.
            progress: as in cdist().

        Returns:
            A table with a row for each match and the columns `left_index` and `right_index`
            (uint64, rows of the two columns from 0) and `score` (int32 or float64): ordered by
            left, then by right. A null is no match of anything. Of the kind that top_k() gives.

            Of frames, a frame of left's library in that order: left's columns, then right's but for
            keys of the same name, then the score; of a frame with itself, `left` twice. Polars and
            pyarrow keep types; pandas gives numbers that are missing as floats, but for the score.

        Raises:
            UnknownNameError: a frame has no column of a name; `field` is the argument.
            InvalidArgumentError: there is no score_cutoff, or no `right` and the scorer is not
                symmetric.
            OutOfRangeError, WrongTypeError, InvalidTextError, MalformedColumnError,
            UnknownNameError: as in cdist().
        """
        options = FrameOptions(**frames)
        if options.given:
            asked = (left, right, options, scorer, score_cutoff, progress)
            return self._search_frames(asked, timeout)
        arguments = (scorer, score_cutoff, progress)
        return self._search(_cross.join, left, right, timeout, *arguments)

    def estimate(
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
        """What cdist(), top_k() or join() of the same arguments would take.

        The columns are sent and looked at, but nothing is scored.

        Args:
            verb: "cdist", "top_k" or "join".
            queries, choices: the verb's two columns, of join() `left` and `right`.
            k: of "top_k" alone.
            scorer, score_cutoff: as in the verb.
            dtype: of "cdist" alone.

        Returns:
            (cells, seconds, bytes).

        Raises:
            What the verb raises.
        """
        made = _cross.estimate(verb, queries, choices, k, scorer, score_cutoff, dtype)
        return self._run(made, timeout)  # type: ignore[no-any-return]

    @overload
    def fibonacci(self, n: int, *, modulus: int | None = ..., timeout: Timeout = ...) -> int: ...
    @overload
    def fibonacci(
        self,
        n: Any,
        *,
        modulus: int | None = ...,
        dtype: DTypeLike | None = ...,
        row_errors: RowErrorsLike = ...,
        timeout: Timeout = ...,
    ) -> Any: ...
    def fibonacci(
        self,
        n: Any,
        *,
        modulus: int | None = None,
        dtype: DTypeLike | None = None,
        row_errors: RowErrorsLike = "fail",
        timeout: Timeout = UNSET,
    ) -> Any:
        """Fibonacci numbers: F(0) = 0, F(1) = 1, F(n) = F(n - 1) + F(n - 2).

        Args:
            n: an integer of at least 0, or a column of them: a list, numpy array, Series or Arrow
                data. Up to the server's limit (server_info().limits.fibonacci_n_max), or with a
                modulus any below 2^64.
            modulus: 1 to 2^64 - 1, for the number modulo it.
            dtype: of a column's results: "uint64", `object` (Python integers) or "binary" (least
                significant byte first).
            row_errors: "fail" raises for the first row that has no result; "null" makes such rows
                null, with a RowErrorWarning.

        Returns:
            An int of any size for an int; a list of them for a list or tuple. For other columns the
            same kind of thing, of uint64, in which F(93) is the greatest that fits; arrays and
            Series of Python objects give Python integers of any size.

        Raises:
            OutOfRangeError: n is negative or over the limit, or the modulus is 0.
            ResultOverflowError: a row's number does not fit uint64: ask for another dtype.
            WrongTypeError: n is no integer.
        """
        verb = verbs.fibonacci(n, modulus, dtype, row_errors)
        if isinstance(verb, verbs.ScalarVerb):
            count_call("fibonacci()", "fibonacci() of a list")
        return self._run(verb, timeout)

    def kernels(self, *, timeout: Timeout = UNSET) -> list[kernel_pb2.Kernel]:
        """The server's catalog: every kernel and scorer, as the contract's own messages.

        Each has `name`, `doc`, `arguments`, `parameters` (with `name`, `type`, `doc`,
        `default_value`), `result`, `scorer`, `symmetric` and `fallible`; kernel.proto says more.
        """
        return self._run(verbs.kernels(), timeout)  # type: ignore[no-any-return]

    def run(
        self,
        kernel: str,
        /,
        *columns: Any,
        parameters: Mapping[str, ParameterValue] | None = None,
        result_type: DTypeLike | None = None,
        row_errors: RowErrorsLike = "fail",
        timeout: Timeout = UNSET,
    ) -> Any:
        """Any kernel of the catalog, by its name, row by row.

        Args:
            kernel: a name that kernels() lists, such as "fibonacci".
            columns: its arguments in order: columns as in pairwise(), or single values.
            parameters: those of its parameters that are not to have their defaults.
            result_type: another type for the result than the kernel's own, such as "int64".
            row_errors: as in fibonacci().

        Returns:
            One result for each row, as the same kind of thing as the first argument that is a
            column; a single value where none is.

        Raises:
            UnknownNameError: of the kernel or of a parameter; suggests a close one.
            InvalidArgumentError: another number of columns than the kernel takes.
            TooLargeError: one row's result alone is over the server's bound.
            WrongTypeError, LengthMismatchError, OutOfRangeError: as in pairwise() and fibonacci().
        """
        return self._run(verbs.run(kernel, columns, parameters, result_type, row_errors), timeout)

    def server_info(self, *, timeout: Timeout = UNSET) -> server_info_pb2.GetServerInfoResponse:
        """The server's version, limits and capabilities, as the contract's own message."""
        return self._run(verbs.server_info(), timeout)  # type: ignore[no-any-return]

    @property
    def address(self) -> str:
        """Where calls go: the address as given, or the embedded server's once it is started."""
        return self._connection.address

    @property
    def closed(self) -> bool:
        """Whether close() was called: every verb then raises ClientClosedError."""
        return self._connection.session.closed

    def close(self) -> None:
        """Closes the connections; calls under way in other threads end with ClientClosedError.

        May be called again.
        """
        self._connection.close()

    def __enter__(self) -> Client:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def __repr__(self) -> str:
        session = self._connection.session
        how = "closed" if session.closed else "embedded server" if session.given is None else ""
        return f"<kernelserve.Client {self.address}{f' ({how})' if how else ''}>"

    def _run(self, verb: verbs.Verb, timeout: Timeout) -> Any:
        seconds = self._timeout if timeout is UNSET else check_timeout(timeout)
        result = self._connection.run(verb, seconds)
        verbs.warn_of(verb)
        return result

    def _each(
        self,
        batches: Iterator[Any],
        make: Callable[[Any, int], verbs.Verb],
        timeout: Timeout,
        empty: Any,
    ) -> Any:
        """The results of verbs that are made of batches: an iterator, or with `empty` a reader."""
        results = (self._run(make(*batch), timeout) for batch in _batches.numbered(batches))
        if empty is None:
            return results
        return _batches.reader_of(results, lambda: self._run(make(empty, 0), timeout))

    def _search_frames(self, arguments: tuple[Any, ...], timeout: Timeout) -> Any:
        """A verb of two frames: as many verbs of columns as it takes."""
        from ._frame_search import advance, search

        deadline = Deadline(self._timeout if timeout is UNSET else check_timeout(timeout))
        asking = search(*arguments)
        verb, result = advance(asking, None)
        while verb is not None:
            answer = self._connection.run(verb, deadline)
            verbs.warn_of(verb)
            verb, result = advance(asking, answer)
        return result

    def _search(
        self,
        make: Callable[..., verbs.Verb],
        queries: Any,
        choices: Any,
        timeout: Timeout,
        *arguments: Any,
    ) -> Any:
        """A verb of queries by choices, or one for each batch of queries."""
        empty = _batches.empty_batch(queries, 1)
        queries, batches = _batches.queries_of(queries, choices)
        if batches is None:
            return self._run(make(queries, choices, *arguments), timeout)
        shared = _cross.ChoicesOfBatches(choices)

        def search(batch: Any, first_row: int) -> verbs.Verb:
            return make(batch, shared, *arguments, first_row)

        return self._each(batches, search, timeout, empty)


def connect(
    address: str | Sequence[str] | None = None,
    *,
    token: str | None = None,
    tls: bool | str | os.PathLike[str] | TLS | None = None,
    timeout: float | None = None,
    shared_memory: bool = True,
) -> Client:
    """A client of the server at `address`, or of an embedded one.

        with ks.connect() as client:                     # starts a server on this machine
            client.compare("kitten", "sitting")          # 3
        client = ks.connect("dns:///kernels:50051", token="...", tls=True, timeout=30)

    Without an address, this process's embedded server: started by the first call, shared by all
    clients and by child processes, ended with the last client or with the process. It needs the
    package kernelserve-server.

    Args:
        address: "host:port", "[ipv6]:port", "unix:/path" or "dns:///host:port". Calls are balanced
            over all addresses of a name, and over all that a list (or a str with commas) has.
        token: sent as bearer token with every call. Use it with tls, or on one machine.
        tls: True for the system's certificates, a path of certificates to trust, or a TLS.
        timeout: seconds that a verb may take where it is not told otherwise.
        shared_memory: hand columns of over 64 KiB to the embedded server, and to one at "unix:..."
            that offers it, in memory that both share, which costs half of what the socket does.

    Raises:
        InvalidArgumentError: of an address or file that cannot be used. Whether anybody answers
            shows in the first call.
    """
    return Client(address, token=token, tls=tls, timeout=timeout, shared_memory=shared_memory)
