"""What an overload leaves of a server's throughput. It has one core, and its clients the other."""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import grpc
from harness import work
from harness.rpc import METHODS
from harness.server import Server
from kernelserve._deadline import Deadline
from kernelserve._retry import RetryBudget
from kernelserve._status import from_rpc_error
from kernelserve.bench.bar import Bar

from bench.running import METRICS, running

GOODPUT_RATIO_MIN = 0.9
RECOVERY_S_MAX = 2.0


def overload(options: argparse.Namespace) -> list[Bar]:
    """Answers in time, at four times what one core can do, to what it can do; with clients that try
    again at once, and with ours, which waits as it is told."""
    binary = options.build / "server/kernelserve-server"
    ceiling_mb = 256
    bars = []
    os.sched_setaffinity(0, {1})
    flags = ["--workers=1", f"--memory_ceiling_mb={ceiling_mb}", METRICS]
    with running(*flags, program=binary) as server:
        os.sched_setaffinity(server.pid, {0})
        for task in Path(f"/proc/{server.pid}/task").iterdir():
            os.sched_setaffinity(int(task.name), {0})
        before = asyncio.run(closed_loop(server, seconds=5))
        for name, client in (("naive", naive), ("ours", patient)):
            goodput, recovery = asyncio.run(
                open_loop(server, client, 4 * before, options.overload_s)
            )
            # What a machine can do changes within minutes: it is measured on either side.
            after = asyncio.run(closed_loop(server, seconds=5))
            capacity = (before + after) / 2
            peak = server.rss_peak_bytes() >> 20
            print(
                f"{name}: {goodput:.0f} a second in time, of {before:.0f} before and {after:.0f} "
                f"after; recovery {recovery:.2f} s, {peak} MB"
            )
            before = after
            bars += [
                Bar(
                    f"goodput at four times capacity, {name} clients",
                    goodput / capacity,
                    GOODPUT_RATIO_MIN,
                    at_least=True,
                ),
                Bar(f"recovery, {name} clients", recovery, RECOVERY_S_MAX, unit="s"),
                Bar(f"peak memory, {name} clients", peak, ceiling_mb + 64, unit="MB"),
            ]
    os.sched_setaffinity(0, {0, 1})
    return bars


# Twenty milliseconds of one core, so that clients in Python can ask for four times as much.
_WORK = work.one_row(4_000).SerializeToString()
_DEADLINE_S = 2.0


def _compare(channel: grpc.aio.Channel) -> Any:
    return channel.unary_unary(METHODS["Compare"].path, None, None)


async def closed_loop(server: Server, seconds: float) -> float:
    """Calls a second that are answered with a few under way all the time."""
    async with grpc.aio.insecure_channel(server.address) as channel:
        compare = _compare(channel)
        end = time.perf_counter() + seconds
        done = 0

        async def caller() -> None:
            nonlocal done
            while time.perf_counter() < end:
                await compare(_WORK)
                done += 1

        await asyncio.gather(*(caller() for _ in range(8)))
        return done / seconds


async def naive(compare: Any) -> bool:
    """Tries again at once, as long as there is time."""
    end = time.perf_counter() + _DEADLINE_S
    while (left := end - time.perf_counter()) > 0:
        try:
            await compare(_WORK, timeout=left)
        except grpc.aio.AioRpcError:
            await asyncio.sleep(0)
        else:
            return True
    return False


async def patient(compare: Any) -> bool:
    """As our client does: by its own rule, from what the error says."""
    deadline = Deadline(_DEADLINE_S)
    budget = _BUDGETS.setdefault(asyncio.get_running_loop(), RetryBudget())
    attempt = 0
    while (left := deadline.remaining()) is None or left > 0:
        attempt += 1
        try:
            await compare(_WORK, timeout=left)
        except grpc.aio.AioRpcError as failure:
            error = from_rpc_error(failure, address="", request_id="")
            pause = budget.pause(error, attempt, deadline)
            if pause is None:
                return False
            await asyncio.sleep(pause)
        else:
            budget.succeeded()
            return True
    return False


_BUDGETS: dict[asyncio.AbstractEventLoop, RetryBudget] = {}


async def open_loop(
    server: Server, client: Callable[[Any], Any], rate: float, seconds: float
) -> tuple[float, float]:
    """Starts `rate` calls a second whatever becomes of them. Answers in time a second; and seconds
    after the last start until a single call takes no longer than when idle."""
    async with grpc.aio.insecure_channel(server.address) as channel:
        compare = _compare(channel)
        in_time = 0
        under_way: set[asyncio.Task[None]] = set()

        async def one() -> None:
            nonlocal in_time
            answered = await client(compare)  # on a line of its own: others add meanwhile
            in_time += answered

        began = time.perf_counter()
        started = 0
        while (elapsed := time.perf_counter() - began) < seconds:
            while started < elapsed * rate:
                started += 1
                task = asyncio.create_task(one())
                under_way.add(task)
                task.add_done_callback(under_way.discard)
            await asyncio.sleep(0.002)
        ended = time.perf_counter()
        measured = in_time / seconds
        for task in list(under_way):
            task.cancel()
        while True:
            asked = time.perf_counter()
            with contextlib.suppress(grpc.aio.AioRpcError):
                await compare(_WORK, timeout=1)
                if time.perf_counter() - asked < 0.1:
                    return measured, time.perf_counter() - ended
