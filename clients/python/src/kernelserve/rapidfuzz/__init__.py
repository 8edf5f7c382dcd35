"""RapidFuzz's API on a server: change the import, keep the code.

    from kernelserve.rapidfuzz import distance, fuzz, process, utils

    fuzz.WRatio("New York Mets", "new york mets", processor=utils.default_process)      # 100.0

Calls go where those of the kernelserve module go. What differs from RapidFuzz on purpose is a list
in docs/rapidfuzz.md.
"""

from __future__ import annotations

from . import distance, fuzz, process, utils

__all__ = ["distance", "fuzz", "process", "utils"]
