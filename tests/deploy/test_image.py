"""The image: nothing in it but the binary, and that needs nothing of the container it runs in."""

from __future__ import annotations

import hashlib
import json
import re
import shlex
import subprocess
import tarfile
import urllib.request
from collections.abc import Iterator
from io import BytesIO

import grpc
import kernelserve as ks
import pytest
from harness.rpc import Raw
from harness.waiting import until

from .cluster import ROOT, build_images, docker, inspect

pytestmark = [pytest.mark.deploy, pytest.mark.xdist_group("heavy")]

IMAGE = "kernelserve-server"
SIZE_MAX = 30_000_000
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


@pytest.fixture(scope="module")
def root() -> Iterator[tarfile.TarFile]:
    """What the image's root has."""
    name = docker("create", IMAGE)
    try:
        exported = subprocess.run(["docker", "export", name], capture_output=True, check=True)
    finally:
        docker("rm", name)
    with tarfile.open(fileobj=BytesIO(exported.stdout)) as archive:
        yield archive


def test_it_holds_the_binary_and_nothing_else(root: tarfile.TarFile) -> None:
    found = {path.split("/")[0] for path in root.getnames()}
    assert found - PUT_BY_DOCKER == {"kernelserve-server"}
    assert inspect(IMAGE)["Size"] < SIZE_MAX


def test_the_bill_of_materials_names_what_is_in_the_binary(root: tarfile.TarFile) -> None:
    """As CycloneDX. Versions that libraries write into a program are those that it tells."""
    extracted = root.extractfile("kernelserve-server")
    assert extracted
    server = extracted.read()
    bill = json.loads((ROOT / "build/kernelserve-server.cdx.json").read_text())
    assert (bill["bomFormat"], bill["specVersion"]) == ("CycloneDX", "1.5")
    described = bill["metadata"]["component"]
    assert described["version"] == ks.__version__
    assert described["hashes"] == [
        {"alg": "SHA-256", "content": hashlib.sha256(server).hexdigest()}
    ]

    versions = {component["name"]: component["version"] for component in bill["components"]}
    # Those that CMakeLists.txt and cmake/ find, the C and C++ library, and what these bring.
    assert versions.keys() == {
        *("libabsl-dev", "libc-ares-dev", "libc6-dev", "libfmt-dev", "libgcc-12-dev"),
        *("libgmp-dev", "libgrpc++-dev", "libgrpc-dev", "libprotobuf-dev", "libre2-dev"),
        *("libspdlog-dev", "libssl-dev", "libstdc++-12-dev", "linux-libc-dev", "zlib1g-dev"),
        *("civetweb", "highway", "prometheus-cpp", "googleapis-common-protos"),
    }
    for name, pattern in {
        "libssl-dev": rb"\0(3\.\d+\.\d+)\0",
        "zlib1g-dev": rb"inflate (\d+\.\d+\.\d+) ",
    }.items():
        found = re.search(pattern, server)
        assert found, name
        assert re.sub(r"^\d+:", "", versions[name]).startswith(found[1].decode())
    references = [component["bom-ref"] for component in bill["components"]]
    assert len(set(references)) == len(references)
    assert bill["dependencies"] == [{"ref": described["bom-ref"], "dependsOn": references}]


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


def documented_command() -> list[str]:
    """The `docker run` of the guide."""
    guide = (ROOT / "docs/operations.md").read_text()
    (block,) = re.findall(r"^\$ (docker run (?:.*\\\n)*.*)$", guide, re.MULTILINE)
    return shlex.split(block.replace("\\\n", ""))[1:]


def test_it_runs_as_documented_with_a_worker_for_its_one_processor() -> None:
    *options, image = documented_command()
    assert image == IMAGE
    given = {option.split("=")[0] for option in options}
    assert {"--memory", "--pids-limit", "--read-only", "--cap-drop", "--security-opt"} <= given
    # A name and ports of its own, and what is to be shown; of an option that is given twice the
    # last counts.
    ours = ("--name", "--restart", "--publish")
    kept = [option for option in options if not option.startswith(ours)]
    free = ["--publish=127.0.0.1::50051", "--publish=127.0.0.1::9464"]
    name = docker(*kept, *free, "--cpus=1", IMAGE)
    try:
        until(
            lambda: inspect(name)["State"]["Health"]["Status"] == "healthy",
            "Docker's health check passes",
        )
        address = docker("port", name, "50051").splitlines()[0]
        metrics = docker("port", name, "9464").splitlines()[0]
        with grpc.insecure_channel(address) as channel:
            info = Raw(channel).call("GetServerInfo", b"")
        assert info.workers == 1
        with urllib.request.urlopen(f"http://{metrics}/metrics") as response:
            text = response.read().decode()
        # Three quarters of the memory, of which half is for admitted calls.
        (budget,) = re.findall(r"^kernelserve_memory_budget_bytes (\S+)$", text, re.MULTILINE)
        assert float(budget) == inspect(name)["HostConfig"]["Memory"] * 3 / 4 / 2
        docker("stop", name)
        assert inspect(name)["State"]["ExitCode"] == 0
    finally:
        docker("rm", "--force", name)


@pytest.mark.long
def test_it_builds_from_source() -> None:
    build_images()
    assert docker("run", "--rm", IMAGE, "--version") == ks.__version__
