"""The image: nothing in it but the binary, and that needs nothing of the container it runs in."""

from __future__ import annotations

import subprocess
import tarfile
from collections.abc import Iterator
from io import BytesIO

import kernelserve as ks
import pytest
from harness.waiting import until

from .cluster import build_images, docker, inspect

pytestmark = [pytest.mark.deploy, pytest.mark.xdist_group("heavy")]

IMAGE = "kernelserve-server"
# What Docker itself puts into every container's root.
PUT_BY_DOCKER = {".dockerenv", "dev", "etc", "proc", "sys"}


@pytest.fixture(scope="module", autouse=True)
def _images(images: None) -> None:
    """Built."""


@pytest.fixture
def container() -> Iterator[str]:
    """The server with a read-only root, no capability and no way to get one."""
    name = docker(
        *("run", "--detach", "--read-only", "--cap-drop=ALL", "--security-opt=no-new-privileges"),
        *("--publish=127.0.0.1::50051", IMAGE),
    )
    yield name
    docker("rm", "--force", name)


def test_it_holds_the_binary_and_nothing_else() -> None:
    name = docker("create", IMAGE)
    try:
        exported = subprocess.run(["docker", "export", name], capture_output=True, check=True)
    finally:
        docker("rm", name)
    with tarfile.open(fileobj=BytesIO(exported.stdout)) as archive:
        found = {path.split("/")[0] for path in archive.getnames()}
    assert found - PUT_BY_DOCKER == {"kernelserve-server"}


def test_it_runs_as_a_user_by_number_who_is_not_root() -> None:
    user = inspect(IMAGE)["Config"]["User"]
    assert user == "65532:65532"


def test_it_serves_and_finds_itself_healthy_with_a_read_only_root(container: str) -> None:
    until(
        lambda: inspect(container)["State"]["Health"]["Status"] == "healthy",
        "Docker's health check passes",
    )
    with ks.connect(docker("port", container, "50051").splitlines()[0]) as client:
        assert client.compare("kitten", "sitting") == 3


def test_it_drains_and_exits_well_when_docker_stops_it(container: str) -> None:
    docker("stop", "--time=30", container)
    assert inspect(container)["State"]["ExitCode"] == 0


@pytest.mark.long
def test_it_builds_from_source() -> None:
    build_images()
    assert docker("run", "--rm", IMAGE, "--version") == ks.__version__
