"""Memory for matrices, of one client and one server: one is kept for the next verb."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Iterator
from typing import TYPE_CHECKING

from ._forks import gate

if TYPE_CHECKING:  # numpy is not imported before there are columns
    from ._matrix_memory import MatrixMemory


class MatrixPool:
    """Thread-safe; of no use in a forked child."""

    def __init__(self, path: str | None) -> None:
        """For the server whose socket for regions is at `path`; without one, there is none."""
        self._path = path
        self._lock = threading.Lock()
        self._all: set[MatrixMemory] = set()
        self._kept: MatrixMemory | None = None  # one of these that no verb is using

    @contextlib.contextmanager
    def borrow(self, nbytes: int) -> Iterator[MatrixMemory | None]:
        """Memory for a matrix of at most so many bytes; None where it goes without."""
        memory = self._take(nbytes) if self._path is not None else None
        keep = False
        try:
            yield memory
            keep = memory is not None and memory.is_kept and not memory.is_lost
        finally:
            if memory is not None:
                self._give_back(memory, keep=keep)

    def forget(self) -> None:
        """Keeps nothing any longer."""
        with gate:
            with self._lock:
                kept, self._kept = self._kept, None
            self._close(kept)

    def close(self) -> None:
        """The same from now on; verbs under way go on."""
        self._path = None
        self.forget()

    def after_fork_in_child(self) -> None:
        self._lock = threading.Lock()
        self._path = None
        for memory in self._all:
            memory.close()
        self._all, self._kept = set(), None

    def _take(self, nbytes: int) -> MatrixMemory | None:
        from . import _matrix_memory as memories

        if not memories.MATRIX_BYTES_MIN <= nbytes <= memories.MATRIX_BYTES_MAX:
            return None
        with gate:
            memory = None
            with self._lock:
                path = self._path
                if nbytes <= memories.KEPT_BYTES_MAX:
                    memory, self._kept = self._kept, None
            if memory is not None and not memory.can_hold(nbytes):
                # A larger one is kept in its place.
                self._close(memory)
                memory = None
            if memory is None and path is not None:
                with contextlib.suppress(OSError):
                    memory = memories.MatrixMemory(path, nbytes)
                    self._all.add(memory)
            if memory is not None:
                memory.begin()
            return memory

    def _give_back(self, memory: MatrixMemory, *, keep: bool) -> None:
        with gate:
            with self._lock:
                if keep and self._path is not None and self._kept is None:
                    self._kept = memory
                    return
            self._close(memory)

    def _close(self, memory: MatrixMemory | None) -> None:
        if memory is not None:
            self._all.discard(memory)
            memory.close()
