"""What cdist, top_k and join ask and how their answers are read: everything but the I/O."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, NamedTuple, Protocol, TypeAlias

from ._exceptions import invalid, quote
from ._limits import Limits
from ._placement import Placement
from ._progress import Progress, ProgressLike
from ._scorers import ScorerLike, higher_is_better, scorer_message
from ._shared_memory import Region, columns_bytes_max
from ._tiles import Choices, Grid, Tile
from ._verbs import DTYPE_NAMES, DTypeLike, data_type, uint
from ._wire import DecodeError, Writer, fields, uint_field
from .v1 import string_distance_pb2 as sd
from .v1 import types_pb2 as types

if TYPE_CHECKING:  # numpy is not imported before there are columns
    import numpy.typing as npt

    from ._inputs import Origin
    from ._matrix import Matrix

CrossName: TypeAlias = Literal["cdist", "top_k", "join"]

_SERVICE = "/kernelserve.v1.StringDistanceService"
_METHODS = {"cdist": f"{_SERVICE}/Cdist", "top_k": f"{_SERVICE}/TopK", "join": f"{_SERVICE}/Join"}

_OPTIONS, _K, _DIGEST, _QUERIES, _CHOICES = 1, 2, 11, 14, 15  # in each of the three requests
_BLOCK = 1  # in each of the replies

K_DEFAULT = 5


class Estimate(NamedTuple):
    """What a verb would take, by the server's reckoning.

    Attributes:
        cells: pairs of a query and a choice. Most of them need not be compared where there is a
            cutoff or only the best are asked for.
        seconds: how long it would run on that server, with nothing else to do.
        bytes: how long the replies would be, at most.
    """

    cells: int
    seconds: float
    bytes: int


class Results(Protocol):
    """What blocks are collected in."""

    def put(self, tile: Tile, begin: int, end: int, columns: dict[int, memoryview]) -> None: ...
    def finish(self) -> Any: ...


@dataclass(slots=True)
class CrossVerb:
    """Queries by choices: a stream for each tile of the grid, and what their blocks make together.

    `options` are those of the whole; `rest` has what else each request says, encoded.
    """

    method: str
    options: sd.CrossOptions
    rest: bytes
    grid: Grid
    results: Results
    progress: Progress
    matrix: Matrix | None = None  # the results, where they may be left in shared memory

    def plan(self, limits: Limits) -> list[Tile]:
        """Cuts the work into streams; one even where there is nothing to score."""
        tiles = self.grid.plan(limits)
        self.progress.begin(sum(self.grid.cells(t, t.begin, t.end) for t in tiles))
        return tiles

    def split(self, tile: Tile) -> list[Tile]:
        """What is not done of a tile as smaller ones; nothing where there are none."""
        return self.grid.split(tile)

    def nbytes(self, tile: Tile, digest: bytes | None) -> int:
        """About how long the columns of request() are."""
        nbytes = self.grid.queries.nbytes(tile.begin, tile.end)
        if tile.part is not None and digest is None:
            nbytes += self.grid.choices_column.nbytes(*tile.part.rows)
        return nbytes

    def request(self, tile: Tile, digest: bytes | None, region: Region | None = None) -> bytes:
        """The request for what is not done of a tile, its choices by digest or in full.

        Its columns are in the region if there is one.
        """
        if region is not None:
            placement = Placement(region, columns_bytes_max(results=False))
            out = self._write(tile, digest, placement.writer)
            if placement.finish():
                return out.join()
        return self._write(tile, digest, Writer).join()

    def _write(self, tile: Tile, digest: bytes | None, writer: Callable[[], Writer]) -> Writer:
        options = sd.CrossOptions()
        options.CopyFrom(self.options)
        options.symmetric = tile.part is None
        options.query_begin = tile.done - tile.begin
        options.query_base = self.grid.first_row + tile.begin
        options.choice_base = tile.choices[0]
        if self.matrix is not None:
            span = self.matrix.span(tile)
            if span is not None:
                options.format.result_span.CopyFrom(span)
        out = Writer()
        head = options.SerializeToString()
        out.buffer(_OPTIONS, memoryview(head))
        out.raw(self.rest)
        if tile.part is not None and digest is not None:
            out.buffer(_DIGEST, memoryview(digest))
        out.message(_QUERIES, self.grid.queries.encode(tile.begin, tile.end, writer))
        if tile.part is not None and digest is None:
            out.message(_CHOICES, self.grid.choices_column.encode(*tile.part.rows, writer))
        return out

    def accept(self, tile: Tile, reply: bytes) -> None:
        """Takes the next message of a tile's stream. Raises DecodeError where it is none."""
        columns: dict[int, memoryview] = {}
        block = sd.Block()
        for number, value in fields(memoryview(reply)):
            if number == _BLOCK and isinstance(value, memoryview):
                block.MergeFromString(bytes(value))
            elif isinstance(value, memoryview):
                columns[number] = value
        if tile.part is not None and (block.choices_digest or not block.query_begin):
            tile.part.told(block.choices_digest)
        if self.options.estimate_only:
            assert isinstance(self.results, _EstimateSum)
            self.results.add(block.estimate)
            tile.done = tile.end
            return
        begin, end = tile.begin + block.query_begin, tile.begin + block.query_end
        if begin != tile.done or not begin <= end <= tile.end:
            raise DecodeError(
                f"a block of queries {begin} to {end}, where {tile.done} to {tile.end} are missing"
            )
        try:
            self.results.put(tile, begin, end, columns)
        except (KeyError, ValueError) as error:
            raise DecodeError(f"a block that lacks something: {error}") from None
        tile.done = end
        self.progress.add(self.grid.cells(tile, begin, end))

    def leave_matrix(self) -> None:
        """The server does not know the matrix's memory: what is to come is sent."""
        if self.matrix is not None and self.matrix.memory is not None:
            self.matrix.memory.is_lost = True

    def finish(self) -> Any:
        """The result, once every tile is done."""
        return self.results.finish()

    def warn(self) -> None:
        """There is nothing to warn of: a row that has no score fails the call."""


