"""Names and docstrings of the functions that are made from a table."""

from __future__ import annotations

import inspect
import textwrap
from collections.abc import Callable
from typing import Any, TypeVar

FunctionT = TypeVar("FunctionT", bound=Callable[..., Any])

_ARGUMENTS = {
    "s1": "str (its units are code points), bytes (each the Latin-1 character of its value) or a "
    "sequence of hashable things, compared by equality.",
    "s2": "the other, as s1.",
    "weights": "what an insertion, a deletion and a substitution cost, 1 each by default.",
    "pad": "whether units that only the longer has count as different; else, texts that differ in "
    "length are a ValueError.",
    "prefix_weight": "how much a common prefix counts, from 0 to 1.",
    "processor": "called with each text, makes what is compared. It runs here, but for "
    "default_process, which the server does.",
    "score_cutoff": "scores beyond it are of no interest: {instead}.",
    "score_hint": "taken, and not needed: the server finds by itself what it is for.",
}


def described(
    function: FunctionT, module: str, name: str, summary: str, *, instead: str = "", end: str
) -> FunctionT:
    """The function, named, with a docstring that tells about each of its parameters."""
    lines = [*textwrap.wrap(summary, 92), "", "Args:"]
    for parameter in inspect.signature(function).parameters:
        told = f"{parameter}: {_ARGUMENTS[parameter].format(instead=instead)}"
        lines += textwrap.wrap(told, 92, initial_indent="    ", subsequent_indent="        ")
    function.__module__ = module
    function.__name__ = function.__qualname__ = name
    function.__doc__ = "\n".join([*lines, "", *textwrap.dedent(end).splitlines()])
    return function
