"""`python -m text.run +exp=bidirectional` trains RNNs in Keras and checks that NumPy gives the same from raw sentences."""

from __future__ import annotations

from core.experiment.command.extras import require_experiment
from text.task import TextTask


def main() -> None:
    """Run the sweep that the command line asks for."""
    require_experiment("kaca-text")
    from core.experiment.command.launch import launch  # noqa: PLC0415  # needs the extra

    launch(TextTask())


if __name__ == "__main__":
    main()
