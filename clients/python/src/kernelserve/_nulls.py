"""What counts as a missing value, in a column as by itself."""

from __future__ import annotations

from numbers import Real

# pandas.NA, pandas.NaT and numpy.ma.masked, by name: neither library is imported for their sake.
NULL_TYPES = frozenset({"NoneType", "NAType", "NaTType", "MaskedConstant"})


def is_null(value: object) -> bool:
    """Whether `value` is None, NaN, pandas.NA, pandas.NaT or numpy.ma.masked."""
    if isinstance(value, (str, bytes)):
        return False
    if type(value).__name__ in NULL_TYPES:
        return True
    return isinstance(value, Real) and value != value
