"""RapidFuzz's utils. All of it runs here: it needs no server.

As the processor of a scorer, default_process is not called: the server has it too.
"""

from __future__ import annotations

from ._alphanumerics import is_alphanumeric

__all__ = ["default_process"]

# Of characters that are remembered: as many as a text in any script has, some 200 bytes each.
_CHARACTERS_MAX = 1 << 14


class _Characters(dict[int, str]):
    """What becomes of each character, found out as it is met."""

    def __missing__(self, code_point: int) -> str:
        # The one character whose lower case is two, U+0130, keeps the first: i without its dot.
        made = chr(code_point).lower()[0] if is_alphanumeric(code_point) else " "
        if len(self) < _CHARACTERS_MAX:
            self[code_point] = made
        return made


_CHARACTERS = _Characters()


def default_process(sentence: str | bytes) -> str:
    """What is often done to texts before they are compared, character by character.

    Whatever is neither letter nor digit becomes a space, letters become lower case, and spaces at
    both ends go. Letters are those of Unicode 13.0. Bytes are taken for Latin-1.

    Raises:
        TypeError: it is neither str nor bytes.
    """
    if isinstance(sentence, bytes):
        sentence = sentence.decode("latin-1")
    elif not isinstance(sentence, str):
        raise TypeError("sentence must be a String")
    return sentence.translate(_CHARACTERS).strip(" ")
