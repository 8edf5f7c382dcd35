"""Anonymous memory to be shared by descriptor: it keeps its size, and can be mapped."""

from __future__ import annotations

import fcntl
import os
import weakref
from typing import Any

_MFD_NOEXEC_SEAL = 8  # which os does not have before Python 3.13


def sealed_memory(nbytes: int) -> int:
    """A descriptor of memory that keeps its size."""
    made = _memfd()
    try:
        os.ftruncate(made, nbytes)
        fcntl.fcntl(made, fcntl.F_ADD_SEALS, fcntl.F_SEAL_SHRINK | fcntl.F_SEAL_GROW)
    except BaseException:
        os.close(made)
        raise
    return made


def map_memory(fd: int, nbytes: int, kind: int, protection: int) -> Any:
    """A mapping of memory's first bytes, as a buffer that goes with the last view of it.

    Raises OSError. Not by mmap.mmap: before Python 3.13 that keeps a descriptor open, and it cannot
    be closed while there are views.
    """
    import ctypes  # which takes milliseconds, and most clients share nothing

    libc = ctypes.CDLL(None, use_errno=True)
    libc.mmap.restype = ctypes.c_void_p
    libc.mmap.argtypes = [ctypes.c_void_p, ctypes.c_size_t, *[ctypes.c_int] * 3, ctypes.c_int64]
    address = libc.mmap(None, nbytes, protection, kind, fd, 0)
    if address == ctypes.c_void_p(-1).value:
        error = ctypes.get_errno()
        raise OSError(error, f"{nbytes} bytes cannot be mapped: {os.strerror(error)}")
    libc.munmap.argtypes = [ctypes.c_void_p, ctypes.c_size_t]
    buffer = (ctypes.c_ubyte * nbytes).from_address(address)
    # At the end of the process, others may still look at it.
    weakref.finalize(buffer, libc.munmap, address, nbytes).atexit = False
    return buffer


def _memfd() -> int:
    """Memory that can be sealed, and not be executed: there are systems that make no other."""
    flags = os.MFD_CLOEXEC | os.MFD_ALLOW_SEALING
    try:
        return os.memfd_create("kernelserve", flags | _MFD_NOEXEC_SEAL)
    except OSError:  # before Linux 6.3
        return os.memfd_create("kernelserve", flags)
