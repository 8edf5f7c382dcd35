"""String metrics and edit scripts, as rapidfuzz.distance has them.

Each metric is a module of functions: distance, similarity, normalized_distance and
normalized_similarity, and for some editops and opcodes. Each call is a round trip: for many pairs,
give the function to kernelserve.pairwise as its scorer.
"""

from __future__ import annotations

from ..._edit_records import Editop, MatchingBlock, Opcode, ScoreAlignment
from ..._editops import Editops, Opcodes
from .._signatures import (
    HintedEdits,
    Padded,
    PaddedEdits,
    Plain,
    PlainEdits,
    PrefixWeighted,
    Weighted,
    hinted_edits,
    padded,
    padded_edits,
    plain,
    plain_edits,
    prefix_weighted,
    weighted,
)
from ._metrics import Metric, MetricWithEdits, metric

__all__ = [
    "OSA",
    "DamerauLevenshtein",
    "Editop",
    "Editops",
    "Hamming",
    "Indel",
    "Jaro",
    "JaroWinkler",
    "LCSseq",
    "Levenshtein",
    "MatchingBlock",
    "Opcode",
    "Opcodes",
    "Postfix",
    "Prefix",
    "ScoreAlignment",
]

Levenshtein: MetricWithEdits[
    Weighted[int], Weighted[float], HintedEdits[Editops], HintedEdits[Opcodes]
] = metric(
    "Levenshtein",
    weighted,
    "the least number, or by weights the least cost, of insertions, deletions and substitutions",
    edits=hinted_edits,
)
DamerauLevenshtein: Metric[Plain[int], Plain[float]] = metric(
    "DamerauLevenshtein",
    plain,
    "as Levenshtein's, with transpositions of neighbours, between which there may be other edits",
)
OSA: MetricWithEdits[Plain[int], Plain[float], PlainEdits[Editops], PlainEdits[Opcodes]] = metric(
    "OSA",
    plain,
    "as Levenshtein's, with transpositions of neighbours, no unit being edited twice",
    edits=plain_edits,
)
Indel: MetricWithEdits[Plain[int], Plain[float], PlainEdits[Editops], PlainEdits[Opcodes]] = metric(
    "Indel",
    plain,
    "the least number of insertions and deletions",
    edits=plain_edits,
)
LCSseq: MetricWithEdits[Plain[int], Plain[float], PlainEdits[Editops], PlainEdits[Opcodes]] = (
    metric(
        "LCSseq",
        plain,
        "what the longer has beyond the longest common subsequence",
        similar="the length of the longest common subsequence",
        edits=plain_edits,
    )
)
Hamming: MetricWithEdits[Padded[int], Padded[float], PaddedEdits[Editops], PaddedEdits[Opcodes]] = (
    metric(
        "Hamming",
        padded,
        "the number of positions at which the units differ",
        edits=padded_edits,
    )
)
Jaro: Metric[Plain[float], Plain[float]] = metric(
    "Jaro",
    plain,
    "1.0 - the similarity",
    similar="how many units match nearby, less those out of order, from 0.0 to 1.0",
    real=True,
)
JaroWinkler: Metric[PrefixWeighted[float], PrefixWeighted[float]] = metric(
    "JaroWinkler",
    prefix_weighted,
    "1.0 - the similarity",
    similar="Jaro's, raised where it is over 0.7 by a common prefix of up to 4 units",
    real=True,
)
Prefix: Metric[Plain[int], Plain[float]] = metric(
    "Prefix",
    plain,
    "what the longer has beyond the common prefix",
    similar="the length of the common prefix",
)
Postfix: Metric[Plain[int], Plain[float]] = metric(
    "Postfix",
    plain,
    "what the longer has beyond the common suffix",
    similar="the length of the common suffix",
)

# Tracebacks and pickles name the public module; the others are kernelserve's own as well.
for _made in (MatchingBlock, Opcode, Opcodes):
    _made.__module__ = __name__
del _made
