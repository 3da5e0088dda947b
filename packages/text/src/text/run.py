"""`python -m text.run +exp=bidirectional` trains RNNs in Keras and checks that NumPy gives the same from raw sentences."""

from __future__ import annotations

from core.experiment.launch import launch
from text.trainer import TextTask


def main() -> None:
    """Run the sweep that the command line asks for."""
    launch(TextTask())


if __name__ == "__main__":
    main()
