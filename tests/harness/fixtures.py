"""The fixtures of every suite here: its conftest.py imports them."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from harness.rpc import Raw
from harness.server import Server


@pytest.fixture(scope="session")
def shared_server() -> Iterator[Server]:
    """One server for all tests that need nothing special. Use `server`, which watches over it."""
    server = Server()
    yield server
    try:
        server.stop()
    finally:
        server.remove()


@pytest.fixture
def server(shared_server: Server) -> Iterator[Server]:
    """A server of default settings. Whatever a test does to it, it lives on and answers."""
    yield shared_server
    shared_server.check_alive()


@pytest.fixture(scope="session")
def _shared_raw(shared_server: Server) -> Raw:
    return shared_server.raw()


@pytest.fixture
def raw(server: Server, _shared_raw: Raw) -> Raw:
    """Calls to `server` over its unix socket."""
    return _shared_raw


@pytest.fixture
def start() -> Iterator[Callable[..., Server]]:
    """Starts servers of a test's own, as Server(...) does. Those that still run at the end of the
    test have to answer, and to end well."""
    servers: list[Server] = []

    def start_one(*flags: str, **options: object) -> Server:
        servers.append(Server(*flags, **options))  # type: ignore[arg-type]
        return servers[-1]

    yield start_one
    try:
        for server in servers:
            if server.process.poll() is None:
                server.check_alive()
                server.stop()
    finally:
        for server in servers:
            server.remove()
