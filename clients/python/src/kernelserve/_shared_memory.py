"""Columns that a server on this host reads from this process, instead of through a socket.

types.proto (RegionSpan) has the protocol. Where the system lets it, the server reads columns where
they are. Else they are put into a region, a memfd of this process that is filled anew for each
call: its first part has the request's columns and its second, in either case, the reply's. This
side has it mapped, which its seals keep as long as it is; the server reads and writes it by system
calls. So neither can be hurt by what the other does: docs/decisions/shared-memory.md has the whole
argument.

All of this is an optimisation that nobody is to notice: where there is no region to be had, for
whatever reason, the columns travel in the message.
"""

from __future__ import annotations

import contextlib
import mmap
import os
import select
import socket
import struct
import threading
import time
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from ._forks import gate, renew_in_child
from ._matrix_pool import MatrixPool
from ._sealed_memory import map_memory, sealed_memory
from ._wire import Buffer, DecodeError, Rebased, Writer, fields

if TYPE_CHECKING:  # numpy is not imported before there are columns
    import numpy as np
    import numpy.typing as npt

    from ._columns import Column
    from ._exceptions import Error
    from ._matrix_memory import MatrixMemory
    from ._target import Target

REGION_UNKNOWN = "REGION_UNKNOWN"
_REQUEST_TOO_LARGE = "REQUEST_TOO_LARGE"

# The server's socket for regions is beside its unix socket.
_SOCKET_SUFFIX = ".memory"
_OFFER = b"region"
_OFFER_PROCESS = b"process"
_PROOF_BYTES = 16
_TOKEN_BYTES = 16
# A server answers within a millisecond; one that drains may not.
_ANSWER_S_MAX = 1.0
# How long a server that has none to give is not asked again.
_PAUSE_S = 1.0

# What is shorter goes through the socket as quickly.
REQUEST_BYTES_MIN = 64 << 10
# Parts of a region: a chunk of the size that servers prefer with some room for what is estimated,
# and scores of 8 bytes for as many rows as such a chunk usually has. Pages that nobody has written
# take no memory.
_COLUMNS_BYTES = 9 << 20
_RESULTS_BYTES = 7 << 20
# A verb has three calls under way. What more threads want to have at a time, goes in messages.
_REGIONS_MAX = 6


class Region:
    """Memory that the server knows by `token`. One call uses it at a time.

    By `process` it knows all the memory of this process, if it can read that: else it is empty.
    `kept` is what the call's request names of that.
    """

    __slots__ = ("_fd", "_mapped", "_written", "kept", "process", "token", "turn")

    def __init__(self, process: bytes) -> None:
        import numpy as np

        nbytes = _COLUMNS_BYTES + _RESULTS_BYTES
        self._fd = sealed_memory(nbytes)
        both = mmap.PROT_READ | mmap.PROT_WRITE
        mapped = map_memory(self._fd, nbytes, mmap.MAP_SHARED, both)
        self._mapped: npt.NDArray[np.uint8] | None = np.frombuffer(mapped, np.uint8)
        # How much of it, from its begin, has pages.
        self._written = 0
        self.token = b""
        self.turn = 0
        self.process = process
        self.kept: list[Buffer] = []

    def fileno(self) -> int:
        return self._fd

    def write(self, buffers: list[tuple[int, Buffer | Rebased]]) -> None:
        """Puts buffers where they belong: in ascending order, less than a page from each other.

        Pages that are there already are written through the mapping, in less time than by system
        calls. Others are not: where there is no memory for them, a mapping kills the process.
        """
        import numpy as np

        mapped = self._mapped
        if mapped is None:
            raise OSError("the region is closed")
        for at, data in buffers:
            end = at + len(data)
            if end > self._written:
                if isinstance(data, Rebased):
                    data = data.made()
                if os.pwrite(self._fd, data, at) != len(data):
                    raise OSError("a region cannot be written to its end")
                self._written = end
            elif isinstance(data, Rebased):
                data.make(mapped[at:end].view(np.int32))
            else:
                mapped[at:end] = np.frombuffer(data, np.uint8)

    def read(self, span: memoryview) -> memoryview:
        """The bytes of a reply's RegionSpan, there until the region is used again.

        Raises DecodeError where there are none.
        """
        told = dict(fields(span))
        offset, length = told.get(2, 0), told.get(3, 0)
        if not isinstance(offset, int) or not isinstance(length, int):
            raise DecodeError("a span of a region without numbers")
        end = _COLUMNS_BYTES + _RESULTS_BYTES
        if not _COLUMNS_BYTES <= offset <= offset + length <= end or self._mapped is None:
            raise DecodeError(f"{length} bytes at {offset} are outside of the results' place")
        return self._mapped[offset : offset + length].data

    def result_span(self) -> Writer:
        """A RegionSpan that tells the server where results may go, for one more call."""
        self.turn += 1
        span = span_of(self.token, _COLUMNS_BYTES, _RESULTS_BYTES)
        span.uint(4, self.turn)
        return span

    def close(self) -> None:
        self._mapped = None
        fd, self._fd = self._fd, -1
        if fd >= 0:
            os.close(fd)

    def __del__(self) -> None:
        with contextlib.suppress(AttributeError):  # it was not made to the end
            self.close()


