"""The private directory that an embedded server's socket lies in.

    $XDG_RUNTIME_DIR or the temporary directory / kernelserve-PID-RANDOM / server.sock, lock

Its mode is 0700, which keeps the socket to this user. Its owner, the process PID, holds a lock on
`lock` for as long as it lives: whoever finds a directory whose lock is free removes it. (A process
id alone would mislead between containers that share a temporary directory.)
"""

from __future__ import annotations

import fcntl
import os
import shutil
import tempfile
import time
from pathlib import Path

from ._target import SOCKET_PATH_BYTES_MAX, check_socket_path

_PREFIX = "kernelserve-"
_SOCKET = "server.sock"
_LOCK = "lock"

# A directory without a lock file is one that is just being made, unless it is older than this.
_UNLOCKED_AGE_S_MAX = 60.0


class SocketDirectory:
    """A new directory, locked by this process. Close it to remove it."""

    def __init__(self) -> None:
        base = _base()
        sweep(base)
        self.path = Path(tempfile.mkdtemp(prefix=f"{_PREFIX}{os.getpid()}-", dir=base))
        self.socket = str(self.path / _SOCKET)
        self._owner = os.getpid()
        # Locked before it has its name, so that nobody finds it free.
        unnamed = self.path / f"{_LOCK}.new"
        self._lock = os.open(unnamed, os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600)
        fcntl.flock(self._lock, fcntl.LOCK_EX)
        unnamed.rename(self.path / _LOCK)
        try:
            check_socket_path(self.socket)
        except Exception:
            self.close()
            raise

    def close(self) -> None:
        """Removes the directory. In a forked child of its owner, only lets go of it."""
        if self._lock >= 0:
            if os.getpid() == self._owner:
                shutil.rmtree(self.path, ignore_errors=True)
            os.close(self._lock)
            self._lock = -1


def socket_of(pid: int) -> str | None:
    """The socket of the embedded server that process `pid` of this user started, if it has one."""
    try:
        base = _base()
    except OSError:
        return None  # there is no place for one
    for path in base.glob(f"{_PREFIX}{pid}-*"):
        socket = path / _SOCKET
        if socket.exists() and _is_ours(path) and not _is_free(path / _LOCK):
            return str(socket)
    return None


def sweep(base: Path) -> None:
    """Removes the directories in `base` whose processes are gone."""
    for path in base.glob(f"{_PREFIX}*-*"):
        try:
            if not _is_ours(path):
                continue
            lock = path / _LOCK
            if lock.exists():
                stale = _is_free(lock)
            else:
                stale = time.time() - path.stat().st_mtime > _UNLOCKED_AGE_S_MAX
            if stale:
                shutil.rmtree(path, ignore_errors=True)
        except OSError:
            continue  # somebody else was faster


def _base() -> Path:
    """Where directories go. A place whose paths would be too long for a socket is passed over."""
    longest = SOCKET_PATH_BYTES_MAX - len(f"/{_PREFIX}1234567-12345678/{_SOCKET}")
    places = [os.environ.get("XDG_RUNTIME_DIR", ""), tempfile.gettempdir(), "/tmp"]
    for place in places:
        if place and len(os.fsencode(place)) <= longest and os.access(place, os.W_OK | os.X_OK):
            return Path(place)
    return Path(tempfile.gettempdir())


def _is_ours(path: Path) -> bool:
    status = path.lstat()
    return path.is_dir() and status.st_uid == os.getuid() and status.st_mode & 0o077 == 0


def _is_free(lock: Path) -> bool:
    """Whether nobody holds the lock."""
    try:
        descriptor = os.open(lock, os.O_RDWR | os.O_CLOEXEC)
    except OSError:
        return False
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    finally:
        os.close(descriptor)
    return True
