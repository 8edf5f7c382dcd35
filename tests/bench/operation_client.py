"""A client of bench.operation: asks for an hour's Cdist and reads what comes, until standard input
ends, or for so many seconds.

    python -m bench.operation_client ADDRESS [SECONDS]
"""

from __future__ import annotations

import sys
import threading

import grpc
from harness.rpc import Raw

from bench.operation import hours_of_cdist


def main() -> None:
    address, *seconds = sys.argv[1:]
    with grpc.insecure_channel(address) as channel:
        timeout = float(seconds[0]) if seconds else None
        call = Raw(channel).stream("Cdist", hours_of_cdist(), timeout=timeout)

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
