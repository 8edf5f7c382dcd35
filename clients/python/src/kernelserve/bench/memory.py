"""How much memory a client and its server take: each in a process of its own, for one work alone.

    python -m kernelserve.bench.memory join FILE ROWS
    python -m kernelserve.bench.memory stream FILE ROWS

prints what `measure` returns, as JSON. FILE has words, a line each.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa

from .._client import Client
from .._embedded import find_binary
from .server_process import start_server
from .texts import draw_pairs

_BATCH = 1_000_000
# Memory is looked at this often on the way, and is flat if it is no more at the end than after the
# first of these.
_LOOKS = 10
_CUTOFF = 2


def measure(work: str, words: list[str], rows: int) -> dict[str, Any]:
    """The peaks of client and server in bytes, and what they had on the way, in another process."""
    with tempfile.NamedTemporaryFile("w", encoding="utf-8", suffix=".txt") as file:
        file.write("\n".join(words))
        file.flush()
        command = [sys.executable, "-m", __name__, work, file.name, str(rows)]
        done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
    told: dict[str, Any] = json.loads(done.stdout)
    return told


def _join(client: Client, words: list[str], _rows: int) -> Iterator[None]:
    client.join(words, score_cutoff=_CUTOFF)
    yield


def _stream(client: Client, words: list[str], rows: int) -> Iterator[None]:
    """Pairs by the batch. A batch is the same each time: drawing others would be what is timed."""
    size = min(_BATCH, max(1, rows // _LOOKS))
    pairs = draw_pairs("words", "words", words, size)
    left, right = pairs.left_arrow, pairs.right_arrow
    reader = pa.RecordBatchReader.from_batches(
        pa.schema([("left", pa.string()), ("right", pa.string())]),
        (pa.record_batch([left, right], ["left", "right"]) for _ in range(rows // size)),
    )
    del pairs
    every = max(1, rows // size // _LOOKS)
    for number, _ in enumerate(client.pairwise(reader), 1):
        if number % every == 0:
            yield


def _status(pid: int, name: str) -> int:
    """Bytes of a line of /proc/PID/status: VmRSS is now, VmHWM the most so far."""
    for line in Path(f"/proc/{pid}/status").read_text(encoding="utf-8").splitlines():
        if line.startswith(f"{name}:"):
            return int(line.split()[1]) << 10
    raise LookupError(f"/proc/{pid}/status has no {name}")


def main() -> None:
    work, path, rows = sys.argv[1:]
    words = Path(path).read_text(encoding="utf-8").splitlines()
    with start_server(find_binary()) as server, Client(server.address) as client:
        pids = {"client": os.getpid(), "server": server.pid}
        steps = {"join": _join, "stream": _stream}[work](client, words, int(rows))
        looks: dict[str, list[int]] = {who: [] for who in pids}
        for _ in steps:
            for who, pid in pids.items():
                looks[who].append(_status(pid, "VmRSS"))
        peaks = {who: _status(pid, "VmHWM") for who, pid in pids.items()}
    json.dump({"rows": int(rows), "peak_bytes": peaks, "bytes_on_the_way": looks}, sys.stdout)


if __name__ == "__main__":
    main()
