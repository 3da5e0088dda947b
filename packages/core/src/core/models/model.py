"""A model is a network with the words of its user: predict, fit, evaluate, save, load."""

from __future__ import annotations

from pathlib import Path
from typing import Any, BinaryIO

import numpy as np

from core import learning
from core.arrays import Array
from core.engine.engine import Engine
from core.engine.predict import predict
from core.engine.progress import Progress, ProgressLine
from core.errors import InputError
from core.files.load_weights import load_weights
from core.files.save import save_model
from core.files.source import Readable
from core.files.weights import save_weights
from core.graph.refusals import refusing
from core.graph.summary import summarize
from core.models.classification import classes_of, probabilities_of
from core.models.trainable import Trainable


class Model(Trainable):
    """A network of layers that predicts, learns, and is written to files and read from them, in Keras' words.

    Made by `core.load_model`, by `core.Sequential`, or of nodes (see `core.graph.network.Network`).
    """

    _engine: Engine | None = None

    def initialize(self, seed: int | np.random.Generator = 0) -> None:
        """Give every parameter its first value, as Keras does; the shapes are worked out first where they are not yet."""
        if not self.shapes:
            self.build()
        learning.initialize(self, np.random.default_rng(seed))
        self.compiled = None  # an optimizer's memory is of the values before

    def engine(self) -> Engine:
        """Return the fast form of this model, made anew where weights were assigned since it was made last.

        The weights it was made from are read-only from then on: set others with `assign`, or load them.
        """
        engine = self._engine
        if engine is None or not engine.is_current:
            engine = self._engine = Engine(self)
        return engine

    @refusing
    def predict(
        self,
        x: Any,
        batch_size: int | None = None,
        *,
        verbose: int | str = "auto",
        threads: int | None = None,
        progress: bool | Progress = False,
    ) -> Any:
        """Return what ``keras.Model.predict`` returns: the outputs for every row, in their own types.

        One array, or a list or dict of them for several outputs. `x` is an array (one on disk is read part by part),
        several of them as for `forward`, or an iterator of batches. Layers run with ``training=False``, whatever a file
        of Keras 3 recorded. Where no row depends on others, tiles of at most `batch_size` rows run through the fast form
        on `threads` threads (all cores where it is None); elsewhere (a layer that keeps its state, an operation over the
        batch) exact batches of `batch_size` rows, 32 where it is None, run in their order. ``verbose=1`` or
        ``progress=True`` writes a line to the standard error; a function `progress` is called with the rows done and
        their number. Raises `InputError` for inputs that do not fit.
        """
        if verbose not in {0, 1, 2, "auto"}:
            raise InputError(f'verbose must be 0, 1, 2 or "auto", got {verbose!r}')
        shown = progress or verbose in {1, 2}
        line = ProgressLine() if shown is True else shown or None
        return predict(self, self.engine, x, batch_size, threads, line)

    def predict_proba(
        self,
        x: Any,
        batch_size: int | None = None,
        *,
        verbose: int | str = "auto",
        threads: int | None = None,
        progress: bool | Progress = False,
    ) -> Array:
        """Return the probabilities of every row, (n, classes): what `predict` returns, for a model that ends in them.

        The options are those of `predict`. Raises `InputError` for several outputs, and for others than
        floating-point numbers.
        """
        outputs = self.predict(x, batch_size, verbose=verbose, threads=threads, progress=progress)
        return probabilities_of(outputs, self)

    def predict_classes(
        self,
        x: Any,
        batch_size: int | None = None,
        *,
        verbose: int | str = "auto",
        threads: int | None = None,
        progress: bool | Progress = False,
    ) -> Array:
        """Return the class of every row, (n,) int64: argmax, or > 0.5 for a single unit; one for each time step.

        The options are those of `predict`. Raises `InputError` for NaN, for a single unit outside [0, 1], and for
        several outputs.
        """
        outputs = self.predict(x, batch_size, verbose=verbose, threads=threads, progress=progress)
        return classes_of(outputs, self)

    # --- looking and writing ----------------------------------------------------------------------------------------

    @refusing
    def summary(self) -> str:
        """Describe the model as text: layer, output shape, parameters, multiply-adds."""
        return summarize(self)

    def save(self, path: str | Path | BinaryIO) -> None:
        """Write the whole model as ``.keras``, which Keras opens again, to a path or an open file."""
        save_model(self, path)

    def save_weights(self, path: str | Path | BinaryIO) -> None:
        """Write the parameters: ``.weights.h5`` in Keras' layout (an open file receives this), or ``.npz``."""
        save_weights(self, path)

    def load_weights(self, path: Readable) -> None:
        """Read the parameters, all or none: every one must be there and fit.

        `path` names (or is the bytes of, or a file opened in mode ``"rb"``) a ``.weights.h5``, an ``.npz``, the ``.h5`` that
        `save_weights` of Keras 1 and 2 wrote, a ``.weights.json`` with its shards beside it, or a whole model.
        """
        load_weights(self, path)

    def __getstate__(self) -> dict[str, Any]:
        """Leave the fast form behind in a copy: it holds locks and buffers."""
        return self.__dict__ | {"_engine": None}
