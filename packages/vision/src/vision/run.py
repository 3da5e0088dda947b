"""`python -m vision.run +exp=kernel_size` trains CNNs in Keras and checks that NumPy gives the same from the saved files."""

from __future__ import annotations

from core.experiment.command.extras import require_experiment


def main() -> None:
    """Run the sweep that the command line asks for."""
    require_experiment("kaca-vision")
    from core.experiment.command.launch import launch  # noqa: PLC0415  # needs the extra
    from vision.task import VisionTask  # noqa: PLC0415

    launch(VisionTask())


if __name__ == "__main__":
    main()
