"""What servers do that the real one cannot be made to do: refuse for a while, break off, lie."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from concurrent import futures
from typing import Any

import grpc
import pytest

import kernelserve as ks
from google_status import error_info, retry_info, status
from kernelserve import _connection, _retry
from kernelserve._deadline import Deadline
from kernelserve._exceptions import describe
from kernelserve._limits import Limits
from kernelserve._retry import RetryBudget
from kernelserve.v1 import server_info_pb2, types_pb2
from kernelserve.v1 import string_distance_pb2 as sd

Handler = Callable[[str, bytes, grpc.ServicerContext], bytes]


class FakeServer(grpc.GenericRpcHandler):  # type: ignore[type-arg, unused-ignore]
    """Answers every method by one function, and notes what was called."""

    def __init__(self, handler: Handler) -> None:
        self.handler = handler
        self.calls: list[tuple[str, dict[str, Any]]] = []
        self._server = grpc.server(futures.ThreadPoolExecutor(8))
        self._server.add_generic_rpc_handlers((self,))
        self.address = f"127.0.0.1:{self._server.add_insecure_port('127.0.0.1:0')}"
        self._server.start()

    def service(self, details: grpc.HandlerCallDetails) -> grpc.RpcMethodHandler[Any, Any]:
        method = details.method.rpartition("/")[2]

        def handle(request: bytes, context: grpc.ServicerContext) -> bytes:
            self.calls.append((method, dict(context.invocation_metadata())))
            return self.handler(method, request, context)

        return grpc.unary_unary_rpc_method_handler(handle)

    def methods(self) -> list[str]:
        return [method for method, _ in self.calls]

    def stop(self) -> None:
        self._server.stop(None).wait()


@pytest.fixture
def fake() -> Iterator[Callable[[Handler], FakeServer]]:
    servers: list[FakeServer] = []

    def start(handler: Handler) -> FakeServer:
        servers.append(FakeServer(handler))
        return servers[-1]

    yield start
    for server in servers:
        server.stop()


def refuse(
    context: grpc.ServicerContext, code: grpc.StatusCode, reason: str, retry: object = None
) -> bytes:
    details = {"ErrorInfo": error_info(reason)} | ({"RetryInfo": retry} if retry else {})
    context.set_trailing_metadata((("grpc-status-details-bin", status(**details)),))
    context.abort(code, f"refused: {reason}")
    raise AssertionError


def score(number: int) -> bytes:
    return sd.CompareResponse(score=sd.Score(integer=number)).SerializeToString()


def scores_of(request: bytes) -> bytes:
    """Pairwise's reply: the length of each left text."""
    left = sd.PairwiseRequest.FromString(request).left
    ends = memoryview(left.offsets).cast("i")
    values = b"".join((ends[i + 1] - ends[i]).to_bytes(4, "little") for i in range(left.length))
    column = types_pb2.Column(type=types_pb2.DATA_TYPE_INT32, length=left.length, values=values)
    return sd.PairwiseResponse(scores=column).SerializeToString()


Fake = Callable[[Handler], FakeServer]


# --- Retries --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("code", "reason"),
    [
        (grpc.StatusCode.RESOURCE_EXHAUSTED, "OVERLOADED"),
        (grpc.StatusCode.RESOURCE_EXHAUSTED, "MEMORY_CEILING"),
    ],
)
def test_what_the_server_says_may_help_is_tried_again(
    fake: Fake, code: grpc.StatusCode, reason: str
) -> None:
    def handler(method: str, request: bytes, context: grpc.ServicerContext) -> bytes:
        if len(server.calls) <= 3:
            return refuse(context, code, reason, retry_info(0, 1_000_000))
        return score(7)

    server = fake(handler)
    with ks.connect(server.address) as client:
        assert client.compare("a", "b") == 7
    assert server.methods() == ["Compare"] * 4
    assert len({metadata["x-request-id"] for _, metadata in server.calls}) == 1


