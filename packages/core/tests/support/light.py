"""Programs in a process of their own that must do without what only training and reports need."""

import subprocess
import sys
from pathlib import Path

HEAVY = {
    "tensorflow", "keras", "hydra", "pandas", "sklearn", "scipy", "matplotlib", "jinja2", "rich", "datasets",
}  # fmt: skip


def run_light(code: str, *arguments: str | Path, heavy: set[str] = HEAVY) -> str:
    """Run a line of code; it must end well, complain of nothing and import nothing heavy. Return what it prints."""
    program = f"import runpy, sys\ntry: {code}\nexcept SystemExit as end: assert not end.code, end.code\n"
    program += f"assert not {heavy} & set(sys.modules), sorted(sys.modules)"
    done = subprocess.run([sys.executable, "-c", program, *arguments], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout
