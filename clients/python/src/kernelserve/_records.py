"""Pairs of records, of several columns each, as a verb.

Calls have the columns as they are, and pairs that name rows of them; or, where the columns are too
long to be in each call, the texts of their pairs.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from ._arrow import piece_of
from ._columns import Column, Piece, bytes_of
from ._frames import Rows
from ._inputs import Origin
from ._limits import Limits
from ._ranges import Range
from ._results import Results
from ._rows import ColumnVerb
from ._scorers import Scorer, scorer_message
from ._texts import Texts
from .v1 import string_distance_pb2 as sd
from .v1 import types_pb2 as types

_PAIRWISE_RECORDS = "/kernelserve.v1.StringDistanceService/PairwiseRecords"
_LEFT_ROWS, _RIGHT_ROWS, _LEFT, _RIGHT = 12, 13, 14, 15

# Of the request that servers prefer, what the columns may take: the rest is for pairs.
_COLUMNS_SHARE = 2


@dataclass(slots=True, kw_only=True)
class RecordsVerb(ColumnVerb):
    """Rows are pairs. Its columns depend on what fits a request: `columns_for` tells."""

    columns_for: Callable[[Limits], Sequence[tuple[int, Column]]]

    def plan(self, limits: Limits) -> list[Range]:
        self.columns = self.columns_for(limits)
        return ColumnVerb.plan(self, limits)


def pairwise_records(
    left: Sequence[Texts],
    right: Sequence[Texts],
    left_rows: Rows,
    right_rows: Rows,
    scorers: Sequence[tuple[Scorer, float]],
    score_cutoff: float | None,
    null_score: float | None,
) -> RecordsVerb:
    """The score of each pair: the mean of its columns' scores, each with its weight.

    Its result is a numpy array, masked where a pair has no score: it is not within the cutoff, or
    a text is null and there is no `null_score`.
    """
    request = sd.PairwiseRecordsRequest(
        scorers=[
            sd.WeightedScorer(scorer=scorer_message(scorer, None), weight=weight)
            for scorer, weight in scorers
        ],
        score_cutoff=score_cutoff,
        null_score=null_score,
    )
    whole_bytes = sum(texts.nbytes for texts in (*left, *right))

    def columns_for(limits: Limits) -> Sequence[tuple[int, Column]]:
        if whole_bytes <= limits.request_bytes_preferred // _COLUMNS_SHARE:
            return [
                (_LEFT_ROWS, _numbers(left_rows)),
                (_RIGHT_ROWS, _numbers(right_rows)),
                *((_LEFT, texts.whole()) for texts in left),
                *((_RIGHT, texts.whole()) for texts in right),
            ]
        return [
            *((_LEFT, Column.of([piece_of(texts.take(left_rows))])) for texts in left),
            *((_RIGHT, Column.of([piece_of(texts.take(right_rows))])) for texts in right),
        ]

    return RecordsVerb(
        method=_PAIRWISE_RECORDS,
        head=request.SerializeToString(),
        columns=[],
        rows=len(left_rows),
        results=Results(len(left_rows), Origin("numpy"), dtype="float64"),
        result_span=(2, 5),
        columns_for=columns_for,
    )


def _numbers(rows: Rows) -> Column:
    """Row numbers: frames of 2^31 rows have longer columns than a call takes."""
    narrow = rows.astype(np.int32, copy=False)
    piece = Piece(types.DATA_TYPE_INT32, len(narrow), values=bytes_of(narrow))
    return Column.of([piece])