def test_without_retry_info_nothing_is_tried_again(fake: Fake) -> None:
    def handler(method: str, request: bytes, context: grpc.ServicerContext) -> bytes:
        return refuse(context, grpc.StatusCode.RESOURCE_EXHAUSTED, "MEMORY_CEILING")

    server = fake(handler)
    with ks.connect(server.address) as client, pytest.raises(ks.OverloadedError) as caught:
        client.compare("a", "b")
    assert server.methods() == ["Compare"]
    assert caught.value.reason == "MEMORY_CEILING"


def test_retries_end_before_the_deadline_does(fake: Fake) -> None:
    def handler(method: str, request: bytes, context: grpc.ServicerContext) -> bytes:
        return refuse(
            context, grpc.StatusCode.RESOURCE_EXHAUSTED, "OVERLOADED", retry_info(3600, 0)
        )

    server = fake(handler)
    with ks.connect(server.address, timeout=60) as client, pytest.raises(ks.OverloadedError) as e:
        client.compare("a", "b")
    assert server.methods() == ["Compare"]
    assert e.value.retry_after == 3600


def test_only_the_refused_call_of_a_window_is_tried_again(
    fake: Fake, monkeypatch: pytest.MonkeyPatch
) -> None:
    refused: set[str] = set()

    def handler(method: str, request: bytes, context: grpc.ServicerContext) -> bytes:
        if method == "GetServerInfo":
            limits = server_info_pb2.Limits(rows_max=10)
            return server_info_pb2.GetServerInfoResponse(limits=limits).SerializeToString()
        request_id = str(dict(context.invocation_metadata())["x-request-id"])
        if b"row 25" in request and request_id not in refused:
            refused.add(request_id)
            return refuse(
                context, grpc.StatusCode.UNAVAILABLE, "DRAINING", retry_info(0, 1_000_000)
            )
        return scores_of(request)

    monkeypatch.setattr(_connection, "SAFE_LIMITS", Limits(4 << 20, 4 << 20, 10))
    server = fake(handler)
    rows = [f"row {i}" for i in range(50)]
    with ks.connect(server.address) as client:
        assert client.pairwise(rows, "x") == [len(row) for row in rows]
    assert len(refused) == 1
    assert server.methods().count("Pairwise") == 6
    clients = {metadata["kernelserve-client-id"] for _, metadata in server.calls}
    assert len(clients) == 1


def test_the_budget_bounds_retries() -> None:
    error = ks.OverloadedError(describe("busy", "RESOURCE_EXHAUSTED", retry_after=0.5))
    budget = RetryBudget()
    forever = Deadline(None)
    pauses = [budget.pause(error, attempt, forever) for attempt in range(1, 5)]
    for attempt, pause in enumerate(pauses):
        assert pause is not None
        assert 0.5 * 2**attempt <= pause <= 0.5 * 2**attempt * 1.5
    assert budget.pause(error, _retry.ATTEMPTS_MAX, forever) is None
    assert budget.pause(ks.OverloadedError("busy"), 1, forever) is None
    assert budget.pause(error, 1, Deadline(0.1)) is None
    spent = 0
    while budget.pause(error, 1, forever) is not None:
        spent += 1
    assert spent == 96
    budget.succeeded()
    assert budget.pause(error, 1, forever) is None
    for _ in range(10):
        budget.succeeded()
    assert budget.pause(error, 1, forever) is not None


def test_a_pause_is_never_shorter_than_the_server_said() -> None:
    budget = RetryBudget()
    error = ks.OverloadedError(describe("busy", "RESOURCE_EXHAUSTED", retry_after=30.0))
    pause = budget.pause(error, 3, Deadline(None))
    assert pause is not None
    assert 30 <= pause <= 45


# --- Too large ------------------------------------------------------------------------------------


@pytest.mark.parametrize("reason", ["REQUEST_TOO_LARGE", "TOO_MANY_ROWS", "RESULT_TOO_LARGE"])
def test_what_is_too_large_is_sent_in_halves(fake: Fake, reason: str) -> None:
    def handler(method: str, request: bytes, context: grpc.ServicerContext) -> bytes:
        if sd.PairwiseRequest.FromString(request).left.length > 3:
            return refuse(context, grpc.StatusCode.RESOURCE_EXHAUSTED, reason)
        return scores_of(request)

    server = fake(handler)
    rows = ["x" * i for i in range(11)]
    with ks.connect(server.address) as client:
        assert client.pairwise(rows, "x") == list(range(11))

        async def main() -> Any:
            async with ks.aio.connect(server.address) as twin:
                return await twin.pairwise(rows, "x")

        assert asyncio.run(main()) == list(range(11))


