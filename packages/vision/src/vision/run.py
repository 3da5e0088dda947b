"""`python -m vision.run +exp=kernel_size` trains CNNs in Keras and checks that NumPy gives the same from the saved files."""

from __future__ import annotations

from core.experiment.launch import launch
from vision.trainer import VisionTask


def main() -> None:
    """Run the sweep that the command line asks for."""
    launch(VisionTask())


if __name__ == "__main__":
    main()
