"""Skips a test of what the server does not have."""

from __future__ import annotations

import functools

import pytest

import kernelserve as ks


@functools.cache
def _served(client: ks.Client) -> frozenset[str]:
    return frozenset(kernel.name for kernel in client.kernels() if kernel.scorer)


def need_scorer(client: ks.Client, name: str) -> None:
    """Skips where ListKernels has no scorer of this name, and fails where it has none at all."""
    served = _served(client)
    assert served
    if name not in served:
        pytest.skip(f"the server has no {name}")


def need_edits(client: ks.Client, name: str) -> None:
    """Skips where there is no such scorer, or it has no edits; ListKernels does not tell."""
    need_scorer(client, name)
    try:
        client.editops("a", "b", scorer=name)
    except ks.UnsupportedError:
        pytest.skip(f"the server has no edits of {name}")
