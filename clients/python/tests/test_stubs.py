"""kernelserve.v1, the generated code: usable without the client around it."""

from __future__ import annotations

import importlib
import pkgutil

import grpc

import kernelserve as ks
import kernelserve.v1
from kernelserve.v1 import (
    fibonacci_pb2,
    fibonacci_pb2_grpc,
    kernel_pb2,
    kernel_pb2_grpc,
    string_distance_pb2,
    string_distance_pb2_grpc,
)


def test_every_module_loads() -> None:
    names = {module.name for module in pkgutil.iter_modules(kernelserve.v1.__path__)}
    assert {name for name in names if name.endswith("_pb2_grpc")} == {
        "fibonacci_pb2_grpc",
        "kernel_pb2_grpc",
        "server_info_pb2_grpc",
        "string_distance_pb2_grpc",
    }
    for name in names:
        importlib.import_module(f"kernelserve.v1.{name}")


def test_stubs_call_a_server(client: ks.Client) -> None:
    client.compare("", "")
    with grpc.insecure_channel(client.address) as channel:
        fibonacci = fibonacci_pb2_grpc.FibonacciServiceStub(channel)
        assert fibonacci.Compute(fibonacci_pb2.ComputeRequest(n=42)).small == 267914296
        terms = fibonacci.StreamTerms(fibonacci_pb2.StreamTermsRequest(first=10, count=3))
        values = b"".join(bytes(message.terms.values) for message in terms)
        assert memoryview(values).cast("Q").tolist() == [55, 89, 144]
        distance = string_distance_pb2_grpc.StringDistanceServiceStub(channel)
        request = string_distance_pb2.CompareRequest(
            left=string_distance_pb2.Text(utf8=b"kitten"),
            right=string_distance_pb2.Text(utf8=b"sitting"),
        )
        assert distance.Compare(request).score.integer == 3
        kernels = kernel_pb2_grpc.KernelServiceStub(channel)
        listed = kernels.ListKernels(kernel_pb2.ListKernelsRequest())
        assert listed.kernels == client.kernels()
