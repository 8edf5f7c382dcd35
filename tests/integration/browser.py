"""Headless Chromium, driven by its DevTools protocol over a pair of pipes."""

from __future__ import annotations

import fcntl
import itertools
import json
import os
import select
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from harness.waiting import PATIENCE_S

# Where --remote-debugging-pipe reads commands and writes answers.
_COMMANDS, _ANSWERS = 3, 4


@dataclass(frozen=True)
class Screen:
    """Its size in CSS pixels, and whether it is a phone's: those lay pages out by `viewport`."""

    width: int
    height: int
    mobile: bool = False


class Browser:
    """One page. Use it as a context manager."""

    def __init__(self, directory: Path) -> None:
        command_end, self._commands = os.pipe()
        self._answers, answer_end = os.pipe()

        def place() -> None:
            # Each out of the way of the other first.
            moved = [fcntl.fcntl(end, fcntl.F_DUPFD, 10) for end in (command_end, answer_end)]
            os.dup2(moved[0], _COMMANDS)
            os.dup2(moved[1], _ANSWERS)

        self._process = subprocess.Popen(
            [
                "chromium",
                "--headless",
                "--no-sandbox",
                "--disable-gpu",
                "--no-first-run",
                "--remote-debugging-pipe",
                f"--user-data-dir={directory}",
            ],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            pass_fds=(_COMMANDS, _ANSWERS),
            preexec_fn=place,
        )
        os.close(command_end)
        os.close(answer_end)
        self._ids = itertools.count(1)
        self._received = b""
        self._session = ""
        target = self._call("Target.createTarget", url="about:blank")["targetId"]
        attached = self._call("Target.attachToTarget", targetId=target, flatten=True)
        self._session = attached["sessionId"]
        self._call("Page.enable")

    def open(self, url: str, screen: Screen) -> None:
        """Returns once the page has been laid out on such a screen."""
        self._call(
            "Emulation.setDeviceMetricsOverride",
            width=screen.width,
            height=screen.height,
            deviceScaleFactor=1,
            mobile=screen.mobile,
        )
        self._call("Page.navigate", url=url)
        while self._next().get("method") != "Page.loadEventFired":
            pass

    def evaluate(self, expression: str) -> Any:
        """What an expression of JavaScript gives in the page, where its value is JSON."""
        told = self._call("Runtime.evaluate", expression=expression, returnByValue=True)
        assert "exceptionDetails" not in told, told
        return told["result"]["value"]

    def _call(self, method: str, **parameters: Any) -> dict[str, Any]:
        message: dict[str, Any] = {"id": next(self._ids), "method": method, "params": parameters}
        if self._session:
            message["sessionId"] = self._session
        os.write(self._commands, json.dumps(message).encode() + b"\0")
        while (answer := self._next()).get("id") != message["id"]:
            pass
        assert "error" not in answer, answer
        result = answer["result"]
        assert isinstance(result, dict)
        return result

    def _next(self) -> dict[str, Any]:
        """The next answer or event."""
        while b"\0" not in self._received:
            readable, _, _ = select.select([self._answers], [], [], PATIENCE_S)
            assert readable, f"Chromium has said nothing for {PATIENCE_S:.0f} s"
            got = os.read(self._answers, 1 << 16)
            assert got, f"Chromium has ended: {self._process.wait(PATIENCE_S)}"
            self._received += got
        message, _, self._received = self._received.partition(b"\0")
        told = json.loads(message)
        assert isinstance(told, dict)
        return told

    def __enter__(self) -> Browser:
        return self

    def __exit__(self, *_: object) -> None:
        # It ends with the pipe that it reads.
        os.close(self._commands)
        try:
            self._process.wait(PATIENCE_S)
        finally:
            self._process.kill()
            self._process.wait()
            os.close(self._answers)
