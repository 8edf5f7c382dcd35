"""String metrics and edit scripts, as rapidfuzz.distance has them."""

from __future__ import annotations

from ..._edit_records import Editop, MatchingBlock, Opcode, ScoreAlignment
from ..._editops import Editops, Opcodes

__all__ = ["Editop", "Editops", "MatchingBlock", "Opcode", "Opcodes", "ScoreAlignment"]

# Tracebacks and pickles name the public module; Editop and Editops are kernelserve's own as well.
for _made in (MatchingBlock, Opcode, Opcodes, ScoreAlignment):
    _made.__module__ = __name__
del _made