def cdist(
    queries: object,
    choices: object,
    scorer: ScorerLike,
    score_cutoff: float | None,
    dtype: DTypeLike | None,
    progress: ProgressLike,
) -> CrossVerb:
    grid, _ = _grid(queries, choices)
    return cdist_of(grid, scorer, score_cutoff, dtype, progress)


def cdist_of(
    grid: Grid,
    scorer: ScorerLike,
    score_cutoff: float | None,
    dtype: DTypeLike | None,
    progress: ProgressLike,
    convert: Callable[[npt.NDArray[Any]], npt.NDArray[Any]] | None = None,
    converted: DTypeLike | None = None,
) -> CrossVerb:
    """cdist() of columns that are there already.

    With `convert`, the matrix is of dtype `converted`, and has what that makes of each block.
    """
    from ._matrix import Matrix

    result_type = data_type(dtype, "dtype")
    options = sd.CrossOptions(scorer=scorer_message(scorer, score_cutoff))
    # The server is free to narrow whole scores: fewer bytes travel, and the matrix widens them.
    options.format.CopyFrom(types.ResultFormat(type=result_type, narrow=True))
    shape = (len(grid.queries), len(grid.choices_column))
    results = Matrix(*shape, DTYPE_NAMES.get(result_type))
    if convert is not None:
        results = Matrix(*shape, converted, convert)
    shared = results if convert is None else None
    return CrossVerb(_METHODS["cdist"], options, b"", grid, results, Progress(progress), shared)


def top_k(
    queries: object,
    choices: object,
    k: int,
    scorer: ScorerLike,
    score_cutoff: float | None,
    progress: ProgressLike,
    first_row: int = 0,
) -> CrossVerb:
    from ._matches import Matches, table_kind

    options = sd.CrossOptions(scorer=scorer_message(scorer, score_cutoff))
    k = uint(k, "k", 32)
    # k is `optional` in the message: 0 is written, too.
    rest = uint_field(_K, k) or sd.TopKRequest(k=0).SerializeToString()
    grid, origins = _grid(queries, choices, first_row)
    names = ("query_index", "choice_index", "score")
    results = Matches(names, table_kind(origins), k, higher_is_better(scorer))
    return CrossVerb(_METHODS["top_k"], options, rest, grid, results, Progress(progress))


