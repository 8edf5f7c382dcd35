from __future__ import annotations

from collections.abc import Iterator

import pytest
from harness.fixtures import start

from .cluster import Cluster, build_images

__all__ = ["start"]


@pytest.fixture(scope="session")
def images() -> None:
    """Both images, with the binary that `./dev setup` has built."""
    build_images("--prebuilt")


@pytest.fixture(scope="module")
def cluster(images: None) -> Iterator[Cluster]:
    cluster = Cluster()
    try:
        cluster.up()
        yield cluster
    finally:
        cluster.down()
