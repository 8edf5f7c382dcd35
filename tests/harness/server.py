"""The real server as a process of its own, started for tests and stopped by its pid."""

from __future__ import annotations

import json
import os
import re
import select
import signal
import subprocess
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import grpc

from harness.rpc import Raw
from harness.waiting import PATIENCE_S, until

# Workers yield to gRPC's threads by this much, which tells them apart from outside.
WORKER_NICE = 10


def binary() -> Path:
    """The server to test: $KERNELSERVE_SERVER_BINARY, else the one that was installed."""
    if named := os.environ.get("KERNELSERVE_SERVER_BINARY"):
        return Path(named)
    import kernelserve_server

    return kernelserve_server.binary_path()


def environment(extra: Mapping[str, str] | None = None) -> dict[str, str]:
    """This process's environment without settings for servers, and with `extra`."""
    kept = {k: v for k, v in os.environ.items() if not k.startswith("KERNELSERVE_")}
    return {**kept, **(extra or {})}


class Server:
    """A server that serves. Not given flags, on a unix socket and on a free TCP port."""

    def __init__(
        self,
        *flags: str,
        env: Mapping[str, str] | None = None,
        pass_fds: Sequence[int] = (),
        root: Path | None = None,
        program: Path | None = None,
        descriptors: int | None = None,
    ) -> None:
        # Then it answers to those only who know more than the harness.
        self._asks_for_credentials = any(
            flag.startswith(("--tls_certificate=", "--tokens_file=")) for flag in flags
        )
        # Short, since a unix socket's path is bounded.
        self._directory = tempfile.TemporaryDirectory(prefix="ks")
        self.directory = Path(self._directory.name)
        self.log_path = self.directory / "log"
        self.channels: list[grpc.Channel] = []
        read_end, write_end = os.pipe()
        command = [str(program or binary()), f"--ready_fd={write_end}", *flags]
        if not any(flag.startswith("--listen") for flag in flags):
            command.insert(1, f"--listen=unix:{self.directory}/s,127.0.0.1:0")
        if not any(flag.startswith("--lame_duck_ms") for flag in flags):
            command.insert(1, "--lame_duck_ms=0")
        if descriptors is not None:
            # By a program, which becomes the server: a fork of Python with gRPC in it is not safe.
            command[:0] = ["prlimit", f"--nofile={descriptors}:{descriptors}"]
        with self.log_path.open("wb") as log:
            self.process = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env=environment(env),
                pass_fds=(write_end, *pass_fds),
                preexec_fn=None if root is None else lambda: _enter(root),
            )
        os.close(write_end)
        try:
            self.ready = self._read_ready(read_end)
        except BaseException:
            self.remove()
            raise
        finally:
            os.close(read_end)
        self.addresses: list[str] = self.ready["addresses"]

    def _read_ready(self, descriptor: int) -> dict[str, Any]:
        line = b""
        while not line.endswith(b"\n"):
            readable, _, _ = select.select([descriptor], [], [], PATIENCE_S)
            assert readable, f"no sign of readiness in {PATIENCE_S:.0f} s\n{self.log}"
            got = os.read(descriptor, 4096)
            if not got:
                raise ServerEndedError(self.wait(), self.log)
            line += got
        told = json.loads(line)
        assert isinstance(told, dict)
        return told

    @property
    def pid(self) -> int:
        return self.process.pid

    @property
    def log(self) -> str:
        return self.log_path.read_text(errors="replace")

    @property
    def address(self) -> str:
        """The first address, as gRPC takes it."""
        return self.addresses[0]

    @property
    def tcp(self) -> str:
        return next(a for a in self.addresses if not a.startswith("unix:"))

    def channel(
        self, address: str | None = None, options: Mapping[str, int | str] | None = None
    ) -> grpc.Channel:
        """A connection of its own."""
        settings: dict[str, int | str] = {
            "grpc.use_local_subchannel_pool": 1,
            "grpc.enable_http_proxy": 0,
            "grpc.max_send_message_length": -1,
            "grpc.max_receive_message_length": -1,
            **(options or {}),
        }
        channel = grpc.insecure_channel(address or self.address, options=list(settings.items()))
        self.channels.append(channel)
        return channel

    def raw(
        self, address: str | None = None, options: Mapping[str, int | str] | None = None
    ) -> Raw:
        return Raw(self.channel(address, options))

    def signal(self, number: signal.Signals) -> None:
        os.kill(self.pid, number)

    def wait(self) -> int:
        """The exit code, once it has ended by itself."""
        return self.process.wait(PATIENCE_S)

    def check_alive(self) -> None:
        """It runs, and answers."""
        assert self.process.poll() is None, f"exited with {self.process.poll()}\n{self.log}"
        if self._asks_for_credentials:
            return
        channel = self.channel()
        info = Raw(channel).call("GetServerInfo", b"")
        assert info.instance_id
        channel.close()

    def stop(self) -> None:
        """Stops it as an operator does; it has to end well. Does nothing where it has ended."""
        for channel in self.channels:
            channel.close()
        if self.process.poll() is None:
            self.signal(signal.SIGTERM)
            assert self.wait() == 0, self.log

    def remove(self) -> None:
        """Leaves nothing behind, however the test ended."""
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        self._directory.cleanup()

    # ---- What it is doing, from outside ----

    def rss_peak_bytes(self) -> int:
        """The most memory that it ever had (VmHWM)."""
        status = Path(f"/proc/{self.pid}/status").read_text()
        (kib,) = (line.split()[1] for line in status.splitlines() if line.startswith("VmHWM:"))
        return int(kib) * 1024

    def cpu_s(self) -> float:
        """Processor time that it has used."""
        fields = Path(f"/proc/{self.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def busy_workers(self) -> int:
        """How many of its worker threads are computing."""
        count = 0
        for task in Path(f"/proc/{self.pid}/task").iterdir():
            # The fields after the name, which may hold anything: proc(5), from "state" on.
            fields = (task / "stat").read_text().rpartition(")")[2].split()
            state, nice = fields[0], int(fields[16])
            count += nice == WORKER_NICE and state != "S"
        return count

    def switches(self, name: str) -> dict[int, int]:
        """How often each of its threads of that name has waited for something."""
        counts = {}
        for task in Path(f"/proc/{self.pid}/task").iterdir():
            if (task / "comm").read_text().strip() != name:
                continue
            status = (task / "status").read_text()
            (count,) = re.findall(r"^voluntary_ctxt_switches:\s*(\d+)$", status, re.MULTILINE)
            counts[int(task.name)] = int(count)
        return counts

    def has_connections(self) -> bool:
        """Whether any client is connected by TCP. gRPC's sockets are of IPv6 for both: proc(5)."""
        port = f":{int(self.tcp.rpartition(':')[2]):04X}"
        established = "01"
        tables = [Path(f"/proc/net/{name}").read_text() for name in ("tcp", "tcp6")]
        lines = [line for table in tables for line in table.splitlines()[1:]]
        return any(
            local.endswith(port) and state == established
            for _, local, _, state, *_ in map(str.split, lines)
        )

    def until_connected(self) -> None:
        until(self.has_connections, "a client has connected")

    def until_busy(self, workers: int) -> None:
        until(lambda: self.busy_workers() >= workers, f"{workers} workers compute")

    def until_idle(self) -> None:
        """Returns once all workers wait for work, several times in a row: none just paused."""
        until(lambda: all(self.busy_workers() == 0 for _ in range(20)), "the workers have stopped")


class ServerEndedError(Exception):
    """The server ended before it served."""

    def __init__(self, exit_code: int, log: str) -> None:
        super().__init__(f"exited with {exit_code}\n{log}")
        self.exit_code = exit_code
        self.log = log


def _enter(root: Path) -> None:
    os.chroot(root)
    os.chdir("/")