def join(
    left: object,
    right: object,
    scorer: ScorerLike,
    score_cutoff: float | None,
    progress: ProgressLike,
    first_row: int = 0,
) -> CrossVerb:
    from ._matches import Matches, table_kind

    options = sd.CrossOptions(scorer=scorer_message(scorer, score_cutoff))
    grid, origins = _grid(left, right, first_row, ("left", "right"))
    names = ("left_index", "right_index", "score")
    results = Matches(names, table_kind(origins))
    return CrossVerb(_METHODS["join"], options, b"", grid, results, Progress(progress))


def estimate(
    verb: CrossName,
    queries: object,
    choices: object,
    k: int,
    scorer: ScorerLike,
    score_cutoff: float | None,
    dtype: DTypeLike | None,
) -> CrossVerb:
    if verb == "cdist":
        made = cdist(queries, choices, scorer, score_cutoff, dtype, False)
    elif verb == "top_k":
        made = top_k(queries, choices, k, scorer, score_cutoff, False)
    elif verb == "join":
        made = join(queries, choices, scorer, score_cutoff, False)
    else:
        raise invalid(
            f"verb is {quote(verb)}: estimate() knows cdist, top_k and join",
            field="verb",
            bound="'cdist', 'top_k' or 'join'",
            value=verb,
            reason="INVALID_ARGUMENT",
        )
    made.options.estimate_only = True
    made.results, made.matrix = _EstimateSum(), None
    return made


class _EstimateSum:
    """Adds up what the streams say."""

    def __init__(self) -> None:
        self._parts: list[sd.Estimate] = []

    def add(self, part: sd.Estimate) -> None:
        self._parts.append(part)

    def put(self, tile: Tile, begin: int, end: int, columns: dict[int, memoryview]) -> None:
        raise DecodeError("scores where an estimate was asked for")

    def finish(self) -> Estimate:
        return Estimate(
            sum(part.cells for part in self._parts),
            sum(part.seconds for part in self._parts),
            sum(part.bytes for part in self._parts),
        )


class ChoicesOfBatches:
    """Choices that batches of queries have in common, and so send once."""

    def __init__(self, choices: object) -> None:
        self.choices, self.origin = _choices(choices, "choices")


def _grid(
    queries: object,
    choices: object,
    first_row: int = 0,
    names: tuple[str, str] = ("queries", "choices"),
) -> tuple[Grid, list[Origin]]:
    """Two arguments as columns of a grid, and what they were made from."""
    from ._columns import Column
    from ._inputs import column_from
    from ._symbols import SymbolTable

    if choices is None:
        rows, origin = column_from(queries, names[0], SymbolTable())
        # A text by itself is one query.
        return Grid(Column.of(rows.pieces), None, half=names[0] == "left"), [origin]
    if isinstance(choices, ChoicesOfBatches):
        made, choices_origin = choices.choices, choices.origin
    else:
        made, choices_origin = _choices(choices, names[1])
    rows, origin = column_from(queries, names[0], made.symbols)
    return Grid(Column.of(rows.pieces), made, first_row=first_row), [origin, choices_origin]


def _choices(choices: object, name: str) -> tuple[Choices, Origin]:
    from ._inputs import column_from, in_one_piece
    from ._symbols import SymbolTable

    symbols = SymbolTable()
    column, origin = column_from(in_one_piece(choices), name, symbols)
    if origin.family == "scalar":
        kind = type(choices).__name__
        raise invalid(
            f"{name} is a single {kind}: it should be a column; compare() takes a pair",
            field=name,
            bound="a column",
            value=kind,
            reason="WRONG_TYPE",
        )
    return Choices(column, symbols), origin
