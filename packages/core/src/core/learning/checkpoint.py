"""A checkpoint is all that the next epoch depends on: parameters, the optimiser's memory, callbacks, and the scores so far.

It is one ``.npz`` file, written beside the old one and then put in its place, so that there is always a whole one. It names
the settings it belongs to; a training with other ones does not go on from it.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np

from core.arrays import Array
from core.errors import InputError, ModelFileError
from core.files.atomic import writing
from core.learning.callbacks import Callback
from core.learning.parameters import parameters
from core.learning.schedules import Constant
from core.learning.trainer import Trainer

History = dict[str, list[float]]


def save_checkpoint(
    path: Path, trainer: Trainer, callbacks: list[Callback], history: History, settings: dict[str, Any], ended: bool
) -> None:
    """Write what the next epoch depends on."""
    optimizer = trainer.optimizer
    about = {"settings": settings, "history": history, "iterations": optimizer.iterations, "ended": ended}
    if isinstance(optimizer.schedule, Constant):
        about["learning_rate"] = optimizer.learning_rate
    arrays: dict[str, Array] = {"about": np.array(json.dumps(about))}
    for index, parameter in enumerate(parameters(trainer.model)):
        arrays[f"parameter/{index}"] = parameter.value
    for index, memory in enumerate(optimizer.memory):
        arrays |= {f"memory/{index}/{name}": value for name, value in memory.items()}
    for index, callback in enumerate(callbacks):
        arrays |= {f"callback/{index}/{name}": value for name, value in callback.state().items()}
    with writing(path) as temporary, temporary.open("wb") as file:
        np.savez(file, **arrays)  # type: ignore[arg-type]  # NumPy's stubs take the names for options


def load_checkpoint(
    path: Path, trainer: Trainer, callbacks: list[Callback], settings: dict[str, Any]
) -> tuple[History, bool]:
    """Put everything back; return the scores so far and whether the training had ended.

    Raises `ModelFileError` for a file that is no checkpoint, `InputError` for one of another training.
    """
    try:
        with np.load(path, allow_pickle=False) as file:
            arrays = {name: file[name] for name in file.files}
        about = json.loads(str(arrays["about"]))
    except (OSError, ValueError, KeyError, EOFError) as error:
        raise ModelFileError(f"{path} is not a checkpoint of a training: {error}") from error
    _compare(path, about["settings"], settings)
    for index, parameter in enumerate(parameters(trainer.model)):
        parameter.layer.assign(parameter.name, arrays[f"parameter/{index}"])
    optimizer = trainer.optimizer
    optimizer.iterations = int(about["iterations"])
    if "learning_rate" in about:
        optimizer.learning_rate = float(about["learning_rate"])
    optimizer.memory = [_part(arrays, f"memory/{index}/") for index, _ in enumerate(trainer.learnt)]
    for index, callback in enumerate(callbacks):
        callback.restore(_part(arrays, f"callback/{index}/"))
    return about["history"], bool(about["ended"])


def _part(arrays: dict[str, Array], prefix: str) -> dict[str, Array]:
    return {name[len(prefix) :]: value for name, value in arrays.items() if name.startswith(prefix)}


def _compare(path: Path, written: dict[str, Any], settings: dict[str, Any]) -> None:
    for name, value in json.loads(json.dumps(settings)).items():
        if written.get(name) != value:
            raise InputError(
                f"{path} belongs to another training: its {name} is {written.get(name)!r}, here it is {value!r}; "
                "delete the file to begin anew"
            )
