"""Memory in which a server on this host leaves a matrix.

types.proto (RegionSpan, ResultFormat.result_span) has the protocol. Other than a Region it is of
one verb at a time, over a connection of its own, and as large as the matrix. The server writes to
it by system calls.

Up to a size, it is kept for the next matrix, and rows are copied out of it as they arrive: fresh
pages cost both sides several times what the copy does. What is larger becomes the result itself: a
private mapping, made once nobody can write to it any more.
"""

from __future__ import annotations

import contextlib
import fcntl
import mmap
import os
from typing import Any

import numpy as np
import numpy.typing as npt

from ._sealed_memory import map_memory, sealed_memory
from ._shared_memory import connect, is_open, offer
from ._wire import Buffer
from .v1 import types_pb2 as types

# Below, a message or two is as quick; and above, a server takes no region (limits.h).
MATRIX_BYTES_MIN = 1 << 20
MATRIX_BYTES_MAX = 256 << 20
# What a client keeps, and the server with it.
KEPT_BYTES_MAX = 64 << 20

_F_SEAL_FUTURE_WRITE = 0x10  # which fcntl does not have before Python 3.13


class MatrixMemory:
    """`nbytes` that the server at a region socket knows. Raises OSError where it has none to give.

    Thread-safe, for threads that read or write different places.
    """

    def __init__(self, path: str, nbytes: int) -> None:
        self.nbytes = nbytes
        # Whether the server says that it does not know it.
        self.is_lost = False
        # Of all calls of one verb: what they write to one place is the same. Of those that a verb
        # has given up, the server takes nothing once the next one's have begun.
        self._turn = 0
        self._mapped: npt.NDArray[np.uint8] | None = None
        self._socket = connect(path)
        try:
            self._fd = sealed_memory(nbytes)
            try:
                self._token = offer(self._socket, self._fd)
            except BaseException:
                os.close(self._fd)
                raise
        except BaseException:
            self._socket.close()
            raise

    @property
    def is_kept(self) -> bool:
        """Whether it may be another matrix's afterwards: its rows are to be read, not taken."""
        return self.nbytes <= KEPT_BYTES_MAX

    def can_hold(self, nbytes: int) -> bool:
        """Whether it is fit for one more matrix, of so many bytes."""
        return nbytes <= self.nbytes and self.is_kept and not self.is_lost and is_open(self._socket)

    def begin(self) -> None:
        """One more matrix."""
        self._turn += 1

    def span(self, offset: int) -> types.RegionSpan:
        """From an offset on."""
        length = self.nbytes - offset
        return types.RegionSpan(region=self._token, offset=offset, length=length, turn=self._turn)

    def read(self, offset: int, rows: npt.NDArray[Any]) -> None:
        """Fills contiguous rows with what the server has left at an offset."""
        if self._mapped is None:
            mapped = _map(self._fd, self.nbytes, mmap.MAP_SHARED, mmap.PROT_READ)
            self._mapped = np.frombuffer(mapped, np.uint8)
        rows.reshape(-1).view(np.uint8)[:] = self._mapped[offset : offset + rows.nbytes]

    def write(self, offset: int, data: Buffer) -> None:
        """What has come by message after all."""
        while len(data):
            written = os.pwrite(self._fd, data, offset)
            data, offset = data[written:], offset + written

    def take(self, dtype: np.dtype[Any], count: int) -> npt.NDArray[Any]:
        """What it holds from its begin on, as an array that is nobody else's. To be called once."""
        with contextlib.suppress(OSError):  # before Linux 5.1, it is the server's word
            fcntl.fcntl(self._fd, fcntl.F_ADD_SEALS, _F_SEAL_FUTURE_WRITE)
        protection = mmap.PROT_READ | mmap.PROT_WRITE
        mapped = _map(self._fd, dtype.itemsize * count, mmap.MAP_PRIVATE, protection)
        return np.frombuffer(mapped, dtype, count)

    def close(self) -> None:
        """The server lets go of it; an array that was taken stays."""
        self._mapped = None
        fd, self._fd = self._fd, -1
        if fd >= 0:
            os.close(fd)
            self._socket.close()


def _map(fd: int, nbytes: int, kind: int, protection: int) -> Any:
    try:
        return map_memory(fd, nbytes, kind, protection)
    except OSError as error:
        raise MemoryError(f"a matrix: {error.strerror}") from None
