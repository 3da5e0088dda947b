"""Which kernel does the work of a layer: looked up in the table of the package that the layer comes from.

A table is imported when one of the package's layers is lowered: what is only opened and looked at needs no kernels.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache
from importlib import import_module
from typing import Any, TypeAlias

from core.kernels.kernel import Kernel
from core.layers.base import Layer
from core.layers.registry import packages_with

#: Makes the kernel of a layer, or None where its options have none.
Lower: TypeAlias = Callable[[Any], Kernel | None]


def lower(layer: Layer) -> Kernel | None:
    """Return the kernel of a layer, or None: it stays as it is.

    A class without a row has the kernel of the class that it is made from, as long as it changes no method of that.
    """
    for kind in type(layer).__mro__:
        row = _table_of(kind.__module__.partition(".")[0]).get(kind)
        if row is not None:
            return row(layer)
        if any(callable(value) for name, value in vars(kind).items() if not name.startswith("__")):
            return None
    return None


@cache
def _table_of(package: str) -> Mapping[type, Lower]:
    """Return the table of a package, by the classes of its layers."""
    module = packages_with("lowering").get(package)
    table: Mapping[type, Lower] = {} if module is None else import_module(module).LOWERING
    return table
