"""Which columns a search of frames is told to compare, to agree on, and to give."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ._comparison import score_type, scorers_of
from ._exceptions import Error, invalid, quote
from ._frame_options import FrameOptions, Keys
from ._scorers import ScorerLike


def right_names(
    left: Sequence[Any], right: Sequence[Any], options: FrameOptions, by_names: Sequence[Any]
) -> tuple[list[Any], list[Any]]:
    """Right's columns that the result has, and their names there.

    Those of `by` are left's as well. Raises InvalidArgumentError where two would have one name.
    """
    taken = set(left)
    kept = [name for name in right if name not in by_names]
    names = [f"{name}{options.suffix}" if name in taken else name for name in kept]
    for name in names:
        if name in taken:
            raise unfit("suffix", options.suffix, f"two columns would be named {quote(name)}")
        taken.add(name)
    if options.score_name in taken:
        text = f"there is a column named {quote(options.score_name)} already"
        raise unfit("score_name", options.score_name, text)
    return kept, names


def result_columns(
    left: Sequence[Any],
    right: Sequence[Any],
    options: FrameOptions,
    scorer: ScorerLike | Sequence[ScorerLike],
) -> tuple[list[Any], list[Any], str]:
    """Of a search's result: right's columns, their names in it, and the type of the scores."""
    on, _, _ = sides_of("on", options.on, options.left_on, options.right_on)
    scorers = scorers_of(scorer, max(1, len(on)))
    return *right_names(left, right, options, by_names(options)), score_type(
        scorers, options.null_score
    )


def by_names(options: FrameOptions) -> list[Any]:
    """The keys that both sides have under one name, and on which all matches agree."""
    alternatives, _ = alternatives_of(options)
    if len(alternatives) > 1:
        return []
    ((left, right),) = alternatives
    return [a for a, b in zip(left, right, strict=True) if a == b]


def alternatives_of(options: FrameOptions) -> tuple[list[tuple[list[Any], list[Any]]], Any]:
    """Of either side the keys of each alternative, and the arguments that name them."""
    left, right, arguments = sides_of("by", options.by, options.left_by, options.right_by)
    nested = [isinstance(each, list) for each in (*left, *right)]
    if not any(nested):
        return [(left, right)], arguments
    if not all(nested):
        given = options.by if options.by is not None else options.left_by
        text = "it should have names of columns, or lists of such, of which one has to agree"
        raise unfit(arguments[0], given, text)
    made = list(zip(left, right, strict=True))
    for lefts, rights in made:
        if len(lefts) != len(rights) or not lefts:
            text = f"one of its lists has {len(rights)} names, for {len(lefts)} of {arguments[0]}"
            raise unfit(arguments[1], right, text)
    return made, arguments


def sides_of(
    name: str, both: Keys, left: Keys, right: Keys
) -> tuple[list[Any], list[Any], tuple[str, str]]:
    """The columns of either side, and the arguments that name them."""
    arguments = (f"left_{name}", f"right_{name}")
    if both is not None:
        if left is not None or right is not None:
            raise unfit(name, both, f"{arguments[0]} and {arguments[1]} say the same already")
        return _listed(both), _listed(both), (name, name)
    if (left is None) != (right is None):
        missing = arguments[0] if left is None else arguments[1]
        raise unfit(missing, None, f"{name} of the other side is given, this one is not")
    lefts, rights = _listed(left), _listed(right)
    if len(lefts) != len(rights):
        text = f"it names {len(rights)} columns, and {arguments[0]} {len(lefts)}"
        raise unfit(arguments[1], right, text)
    return lefts, rights, arguments


def _listed(names: Keys) -> list[Any]:
    if names is None:
        return []
    return list(names) if isinstance(names, (list, tuple)) else [names]


def unfit(argument: str, value: object, why: str) -> Error:
    return invalid(
        f"{argument} is {quote(value)}: {why}",
        field=argument,
        value=value,
        reason="INVALID_ARGUMENT",
    )
