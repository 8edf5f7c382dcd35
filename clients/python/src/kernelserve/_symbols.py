"""Numbers for the elements of sequences of hashables: DATA_TYPE_SYMBOLS and Text.symbols."""

from __future__ import annotations

from array import array
from collections.abc import Hashable, Iterable

from ._exceptions import invalid

# Below it a number is a code point.
FIRST_SYMBOL = 0x110000


class SymbolTable:
    """Gives equal things equal numbers, for as long as the table lives.

    A string of one character is its code point, so that ["a", "b"] equals "ab". Everything else
    gets the next number from FIRST_SYMBOL. One table serves all columns of a verb.
    """

    def __init__(self) -> None:
        self._numbers: dict[Hashable, int] = {}

    def units(self, sequence: Iterable[Hashable], field: str) -> array[int]:
        """The numbers of a sequence's elements, as array("I")."""
        numbers = self._numbers
        out = array("I")
        for element in sequence:
            if isinstance(element, str) and len(element) == 1:
                out.append(ord(element))
                continue
            try:
                out.append(numbers.setdefault(element, FIRST_SYMBOL + len(numbers)))
            except TypeError:
                kind = type(element).__name__
                raise invalid(
                    f"an element of {field} is a {kind}, which is not hashable: "
                    f"a sequence to compare takes hashable elements",
                    field=field,
                    bound="hashable",
                    value=kind,
                    reason="WRONG_TYPE",
                ) from None
        return out
