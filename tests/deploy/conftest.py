from __future__ import annotations

import subprocess
from collections.abc import Iterator

import pytest

from .cluster import ROOT, Cluster


@pytest.fixture(scope="session")
def images() -> None:
    """Both images, built from the checkout as it is."""
    done = subprocess.run([ROOT / "dev", "image"], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.fixture(scope="module")
def cluster(images: None) -> Iterator[Cluster]:
    cluster = Cluster()
    try:
        cluster.up()
        yield cluster
    finally:
        cluster.down()
