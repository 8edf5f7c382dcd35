"""The asyncio client.

import kernelserve as ks

async with ks.aio.connect() as client:
    scores = await asyncio.gather(*[client.compare(a, b) for a, b in pairs])    # one batch
"""

from __future__ import annotations

import os
from collections.abc import Sequence

from ._async_client import AsyncClient
from ._target import TLS

__all__ = ["AsyncClient", "connect"]


def connect(
    address: str | Sequence[str] | None = None,
    *,
    token: str | None = None,
    tls: bool | str | os.PathLike[str] | TLS | None = None,
    timeout: float | None = None,
    shared_memory: bool = True,
) -> AsyncClient:
    """An AsyncClient of the server at `address`, or of an embedded one.

    Takes what kernelserve.connect() takes, and does no I/O either: the first call connects.
    """
    return AsyncClient(address, token=token, tls=tls, timeout=timeout, shared_memory=shared_memory)
