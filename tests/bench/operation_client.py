"""A client of bench.operation: asks for a Cdist of COUNT texts and reads what comes, until standard
input ends, or for so many seconds. Prints the time of CLOCK_MONOTONIC when it asks.

    python -m bench.operation_client ADDRESS COUNT [SECONDS]
"""

from __future__ import annotations

import sys
import threading
import time

import grpc
from harness.rpc import Raw

from bench.operation import long_cdist


def main() -> None:
    address, count, *seconds = sys.argv[1:]
    with grpc.insecure_channel(address) as channel:
        timeout = float(seconds[0]) if seconds else None
        request = long_cdist(int(count))
        grpc.channel_ready_future(channel).result()
        print(time.monotonic(), flush=True)
        call = Raw(channel).stream("Cdist", request, timeout=timeout)

        def cancel_at_the_end() -> None:
            sys.stdin.read()
            call.cancel()

        threading.Thread(target=cancel_at_the_end, daemon=True).start()
        try:
            for _ in call:
                pass
        except grpc.RpcError:
            pass


if __name__ == "__main__":
    main()
