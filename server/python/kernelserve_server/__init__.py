"""Where pip put the Kernelserve server: one static binary, and this function that finds it.

import kernelserve_server, subprocess
subprocess.run([kernelserve_server.binary_path(), "--version"])
"""

from __future__ import annotations

import os
import sysconfig
from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError, files
from pathlib import Path

__all__ = ["binary_path"]

_NAME = "kernelserve-server"


def binary_path() -> Path:
    """Returns the path of the `kernelserve-server` that was installed with this package.

    Raises:
        FileNotFoundError: it is in none of the places where installers put programs.
    """
    tried = []
    for candidate in _candidates():
        if os.access(candidate, os.X_OK):
            return candidate
        tried.append(str(candidate))
    raise FileNotFoundError(
        f"{_NAME} is not installed where it was looked for: {', '.join(tried)}. "
        "Reinstall the package kernelserve-server."
    )


def _candidates() -> Iterator[Path]:
    # The installer's own record knows best. It is wrong only where files moved afterwards,
    # as `pip install --target` moves them.
    try:
        for file in files("kernelserve-server") or ():
            if file.name == _NAME:
                yield Path(str(file.locate())).resolve()
    except PackageNotFoundError:
        pass
    yield Path(__file__).resolve().parent.parent / "bin" / _NAME  # pip install --target
    yield Path(sysconfig.get_path("scripts")) / _NAME
    yield Path(sysconfig.get_path("scripts", f"{os.name}_user")) / _NAME
