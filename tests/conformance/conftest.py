from __future__ import annotations

from collections.abc import Iterator
from random import Random

import pytest
from harness.fixtures import _shared_raw, raw, server, shared_server, start
from harness.rpc import Raw
from harness.server import Server
from hypothesis import HealthCheck, settings

from conformance.engines import Batch, DirectKernel, Engine, OneByOne, PythonClient

__all__ = ["_shared_raw", "raw", "server", "shared_server", "start"]

# The same examples in every run. Examples share a server, whose state no call changes.
settings.register_profile(
    "conformance",
    derandomize=True,
    deadline=None,
    database=None,
    max_examples=60,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
settings.load_profile("conformance")


@pytest.fixture(scope="module")
def direct_kernel() -> Iterator[DirectKernel]:
    kernel = DirectKernel()
    yield kernel
    kernel.close()


@pytest.fixture(scope="module")
def python_client(shared_server: Server) -> Iterator[PythonClient]:
    client = PythonClient(shared_server.address)
    yield client
    client.close()


@pytest.fixture(params=["direct kernel", "one by one", "batch", "python client"])
def engine(request: pytest.FixtureRequest, raw: Raw) -> Engine:
    if request.param == "one by one":
        return OneByOne(raw)
    if request.param == "batch":
        return Batch(raw, Random(1))
    named: Engine = request.getfixturevalue(request.param.replace(" ", "_"))
    return named
