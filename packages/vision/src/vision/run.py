"""`python -m vision.run +exp=kernel_size` trains CNNs in Keras and checks that NumPy gives the same from the saved files."""

from __future__ import annotations

from core.experiment.command.extras import require_experiment
from vision.task import VisionTask


def main() -> None:
    """Run the sweep that the command line asks for."""
    require_experiment("kaca-vision")
    from core.experiment.command.launch import launch  # noqa: PLC0415  # needs the extra

    launch(VisionTask())


if __name__ == "__main__":
    main()
