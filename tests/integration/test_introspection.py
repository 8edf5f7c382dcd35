"""What a server says of itself, and what grpcurl makes of it without any .proto file."""

from __future__ import annotations

import json
import subprocess
import sysconfig
from collections.abc import Callable
from pathlib import Path

from harness.columns import decode
from harness.rpc import Raw
from harness.server import Server
from harness.waiting import PATIENCE_S
from kernelserve.v1 import types_pb2

SERVICES = [
    "kernelserve.v1.FibonacciService",
    "kernelserve.v1.KernelService",
    "kernelserve.v1.ServerInfoService",
    "kernelserve.v1.StringDistanceService",
]


def grpcurl(*arguments: str, exit_code: int = 0) -> str:
    program = Path(sysconfig.get_path("scripts")) / "grpcurl"
    done = subprocess.run(
        [program, "-plaintext", *arguments],
        capture_output=True,
        text=True,
        timeout=PATIENCE_S,
        check=False,
    )
    assert done.returncode == exit_code, done.stdout + done.stderr
    return done.stdout + done.stderr


def test_grpcurl_lists_all_services(server: Server) -> None:
    listed = grpcurl(server.tcp, "list").split()
    assert [name for name in listed if name.startswith("kernelserve.")] == SERVICES
    assert "grpc.reflection.v1alpha.ServerReflection" in listed
    assert "grpc.health.v1.Health" in listed


def test_grpcurl_describes_services_and_messages(server: Server) -> None:
    described = grpcurl(server.tcp, "describe", "kernelserve.v1.StringDistanceService")
    one_by_one = ("Compare", "EditScript", "Align", "Pairwise", "PairwiseRecords")
    for method in (*one_by_one, "Cdist", "TopK", "Join"):
        assert f"rpc {method} (" in described
    described = grpcurl(server.tcp, "describe", "kernelserve.v1.ComputeRequest")
    assert "uint64 n = 1;" in described
    assert "optional uint64 modulus = 2;" in described


def test_grpcurl_calls_a_method(server: Server) -> None:
    method = "kernelserve.v1.FibonacciService/Compute"
    assert json.loads(grpcurl("-d", '{"n": 42}', server.tcp, method)) == {"small": "267914296"}
    request = json.dumps({"left": {"utf8": "a2l0dGVu"}, "right": {"utf8": "c2l0dGluZw=="}})
    method = "kernelserve.v1.StringDistanceService/Compare"
    assert json.loads(grpcurl("-d", request, server.tcp, method)) == {"score": {"integer": "3"}}
    method = "kernelserve.v1.FibonacciService/StreamTerms"
    reply = json.loads(grpcurl("-d", '{"count": 3}', server.tcp, method))
    assert reply["terms"]["type"] == "DATA_TYPE_UINT64"
    assert reply["terms"]["length"] == "3"


def test_grpcurl_reads_errors_and_unix_sockets(server: Server) -> None:
    path = server.address.removeprefix("unix:")
    shown = grpcurl(
        "-unix",
        "-d",
        '{"n": 10, "modulus": 0}',
        path,
        "kernelserve.v1.FibonacciService/Compute",
        exit_code=64 + 11,  # OUT_OF_RANGE
    )
    assert "Code: OutOfRange" in shown
    assert '"reason": "OUT_OF_RANGE"' in shown or '"reason":"OUT_OF_RANGE"' in shown


# ---- GetServerInfo and ListKernels ----


def test_the_catalog_is_complete(raw: Raw) -> None:
    catalog = raw.call("ListKernels", b"")
    kernels = {kernel.name: kernel for kernel in catalog.kernels}
    assert set(kernels) >= {
        "fibonacci",
        "levenshtein.distance",
        "levenshtein.similarity",
        "levenshtein.normalized_distance",
        "levenshtein.normalized_similarity",
        "null",
    }
    assert len(kernels) == len(catalog.kernels)
    for kernel in kernels.values():
        assert kernel.doc
        assert kernel.arguments
        assert kernel.result != types_pb2.DATA_TYPE_UNSPECIFIED
        assert all(p.doc for p in kernel.parameters)

    fibonacci = kernels["fibonacci"]
    assert [(a.name, a.type) for a in fibonacci.arguments] == [("n", types_pb2.DATA_TYPE_UINT64)]
    assert [p.name for p in fibonacci.parameters] == ["modulus"]
    assert not fibonacci.parameters[0].HasField("default_value")
    assert (fibonacci.result, fibonacci.fallible) == (types_pb2.DATA_TYPE_UINT64, True)
    assert (fibonacci.scorer, fibonacci.symmetric) == (False, False)

    distance = kernels["levenshtein.distance"]
    assert [(a.name, a.type) for a in distance.arguments] == [
        ("left", types_pb2.DATA_TYPE_UTF8),
        ("right", types_pb2.DATA_TYPE_UTF8),
    ]
    assert (distance.result, distance.scorer) == (types_pb2.DATA_TYPE_INT32, True)
    assert distance.symmetric
    (weights,) = distance.parameters
    assert weights.name == weights.default_value.name == "weights"
    assert decode(weights.default_value.column) == [1, 1, 1]


def test_servers_with_one_catalog_agree_on_its_digest(
    raw: Raw, start: Callable[..., Server]
) -> None:
    info = raw.call("GetServerInfo", b"")
    other = start().raw().call("GetServerInfo", b"")
    assert info.catalog_digest == other.catalog_digest
    assert info.catalog_digest == raw.call("ListKernels", b"").catalog_digest
    assert info.instance_id != other.instance_id
    assert info.version == other.version
    assert info.build
    assert info.simd_target


def test_limits_are_what_every_server_of_this_version_takes(raw: Raw) -> None:
    limits = raw.call("GetServerInfo", b"").limits
    assert limits.request_bytes_max >= 4 << 20
    assert 0 < limits.request_bytes_preferred <= limits.request_bytes_max
    assert limits.rows_max >= 65_536
    assert limits.text_units_max == 2**31 - 1
    assert limits.result_bytes_max == 1 << 30
    assert limits.fibonacci_n_max == 1_000_000_000
    assert limits.streams_max == 1024


def test_what_not_every_server_has_is_among_the_capabilities(raw: Raw) -> None:
    assert {"align", "cdist", "default_process", "join", "top_k"} <= set(
        raw.call("GetServerInfo", b"").capabilities
    )
