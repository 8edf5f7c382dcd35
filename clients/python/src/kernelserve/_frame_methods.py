"""join and top_k as methods of a data frame, of Polars or pandas: done at once."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Generic, TypeVar, Unpack

from ._api import default_client
from ._client import Client
from ._cross import K_DEFAULT
from ._deadline import UNSET, Timeout
from ._frame_options import FrameArguments
from ._progress import ProgressLike
from ._scorers import DEFAULT_SCORER, ScorerLike

FrameT = TypeVar("FrameT")


class FrameMethods(Generic[FrameT]):
    """Client.join() and top_k() of a frame: `frame.ks`. Client.join() says what `frames` takes."""

    def __init__(self, frame: FrameT) -> None:
        self._frame = frame

    def join(
        self,
        right: FrameT | None = None,
        *,
        scorer: ScorerLike | Sequence[ScorerLike] = DEFAULT_SCORER,
        score_cutoff: float | None = None,
        progress: ProgressLike = False,
        timeout: Timeout = UNSET,
        client: Client | None = None,
        **frames: Unpack[FrameArguments],
    ) -> FrameT:
        """Every pair of rows within the cutoff: Client.join() with this frame as its left side."""
        result: FrameT = (client or default_client()).join(
            self._frame,
            right,
            scorer=scorer,
            score_cutoff=score_cutoff,
            progress=progress,
            timeout=timeout,
            **frames,
        )
        return result

    def top_k(
        self,
        choices: FrameT | None = None,
        k: int = K_DEFAULT,
        *,
        scorer: ScorerLike | Sequence[ScorerLike] = DEFAULT_SCORER,
        score_cutoff: float | None = None,
        progress: ProgressLike = False,
        timeout: Timeout = UNSET,
        client: Client | None = None,
        **frames: Unpack[FrameArguments],
    ) -> FrameT:
        """The best rows of `choices` for each: Client.top_k() with this frame as its queries."""
        result: FrameT = (client or default_client()).top_k(
            self._frame,
            choices,
            k,
            scorer=scorer,
            score_cutoff=score_cutoff,
            progress=progress,
            timeout=timeout,
            **frames,
        )
        return result
