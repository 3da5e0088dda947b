"""Training and reports need more than NumPy: the extra `experiment`. Without it, their commands say so in one line."""

from __future__ import annotations

import sys
from importlib.util import find_spec

#: What the extra brings, as it is imported.
MODULES = ("tensorflow", "keras", "hydra", "pandas", "sklearn", "scipy", "matplotlib", "jinja2", "rich")
#: The exit status that Unix tools give for a mistake in the command.
_USAGE_ERROR = 2


def require_experiment(package: str) -> None:
    """Return if the extra `experiment` of `package` is installed; else say how to get it and exit with status 2."""
    missing = [module for module in MODULES if find_spec(module) is None]
    if missing:
        sys.stderr.write(
            f"error: this command needs {', '.join(missing)}: pip install '{package}[experiment]' "
            "(opening a saved model and predicting need neither)\n"
        )
        raise SystemExit(_USAGE_ERROR)
