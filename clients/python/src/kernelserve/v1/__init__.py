"""The wire contract's generated code, for those who want gRPC without the client around it.

One module a .proto file (`string_distance_pb2`, `kernel_pb2`, `fibonacci_pb2`, `server_info_pb2`,
`types_pb2`, `error_reason_pb2`, `call_timing_pb2`) and, where it has a service, its stub in
`..._pb2_grpc`:

    import grpc
    from kernelserve.v1 import fibonacci_pb2, fibonacci_pb2_grpc

    with grpc.insecure_channel("127.0.0.1:50051") as channel:
        stub = fibonacci_pb2_grpc.FibonacciServiceStub(channel)
        stub.Compute(fibonacci_pb2.ComputeRequest(n=42)).small    # 267914296

The comments of the .proto files are the reference; type stubs carry them as docstrings.
"""

from __future__ import annotations
