"""RapidFuzz's API on a server: change the import, keep the code.

    from kernelserve.rapidfuzz import distance

Where it differs from RapidFuzz on purpose is a list in docs/python.md.
"""

from __future__ import annotations

from . import distance

__all__ = ["distance"]
