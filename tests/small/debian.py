"""Run the tests under a 32-bit Python: that of Debian's i386 packages, in a folder of its own that is kept.

It has NumPy, pytest and Pillow as Debian packs them; TensorFlow and h5py have no 32-bit wheels, so that what needs them is
skipped. The folder is made by mmdebstrap, and needs the rights of root.
Usage: ``python tests/small/debian.py FOLDER [pytest's arguments]``
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
SUITE = "forky"  # NumPy 2.0 or newer for i386 is there from trixie on
PACKAGES = [f"python3-{name}" for name in ("numpy", "pil", "pytest", "pytest-timeout", "hypothesis", "threadpoolctl")]
TESTS = ["packages/core/tests_bare", "packages/core/tests", "packages/text/tests", "packages/vision/tests", "tests"]
#: Of the trainer's, which needs TensorFlow, and of the time that hostile files take on another machine.
TRAINING = ["experiment/*", "test_run.py", "test_data.py", "test_documentation.py", "test_hostile*.py", "test_fuzz.py"]
#: What runs in a namespace of its own, so that nothing stays mounted.
INSIDE = """
set -e
mount --bind "$ROOT" "$1/kaca"
mount -t proc proc "$1/proc"
if [ -n "$KACA_DATA_DIR" ]; then mount --bind -o ro "$KACA_DATA_DIR" "$1/data"; DATA=KACA_DATA_DIR=/data; fi
FOLDER="$1"; shift
exec chroot "$FOLDER" env -i PATH=/usr/bin:/bin HOME=/root LANG=C.UTF-8 PYTHONDONTWRITEBYTECODE=1 \
    PYTHONPATH=/site:/kaca/tests/small $DATA sh -c 'cd /kaca && exec python3 -m pytest "$@"' pytest "$@"
"""


def make(folder: Path) -> None:
    """Fill the folder with Debian's packages, unless it was made before."""
    if (folder / "usr" / "bin" / "python3").exists():
        return
    if shutil.which("mmdebstrap") is None:
        subprocess.run(["apt-get", "update", "-qq"], check=True)
        subprocess.run(["apt-get", "install", "-qq", "-y", "mmdebstrap"], check=True)
    shutil.rmtree(folder, ignore_errors=True)
    folder.parent.mkdir(parents=True, exist_ok=True)
    half = folder.with_name(f"{folder.name}.half")
    shutil.rmtree(half, ignore_errors=True)
    command = [
        "mmdebstrap",
        "--quiet",
        "--mode=root",
        "--variant=apt",
        "--architectures=i386",
        f"--include={','.join(PACKAGES)}",
    ]
    # A mirror may be some days behind the date until which its index is good; the signature is checked all the same.
    command += ['--aptopt=Acquire::Check-Valid-Until "false"', SUITE, str(half), "http://deb.debian.org/debian"]
    subprocess.run(command, check=True)
    half.rename(folder)


def main() -> int:
    """Make the folder, install the packages of the checkout there, and run pytest in it."""
    if sys.platform != "linux" or os.uname().machine != "x86_64" or os.geteuid() != 0:
        print("skipped: needs Linux on x86-64, and the rights of root for chroot")  # noqa: T201
        return 0
    folder = Path(sys.argv[1]).resolve()
    make(folder)
    for name in ("kaca", "site", "data", "proc"):
        (folder / name).mkdir(exist_ok=True)
    packages = [str(ROOT / "packages" / name) for name in ("core", "vision", "text")]
    install = ["uv", "pip", "install", "--quiet", "--no-deps", "--upgrade", "--target", str(folder / "site"), *packages]
    subprocess.run(install, check=True)
    tests = [*TESTS, *(f"--ignore-glob=*/{name}" for name in TRAINING)] if len(sys.argv) == 2 else sys.argv[2:]
    options = ["-p", "without_keras", "-p", "no:cacheprovider", "-o", "addopts=--import-mode=importlib"]
    command = ["unshare", "--mount", "sh", "-c", INSIDE, "small", str(folder), *options, *tests]
    return subprocess.run(command, env={**os.environ, "ROOT": str(ROOT)}, check=False).returncode


if __name__ == "__main__":
    raise SystemExit(main())
