"""The classic: Fibonacci numbers by the recursion that everybody has written once."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

from rich import box
from rich.console import Console
from rich.table import Table

import kernelserve as ks
from kernelserve.bench.rounds import median, seconds_of

# The recursion is run up to the first n that takes this long.
_RECURSION_S = 2.0
_RECURSION_FIRST_N = 20

_FAMOUS_N = 42
_LARGE_N = 200_000
_CALLS, _LOOPS = 201, 5


def recursive(n: int) -> int:
    return n if n < 2 else recursive(n - 1) + recursive(n - 2)


def loop(n: int) -> int:
    a, b = 0, 1
    for _ in range(n):
        a, b = b, a + b
    return a


@dataclass(frozen=True)
class _Line:
    how: str
    n: int
    seconds: float
    runs: int


def show_classic(client: ks.Client, console: Console) -> None:
    n, seconds = _longest_recursion(console)
    calls = {m: _typical(client.fibonacci, m, _CALLS) for m in (n, _FAMOUS_N, _LARGE_N)}
    loops = {m: _typical(loop, m, _LOOPS) for m in (n, _LARGE_N)}
    for m in (n, _FAMOUS_N, _LARGE_N):
        if client.fibonacci(m) != loop(m):
            raise AssertionError(f"fibonacci({m}) is not what the loop gives")
    lines = [
        _Line("recursive Python", n, seconds, 1),
        _Line("one call: ks.fibonacci(n)", n, calls[n], _CALLS),
        _Line("a loop in Python", n, loops[n], _LOOPS),
        _Line("one call: ks.fibonacci(n)", _FAMOUS_N, calls[_FAMOUS_N], _CALLS),
        _Line("a loop in Python", _LARGE_N, loops[_LARGE_N], _LOOPS),
        _Line("one call: ks.fibonacci(n)", _LARGE_N, calls[_LARGE_N], _CALLS),
    ]
    console.print("[bold]Fibonacci numbers")
    table = Table("", "n", "time", "", box=box.SIMPLE_HEAD, pad_edge=False)
    table.columns[1].justify = table.columns[2].justify = "right"
    for line in lines:
        runs = f"median of {line.runs}" if line.runs > 1 else "once"
        table.add_row(line.how, f"{line.n:,}", format_seconds(line.seconds), runs)
    console.print(table)
    console.print(
        f"F({n}) is the first that takes the recursion {_RECURSION_S:g} s. One call is "
        f"{seconds / calls[n]:,.0f} times as fast as the recursion, which makes "
        f"{2 * loop(n + 1) - 1:,} calls of itself. That is the algorithm's doing: a loop needs "
        f"{format_seconds(loops[n])}, less than any call to another process.\n"
        f"F({_FAMOUS_N}) = {client.fibonacci(_FAMOUS_N):,}. Its recursion was not run: it is "
        f"{loop(_FAMOUS_N + 1) / loop(n + 1):,.0f} times the work of F({n}).\n"
        f"F({_LARGE_N:,}) is where native code counts: one call is "
        f"{loops[_LARGE_N] / calls[_LARGE_N]:,.0f} times as fast as the loop, boundary included."
    )


def _longest_recursion(console: Console) -> tuple[int, float]:
    """The first n from _RECURSION_FIRST_N whose recursion takes _RECURSION_S, and its seconds."""
    n = _RECURSION_FIRST_N
    with console.status("") as status:
        while True:
            status.update(f"recursive Python: F({n}) …")
            began = time.perf_counter()
            recursive(n)
            seconds = time.perf_counter() - began
            if seconds >= _RECURSION_S:
                return n, seconds
            n += 1


def _typical(fibonacci: Callable[[int], int], n: int, runs: int) -> float:
    """The median seconds of one run."""
    fibonacci(n)
    return median([seconds_of(lambda: fibonacci(n)) for _ in range(runs)])


def format_seconds(seconds: float) -> str:
    for unit, scale in (("s", 1.0), ("ms", 1e-3), ("µs", 1e-6)):
        if seconds >= scale:
            return f"{seconds / scale:,.3g} {unit}"
    return f"{seconds * 1e9:,.0f} ns"
