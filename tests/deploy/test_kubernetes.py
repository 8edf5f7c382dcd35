"""The manifests, as kubectl renders them: valid, true to the server's flags and to each other.

There is no cluster here: what a test cannot show is whether one likes them."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import grpc
import kernelserve as ks
import kubernetes_validate
import pytest
import yaml
from harness import work
from harness.rpc import Refusal
from harness.server import Server, binary, environment
from harness.waiting import until

from .cluster import ROOT
from .prometheus import rules

pytestmark = pytest.mark.deploy

MANIFESTS = ROOT / "deploy/kubernetes"
BASE, SECURED = "base", "overlays/secured"
# The oldest that has preStop by `sleep` without a feature gate, and the newest that there is.
VERSIONS = ["1.30", kubernetes_validate.latest_version()]

# How long a client's or a name server's idea of who is there may last: the time to live of cluster
# names in CoreDNS' default configuration.
DNS_TTL_MS = 5_000
# For exiting, after everything has been cut off.
EXIT_MARGIN_MS = 5_000

Object = dict[str, Any]


class Rendered:
    """What `kubectl apply --kustomize` would send, by kind and name."""

    def __init__(self, path: str) -> None:
        command = ["kubectl", "kustomize", str(MANIFESTS / path)]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        assert done.stderr == "", "kubectl warns"
        self.objects: list[Object] = list(yaml.safe_load_all(done.stdout))

    def one(self, kind: str, name: str = "kernelserve") -> Object:
        (found,) = (o for o in self.objects if (o["kind"], o["metadata"]["name"]) == (kind, name))
        return found

    @property
    def template(self) -> Object:
        template = self.one("Deployment")["spec"]["template"]
        assert isinstance(template, dict)
        return template

    @property
    def container(self) -> Object:
        (container,) = self.template["spec"]["containers"]
        assert isinstance(container, dict)
        return container

    @property
    def flags(self) -> dict[str, str]:
        return dict(flag.removeprefix("--").split("=", 1) for flag in self.container["args"])

    @property
    def ports(self) -> dict[str, int]:
        return {port["name"]: port["containerPort"] for port in self.container["ports"]}


@pytest.fixture(scope="module", params=[BASE, SECURED])
def rendered(request: pytest.FixtureRequest) -> Rendered:
    return Rendered(request.param)


@pytest.fixture(scope="module")
def secured() -> Rendered:
    return Rendered(SECURED)


@pytest.mark.parametrize("version", VERSIONS)
def test_each_object_is_valid_and_has_no_unknown_field(rendered: Rendered, version: str) -> None:
    validated = []
    for described in rendered.objects:
        if described["kind"] != "ServiceMonitor":  # not Kubernetes' own
            kubernetes_validate.validate(described, version, strict=True)
            validated.append(described["kind"])
    assert sorted(validated) == [
        *("Deployment", "HorizontalPodAutoscaler", "NetworkPolicy", "PodDisruptionBudget"),
        *("Service", "Service"),
    ]


def test_every_file_is_a_part_of_what_is_rendered() -> None:
    for directory in (BASE, SECURED):
        text = (MANIFESTS / directory / "kustomization.yaml").read_text()
        files = {path.name for path in (MANIFESTS / directory).iterdir()}
        assert [name for name in files - {"kustomization.yaml"} if name not in text] == []


def test_the_server_takes_the_flags(rendered: Rendered) -> None:
    command = [binary(), *rendered.container["args"], "--version"]
    done = subprocess.run(command, env=environment(), capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (0, f"{ks.__version__}\n", "")
    # None is given twice.
    assert len(rendered.flags) == len(rendered.container["args"])


def test_ports_are_those_that_the_server_listens_on(rendered: Rendered) -> None:
    assert rendered.flags["listen"] == f"0.0.0.0:{rendered.ports['grpc']}"
    assert rendered.flags["metrics_listen"] == f"0.0.0.0:{rendered.ports['metrics']}"
    for described in rendered.objects:
        if described["kind"] == "Service":
            for port in described["spec"]["ports"]:
                assert (port["targetPort"], port["port"]) in rendered.ports.items()
    allowed = [
        port["port"]
        for rule in rendered.one("NetworkPolicy")["spec"]["ingress"]
        for port in rule["ports"]
    ]
    assert sorted(allowed) == sorted(rendered.ports)


def test_a_replica_that_goes_has_the_time_that_its_flags_need(rendered: Rendered) -> None:
    grace_ms = rendered.template["spec"]["terminationGracePeriodSeconds"] * 1000
    pause_ms = rendered.container["lifecycle"]["preStop"]["sleep"]["seconds"] * 1000
    lame_duck_ms = int(rendered.flags["lame_duck_ms"])
    drain_ms = int(rendered.flags["drain_timeout_ms"])
    assert pause_ms + lame_duck_ms + drain_ms + EXIT_MARGIN_MS <= grace_ms
    # Who is sent away and asks for names again is not told of the replica that it comes from.
    assert pause_ms + lame_duck_ms > DNS_TTL_MS
    # The probe has noticed before connections are closed.
    probe = rendered.container["readinessProbe"]
    assert probe["periodSeconds"] * probe["failureThreshold"] * 1000 < lame_duck_ms


def test_health_is_asked_for_in_a_way_that_kubelets_can() -> None:
    plain, secured = Rendered(BASE), Rendered(SECURED)
    for name in ("startupProbe", "readinessProbe", "livenessProbe"):
        assert plain.container[name]["grpc"] == {"port": plain.ports["grpc"]}
        assert "httpGet" not in plain.container[name]
        # With TLS there is no way to ask by gRPC.
        assert "grpc" not in secured.container[name]
        assert secured.container[name]["httpGet"] == {"path": "/healthz", "port": "metrics"}
    assert "tls_certificate" not in plain.flags
    assert "tls_certificate" in secured.flags


def test_pods_are_as_restricted_as_the_strictest_standard_asks_for(rendered: Rendered) -> None:
    """Pod Security Standards, `restricted`; and a root that cannot be written to."""
    pod, container = rendered.template["spec"], rendered.container
    assert pod["securityContext"]["runAsNonRoot"] is True
    assert pod["securityContext"]["runAsUser"] == pod["securityContext"]["runAsGroup"] == 65532
    assert pod["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
    assert container["securityContext"] == {
        "allowPrivilegeEscalation": False,
        "readOnlyRootFilesystem": True,
        "capabilities": {"drop": ["ALL"]},
    }
    assert not {"hostNetwork", "hostPID", "hostIPC"} & pod.keys()
    assert {next(iter(volume.keys() - {"name"})) for volume in pod.get("volumes", [])} <= {"secret"}
    assert pod["automountServiceAccountToken"] is False


def test_everything_selects_the_pods_of_the_deployment(rendered: Rendered) -> None:
    labels = rendered.template["metadata"]["labels"]
    deployment = rendered.one("Deployment")["spec"]
    selectors = [
        deployment["selector"]["matchLabels"],
        deployment["template"]["spec"]["topologySpreadConstraints"][0]["labelSelector"][
            "matchLabels"
        ],
        rendered.one("PodDisruptionBudget")["spec"]["selector"]["matchLabels"],
        rendered.one("NetworkPolicy")["spec"]["podSelector"]["matchLabels"],
        rendered.one("Service")["spec"]["selector"],
        rendered.one("Service", "kernelserve-replicas")["spec"]["selector"],
    ]
    assert [selector for selector in selectors if selector != labels] == []
    target = rendered.one("HorizontalPodAutoscaler")["spec"]["scaleTargetRef"]
    assert (target["kind"], target["name"]) == ("Deployment", "kernelserve")
    namespaces = {described["metadata"].get("namespace") for described in rendered.objects}
    assert len(namespaces) == 1


def test_one_service_has_an_address_and_one_names_each_replica(rendered: Rendered) -> None:
    assert "clusterIP" not in rendered.one("Service")["spec"]
    assert rendered.one("Service", "kernelserve-replicas")["spec"]["clusterIP"] == "None"


def test_prometheus_finds_each_replica_once_under_the_name_that_alerts_go_by(
    rendered: Rendered,
) -> None:
    monitor = rendered.one("ServiceMonitor")["spec"]
    (endpoint,) = monitor["endpoints"]
    scraped = [
        described
        for described in rendered.objects
        if described["kind"] == "Service"
        and monitor["selector"]["matchLabels"].items() <= described["metadata"]["labels"].items()
        and endpoint["port"] in [port["name"] for port in described["spec"]["ports"]]
    ]
    (service,) = scraped
    job = service["metadata"]["labels"][monitor["jobLabel"]]
    assert any(f'job="{job}"' in rule["expr"] for rule in rules())


def test_credentials_are_where_the_flags_say(secured: Rendered) -> None:
    volumes = {volume["name"]: volume["secret"] for volume in secured.template["spec"]["volumes"]}
    # What secrets of type kubernetes.io/tls have, and what the overlay says to create.
    keys = {"kernelserve-tls": ["tls.crt", "tls.key"], "kernelserve-tokens": ["tokens"]}
    files = {
        f"{mount['mountPath']}/{key}"
        for mount in secured.container["volumeMounts"]
        for key in keys[volumes[mount["name"]]["secretName"]]
    }
    flags = ("tls_certificate", "tls_key", "tokens_file")
    assert {secured.flags[flag] for flag in flags} == files
    # Its owner is root, and the group is the server's.
    assert secured.template["spec"]["securityContext"]["fsGroup"] == 65532
    assert {volume["defaultMode"] for volume in volumes.values()} == {0o440}


def test_the_image_of_the_overlay_is_of_this_version(secured: Rendered) -> None:
    assert secured.container["image"].rpartition(":")[2] == ks.__version__


def test_a_secret_that_kubernetes_replaces_is_read_again(
    start: Callable[..., Server], tmp_path: Path
) -> None:
    """Kubelets write a new directory and swap the link that files are links through."""

    def write(version: str, token: str) -> None:
        (tmp_path / version).mkdir()
        (tmp_path / version / "tokens").write_text(token)
        (tmp_path / "..new").symlink_to(version)
        os.replace(tmp_path / "..new", tmp_path / "..data")

    old, new = "the-token-before-rotation", "the-token-after-rotation"
    write("..1", old)
    (tmp_path / "tokens").symlink_to("..data/tokens")
    server = start(f"--tokens_file={tmp_path}/tokens")

    def accepted(token: str) -> bool:
        metadata = [("authorization", f"Bearer {token}"), ("x-request-id", "mine")]
        try:
            server.raw().reply("Compare", work.compare(b"kitten", b"sitting"), metadata)
        except grpc.RpcError as error:
            return Refusal.of(error).code != "UNAUTHENTICATED"
        return True

    assert (accepted(old), accepted(new)) == (True, False)
    write("..2", new)
    until(lambda: accepted(new), "the new token counts")
    assert not accepted(old)
