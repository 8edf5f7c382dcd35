from __future__ import annotations

from harness.fixtures import _shared_raw, raw, server, shared_server, start

__all__ = ["_shared_raw", "raw", "server", "shared_server", "start"]
