"""The command line: `kernelserve`, or `python -m kernelserve.cli`.

One module a command (those of two texts share one), each a thin shell around the verb of the same
name. `program` puts them together and turns every outcome into an exit code; `tables` and the
modules beside it read and write the files.

Only this module is imported without the packages of the extra `cli`.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from importlib.util import find_spec

__all__ = ["main"]

_NEEDED = ("click", "rich")


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs a command line (the process's own by default) and returns its exit code."""
    missing = [package for package in _NEEDED if find_spec(package) is None]
    if missing:
        print(
            f"kernelserve: error: the command line needs {' and '.join(missing)}, which this "
            "Python does not have: pip install 'kernelserve[cli]'",
            file=sys.stderr,
        )
        return 1
    from .program import run

    return run(sys.argv[1:] if arguments is None else arguments)
