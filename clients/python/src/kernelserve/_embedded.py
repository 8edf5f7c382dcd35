"""The server that a client without an address starts for itself.

One for each process, however many clients it has: two would compete for the same cores. It starts
with the first call and ends with the last client, with the interpreter, or with the process
however that ends (the server watches it by pidfd). Forked children, and Python processes that
this one starts, use it too, each over channels of its own.
"""

from __future__ import annotations

import atexit
import contextlib
import json
import multiprocessing
import os
import select
import shutil
import signal
import socket
import subprocess
import threading
import time
from collections import deque
from collections.abc import Iterator

from ._exceptions import EmbeddedServerError, ServerNotFoundError, describe
from ._forks import renew_in_child
from ._socket_directory import SocketDirectory, socket_of

BINARY_VARIABLE = "KERNELSERVE_SERVER_BINARY"
_BINARY = "kernelserve-server"

# A start takes some 20 ms. This is for machines that are very busy.
_START_S_MAX = 30.0

# How long a server may take to finish what runs once its last client is gone, before it is killed.
_STOP_S_MAX = 5.0

# What errors quote of the server's log.
_LOG_LINES = 20


class EmbeddedServer:
    """A server process of this process. Made running; raises EmbeddedServerError if it cannot."""

    def __init__(self) -> None:
        binary = find_binary()
        try:
            self._directory = SocketDirectory()
        except OSError as error:
            raise EmbeddedServerError(
                describe(
                    f"there is no place for the embedded server's socket: {error}",
                    "UNAVAILABLE",
                    field="TMPDIR",
                    bound="a directory that this user can write to",
                )
            ) from error
        self._log: deque[str] = deque(maxlen=_LOG_LINES)
        ready_read, ready_write = os.pipe()
        self._log_read, log_write = os.pipe()
        parent = os.pidfd_open(os.getpid())
        try:
            self._process = subprocess.Popen(
                [
                    binary,
                    f"--listen=unix:{self._directory.socket}",
                    f"--parent_pidfd={parent}",
                    f"--ready_fd={ready_write}",
                    "--lame_duck_ms=0",
                    "--log_format=text",
                ],
                stdin=subprocess.DEVNULL,
                stdout=log_write,
                stderr=log_write,
                pass_fds=(parent, ready_write),
                # Ctrl-C in the terminal is this process's to handle.
                start_new_session=True,
            )
        except OSError as error:
            os.close(ready_read)
            os.close(self._log_read)
            self._directory.close()
            raise EmbeddedServerError(
                describe(f"cannot start {binary}: {error.strerror}", "UNAVAILABLE")
            ) from error
        finally:
            os.close(ready_write)
            os.close(log_write)
            os.close(parent)
        self._reader = threading.Thread(target=self._read_log, name="kernelserve-log", daemon=True)
        self._reader.start()
        line = _read_line(ready_read, time.monotonic() + _START_S_MAX)
        os.close(ready_read)
        try:
            self.address: str = json.loads(line)["addresses"][0]
        except (ValueError, LookupError, TypeError):
            self.stop()
            raise EmbeddedServerError(
                describe(f"{binary} did not start: {self.how_it_ended()}", "UNAVAILABLE")
            ) from None

    def runs(self) -> bool:
        return self._process.poll() is None

    def how_it_ended(self) -> str:
        """The exit code or signal, and the end of its log."""
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(1.0)  # the connection breaks a moment before the process ends
        code = self._process.poll()
        if code is not None:
            self._reader.join(1.0)  # to the last line
        if code is None:
            how = "it did not say that it is ready"
        elif code < 0:
            how = f"it was ended by {signal.Signals(-code).name}"
        else:
            how = f"it exited with {code}"
        log = "\n".join(self._log)
        return f"{how}; the end of its log:\n{log}" if log else how

    def stop(self) -> None:
        """Lets it finish what runs, and removes its socket."""
        if self._process.poll() is None:
            self._process.terminate()
            try:
                self._process.wait(_STOP_S_MAX)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
        self._directory.close()

    def leave_to_parent(self) -> None:
        """In a forked child: lets go of what belongs to the process that started it."""
        os.close(self._log_read)
        self._directory.close()

    def _read_log(self) -> None:
        rest = b""
        while some := os.read(self._log_read, 65536):
            *lines, rest = (rest + some).split(b"\n")
            self._log.extend(line.decode("utf-8", "replace") for line in lines)
        os.close(self._log_read)


