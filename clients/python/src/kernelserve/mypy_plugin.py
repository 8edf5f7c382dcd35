"""Tells mypy of the attribute `ks` that kernelserve.polars and kernelserve.pandas add to classes.

mypy does not see what is added while a program runs. In the user's project:

    [tool.mypy]
    plugins = ["kernelserve.mypy_plugin"]

Other type checkers take kernelserve.polars.expressions(column) for pl.col(column).ks.
"""

from __future__ import annotations

from collections.abc import Callable

from mypy.nodes import MDEF, MypyFile, SymbolTableNode, Var
from mypy.plugin import ClassDefContext, Plugin

# Classes, by the module that has them, and the class of their `ks`.
_NAMESPACES = {
    "polars.expr.expr.Expr": "kernelserve._polars_expressions.Expressions",
    "polars.series.series.Series": "kernelserve._polars_frames.SeriesMethods",
    "polars.dataframe.frame.DataFrame": "kernelserve._polars_frames.DataFrameMethods",
    "polars.lazyframe.frame.LazyFrame": "kernelserve._polars_frames.LazyFrameMethods",
    "pandas.core.series.Series": "kernelserve.pandas.SeriesMethods",
    "pandas.core.frame.DataFrame": "kernelserve.pandas.DataFrameMethods",
}

_IMPORT_PRIORITY = 10  # as mypy gives to an ordinary import
_NO_LINE = -1


class KernelservePlugin(Plugin):
    """Adds the attribute when mypy reads the class."""

    def get_additional_deps(self, file: MypyFile) -> list[tuple[int, str, int]]:
        return [
            (_IMPORT_PRIORITY, namespace.rpartition(".")[0], _NO_LINE)
            for name, namespace in _NAMESPACES.items()
            if name.rpartition(".")[0] == file.fullname
        ]

    def get_customize_class_mro_hook(
        self, fullname: str
    ) -> Callable[[ClassDefContext], None] | None:
        return _add if fullname in _NAMESPACES else None


def _add(context: ClassDefContext) -> None:
    info = context.cls.info
    namespace = context.api.named_type_or_none(_NAMESPACES[info.fullname])
    if namespace is None:  # not read yet
        if not context.api.final_iteration:
            context.api.defer()
        return
    attribute = Var("ks", namespace)
    attribute.info = info
    attribute._fullname = f"{info.fullname}.ks"
    attribute.is_property = True
    info.names["ks"] = SymbolTableNode(MDEF, attribute, plugin_generated=True)


def plugin(version: str) -> type[Plugin]:
    """What mypy calls."""
    return KernelservePlugin
