"""A checkpoint is all that the next epoch depends on: parameters, the optimizer's memory, callbacks, and the scores so far.

It is one ``.npz`` file, written beside the old one and then put in its place, so that there is always a whole one. It names
the settings and the data it belongs to; a training with other ones does not go on from it. Nothing of it is believed: every
array must be one that this training would have written, and nothing is changed before all of it was read.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from core.arrays import Array
from core.errors import InputError, KacaError, ModelFileError
from core.files.atomic import writing
from core.files.npz import Npz
from core.layers.trainable import parameters
from core.learning.callbacks import Callback
from core.learning.checkpoint_fields import About, Settings
from core.learning.history import History
from core.learning.schedules import Constant
from core.learning.trainer import Trainer
from core.learning.writers import check_folder

#: What the zip format, NumPy and JSON raise on broken bytes.
_BROKEN = (
    OSError,
    EOFError,
    LookupError,
    ValueError,
    TypeError,
    ArithmeticError,
    AttributeError,
    RuntimeError,
    MemoryError,
)
_ABOUT = "about"
_LARGEST_ABOUT = 2**24


class Checkpoint:
    """The file of one training. Raises `InputError` where it cannot be written."""

    def __init__(self, path: Any, trainer: Trainer, callbacks: list[Callback], settings: Settings) -> None:
        try:
            self.path = Path(path)
        except TypeError as error:
            raise InputError(f"checkpoint must be the path of a file, got {path!r}") from error
        check_folder(self.path, "checkpoint")
        self._trainer, self._callbacks, self._settings = trainer, callbacks, settings

    def save(self, history: History, *, ended: bool) -> None:
        """Write what the next epoch depends on. Raises `ModelFileError` where the file cannot be written."""
        optimizer = self._trainer.optimizer
        constant = isinstance(optimizer.schedule, Constant)
        rate = optimizer.learning_rate if constant else None
        about = About(self._settings, dict(history), optimizer.iterations, rate, ended)
        arrays: dict[str, Array] = {_ABOUT: np.frombuffer(about.encode(), np.uint8)}
        for index, parameter in enumerate(parameters(self._trainer.model)):
            arrays[f"parameter/{index}"] = parameter.value
        for index, memory in zip(self._trainer.reached, optimizer.memory, strict=True):
            arrays |= {f"memory/{index}/{name}": value for name, value in memory.items()}
        for index, callback in enumerate(self._callbacks):
            arrays |= {f"callback/{index}/{name}": np.asarray(value) for name, value in callback.state().items()}
        try:
            with writing(self.path) as temporary, temporary.open("wb") as file:
                np.savez(file, **arrays)  # type: ignore[arg-type]  # NumPy's stubs take the names for options
        except OSError as error:
            raise ModelFileError(f"{self.path}: the checkpoint cannot be written: {error}") from error

    def load(self) -> tuple[dict[str, list[float]], bool]:
        """Put everything back; return the scores so far and whether the training had ended.

        Raises `ModelFileError` for a file that is not a checkpoint of this network, `InputError` for one of another training.
        """
        with self._reading(), self.path.open("rb") as file:
            about = self._about(Npz(file))
        self._settings.compare(about.settings, str(self.path))
        with self._reading(), self.path.open("rb") as file:
            arrays = self._arrays(Npz(file), about)
            self._put_back(arrays, about)
        return about.history, about.ended

    def _about(self, npz: Npz) -> About:
        if _ABOUT not in npz:
            raise ModelFileError(f"it has no {_ABOUT!r}")
        shape, dtype, _, _ = npz.header(_ABOUT, _ABOUT)
        if dtype != np.uint8 or len(shape) != 1 or shape[0] > _LARGEST_ABOUT:
            raise ModelFileError(f"its {_ABOUT!r} is not text: it was written by another version, or is broken")
        text = npz.read(_ABOUT, shape, _ABOUT).tobytes()
        return About.decode(text)

    def _arrays(self, npz: Npz, about: About) -> dict[str, Array]:
        """Read the arrays, each of the shape and type that this training has. Raises `ModelFileError` for others."""
        expected = {f"parameter/{index}": one.value for index, one in enumerate(parameters(self._trainer.model))}
        expected |= self._memories(set(npz), about)
        found: dict[str, Array] = {}
        for name, value in expected.items():
            if name not in npz:
                raise ModelFileError(f"it lacks {name!r}")
            shape, dtype, _, _ = npz.header(name, name)
            if shape != value.shape or dtype != value.dtype:
                raise ModelFileError(
                    f"{name!r} must be {value.dtype} of shape {value.shape}, the file holds {dtype} of shape {shape}"
                )
            found[name] = npz.read(name, shape, name)
        for name in set(npz) - set(expected) - {_ABOUT}:
            part, _, rest = name.partition("/")
            number = rest.partition("/")[0]
            if part != "callback" or not number.isdecimal() or int(number) >= len(self._callbacks):
                raise ModelFileError(f"it holds {name!r}, which this training does not have")
            found[name] = npz[name]
        return found

    def _memories(self, names: set[str], about: About) -> dict[str, Array]:
        """Return what the optimizer must remember by its name in the file, as parameters of the same shape."""
        if not about.iterations:
            raise ModelFileError("its 'iterations' is 0: a checkpoint is written after an epoch")
        optimizer = self._trainer.optimizer
        words = [*optimizer.memories, *optimizer.further_memories]
        partial = any(objective.loss is None for objective in self._trainer.objectives.each)
        expected: dict[str, Array] = {}
        for index, parameter in enumerate(self._trainer.learnt):
            own = {f"memory/{index}/{word}": parameter.value for word in words}
            if not partial or names & set(own):
                expected |= own
        return expected

    def _put_back(self, arrays: dict[str, Array], about: About) -> None:
        """Check the callbacks' part first, for it may be refused; then set all."""
        for index, callback in enumerate(self._callbacks):
            state = _part(arrays, f"callback/{index}/")
            try:
                callback.restore(state)
                again = {name: np.asarray(value) for name, value in callback.state().items()}
            except (KeyError, IndexError, ValueError, TypeError, ArithmeticError) as error:
                raise ModelFileError(f"'callback/{index}' does not fit {type(callback).__name__}: {error}") from error
            if {name: value.shape for name, value in again.items()} != {k: v.shape for k, v in state.items()}:
                raise ModelFileError(f"'callback/{index}' holds other arrays than {type(callback).__name__} remembers")
            if not callback.fits([parameter.value for parameter in parameters(self._trainer.model)]):
                raise ModelFileError(
                    f"'callback/{index}': the weights of {type(callback).__name__} are not of this network"
                )
        optimizer, trainer = self._trainer.optimizer, self._trainer
        for index, parameter in enumerate(parameters(trainer.model)):
            parameter.layer.assign(parameter.name, arrays[f"parameter/{index}"], copy=False)
        optimizer.iterations = about.iterations
        if about.learning_rate is not None:
            optimizer.learning_rate = about.learning_rate
        parts = {index: _part(arrays, f"memory/{index}/") for index, _ in enumerate(trainer.learnt)}
        words = bool(optimizer.memories)
        trainer.reached = [index for index, part in parts.items() if part or not words]
        optimizer.memory = [parts[index] for index in trainer.reached]

    @contextmanager
    def _reading(self) -> Iterator[None]:
        try:
            yield
        except InputError:
            raise
        except KacaError as error:
            raise ModelFileError(f"{self.path} is not a checkpoint of this training: {error}") from error
        except _BROKEN as error:
            raise ModelFileError(
                f"{self.path} is not a checkpoint of a training: {type(error).__name__}: {str(error)[:200]}"
            ) from error


def _part(arrays: dict[str, Array], prefix: str) -> dict[str, Array]:
    return {name[len(prefix) :]: value for name, value in arrays.items() if name.startswith(prefix)}