class Regions:
    """What a client shares with one server. Thread-safe; of no use in a forked child."""

    def __init__(self, target: Target | None) -> None:
        """Regions for the server at `target`; without one, there never are any."""
        self._path = _socket_path(target) if target is not None else None
        self._lock = threading.Lock()
        self._socket: socket.socket | None = None
        self._process = b""
        self._shows_process = True
        self._idle: list[Region] = []
        self._all: set[Region] = set()
        self._matrices = MatrixPool(self._path)
        self._pause_ends = 0.0
        renew_in_child(self)

    @contextlib.contextmanager
    def borrow(self, nbytes: int, *, results: bool = True) -> Iterator[Region | None]:
        """A region for a request of about `nbytes`, to oneself; None where it goes without.

        Without `results` in it, the request may have all of it.
        """
        if self._path is None or not REQUEST_BYTES_MIN <= nbytes <= columns_bytes_max(results):
            yield None
            return
        region = self._take()
        try:
            yield region
        finally:
            if region is not None:
                self._give_back(region)

    def matrix(self, nbytes: int) -> contextlib.AbstractContextManager[MatrixMemory | None]:
        """Memory for a matrix of at most so many bytes; None where it goes without."""
        return self._matrices.borrow(nbytes)

    def forget(self, *, unreadable: bool = False) -> None:
        """The server does not know the regions: it is another one by now. New ones are made.

        `unreadable`: or there is memory of this process that it can't read. It is not asked again.
        """
        with gate, self._lock:
            self._shows_process &= not unreadable
            self._forget()
        self._matrices.forget()

    def close(self) -> None:
        """The server lets go of the regions; so do calls under way, once they are done."""
        with gate, self._lock:
            self._path = None
            self._forget()
        self._matrices.close()

    def after_fork_in_child(self) -> None:
        """They are the parent's, who would not expect them to be written here."""
        self._lock = threading.Lock()
        self._path = None
        for region in self._all:
            region.close()
        self._matrices.after_fork_in_child()
        self._forget()

    def _take(self) -> Region | None:
        with gate, self._lock:
            if self._path is None:
                return None
            if self._socket is not None and not is_open(self._socket):
                self._forget()
            if not self._idle and len(self._all) < _REGIONS_MAX:
                self._add(self._path)
            return self._idle.pop() if self._idle else None

    def _give_back(self, region: Region) -> None:
        region.kept = []
        with gate, self._lock:
            if region in self._all:
                self._idle.append(region)
            else:
                region.close()

    def _add(self, path: str) -> None:
        """Makes one more region, unless the server has no use for it, or has had none just now."""
        if time.monotonic() < self._pause_ends:
            return
        try:
            if self._socket is None:
                self._socket = connect(path)
                self._process = offer_process(self._socket) if self._shows_process else b""
            region = Region(self._process)
            region.token = offer(self._socket, region.fileno())
        except RefusedError:
            self._pause_ends = time.monotonic() + _PAUSE_S
            region.close()
            return
        except OSError:
            self._pause_ends = time.monotonic() + _PAUSE_S
            self._forget()
            return
        except BaseException:  # Ctrl-C: the answer that may come is not the next region's
            self._forget()
            raise
        self._all.add(region)
        self._idle.append(region)

    def _forget(self) -> None:
        for region in self._idle:
            region.close()
        self._idle = []
        self._all = set()  # what is out is closed when it is given back
        used, self._socket = self._socket, None
        if used is not None:
            used.close()


