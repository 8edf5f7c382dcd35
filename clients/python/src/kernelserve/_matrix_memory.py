"""Memory in which a server on this host leaves a matrix, and which then becomes the result.

types.proto (RegionSpan, ResultFormat.result_span) has the protocol. Other than a Region it is of
one verb, over a connection of its own, and as large as the matrix: nothing is copied on this side,
and no page is zeroed to be overwritten. The server writes to it by system calls; what is handed out
is a private mapping, made once nobody can write to it any more.
"""

from __future__ import annotations

import contextlib
import ctypes
import fcntl
import mmap
import os
import weakref
from typing import Any

import numpy as np
import numpy.typing as npt

from ._shared_memory import connect, offer, sealed_memory
from ._wire import Buffer
from .v1 import types_pb2 as types

# Below, a message or two is as quick; and above, a server takes no region (limits.h).
MATRIX_BYTES_MIN = 1 << 20
MATRIX_BYTES_MAX = 256 << 20

_F_SEAL_FUTURE_WRITE = 0x10  # which fcntl does not have before Python 3.13
_TURN = 1  # of all calls: what they write to one place is the same


class MatrixMemory:
    """`nbytes` that the server at a region socket knows. Raises OSError where it has none to give.

    Thread-safe, for threads that write to different places.
    """

    def __init__(self, path: str, nbytes: int) -> None:
        self.nbytes = nbytes
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

    def span(self, offset: int) -> types.RegionSpan:
        """From an offset on."""
        length = self.nbytes - offset
        return types.RegionSpan(region=self._token, offset=offset, length=length, turn=_TURN)

    def write(self, offset: int, data: Buffer) -> None:
        """What has come by message after all."""
        while len(data):
            written = os.pwrite(self._fd, data, offset)
            data, offset = data[written:], offset + written

    def take(self, dtype: np.dtype[Any], count: int) -> npt.NDArray[Any]:
        """What it holds from its begin on, as an array that is nobody else's. To be called once."""
        with contextlib.suppress(OSError):  # before Linux 5.1, it is the server's word
            fcntl.fcntl(self._fd, fcntl.F_ADD_SEALS, _F_SEAL_FUTURE_WRITE)
        return np.frombuffer(_map(self._fd, dtype.itemsize * count), dtype, count)

    def close(self) -> None:
        """The server lets go of it; an array that was taken stays."""
        fd, self._fd = self._fd, -1
        if fd >= 0:
            os.close(fd)
            self._socket.close()


def _map(fd: int, nbytes: int) -> Any:
    """A private mapping as a buffer, which goes with the last view of it.

    Not by mmap.mmap: before Python 3.13, that keeps a descriptor open.
    """
    libc = ctypes.CDLL(None, use_errno=True)
    libc.mmap.restype = ctypes.c_void_p
    libc.mmap.argtypes = [ctypes.c_void_p, ctypes.c_size_t, *[ctypes.c_int] * 3, ctypes.c_int64]
    protection = mmap.PROT_READ | mmap.PROT_WRITE
    address = libc.mmap(None, nbytes, protection, mmap.MAP_PRIVATE, fd, 0)
    if address == ctypes.c_void_p(-1).value:
        error = ctypes.get_errno()
        raise MemoryError(f"a matrix of {nbytes} bytes: {os.strerror(error)}")
    libc.munmap.argtypes = [ctypes.c_void_p, ctypes.c_size_t]
    buffer = (ctypes.c_ubyte * nbytes).from_address(address)
    # At the end of the process, others may still look at it.
    weakref.finalize(buffer, libc.munmap, address, nbytes).atexit = False
    return buffer
