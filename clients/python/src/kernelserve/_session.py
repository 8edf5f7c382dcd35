"""Who a client is, where it goes, and what its failures mean."""

from __future__ import annotations

import itertools
import os
import secrets
import threading
from collections.abc import Mapping

import grpc
from google.protobuf.message import DecodeError as MessageDecodeError

from . import _embedded as embedded
from ._deadline import Deadline
from ._exceptions import (
    CallCancelledError,
    ClientClosedError,
    ConnectError,
    EmbeddedServerError,
    Error,
    ServerError,
    UnsupportedError,
    describe,
)
from ._forks import renew_in_child
from ._retry import RetryBudget
from ._status import RpcFailure, from_rpc_error, is_older
from ._target import TLS, Metadata, Target
from ._version import __version__
from ._wire import DecodeError

# What a reply can be other than a reply.
UNREADABLE = (DecodeError, MessageDecodeError)

# Asking for the server's version is only to explain an error.
VERSION_TIMEOUT_S = 5.0


class Session:
    """One client's identity, target and retry budget. Thread-safe.

    With no target it uses this process's embedded server, from resolve() to release().
    """

    def __init__(
        self,
        target: Target | None,
        token: str | None,
        tls: TLS | None,
        shared_memory: bool = True,
    ) -> None:
        self.given = target
        self.shared_memory = shared_memory
        self.tls = tls
        self._token = token
        self.closed = False
        self._attached = False
        self.after_fork_in_child()
        renew_in_child(self)

    def after_fork_in_child(self) -> None:
        """A child is a flow of its own, and no user of the server until it makes a call."""
        self._lock = threading.Lock()
        self._attached = False
        self.client_id = secrets.token_hex(4)
        self.budget = RetryBudget()
        self._calls = itertools.count(1)

    def resolve(self) -> Target:
        """Where to connect; starts the embedded server if need be, which blocks for some 20 ms."""
        if self.given is not None:
            return self.given
        with self._lock:
            if self.closed:
                raise closed_error()
            if not self._attached:
                embedded.attach()
                self._attached = True
        try:
            address = embedded.address()
        except Error:
            self._detach()  # it does not count as a user of what did not start
            raise
        return Target(address, address, local=True, embedded=True)

    def is_stale(self, target: Target, pid: int) -> bool:
        """Whether channels that process `pid` made to `target` are of no use here and now."""
        return pid != os.getpid() or (target.embedded and not embedded.runs(target.address))

    def release(self) -> None:
        """Ends the use of the embedded server. May be called again."""
        self.closed = True
        self._detach()

    def _detach(self) -> None:
        with self._lock:
            attached, self._attached = self._attached, False
        if attached:
            embedded.detach()

    def next_call(self) -> tuple[str, Metadata]:
        """The id of a new request, and its metadata."""
        request_id = f"{self.client_id}.{next(self._calls)}"
        metadata = (("x-request-id", request_id), ("kernelserve-client-id", self.client_id))
        if self._token is not None:
            return request_id, (*metadata, ("authorization", f"Bearer {self._token}"))
        return request_id, metadata

    def error_of(
        self,
        failure: RpcFailure,
        target: Target,
        request_id: str,
        first_rows: Mapping[str, int],
        deadline: Deadline,
    ) -> Error:
        """The error to raise for a failed call, with what only the client knows about it.

        `first_rows` are as in from_rpc_error().
        """
        error = from_rpc_error(
            failure,
            address=target.address,
            request_id=request_id,
            first_rows=first_rows,
            timeout=deadline.timeout,
        )
        if isinstance(error, CallCancelledError) and self.closed:
            return closed_error()
        if isinstance(error, ConnectError) and target.embedded:
            how = embedded.how_it_ended(target.address)
            if how is not None:
                text = f"the embedded server ended during the call: {how}"
                return EmbeddedServerError(
                    describe(text, error.code or "UNAVAILABLE", request_id=error.request_id)
                )
        return error


def wants_server_version(error: Error) -> bool:
    """Whether the server's version would explain the error."""
    return type(error) is UnsupportedError


def with_server_version(error: Error, server_version: str) -> Error:
    """An UnsupportedError, telling that the server is older than this client if it is."""
    if error.reason is not None and not is_older(server_version, __version__):
        return error  # it knows what it does not have
    return UnsupportedError(
        describe(
            f"the server is version {server_version or 'unknown'} and this client {__version__}: "
            f"{error.message}",
            error.code or "UNIMPLEMENTED",
            reason=error.reason or "UNIMPLEMENTED",
            field=error.field or "server.version",
            bound=error.bound or __version__,
            value=error.value or server_version,
            request_id=error.request_id,
        )
    )


def closed_error() -> Error:
    return ClientClosedError(describe("the client has been closed", "CANCELLED"))


def cancelled_error() -> Error:
    return CallCancelledError(describe("the call was cancelled", "CANCELLED", reason="CANCELLED"))


def unreadable_error(cause: Exception, request_id: str) -> Error:
    """For a reply that is not what the contract says."""
    text = f"the reply cannot be read: {cause}"
    return ServerError(describe(text, grpc.StatusCode.INTERNAL.name, request_id=request_id))
