"""Waiting for what cannot tell that it has happened.

Most things can (a reply, a pipe's end, a process's exit), and are waited for by themselves. What a
thread of another process is doing can only be looked at again and again.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

# How long anything may take before its test has failed: no measurement, a sign that it hangs.
PATIENCE_S = 60.0

_PAUSE_S = 0.002


def until(happened: Callable[[], bool], what: str) -> None:
    """Returns once `happened()`; fails, naming `what`, where it does not in PATIENCE_S."""
    give_up = time.monotonic() + PATIENCE_S
    pause = threading.Event()
    while not happened():
        assert time.monotonic() < give_up, f"waited {PATIENCE_S:.0f} s in vain until {what}"
        pause.wait(_PAUSE_S)
