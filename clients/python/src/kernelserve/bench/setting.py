"""What works run with: sizes, texts, and clients of servers that start when they are asked for."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

from .._client import Client
from .._embedded import find_binary
from .one_core import OneCore
from .server_process import ServerProcess, start_server
from .texts import (
    Pairs,
    Searches,
    Words,
    cjk,
    dna,
    draw_pairs,
    draw_searches,
    load_words,
    make_up_words,
    pairs_of_file,
)

# How columns get to the server.
SHARED, SOCKET, TCP = "shared memory", "unix socket", "TCP loopback"


@dataclass(frozen=True)
class Sizes:
    """How much of everything. The defaults are what the bars are for."""

    rounds: int = 7
    pairs: int = 1_000_000
    other_pairs: int = 200_000  # of texts that are not words
    times: int = 10  # as many pairs, to see that a pair costs the same
    matrix: tuple[int, int] = (2_000, 10_000)
    lookups: int = 1_000
    joined: int = 100_000
    small_pairs: int = 1_000
    concurrent: int = 50_000  # calls of one event loop
    calls: int = 2_000  # of which latencies are told
    stream_pairs: int = 100_000_000
    words_max: int | None = None  # None: all there are; otherwise, made-up ones
    batches_max: int = 200  # in a run of throughput
    judged: bool = True  # whether bars say anything


# To see that everything runs, in seconds.
QUICK = Sizes(
    rounds=1,
    pairs=5_000,
    other_pairs=2_000,
    times=2,
    matrix=(50, 100),
    lookups=10,
    joined=2_000,
    small_pairs=100,
    concurrent=500,
    calls=30,
    stream_pairs=200_000,
    words_max=5_000,
    batches_max=3,
    judged=False,
)


@dataclass
class Setting:
    """A context manager: what was started ends with it. `files` are more texts, by their name."""

    sizes: Sizes
    files: Mapping[str, Path] = field(default_factory=dict)
    _stack: ExitStack = field(default_factory=ExitStack)

    def __enter__(self) -> Setting:
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    # --- Texts --------------------------------------------------------------------------------

    @cached_property
    def words(self) -> Words:
        if self.sizes.words_max is None:
            return load_words()
        return Words(make_up_words(self.sizes.words_max), "made-up words")

    @cached_property
    def pairs(self) -> Pairs:
        return draw_pairs("words", self.words.origin, self.words.words, self.sizes.pairs)

    @cached_property
    def many_pairs(self) -> Pairs:
        return self.pairs.times(self.sizes.times)

    @cached_property
    def searches(self) -> Searches:
        sizes = self.sizes
        return draw_searches(
            self.words, matrix=sizes.matrix, lookups=sizes.lookups, joined=sizes.joined
        )

    @property
    def other_texts(self) -> list[str]:
        return ["dna", "cjk", *self.files]

    def other_pairs(self, name: str) -> Pairs:
        """Of texts that are not words."""
        if name in self.files:
            return pairs_of_file(name, self.files[name], self.sizes.other_pairs)
        return {"dna": dna, "cjk": cjk}[name](self.sizes.other_pairs)

    # --- Clients ------------------------------------------------------------------------------

    @cached_property
    def shared(self) -> Client:
        """Of the embedded server, in memory that both share."""
        return self._stack.enter_context(Client())

    @cached_property
    def socket(self) -> Client:
        """Of the same server, by its unix socket alone."""
        return self._stack.enter_context(Client(shared_memory=False))

    @cached_property
    def tcp(self) -> Client:
        """Of a server on the loopback interface."""
        return self._stack.enter_context(Client(self._server("--listen=127.0.0.1:0").address))

    @cached_property
    def forgetful(self) -> Client:
        """Of a server that keeps no choices for later calls: each makes them ready anew."""
        return self._stack.enter_context(Client(self._server("--choices_cache_mb=0").address))

    @cached_property
    def one_core(self) -> OneCore:
        """Of a server with one worker, over `pairs`."""
        made = OneCore(self._server("--workers=1").address, self.pairs)
        self._stack.callback(made.close)
        return made

    def _server(self, *flags: str) -> ServerProcess:
        return self._stack.enter_context(start_server(find_binary(), *flags))