def test_a_row_that_is_too_large_alone_is_an_error(fake: Fake) -> None:
    def handler(method: str, request: bytes, context: grpc.ServicerContext) -> bytes:
        return refuse(context, grpc.StatusCode.RESOURCE_EXHAUSTED, "RESULT_TOO_LARGE")

    server = fake(handler)
    with ks.connect(server.address) as client, pytest.raises(ks.TooLargeError) as caught:
        client.pairwise(["x"] * 8, "y")
    assert len(server.calls) == 4
    assert caught.value.reason == "RESULT_TOO_LARGE"


# --- Replies that make no sense -------------------------------------------------------------------


@pytest.mark.parametrize(
    ("reply", "message"),
    [
        (b"\xff", "the reply cannot be read: a varint does not end"),
        (b"", "the reply cannot be read: there is no result column in it"),
        (
            sd.PairwiseResponse(
                scores=types_pb2.Column(type=types_pb2.DATA_TYPE_INT32, length=1, values=bytes(4))
            ).SerializeToString(),
            "the reply cannot be read: 1 results for 2 rows",
        ),
        (
            sd.PairwiseResponse(
                scores=types_pb2.Column(type=types_pb2.DATA_TYPE_INT32, length=2, values=bytes(4))
            ).SerializeToString(),
            "the reply cannot be read: a result column of type 4",
        ),
        (
            sd.PairwiseResponse(
                scores=types_pb2.Column(type=types_pb2.DATA_TYPE_SYMBOLS, length=2, values=bytes(8))
            ).SerializeToString(),
            "the reply cannot be read: a result column of type 16",
        ),
    ],
)
def test_a_reply_of_columns_that_cannot_be_read(fake: Fake, reply: bytes, message: str) -> None:
    server = fake(lambda method, request, context: reply)
    with ks.connect(server.address) as client, pytest.raises(ks.ServerError) as caught:
        client.pairwise(["a", "b"], "x")
    assert caught.value.message.startswith(message)
    assert caught.value.request_id == server.calls[0][1]["x-request-id"]


def test_a_reply_of_one_value_that_cannot_be_read(fake: Fake) -> None:
    server = fake(lambda method, request, context: b"\xff\xff")
    with ks.connect(server.address) as client:
        with pytest.raises(ks.ServerError, match="the reply cannot be read"):
            client.compare("a", "b")
        with pytest.raises(ks.ServerError, match="the reply cannot be read"):
            client.kernels()


# --- Versions -------------------------------------------------------------------------------------


def test_a_server_older_than_the_client(fake: Fake) -> None:
    def handler(method: str, request: bytes, context: grpc.ServicerContext) -> bytes:
        if method == "GetServerInfo":
            return server_info_pb2.GetServerInfoResponse(version="0.0.9").SerializeToString()
        context.abort(grpc.StatusCode.UNIMPLEMENTED, "")
        raise AssertionError

    server = fake(handler)
    with ks.connect(server.address) as client, pytest.raises(ks.UnsupportedError) as caught:
        client.editops("a", "b")
    error = caught.value
    assert error.message.startswith(
        f"the server is version 0.0.9 and this client {ks.__version__}: "
    )
    assert (error.field, error.bound, error.value) == ("server.version", ks.__version__, "0.0.9")
    assert isinstance(error, NotImplementedError)


def test_what_a_server_of_today_does_not_have_is_its_own_words(fake: Fake) -> None:
    def handler(method: str, request: bytes, context: grpc.ServicerContext) -> bytes:
        if method == "GetServerInfo":
            info = server_info_pb2.GetServerInfoResponse(version=ks.__version__)
            return info.SerializeToString()
        return refuse(context, grpc.StatusCode.UNIMPLEMENTED, "UNIMPLEMENTED")

    server = fake(handler)
    with ks.connect(server.address) as client, pytest.raises(ks.UnsupportedError) as caught:
        client.editops("a", "b")
    assert caught.value.message == "refused: UNIMPLEMENTED"


