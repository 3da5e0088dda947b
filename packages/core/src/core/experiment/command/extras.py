"""Training and reports need more than NumPy: the extra `experiment`. Without it, their commands say so in one line."""

from __future__ import annotations

import sys
from importlib.util import find_spec

#: What the extra brings, as it is imported.
MODULES = ("tensorflow", "keras", "hydra", "sklearn", "scipy", "matplotlib", "jinja2", "rich", "pydantic")
#: The first Python for which TensorFlow has no wheel.
_TOO_NEW = (3, 14)
#: The exit status that Unix tools give for a mistake in the command.
_USAGE_ERROR = 2


def require_experiment(package: str) -> None:
    """Return if the extra `experiment` of `package` is installed; else say how to get it and exit with status 2."""
    missing = [module for module in MODULES if find_spec(module) is None]
    if missing:
        sys.stderr.write(
            f"error: this command needs {', '.join(missing)}: {_cure(package, sys.version_info[:2])} "
            "(opening a saved model and predicting need neither)\n"
        )
        raise SystemExit(_USAGE_ERROR)


def _cure(package: str, version: tuple[int, ...]) -> str:
    """Return how to get what is missing on this Python."""
    install = f"pip install '{package}[experiment]'"
    if version[:2] < _TOO_NEW:
        return install
    first, last = (".".join(map(str, (3, minor))) for minor in (11, _TOO_NEW[1] - 1))
    return (
        f"TensorFlow has no wheel for Python {version[0]}.{version[1]}, so use Python {first} to {last} and {install}"
    )
