"""What is left of a verb's time."""

from __future__ import annotations

from kernelserve._deadline import Deadline


def test_a_deadline_counts_down() -> None:
    assert Deadline(None).remaining() is None
    remaining = Deadline(5).remaining()
    assert remaining is not None
    assert 4 < remaining <= 5
