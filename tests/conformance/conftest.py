from __future__ import annotations

from harness.fixtures import _shared_raw, raw, server, shared_server, start
from hypothesis import HealthCheck, settings

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
