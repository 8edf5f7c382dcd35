"""What the tests of shared memory look at: columns of words, and who has which regions open."""

from __future__ import annotations

import ctypes
import functools
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from rapidfuzz.distance import Levenshtein

import kernelserve as ks
from kernelserve import _shared_memory as shared_memory
from kernelserve._shared_memory import Regions
from kernelserve.bench.server_process import ServerProcess

_PR_SET_PTRACER = 0x59616D61
_ANY = ctypes.c_ulong(-1)


def show_memory_to_anyone() -> None:
    """Where Yama keeps children, such as the server, from reading their parent's memory."""
    ctypes.CDLL(None).prctl(_PR_SET_PTRACER, _ANY, 0, 0, 0)


_PROBE = """
import ctypes, os, sys
class Vector(ctypes.Structure):
    _fields_ = [("base", ctypes.c_void_p), ("length", ctypes.c_size_t)]
here = ctypes.create_string_buffer(5)
to, there = Vector(ctypes.addressof(here), 5), Vector(int(sys.argv[1]), 5)
read = ctypes.CDLL(None).process_vm_readv
read(os.getppid(), ctypes.byref(to), 1, ctypes.byref(there), 1, 0)
sys.exit(here.raw != b"proof")
"""


@functools.cache
def _is_read_by_children() -> bool:
    proof = ctypes.create_string_buffer(b"proof")
    command = [sys.executable, "-c", _PROBE, str(ctypes.addressof(proof))]
    return subprocess.run(command, check=False).returncode == 0


def skip_unless_memory_is_read() -> None:
    """Where some system call filter keeps every process from reading another one's memory."""
    if not _is_read_by_children():
        pytest.skip("this system lets no process read another one's memory")


# A chunk of so many words is over REQUEST_BYTES_MIN.
ROWS = 20_000


def words(seed: int, *, rows: int = ROWS, nulls: bool = False) -> list[Any]:
    random = np.random.default_rng(seed)
    letters = np.array(list("abcdéß漢"))
    lengths = random.integers(0, 20, rows)
    made: list[Any] = ["".join(letters[random.integers(len(letters), size=n)]) for n in lengths]
    if nulls:
        for row in range(0, rows, 7):
            made[row] = None
    return made


LEFT, RIGHT = words(1), words(2)
DISTANCES = [Levenshtein.distance(a, b) for a, b in zip(LEFT, RIGHT, strict=True)]


def regions_of(client: ks.Client) -> Regions:
    lanes = client._connection._lanes
    assert lanes is not None
    return lanes.regions


def turns(client: ks.Client) -> int:
    """How many requests a client has put into regions."""
    return sum(region.turn for region in regions_of(client)._all)


# Of this process, what clients of other tests have open.
_others: set[int] = set()


def leave_out_others() -> None:
    """Of this process, has memfds() count from here on what is opened from here on."""
    _others.clear()
    _others.update(_regions("self"))


def memfds(pid: int | str = "self") -> int:
    """Regions that a process has open."""
    return len([inode for inode in _regions(pid) if pid != "self" or inode not in _others])


def mappings() -> int:
    """Regions that this process has mapped."""
    found = []
    for line in Path("/proc/self/maps").read_text().splitlines():
        _, _, _, _, inode, *name = line.split()
        if name and name[0].startswith("/memfd:kernelserve"):
            found.append(int(inode))
    return len([inode for inode in found if inode not in _others])


def _regions(pid: int | str) -> list[int]:
    inodes = []
    for descriptor in Path(f"/proc/{pid}/fd").iterdir():
        try:
            if "/memfd:kernelserve" in os.readlink(descriptor):
                inodes.append(descriptor.stat().st_ino)
        except FileNotFoundError:
            continue  # closed meanwhile
    return inodes


def wait_until(server: ServerProcess, true: Callable[[], bool]) -> None:
    """Asks the server's socket for regions again and again, which answers in order."""
    path = f"{server.address.removeprefix('unix:')}.memory"
    with shared_memory.connect(path) as asking:
        while not true():
            asking.send(b"anything")
            assert asking.recv(4096).startswith(b"refused: ")
