"""What the project checks, each in an environment of its own made from the lock.

`nox -s test` runs the tests of every package and, without any extra installed, that models open and predict there.
`pythons`, `small` and `browser` do the latter on other Pythons, on 32 bits and without threads.
"""

from __future__ import annotations

import os
import re
import subprocess
from pathlib import Path

import nox

nox.options.default_venv_backend = "uv"
nox.options.reuse_existing_virtualenvs = True
nox.options.sessions = ["test", "lint", "types"]

ROOT = Path(__file__).parent
PACKAGES = ("core", "vision", "text")
#: What the reader runs on; where one of them is not installed, its tests are skipped. `oldest` is the oldest NumPy.
PYTHONS = ("oldest", "3.12", "3.13", "3.14", "3.15")
OLDEST = ("3.11", "numpy==2.0.*", "threadpoolctl==3.5.*", "pillow==10.4.*")
BARE = "packages/core/tests_bare"
SOURCES = [f"packages/{package}/src" for package in PACKAGES]


def sync(session: nox.Session, *options: str) -> None:
    """Make the session's environment exactly what the lock says."""
    session.run_install(
        "uv", "sync", "--locked", "--no-default-groups", f"--python={session.virtualenv.location}", *options,
        env={"UV_PROJECT_ENVIRONMENT": session.virtualenv.location}, external=True,
    )  # fmt: skip


def quiet() -> dict[str, str]:
    """Keep TensorFlow's start-up messages out of the output, and pass on where the real data lies."""
    environment = {"TF_CPP_MIN_LOG_LEVEL": "2"}
    if examples := os.environ.get("KACA_EXAMPLES"):
        environment["KACA_EXAMPLES"] = examples
    if folder := os.environ.get("KACA_DATA_DIR"):
        environment["KACA_DATA_DIR"] = str(Path(folder).resolve())
    return environment


@nox.session
@nox.parametrize("package", [*PACKAGES, "together", "bare"], ids=[*PACKAGES, "together", "bare"])
def test(session: nox.Session, package: str) -> None:
    """Run one package's tests; `together` those that need all packages; `bare` those that prove that none needs its extras."""
    together = [f"--package=kaca-{name}" for name in PACKAGES]
    if package == "together":
        sync(session, *together, "--extra=experiment", "--group=test")
        session.run("pytest", "tests", *session.posargs, env=quiet())
        return
    if package == "bare":
        sync(session, *together, "--group=bare")
        session.run("pytest", BARE, *session.posargs, env=quiet())
        return
    sync(session, "--package=kaca-core", f"--package=kaca-{package}", "--extra=experiment", "--group=test")
    session.run("pytest", f"packages/{package}/tests", *session.posargs, env=quiet())


@nox.session(venv_backend="none")
@nox.parametrize("version", PYTHONS, ids=PYTHONS)
def pythons(session: nox.Session, version: str) -> None:
    """Open, predict, learn and save without extras on every Python that is installed here."""
    wanted, *pins = OLDEST if version == "oldest" else (version,)
    python = find_python(wanted)
    if python is None:
        session.skip(
            f"no Python {wanted} on the path, among uv's or pyenv's; `nox -s small` runs a recent one of Debian's"
        )
    folder = ROOT / ".nox" / f"pythons-{version}"
    packages = [f"--package=kaca-{name}" for name in PACKAGES]
    session.run(
        "uv", "sync", "--locked", "--quiet", "--no-default-groups", f"--python={python}", *packages, "--group=bare",
        env={"UV_PROJECT_ENVIRONMENT": str(folder)}, external=True,
    )  # fmt: skip
    scripts = "Scripts" if os.name == "nt" else "bin"
    inside = str(folder / scripts / "python")
    if pins:
        session.run("uv", "pip", "install", "--quiet", f"--python={inside}", *pins, external=True)
    session.run(inside, "-m", "pytest", BARE, *session.posargs, env=quiet(), external=True)


@nox.session(venv_backend="none")
def small(session: nox.Session) -> None:
    """Run what needs no Keras under a 32-bit Python, that of Debian's i386 packages; the first time takes two minutes more."""
    folder = str(ROOT / ".nox" / "small-i386")
    session.run("python3", "tests/small/debian.py", folder, *session.posargs, env=quiet(), external=True)


@nox.session(venv_backend="none")
def browser(session: nox.Session) -> None:
    """Open, predict, learn and save in Pyodide: 32 bits and no threads, as in a browser; needs Node."""
    folder = str(ROOT / ".nox" / "browser")
    session.run("python3", "tests/small/browser.py", folder, *session.posargs, env=quiet(), external=True)


def find_python(version: str) -> str | None:
    """Return the path of an interpreter of this version: the newest of pyenv's, or what uv finds; none is downloaded."""
    folder = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv")) / "versions"
    kept = sorted(
        folder.glob(f"{version}.*/bin/python{version}"),
        key=lambda path: [*map(int, re.findall(r"\d+", path.parts[-3]))],
    )
    if kept:
        return str(kept[-1])
    command = ["uv", "python", "find", "--no-python-downloads", "--no-project", version]
    found = subprocess.run(command, capture_output=True, text=True, check=False)
    return found.stdout.strip() if found.returncode == 0 else None


@nox.session
def fuzz(session: nox.Session) -> None:
    """Open corrupted model files for ten minutes (``-- --minutes 60``): a crash, a hang or a foreign error fails.

    Then draw layers with extreme options, and run each within limits.
    """
    sync(session, *(f"--package=kaca-{name}" for name in PACKAGES), "--group=test")
    session.run("python", "tests/fuzz.py", *session.posargs, env=quiet())
    session.run("python", "packages/core/tests/support/extremes.py", "--search", "2000", env=quiet())


@nox.session
def full(session: nox.Session) -> None:
    """Run what is too slow for every day: the architectures of `keras.applications`, many random graphs, long trainings."""
    sync(session, *(f"--package=kaca-{name}" for name in PACKAGES), "--extra=experiment", "--group=test")
    folders = [f"packages/{package}/tests_full" for package in PACKAGES]
    session.run("pytest", *folders, *session.posargs, env=quiet())
    # every row of the tables of layers once more, now with Keras' own predictions beside ours
    tables = [f"packages/{package}/tests" for package in PACKAGES]
    chosen = ("-k", "layers or operations or functional")
    session.run("pytest", *tables, *chosen, *session.posargs, env=quiet() | {"KACA_PREDICTIONS": "1"})


@nox.session
def lint(session: nox.Session) -> None:
    """Check format and style."""
    sync(session, "--only-group=lint")
    session.run("ruff", "format", "--check", ".")
    session.run("ruff", "check", ".")


@nox.session
def bench(session: nox.Session) -> None:
    """Time Kaca beside Keras and ONNX Runtime; `-- --help` shows the options."""
    sync(session, "--group=bench")
    session.run("python", "-m", "bench", *session.posargs, env=quiet())


@nox.session
def types(session: nox.Session) -> None:
    """Check the types of all sources."""
    sync(session, "--group=types")
    session.run("mypy", *SOURCES, "bench")