# --- Connections ----------------------------------------------------------------------------------


def test_an_address_that_does_not_answer(fake: Fake) -> None:
    server = fake(lambda method, request, context: b"")
    server.stop()
    with ks.connect(server.address, timeout=30) as client:
        with pytest.raises(ks.ConnectError, match=f"no answer from {server.address}") as caught:
            client.compare("a", "b")
        error = caught.value
        assert isinstance(error, ConnectionError)
        assert (error.field, error.value) == ("address", server.address)
        with pytest.raises(ks.ConnectError):
            client.pairwise(["a"] * 100_000, "b")


def test_a_timeout_is_for_the_whole_verb(fake: Fake, monkeypatch: pytest.MonkeyPatch) -> None:
    def handler(method: str, request: bytes, context: grpc.ServicerContext) -> bytes:
        remaining.append(context.time_remaining() or 0.0)
        return scores_of(request) if method == "Pairwise" else b""

    remaining: list[float] = []
    monkeypatch.setattr(_connection, "SAFE_LIMITS", Limits(4 << 20, 4 << 20, 1))
    monkeypatch.setattr(_connection, "limits_of", lambda info: Limits(4 << 20, 4 << 20, 1))
    server = fake(handler)
    with ks.connect(server.address, timeout=1000) as client:
        client.pairwise(["a"] * 10, "b", timeout=100)
        assert len(remaining) == 11
        assert all(50 < seconds <= 101 for seconds in remaining)
        client.pairwise(["a"], "b")
        assert 500 < remaining[-1] <= 1010  # gRPC sends it rounded up
        client.pairwise(["a"], "b", timeout=None)
        assert remaining[-1] > 10**6 or remaining[-1] == 0.0


@pytest.mark.parametrize("timeout", [0, -1, 0.05])
def test_a_timeout_that_passes_is_named(fake: Fake, timeout: float) -> None:
    def handler(method: str, request: bytes, context: grpc.ServicerContext) -> bytes:
        done.result(timeout=30)
        return b""

    done: futures.Future[None] = futures.Future()
    server = fake(handler)
    try:
        with ks.connect(server.address) as client, pytest.raises(ks.DeadlineError) as caught:
            client.compare("a", "b", timeout=timeout)
    finally:
        done.set_result(None)
    error = caught.value
    assert isinstance(error, TimeoutError)
    assert (error.field, error.value) == ("timeout", f"{timeout:g}")
    assert f"{timeout:g} s" in error.message


@pytest.mark.parametrize("timeout", ["1", True, float("nan"), object()])
def test_a_timeout_that_is_none(timeout: Any) -> None:
    with pytest.raises(ks.WrongTypeError) as caught:
        ks.connect("127.0.0.1:1", timeout=timeout)
    assert caught.value.field == "timeout"


def test_the_token_goes_with_every_call(fake: Fake) -> None:
    server = fake(lambda method, request, context: score(1))
    with ks.connect(server.address, token="secret") as client:
        client.compare("a", "b")
    assert server.calls[0][1]["authorization"] == "Bearer secret"


def test_closing_in_another_thread_ends_a_call(fake: Fake) -> None:
    def handler(method: str, request: bytes, context: grpc.ServicerContext) -> bytes:
        context.add_callback(lambda: ended.set_result(None))
        entered.set_result(None)
        ended.result(timeout=30)
        return b""

    entered: futures.Future[None] = futures.Future()
    ended: futures.Future[None] = futures.Future()
    server = fake(handler)
    client = ks.connect(server.address)
    with futures.ThreadPoolExecutor(1) as threads:
        call = threads.submit(client.compare, "a", "b")
        entered.result(timeout=30)
        client.close()
        with pytest.raises(ks.ClientClosedError):
            call.result(timeout=30)
    ended.result(timeout=30)
