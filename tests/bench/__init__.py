"""Ours beside others, or across processes: run by `./dev bench`, not by the tests."""
