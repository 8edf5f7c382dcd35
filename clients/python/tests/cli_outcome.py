"""Command lines run in this process, and what came of them."""

from __future__ import annotations

import io
import sys
from dataclasses import dataclass

import pytest

from kernelserve.cli import main


@dataclass(frozen=True)
class Outcome:
    code: int
    out: str
    err: str

    @property
    def error(self) -> str:
        """The one line that a failed command leaves on standard error, and nothing else."""
        assert (self.code, self.out) == (1, "")
        assert self.err.startswith("kernelserve: error: ")
        assert self.err.count("\n") == 1
        return self.err.removeprefix("kernelserve: error: ").rstrip("\n")


class CommandLine:
    """The program `kernelserve`, with its standard streams captured."""

    def __init__(
        self, capture: pytest.CaptureFixture[bytes], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        self._capture = capture
        self._monkeypatch = monkeypatch

    def __call__(self, *arguments: object, stdin: bytes = b"") -> Outcome:
        self._monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(stdin)))
        self._capture.readouterr()
        code = main([str(argument) for argument in arguments])
        out, err = self._capture.readouterr()
        return Outcome(code, out.decode(), err.decode())
