"""Channels of one process to one server, and what ends the calls on them."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from typing import Any

import grpc

# What its first channel would import: a fork meanwhile leaves the child an import lock for good.
import grpc._channel

from ._forks import gate
from ._limits import Limits
from ._session import Session
from ._shared_memory import Regions
from ._target import Target, channel_options, credentials

# Connections kept for the next verb once a burst of calls is over.
_IDLE_MAX = 16


class Lane:
    """One channel, and its methods as gRPC's callables: bytes in, bytes out."""

    def __init__(self, session: Session, target: Target) -> None:
        options = channel_options(target, session.tls)
        secure = credentials(session.tls)
        if secure is None:
            self._channel = grpc.insecure_channel(target.uri, options)
        else:
            self._channel = grpc.secure_channel(target.uri, secure, options)
        self._methods: dict[str, Callable[..., bytes]] = {}
        self._streams: dict[str, Callable[..., Any]] = {}

    def method(self, path: str) -> Callable[..., bytes]:
        if path not in self._methods:
            self._methods[path] = self._channel.unary_unary(path, None, None)
        return self._methods[path]

    def stream(self, path: str) -> Callable[..., Any]:
        """The same for a method that streams: gives an iterator of bytes that can be cancelled."""
        if path not in self._streams:
            self._streams[path] = self._channel.unary_stream(path, None, None)
        return self._streams[path]

    def close(self) -> None:
        """Cancels the calls on it."""
        self._channel.close()


class Lanes:
    """`main` for calls that only Ctrl-C ends, and others to have to oneself. Thread-safe."""

    def __init__(self, session: Session) -> None:
        self.pid = os.getpid()
        self.target = session.resolve()
        self.main = Lane(session, self.target)
        self.limits: Limits | None = None
        self.regions = Regions(self.target if session.shared_memory else None)
        self._session = session
        self._lock = threading.Lock()
        self._idle: list[Lane] = []
        self._taken: set[Lane] = set()
        self._closed = False

    def take(self, count: int) -> list[Lane]:
        with gate, self._lock:
            taken = [self._idle.pop() for _ in range(min(count, len(self._idle)))]
            taken += [Lane(self._session, self.target) for _ in range(count - len(taken))]
            self._taken.update(taken)
            return taken

    def give_back(self, taken: list[Lane], *, usable: bool) -> None:
        """What was taken, `usable` or closed."""
        with gate, self._lock:
            self._taken.difference_update(taken)
            kept = taken if usable and not self._closed else []
            self._idle += kept[: _IDLE_MAX - len(self._idle)]
            for lane in taken:
                if lane not in self._idle:
                    lane.close()

    def close(self) -> None:
        with gate, self._lock:
            self._closed = True
            lanes = [self.main, *self._idle, *self._taken]
            self._idle = []
        for lane in lanes:
            lane.close()
        self.regions.close()


class Stop:
    """Ends a verb's calls from another thread, by closing the lanes that they run on."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._stopped = threading.Event()
        self._lanes: list[Lane] = []

    def covers(self, lanes: list[Lane]) -> None:
        """From now on these lanes are closed too; at once if it has happened already."""
        with self._lock:
            self._lanes += lanes
        if self.stopped:
            self()

    def leaves(self, lanes: list[Lane]) -> None:
        """From now on they are others' to close."""
        with self._lock:
            self._lanes = [lane for lane in self._lanes if lane not in lanes]

    def __call__(self) -> None:
        self._stopped.set()
        with self._lock:
            lanes, self._lanes = self._lanes, []
        for lane in lanes:
            lane.close()

    @property
    def stopped(self) -> bool:
        return self._stopped.is_set()

    def wait(self, seconds: float) -> bool:
        """Sleeps, and tells whether it was stopped meanwhile."""
        return self._stopped.wait(seconds)
