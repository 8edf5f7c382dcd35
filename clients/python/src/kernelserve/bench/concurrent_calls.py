"""Many compare() at once in an event loop, beside empty coroutines and beside grpc.aio."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

import grpc
import numpy as np

from .._async_client import AsyncClient
from .._verbs import COMPARE
from ..v1 import string_distance_pb2 as sd
from .contender import Contender
from .ours import name
from .setting import Setting
from .texts import Pairs

GATHERED, NOTHING, STUBS = "gather of compare()", "gather of coroutines that do nothing", "grpc.aio"
# The stubs take some 0.1 ms for each call, so they make a tenth of the calls.
_FEWER = 10


def gathered(s: Setting) -> list[Contender]:
    """The scores of all pairs, a call for each."""
    client, pairs = s.shared, s.pairs.first(s.sizes.concurrent)
    client.compare("", "")  # so that it has an address
    loop = asyncio.new_event_loop()
    twin = AsyncClient(client.address)

    async def nothing(left: str, right: str) -> int:
        return 0

    async def gather(make: Callable[[str, str], Any]) -> list[Any]:
        calls = map(make, pairs.left, pairs.right)
        return await asyncio.gather(*calls)

    def run(coroutine: Callable[[], Coroutine[Any, Any, list[Any]]]) -> Callable[[], list[Any]]:
        return lambda: loop.run_until_complete(coroutine())

    few = pairs.first(max(1, len(pairs) // _FEWER))
    return [
        Contender(
            name(GATHERED), "ours", run(lambda: gather(twin.compare)), len(pairs), np.asarray
        ),
        Contender(NOTHING, "floor", run(lambda: gather(nothing)), len(pairs)),
        Contender(STUBS, "peer", run(lambda: _by_stub(client.address, few)), len(few), np.asarray),
    ]


async def _by_stub(address: str, pairs: Pairs) -> list[Any]:
    # Its channel is closed each time: while one is open, no child process can use gRPC.
    async with grpc.aio.insecure_channel(address) as channel:
        compare = channel.unary_unary(
            COMPARE, sd.CompareRequest.SerializeToString, sd.CompareResponse.FromString
        )
        scorer = sd.Scorer(name="levenshtein.distance")

        def request(left: str, right: str) -> sd.CompareRequest:
            texts = (sd.Text(utf8=text.encode()) for text in (left, right))
            return sd.CompareRequest(scorer=scorer, left=next(texts), right=next(texts))

        calls = [compare(request(*pair)) for pair in zip(pairs.left, pairs.right, strict=True)]
        return [reply.score.integer for reply in await asyncio.gather(*calls)]
