"""What it costs to have it at all: the first prediction of a fresh process, memory, and what must be installed."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from functools import partial
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path
from typing import Any

from bench.turns import in_turn, seconds_of

#: Opens a model and predicts for one row of zeros.
_COLD = {
    "Kaca": "import sys, numpy as np, core; m = core.load_model(sys.argv[1]); m.predict_proba(np.zeros({shape}, '{dtype}'))",
    "TensorFlow": (
        "import sys, numpy as np, keras; m = keras.models.load_model(sys.argv[1]); "
        "m.predict(np.zeros({shape}, '{dtype}'), verbose=0)"
    ),
}

#: Predicts 10,000 images that are in memory; prints the bytes that this took on top, at the highest.
_PEAK = {
    "Kaca": "m = core.load_model(sys.argv[1]); predict = m.predict_proba",
    "TensorFlow": "m = keras.models.load_model(sys.argv[1]); predict = lambda x: m.predict(x, verbose=0)",
}
_PEAK_OF = """
import re, sys, numpy as np, {library}
from pathlib import Path
def highest():  # of this process alone, whereas getrusage begins with what the process that started it had
    return int(re.search(r"VmHWM:\\s+(\\d+)", Path("/proc/self/status").read_text())[1]) * 1024
{prepare}
x = np.random.default_rng(0).random((10000, 32, 32, 3), dtype='float32')  # nothing larger than itself is made on the way
x *= 255
before = highest()
predict(x)
print(highest() - before)
"""
_ROOTS = {"Kaca": ("kaca-core", "kaca-vision", "kaca-text"), "TensorFlow": ("tensorflow",)}


def cold_start(file: Path, shape: tuple[int, ...], dtype: str, *, rounds: int) -> dict[str, float]:
    """Measure the seconds from the start of a process to the end of its first prediction, everybody in turn."""
    codes = {name: code.format(shape=shape, dtype=dtype) for name, code in _COLD.items()}
    return in_turn({name: partial(seconds_of, partial(_run, code, file)) for name, code in codes.items()}, rounds)


def peak_memory(file: Path) -> dict[str, int]:
    """Measure the bytes that predicting 10,000 images of CIFAR-10's size takes above the loaded images."""
    libraries = {"Kaca": "core", "TensorFlow": "keras"}
    return {
        name: int(_run(_PEAK_OF.format(library=libraries[name], prepare=prepare), file).split()[-1])
        for name, prepare in _PEAK.items()
    }


def installed_size() -> dict[str, dict[str, Any]]:
    """Add up the files of each library and of all that it cannot be installed without."""
    sizes = {}
    for name, roots in _ROOTS.items():
        needed = _closure(roots)
        sizes[name] = {"bytes": sum(map(_bytes, needed)), "packages": sorted(needed)}
    return sizes


def _run(code: str, file: Path) -> str:
    return subprocess.run(
        [sys.executable, "-c", code, str(file)],
        check=True,
        text=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    ).stdout


def _closure(roots: tuple[str, ...]) -> set[str]:
    """Follow the requirements that come without an extra."""
    found: set[str] = set()
    waiting = list(roots)
    while waiting:
        name = waiting.pop()
        if name in found:
            continue
        try:
            requirements = distribution(name).requires or []
        except PackageNotFoundError:
            continue  # for another platform
        found.add(name)
        waiting += [
            re.split(r"[^A-Za-z0-9._-]", requirement, maxsplit=1)[0].lower()
            for requirement in requirements
            if "extra ==" not in requirement
        ]
    return found


def _bytes(name: str) -> int:
    """The size of a distribution's files; one that is installed from a checkout lists none but its source."""
    own = distribution(name)
    direct = json.loads(own.read_text("direct_url.json") or "{}")
    if "dir_info" in direct:
        folder = Path(direct["url"].removeprefix("file://")) / "src"
        return sum(file.stat().st_size for file in folder.rglob("*.py"))
    return sum(path.stat().st_size for file in own.files or () if (path := Path(str(file.locate()))).is_file())
