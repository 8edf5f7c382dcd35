"""The buffers of a request that the server reads from this process's memory."""

from __future__ import annotations

from ._shared_memory import Region, address_of, span_of
from ._wire import Buffer, Rebased, Writer

# A buffer that is shorter stays in the message: reading it costs the server a system call.
_BUFFER_BYTES_MIN = 1024
# What the server takes of the buffers that one column's views point into.
_VIEW_BUFFERS_MAX = 4096
# Buffers begin on cache lines, in the server's copy too.
_ALIGNMENT = 64

_VIEW_BUFFERS = 15  # of Column
_TO_SPAN = 4  # what is added to a buffer's field number for its span's
_BASE = 5  # of RegionSpan


class Placement:
    """Where the buffers of one request are, and the writers that name them there.

    They are read where they are, or else put into a region.
    """

    def __init__(self, region: Region, room: int) -> None:
        """`room`: how many bytes of the region there are for them."""
        self.region = region
        self._room = room
        self._buffers: list[tuple[int, Buffer | Rebased]] = []
        self._nbytes = 0
        self._fits = True
        region.kept = []

    def writer(self) -> Writer:
        """For a Column message."""
        return _SpanWriter(self)

    @property
    def is_read(self) -> bool:
        """Whether they are read where they are."""
        return bool(self.region.process)

    def span(self, data: Buffer) -> Writer:
        """The RegionSpan of a buffer."""
        if not self.is_read:
            return self._put(data)
        self.region.kept.append(data)
        return span_of(self.region.process, address_of(data), len(data))

    def rebased_span(self, data: Rebased) -> Writer:
        """The RegionSpan of offsets."""
        raw = data.raw() if self.is_read else None
        if raw is None:
            return self._put(data)
        out = self.span(raw)
        out.uint(_BASE, data.base)
        return out

    def _put(self, data: Buffer | Rebased) -> Writer:
        """The span of what goes into the region next."""
        at = -(-self._nbytes // _ALIGNMENT) * _ALIGNMENT
        self._buffers.append((at, data))
        self._nbytes = at + len(data)
        return span_of(self.region.token, at, len(data))

    def refuse(self) -> None:
        self._fits = False

    def finish(self) -> bool:
        """Fills the region. False where that cannot be done: then the buffers are to be sent."""
        if not self._fits or self._nbytes > self._room:
            return False
        try:
            self.region.write(self._buffers)
        except OSError:  # there is no memory left, say
            return False
        return True


class _SpanWriter(Writer):
    """A Column message that names its buffers by their spans."""

    __slots__ = ("_placement", "_view_buffers")

    def __init__(self, placement: Placement) -> None:
        super().__init__()
        self._placement = placement
        self._view_buffers = 0

    def reads_views(self, nbytes: int) -> bool:
        # Where views are sent, the server reads their buffers as a whole.
        return self._placement.is_read and nbytes >= _BUFFER_BYTES_MIN

    def buffer(self, field: int, data: Buffer) -> None:
        # Of view buffers, all are named or none.
        if field == _VIEW_BUFFERS:
            self._view_buffers += 1
            if self._view_buffers > _VIEW_BUFFERS_MAX:
                self._placement.refuse()
        elif len(data) < _BUFFER_BYTES_MIN:
            super().buffer(field, data)
            return
        if len(data):
            self.message(field + _TO_SPAN, self._placement.span(data))

    def rebased(self, field: int, data: Rebased) -> None:
        if len(data) < _BUFFER_BYTES_MIN:
            super().rebased(field, data)
        else:
            self.message(field + _TO_SPAN, self._placement.rebased_span(data))