class RefusedError(OSError):
    """The server takes no such region, or no more."""


def offer(used: socket.socket, memory: int) -> bytes:
    """Shares memory; the token that names it. Raises OSError where the server does not answer."""
    socket.send_fds(used, [_OFFER], [memory])
    token = used.recv(4096)
    if len(token) != _TOKEN_BYTES:
        raise RefusedError(token.decode("utf-8", "replace"))
    return token


def offer_process(used: socket.socket) -> bytes:
    """Offers this process's memory; the token that names it, empty where the server can't read it.

    Raises OSError where the server does not answer.
    """
    proof = os.urandom(_PROOF_BYTES)
    used.send(_OFFER_PROCESS + struct.pack("<Q", address_of(proof)) + proof)
    token = used.recv(4096)
    return token if len(token) == _TOKEN_BYTES else b""


def helps_to_send(error: Error, columns: Iterable[Column]) -> bool:
    """Whether a call that named memory may succeed by bytes in its message.

    What is read of buffers that views point into may be more than the texts are: as many bytes as a
    guess was wrong by.
    """
    if error.reason == _REQUEST_TOO_LARGE:
        return any(column.has_view_buffers for column in columns)
    return error.reason == REGION_UNKNOWN


def is_unreadable(error: Error) -> bool:
    """Of a REGION_UNKNOWN, whether the server knows the region, but can't read what is there."""
    return not (error.field or "").endswith(".region")


def address_of(data: Buffer) -> int:
    import numpy as np

    address: int = np.frombuffer(data, np.uint8).__array_interface__["data"][0]
    return address


def span_of(token: bytes, offset: int, length: int) -> Writer:
    """A RegionSpan."""
    span = Writer()
    span.buffer(1, token)
    span.uint(2, offset)
    span.uint(3, length)
    return span


def columns_bytes_max(results: bool) -> int:
    """What a region has room for, beside `results` or without."""
    return _COLUMNS_BYTES if results else _COLUMNS_BYTES + _RESULTS_BYTES


def _socket_path(target: Target) -> str | None:
    """Of the socket that a server at `target` may have for regions."""
    if not target.uri.startswith("unix:") or not hasattr(os, "memfd_create"):
        return None
    return target.uri.removeprefix("unix:") + _SOCKET_SUFFIX


def connect(path: str) -> socket.socket:
    """Raises OSError where nobody answers, or somebody else than this user does."""
    made = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    try:
        made.settimeout(_ANSWER_S_MAX)
        made.connect(path)
        peer = made.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, struct.calcsize("3i"))
        _, user, _ = struct.unpack("3i", peer)
        if user != os.geteuid():
            raise PermissionError(f"{path} is another user's")
    except BaseException:
        made.close()
        raise
    return made


def is_open(used: socket.socket) -> bool:
    """Whether the server still has it open: it says nothing unless it is asked."""
    poll = select.poll()  # select() takes no descriptor over 1023
    poll.register(used, select.POLLIN)
    return not poll.poll(0)
