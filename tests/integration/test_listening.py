"""Where a server listens: unix sockets and TCP, several at once, and what if it cannot."""

from __future__ import annotations

import socket
import stat
import threading
from collections.abc import Callable
from pathlib import Path

import pytest
from harness import work
from harness.rpc import SERVING
from harness.server import Server, ServerEndedError
from harness.waiting import until

Start = Callable[..., Server]


@pytest.fixture
def directory(start: Start) -> Path:
    """Short, as a socket's path has to be."""
    return start().directory


def test_all_addresses_serve_the_same_server(start: Start, directory: Path) -> None:
    server = start(
        f"--listen=unix:{directory}/a,127.0.0.1:0,unix:{directory}/b,[::1]:0,localhost:0"
    )
    assert server.addresses[0] == f"unix:{directory}/a"
    assert server.addresses[2] == f"unix:{directory}/b"
    assert server.addresses[1].startswith("127.0.0.1:")
    assert server.addresses[3].startswith("[::1]:")
    assert server.addresses[4].startswith("localhost:")
    ports = {address.rpartition(":")[2] for address in server.addresses[1::2]}
    assert len(ports) == 2
    assert "0" not in ports
    ids = {server.raw(a).call("GetServerInfo", b"").instance_id for a in server.addresses}
    assert len(ids) == 1


def test_the_ready_line_is_the_process_itself(start: Start) -> None:
    server = start()
    assert server.ready.keys() == {"version", "pid", "addresses"}
    assert server.ready["pid"] == server.pid
    info = server.raw().call("GetServerInfo", b"")
    assert server.ready["version"] == info.version
    for address in server.addresses:
        assert address in server.log
    assert info.limits.request_bytes_max == 64 << 20


def test_a_unix_socket_is_its_owner_s_alone(start: Start, directory: Path) -> None:
    start(f"--listen=unix:{directory}/new/s")
    assert stat.S_IMODE((directory / "new").stat().st_mode) == 0o700
    mode = (directory / "new" / "s").stat().st_mode
    assert stat.S_ISSOCK(mode)
    assert stat.S_IMODE(mode) == 0o600


def test_a_stale_socket_is_replaced(start: Start, directory: Path) -> None:
    """As one that was killed leaves behind."""
    path = directory / "stale"
    killed = start(f"--listen=unix:{path}")
    killed.process.kill()
    killed.process.wait()
    assert path.is_socket()
    server = start(f"--listen=unix:{path}")
    assert server.raw().health() == SERVING


def refused(start: Start, *flags: str) -> str:
    with pytest.raises(ServerEndedError) as error:
        start(*flags)
    assert error.value.exit_code == 1, error.value.log
    assert "--listen" in error.value.log
    return error.value.log


def test_a_socket_in_use_is_not_taken_over(start: Start) -> None:
    first = start()
    assert "listening already" in refused(start, f"--listen={first.address}")
    port = first.tcp
    assert port in refused(start, f"--listen={port}")
    first.check_alive()


def test_what_is_no_socket_is_not_replaced(start: Start, directory: Path) -> None:
    path = directory / "file"
    path.write_text("precious")
    assert str(path) in refused(start, f"--listen=unix:{path}")
    assert path.read_text() == "precious"


def test_an_address_that_is_not_this_machine_s(start: Start) -> None:
    assert "192.0.2.1" in refused(start, "--listen=192.0.2.1:0")


def test_a_directory_that_is_not_there(start: Start, directory: Path) -> None:
    path = directory / "no" / "such" / "s"
    assert str(path) in refused(start, f"--listen=unix:{path}")


def test_one_bad_address_of_several_is_a_failure(start: Start, directory: Path) -> None:
    refused(start, f"--listen=unix:{directory}/ok,192.0.2.1:0")


def test_the_longest_path_works_and_one_more_byte_is_refused(start: Start, directory: Path) -> None:
    longest = f"{directory}/".ljust(103, "s")
    server = start(f"--listen=unix:{longest}")
    assert server.raw().health() == SERVING
    with pytest.raises(ServerEndedError) as error:
        start(f"--listen=unix:{longest}s")
    assert error.value.exit_code == 64
    for told in ("--listen", "104 bytes", "at most 103", f"{longest}s"):
        assert told in error.value.log


def test_other_machines_are_warned_about(start: Start) -> None:
    assert "without encryption" in start("--listen=0.0.0.0:0").log
    assert "without encryption" not in start("--listen=127.0.0.1:0").log


def test_a_client_that_says_nothing_holds_up_nobody(start: Start) -> None:
    server = start()
    host, _, port = server.tcp.rpartition(":")
    silent = [socket.create_connection((host, int(port))) for _ in range(50)]
    assert server.raw(server.tcp).health() == SERVING
    silent[0].sendall(b"GET / HTTP/1.1\r\n\r\n")
    assert server.raw(server.tcp).health() == SERVING
    for connection in silent:
        connection.close()


def test_one_thread_looks_for_calls_where_one_is_enough(start: Start) -> None:
    """gRPC starts two at least, and whichever had a call to deal with woke up another: most of what
    a call cost."""
    server = start()
    raw = server.raw()
    for _ in range(20):  # by now each is where it waits
        raw.call("Compare", work.compare(b"kitten", b"sitting"))
    before = server.switches("nexting_thread")
    for _ in range(200):
        raw.call("Compare", work.compare(b"kitten", b"sitting"))
    after = server.switches("nexting_thread")
    assert len(after) >= 2
    assert sum(after[thread] > before[thread] for thread in before) == 1


def test_it_looks_for_calls_without_a_break(start: Start) -> None:
    """After each second without one, gRPC's threads rested for a tenth of a second, by turns; and
    where there was but one of them, calls waited for it."""
    server = start()
    server.raw().call("GetServerInfo", b"")
    seen: list[dict[int, int]] = []

    def is_at_rest() -> bool:  # the call has an end that its client does not wait for
        seen.append(server.switches("nexting_thread"))
        return seen[-10:] == 10 * seen[-1:]

    until(is_at_rest, "its threads rest")
    threading.Event().wait(2.5)
    assert server.switches("nexting_thread") == seen[-1]
