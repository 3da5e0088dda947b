"""The stubs of the packages that name lazily what they hold; run as a program it writes them, and a test compares.

A type checker and an editor read ``__init__.pyi`` in the place of ``__init__.py``, whose names are strings in a table.
"""

from __future__ import annotations

from importlib import import_module
from pathlib import Path
from types import ModuleType

from core.lazy import LazyNames

PACKAGES = ("core.layers", "core.learning", "vision", "vision.layers", "text", "text.layers")


def stub_of(package: ModuleType) -> str:
    """Return the stub of a package: its names, each with the module that defines it."""
    tables = {name: value for name, value in vars(package).items() if isinstance(value, LazyNames)}
    (table,) = tables.values()
    lines = [f"from {table[name].__module__} import {name} as {name}" for name in sorted(table)]
    lines.append("from core.lazy import LazyNames\n")
    lines += [f"{name}: LazyNames" for name in tables if not name.startswith("_")]
    return "# Written by packages/core/tests/support/stubs.py from __init__.py.\n" + "\n".join(lines).rstrip() + "\n"


def path_of(package: ModuleType) -> Path:
    """Return where the stub of a package stands."""
    assert package.__file__ is not None
    return Path(package.__file__).with_suffix(".pyi")


if __name__ == "__main__":
    for name in PACKAGES:
        found = import_module(name)
        path_of(found).write_text(stub_of(found), encoding="utf-8")
