"""The house stands in floors: every import goes to a floor named before, no file imports itself by a detour, none hides it."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path

import pytest
import stubs

ROOT = Path(__file__).parents[1]
SOURCES = [ROOT / "packages" / name / "src" / name for name in ("core", "vision", "text")]
#: The floors of core, each of which uses those before it; what stands alone at the top of core is the ground or the face.
GROUND = ("errors", "arrays", "nests", "dtypes", "checks", "printable", "lazy")
FLOORS = (
    "ops", "kernels", "layers", "graph", "keras_ops", "files", "engine", "learning", "models", "look", "experiment",
)  # fmt: skip
FACE = ("__init__", "inspect")
#: What may be imported inside a function: packages that are optional, that few commands need, or that not every system has.
OPTIONAL = {
    "keras", "tensorflow", "datasets", "pyarrow", "matplotlib", "jinja2", "PIL", "sklearn", "scipy", "hydra", "omegaconf",
    "threadpoolctl", "concurrent", "resource", "importlib",
}  # fmt: skip
MOST_LINES = 300
MOST_ENTRIES = 22


@dataclass(frozen=True)
class Import:
    """An import: by which module, of which, in which line, whether inside a function or for the type checker alone."""

    by: str
    of: str
    line: int
    inside: bool = False
    checking: bool = False

    def __str__(self) -> str:
        return f"{self.by}:{self.line} imports {self.of}"


def _module_of(path: Path) -> str:
    parts = path.relative_to(next(source.parent for source in SOURCES if source in path.parents)).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


FILES = {_module_of(path): path for source in SOURCES for path in source.rglob("*.py")}


def _imports_in(module: str) -> Iterator[Import]:
    """Go through the imports of a module, those within functions and under ``TYPE_CHECKING`` included."""

    def visit(node: ast.AST, inside: bool, checking: bool) -> Iterator[Import]:
        if isinstance(node, ast.ImportFrom):
            assert node.module is not None, f"{module} imports by a relative name"
            for alias in node.names:
                whole = f"{node.module}.{alias.name}"
                yield Import(module, whole if whole in FILES else node.module, node.lineno, inside, checking)
        elif isinstance(node, ast.Import):
            yield from (Import(module, alias.name, node.lineno, inside, checking) for alias in node.names)
        elif isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test):
            for child in node.body:
                yield from visit(child, inside, checking=True)
        else:
            inside = inside or isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
            for child in ast.iter_child_nodes(node):
                yield from visit(child, inside, checking)

    yield from visit(ast.parse(FILES[module].read_text(encoding="utf-8")), inside=False, checking=False)


IMPORTS = [found for module in FILES for found in _imports_in(module)]
OWN = [found for found in IMPORTS if found.of in FILES]


def _height(module: str) -> int:
    """Return the number of the floor of a module of core."""
    name = [*module.split("."), "__init__"][1]
    if name in FACE:
        return len(FLOORS)
    return -1 if name in GROUND else FLOORS.index(name)


def test_every_import_goes_to_a_floor_named_before() -> None:
    down = [
        str(found)
        for found in OWN
        if found.by.startswith("core") and found.of.startswith("core") and _height(found.of) > _height(found.by)
    ]
    assert not down


def test_packages_import_core_and_never_each_other() -> None:
    across = [str(found) for found in OWN if found.of.split(".")[0] not in {"core", found.by.split(".")[0]}]
    assert not across


def test_no_file_imports_itself_by_a_detour() -> None:
    uses: dict[str, set[str]] = {module: set() for module in FILES}
    for found in OWN:
        if found.of != found.by:
            uses[found.by].add(found.of)
    while free := [module for module, used in uses.items() if not used]:  # take away what nothing left is needed for
        for module in free:
            del uses[module]
        for used in uses.values():
            used.difference_update(free)
    while ends := set(uses) - {of for used in uses.values() for of in used}:  # and what nothing left uses
        for module in ends:
            del uses[module]
    assert not uses, "\n".join(f"{module} -> {', '.join(sorted(used))}" for module, used in sorted(uses.items()))


def test_only_optional_packages_are_imported_inside_functions() -> None:
    hidden = [
        str(found)
        for found in IMPORTS
        if found.inside and found.of.split(".")[0] not in OPTIONAL and not _imports_keras(found.of)
    ]
    assert not hidden


def _imports_keras(module: str) -> bool:
    """Return whether importing a module of ours takes seconds, because it imports Keras, or needs an extra."""
    return any(
        found.by == module and not found.checking and found.of.split(".")[0] in OPTIONAL - {"importlib", "resource"}
        for found in IMPORTS
    )


def test_what_the_type_checker_imports_could_be_imported() -> None:
    """An optional package may be absent; all else is imported as it is."""
    hidden = [str(found) for found in OWN if found.checking and not _imports_keras(found.of)]
    assert not hidden


def test_the_top_of_core_is_the_ground_the_face_and_a_folder_for_each_floor() -> None:
    names = {path.stem if path.is_file() else path.name for path in SOURCES[0].iterdir()} - {"__pycache__", "py"}
    assert names <= {*GROUND, *FLOORS, *FACE}
    assert len(names) <= MOST_ENTRIES


@pytest.mark.parametrize("module", sorted(FILES))
def test_no_file_is_long(module: str) -> None:
    lines = FILES[module].read_text(encoding="utf-8").count("\n")
    assert lines <= MOST_LINES, f"{module} has {lines} lines: which idea in it wants a file of its own?"


@pytest.mark.parametrize("name", stubs.PACKAGES)
def test_the_stubs_name_what_the_packages_hold(name: str) -> None:
    package = import_module(name)
    assert stubs.path_of(package).read_text(encoding="utf-8") == stubs.stub_of(package), (
        "run: python packages/core/tests/support/stubs.py"
    )
