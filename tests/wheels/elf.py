"""As much of the ELF format as it takes to tell what a program wants from the system it runs on."""

from __future__ import annotations

import struct
from dataclasses import dataclass
from pathlib import Path

_TYPE_DYN = 3  # position-independent
_SEGMENT_DYNAMIC = 2
_SEGMENT_INTERPRETER = 3
_TAG_NEEDED = 1


@dataclass(frozen=True)
class Program:
    position_independent: bool
    interpreter: bool  # it asks for a dynamic loader
    libraries_needed: int


def read(path: Path) -> Program:
    """Reads a 64-bit little-endian ELF file; of the libraries needed, how many."""
    data = path.read_bytes()
    if data[:6] != b"\x7fELF\x02\x01":
        raise ValueError(f"{path} is no 64-bit little-endian ELF file")
    (kind,) = struct.unpack_from("<H", data, 16)
    (headers_at,) = struct.unpack_from("<Q", data, 32)
    header_size, header_count = struct.unpack_from("<HH", data, 54)
    interpreter, needed = False, 0
    for i in range(header_count):
        segment, _, offset, _, _, size = struct.unpack_from(
            "<IIQQQQ", data, headers_at + i * header_size
        )
        if segment == _SEGMENT_INTERPRETER:
            interpreter = True
        elif segment == _SEGMENT_DYNAMIC:
            entries = struct.iter_unpack("<qQ", data[offset : offset + size])
            needed = sum(tag == _TAG_NEEDED for tag, _ in entries)
    return Program(kind == _TYPE_DYN, interpreter, needed)
