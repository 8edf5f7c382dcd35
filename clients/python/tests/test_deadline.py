"""What is left of a verb's time."""

from __future__ import annotations

from kernelserve._deadline import Deadline


def test_a_deadline_counts_down() -> None:
    assert Deadline(None).remaining() is None
    remaining = Deadline(5).remaining()
    assert remaining is not None
    assert 4 < remaining <= 5


def test_a_deadline_that_has_just_passed_is_no_race_with_a_quick_answer() -> None:
    """A timeout of 0 let every second call through."""
    assert Deadline(0).remaining() == -1.0
    assert Deadline(-5).remaining() == -1.0
