"""Kernels of pandas Series, and joins of frames: importing this registers the accessor `ks`.

    import kernelserve.pandas
    import pandas as pd

    frame["distance"] = frame["a"].ks.levenshtein_distance(frame["b"])
    frame.ks.join(other, on="name", by="zip", score_cutoff=2)

Texts of a dtype that Arrow holds (`str` and `string[pyarrow]`) go as they are, without a copy.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd

from ._column_methods import ColumnMethods
from ._frame_methods import FrameMethods

if TYPE_CHECKING:
    AnySeries = pd.Series[Any]
else:
    AnySeries = pd.Series

__all__ = ["DataFrameMethods", "SeriesMethods"]


@pd.api.extensions.register_series_accessor("ks")
class SeriesMethods(ColumnMethods[AnySeries]):
    """Kernels of a Series: `series.ks.levenshtein_distance(other)`.

    Rows are paired as they lie: of another Series, the index is not looked at. The result has this
    Series' index and name.
    """


@pd.api.extensions.register_dataframe_accessor("ks")
class DataFrameMethods(FrameMethods[pd.DataFrame]):
    """join() and top_k() of a DataFrame."""
