"""A package that names what it holds without importing it: each name is imported when somebody first asks for it.

So a network of three layers imports three files, and `import core` takes a tenth of what importing all of it would.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from importlib import import_module
from typing import Any


class LazyNames(Mapping[str, Any]):
    """The public names of a package by the module, seen from the package, that defines them: ``{"dense": "Dense"}``.

    A name is looked up as in a dict, ``names["Dense"]``; several names of one module are separated by blanks. A package
    makes them its attributes by ``__getattr__ = names.attribute`` (PEP 562, https://peps.python.org/pep-0562/).
    """

    def __init__(self, package: str, modules: Mapping[str, str]) -> None:
        self._package = package
        self._modules = {name: f"{package}.{module}" for module, names in modules.items() for name in names.split()}

    def __getitem__(self, name: str) -> Any:
        return getattr(import_module(self._modules[name]), name)

    def __iter__(self) -> Iterator[str]:
        return iter(self._modules)

    def __len__(self) -> int:
        return len(self._modules)

    def __contains__(self, name: object) -> bool:
        return name in self._modules

    def of(self, *modules: str) -> dict[str, Any]:
        """Return what some modules define, by name."""
        wanted = {f"{self._package}.{module}" for module in modules}
        return {name: self[name] for name, module in self._modules.items() if module in wanted}

    @property
    def modules(self) -> set[str]:
        """The modules that define the names."""
        return set(self._modules.values())

    def attribute(self, name: str) -> Any:
        """Return what the package has under a name. Raises `AttributeError`."""
        if name not in self:
            raise AttributeError(f"module {self._package!r} has no attribute {name!r}")
        return self[name]
