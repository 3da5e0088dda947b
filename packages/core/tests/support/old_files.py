"""Files that Kerases of many versions wrote, in the archives that keep them, beside what they must give.

An archive holds ``NAME.h5`` or ``NAME.keras`` beside ``NAME.npz``: inputs x0, x1, ... (xd_KEY for a dict), and outputs: y,
y0, y1, ..., a list yl0, yl1, ... or a dict yd_KEY.
"""

from __future__ import annotations

import io
import re
import tarfile
from dataclasses import dataclass
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Any

import numpy as np
from packing import members_of

TESTS = Path(__file__).parents[4] / "tests"


@lru_cache
def files_in(archive: Path) -> dict[str, bytes]:
    """Return the content of every file of a zip or tar archive by name."""
    if archive.suffix == ".zip":
        return members_of(archive)
    with tarfile.open(archive) as members:
        return {member.name: members.extractfile(member).read() for member in members}


@dataclass(frozen=True)
class OldFile:
    """A model or weights of an archive."""

    archive: Path
    name: str

    def __str__(self) -> str:
        return f"{self.archive.name.removesuffix('.zip').removesuffix('.tar.xz')}-{self.name}"

    @property
    def stem(self) -> str:
        """The name that the files of one model have in common."""
        return self.name.split(".")[0]

    @property
    def content(self) -> bytes:
        """The bytes of the file."""
        return files_in(self.archive)[self.name]

    def put(self, folder: Path, name: str | None = None) -> Path:
        """Write the file, or another of its archive, into a folder."""
        path = folder / (name or self.name)
        path.write_bytes(files_in(self.archive)[path.name])
        return path

    @cached_property
    def answers(self) -> dict[str, Any]:
        """The arrays beside the file."""
        with np.load(io.BytesIO(files_in(self.archive)[f"{self.stem}.npz"])) as arrays:
            return dict(arrays)

    @property
    def x(self) -> Any:
        """The inputs."""
        return self._nest("x")

    @property
    def y(self) -> Any:
        """The outputs."""
        return self._nest("y")

    def _nest(self, kind: str) -> Any:
        named = {
            name.removeprefix(f"{kind}d_"): array
            for name, array in self.answers.items()
            if name.startswith(f"{kind}d_")
        }
        listed = [self.answers[name] for name in sorted(self.answers, key=len) if re.fullmatch(rf"{kind}l?\d+", name)]
        if len(listed) == 1 and f"{kind}0" in self.answers:
            return listed[0]
        return named or listed or self.answers[kind]


def old_files(pattern: str, suffixes: tuple[str, ...] = (".keras", ".h5")) -> list[OldFile]:
    """List the files of all archives of a pattern."""
    return [
        OldFile(path, name)
        for path in sorted(TESTS.glob(pattern))
        for name in files_in(path)
        if name.endswith(suffixes)
    ]


def assert_answers(actual: Any, expected: Any) -> None:
    """Compare a nest of outputs with the one that is expected: types, shapes, values relative to the largest of each."""
    assert type(actual) is type(expected)
    pairs = [(actual[key], expected[key]) for key in expected] if isinstance(expected, dict) else None
    pairs = pairs or (list(zip(actual, expected, strict=True)) if isinstance(expected, list) else [(actual, expected)])
    for ours, theirs in pairs:
        assert ours.shape == theirs.shape
        largest = max(1.0, float(np.abs(theirs.astype(np.float64)).max(initial=0.0)))
        np.testing.assert_allclose(ours, theirs, rtol=0, atol=1e-6 * largest)