class _Shared:
    """This process's server, and who uses it."""

    def __init__(self) -> None:
        self.reset()

    def reset(self) -> None:
        """As in a process that has started nothing: also what a forked child needs."""
        self.lock = threading.RLock()
        self.server: EmbeddedServer | None = None
        self.clients = 0
        # The parent's, in a forked child.
        self.inherited: str | None = None

    def after_fork_in_child(self) -> None:
        """In a forked child, whose lock another thread of the parent may hold."""
        server, inherited = self.server, self.inherited
        self.reset()
        self.inherited = inherited
        if server is not None:
            server.leave_to_parent()
            self.inherited = server.address
            self._parents = server  # or subprocess would wait for a child that is not ours


_shared = _Shared()


def attach() -> None:
    """Counts one more client of this process's server, which keeps it from ending."""
    with _shared.lock:
        _shared.clients += 1


def detach() -> None:
    """Counts one client less, and stops the server after the last."""
    with _shared.lock:
        _shared.clients -= 1
        if _shared.clients <= 0 and _shared.server is not None:
            _shared.server.stop()
            _shared.server = None


def address() -> str:
    """The address of the server to use: the one that runs, a parent's, or a new one."""
    with _shared.lock:
        if _shared.server is not None:
            if _shared.server.runs():
                return _shared.server.address
            _shared.server.stop()
            _shared.server = None
        if _shared.inherited is None:
            found = next(filter(None, map(socket_of, _parents())), None)
            _shared.inherited = f"unix:{found}" if found else ""
        if _shared.inherited:
            if _answers(_shared.inherited):
                return _shared.inherited
            _shared.inherited = ""  # it has ended, with the parent perhaps
        _shared.server = EmbeddedServer()
        return _shared.server.address


def runs(used: str) -> bool:
    """Whether the server at the address `used` still runs, as far as that is seen at once."""
    server = _shared.server
    if server is not None and server.address == used:
        return server.runs()
    return used == _shared.inherited  # until a call tells that it has ended


def how_it_ended(used: str) -> str | None:
    """Why the server at the address `used` does not answer; None if it does, or did not end."""
    with _shared.lock:
        server = _shared.server
    if server is not None and server.address == used:
        told = server.how_it_ended()
        return None if server.runs() else told
    if _answers(used):
        return None
    with _shared.lock:
        if _shared.inherited == used:
            _shared.inherited = ""  # the next call starts one of this process's own
    return "its process has ended"


def find_binary() -> str:
    """The server's path: $KERNELSERVE_SERVER_BINARY, the package kernelserve-server, or PATH."""
    named = os.environ.get(BINARY_VARIABLE)
    if named:
        if shutil.which(named) is None:
            raise ServerNotFoundError(
                describe(
                    f"${BINARY_VARIABLE} names {named}, which cannot be executed",
                    "UNAVAILABLE",
                    field=BINARY_VARIABLE,
                    bound="an executable file",
                    value=named,
                )
            )
        return named
    try:
        import kernelserve_server
    except ImportError:
        found = shutil.which(_BINARY)
    else:
        with contextlib.suppress(FileNotFoundError):
            return str(kernelserve_server.binary_path())
        found = shutil.which(_BINARY)
    if found is None:
        raise ServerNotFoundError(
            describe(
                f"there is no {_BINARY} to start: pip install kernelserve-server, or give "
                f"connect() or $KERNELSERVE_ADDRESS the address of a server that runs",
                "UNAVAILABLE",
                field="address",
                bound=f"an address, or {_BINARY} installed",
                value="none",
            )
        )
    return found


def _parents() -> Iterator[int]:
    """The processes whose server this one may use."""
    parent = multiprocessing.parent_process()
    if parent is not None and parent.pid is not None:
        yield parent.pid  # with the start method "forkserver", another than the next
    yield os.getppid()


def _answers(address: str) -> bool:
    with socket.socket(socket.AF_UNIX) as probe:
        probe.settimeout(1.0)
        try:
            probe.connect(address.removeprefix("unix:"))
        except OSError:
            return False
    return True


def _read_line(descriptor: int, until: float) -> bytes:
    """What the server writes once it is ready; empty where it ends or takes too long."""
    line = b""
    poll = select.poll()  # select() takes no descriptor over 1023
    poll.register(descriptor, select.POLLIN)
    while not line.endswith(b"\n"):
        ready = poll.poll(max(0.0, until - time.monotonic()) * 1000)
        some = os.read(descriptor, 4096) if ready else b""
        if not some:
            return b""
        line += some
    return line


def _at_exit() -> None:
    with _shared.lock:
        if _shared.server is not None:
            _shared.server.stop()
            _shared.server = None


atexit.register(_at_exit)
renew_in_child(_shared)
