"""A model is a graph of layers, run node by node; a Sequential model is the graph that is a line.

Running it is a pure function: nothing is kept between calls, so several threads may share one model.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, BinaryIO, cast

import numpy as np

from core.arrays import Array, Shape
from core.engine.engine import Engine
from core.engine.predict import predict
from core.engine.progress import Progress, ProgressLine
from core.errors import InputError, UnsupportedLayerError
from core.files.load_weights import load_weights
from core.files.save import save_model
from core.files.source import Readable
from core.files.weights import save_weights
from core.graph.backward import run_and_back
from core.graph.forecast import forecast
from core.graph.forward import run
from core.graph.inputs import cast_rows, fit_inputs
from core.graph.limits import Limits
from core.graph.names import name_layers
from core.graph.nodes import Node, Ref, refs
from core.graph.refusals import refusing
from core.graph.shapes import Shapes, follow_shapes
from core.graph.summary import summarise
from core.keras_ops.operation import Operation
from core.layers.base import Layer, numbered
from core.layers.gradients import Backward
from core.layers.input_layer import InputLayer
from core.layers.work import Work
from core.models.classification import classes_of, probabilities_of
from core.models.trainable import Trainable
from core.models.written_graph import in_order_of_keras
from core.nests import map_nest

#: Models within models that are each called twice double the work at every level; real ones stay far below this.
MOST_APPLICATIONS = 20_000


class Model(Trainable, Layer):
    """Layers, the nodes that apply them, and the tensors that go in and out.

    `nodes` are in the order in which they can be run. `inputs` and `outputs` are one `Ref`, or a list or dict of them,
    in the structure that `forward` takes and returns.
    """

    supports_masking = True
    finds_masks = True

    def __init__(
        self,
        layers: Sequence[Layer],
        nodes: Sequence[Node],
        inputs: Any,
        outputs: Any,
        *,
        name: str | None = None,
        **common: Any,
    ) -> None:
        super().__init__(name=name, **common)
        name_layers([*(node.layer for node in nodes), *layers])
        self.nodes = tuple(nodes)
        self.inputs = inputs
        self.outputs = outputs
        self.list_layers(in_order_of_keras(layers, self.nodes, outputs))
        self._shapes = Shapes()
        self._engine: Engine | None = None
        #: What one pass may cost, and what passes over inputs of some shapes do cost.
        self.limits = Limits()
        self.forecasts: dict[Any, Any] = {}
        #: How many times a layer is applied in one pass, those of the models inside included.
        self.applications = sum(_applications(node.layer) for node in nodes)
        if self.applications > MOST_APPLICATIONS:
            raise UnsupportedLayerError(
                f"model {self.name!r} applies layers {self.applications:,} times in one pass, more than {MOST_APPLICATIONS:,}"
            )

    def list_layers(self, layers: Sequence[Layer]) -> None:
        """Set the order of the layers, by which their weights are numbered in files."""
        self.layers = list(layers)
        # Raw operations own no weights and are not counted when Keras names the layers in a file.
        counted = numbered(layer for layer in self.layers if not isinstance(layer, Operation))
        self.children = {f"layers/{key}": layer for key, layer in counted.items()}

    def list_as_keras(self) -> None:
        """List the layers in Keras' order, in this model and in those inside, whatever the order in their file was."""
        self.list_layers(in_order_of_keras(self.layers, self.nodes, self.outputs))
        for _, layer in self.walk():
            if isinstance(layer, Model) and layer is not self:
                layer.list_layers(in_order_of_keras(layer.layers, layer.nodes, layer.outputs))

    # --- shapes ---------------------------------------------------------------------------------------------------

    @property
    def shapes(self) -> dict[Ref, Shape]:
        """The shape of every tensor of the graph, as far as it is known before an input comes."""
        return self._shapes.of

    @refusing
    def build(self, *shapes: Any, **named_shapes: Any) -> None:
        """Follow the shapes through the graph, so that every layer declares its parameters."""
        self._shapes = follow_shapes(self, shapes, build=True)

    def compute_output_shape(self, *shapes: Any, **named_shapes: Any) -> Any:
        """Give the shape of each output, in the structure of the outputs."""
        return map_nest(follow_shapes(self, shapes).of.__getitem__, self.outputs)

    def multiply_adds(self, input_shape: Any) -> int | None:
        """Add up what the nodes need for one example."""
        counts = [self.node_cost(node) for node in self.nodes]
        return None if None in counts else sum(cast(list[int], counts))

    def work(self, *shapes: Any, **named_shapes: Any) -> Work:
        """Add up the work of all nodes; inside, what is needed at the same time."""
        found = forecast(self, (*shapes, *named_shapes.values()))
        return Work(found.operations, found.memory.value, found.backward, found.busiest.what)

    def limit(self, limits: Limits) -> None:
        """Bound what a pass may cost, through this model and through the models inside it."""
        if not isinstance(limits, Limits):
            raise InputError(f"limits must be core.Limits(...), got {limits!r}")
        for _, layer in self.walk():
            if isinstance(layer, Model):
                layer.limits, layer._engine = limits, None

    def node_cost(self, node: Node) -> int | None:
        """Count the multiply-adds of one node for one example; None where a size is unknown."""
        if node.is_input or not self.shapes:
            return 0 if node.is_input else None
        args, kwargs = self._shapes.arguments(node)
        return node.layer.multiply_adds(*(args or kwargs.values()))

    @property
    def input_shape(self) -> Any:
        """The declared shape of the input, None where a size is free: a tuple, or a list or dict of them as in Keras."""
        return map_nest(lambda ref: self._input_layers[ref].batch_shape, self.inputs)

    @property
    def output_shape(self) -> Any:
        """The shape of the output: a tuple, or a list or dict of them."""
        return map_nest(self.shapes.__getitem__, self.outputs)

    # --- running --------------------------------------------------------------------------------------------------

    @refusing
    def forward(self, *inputs: Any, **context: Any) -> Any:
        """Compute the outputs for a batch: ``model.forward(x, training=False)``, as Keras gives them.

        Several inputs come as a list or a dict, in the structure of the model. ``training=True`` makes dropout and
        batch normalisation behave as while learning and needs ``rng=numpy.random.default_rng(seed)``.
        """
        x = inputs[0] if len(inputs) == 1 else list(inputs)
        outputs, _ = self.run(self.adapt(x), **context)
        return outputs

    def run(
        self, inputs: Any, mask: Any = None, watch: Callable[[Node, Any], None] | None = None, **context: Any
    ) -> tuple[Any, Any]:
        """Run the graph; return its outputs and their masks. `watch` sees each node and its output as they come."""
        return run(self, inputs, mask, watch, context)

    @refusing
    def learn(self, *inputs: Any, **context: Any) -> tuple[Any, Backward]:
        """Compute the outputs as `forward` does in training, and give the way back: ``y, backward = model.learn(x)``.

        ``dx, gradients = backward(dy)``; `gradients` names every parameter by its layer: ``gradients[layer, "kernel"]``.
        ``training=False`` gives the way back through what a prediction computes.
        """
        x = self.adapt(inputs[0] if len(inputs) == 1 else list(inputs))
        outputs, _, backward = run_and_back(self, x, None, {"training": True} | context)
        return outputs, backward

    def initialise(self, seed: int | np.random.Generator = 0) -> None:
        """Give every parameter its first value, as Keras does; the shapes are worked out first where they are not yet."""
        from core.learning.initializers import initialise  # noqa: PLC0415  learning is built upon this module

        if not self.shapes:
            self.build()
        initialise(self, np.random.default_rng(seed))
        self.compiled = None  # an optimiser's memory is of the values before

    @refusing
    def activations(self, x: Any) -> dict[str, Any]:
        """Run the model and give the output of every layer by its name: ``{"conv2d": array, ...}``.

        A layer that is called again appears as ``name (call 2)``; layers inside a nested model as ``model/name``.
        """
        seen: dict[str, Any] = {}

        def watch(node: Node, output: Any) -> None:
            name, call = node.layer.name, 1
            while name in seen:
                call += 1
                name = f"{node.layer.name} (call {call})"
            seen[name] = output

        self.run(self.adapt(x), watch=watch)
        return seen

    def engine(self) -> Engine:
        """Give the fast form of this model, made anew where weights were assigned since it was made last.

        The weights it was made from are read-only from then on: set others with `assign`, or load them.
        """
        engine = self._engine
        if engine is None or not engine.plan.is_current:
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
        return predict(self, x, batch_size, threads, line)

    def predict_proba(self, x: Any, batch_size: int | None = None, **how: Any) -> Array:
        """Return the probabilities of every row, (n, classes): what `predict` returns, for a model that ends in them.

        The arguments are those of `predict`. Raises `InputError` for several outputs, and for others than
        floating-point numbers.
        """
        return probabilities_of(self.predict(x, batch_size, **how), self)

    def predict_classes(self, x: Any, batch_size: int | None = None, **how: Any) -> Array:
        """Return the class of every row, (n,) int64: argmax, or > 0.5 for a single unit; one for each time step.

        The arguments are those of `predict`. Raises `InputError` for NaN, for a single unit outside [0, 1], and for
        several outputs.
        """
        return classes_of(self.predict(x, batch_size, **how), self)

    # --- looking and writing ----------------------------------------------------------------------------------------

    @refusing
    def summary(self) -> str:
        """Describe the model as text: layer, output shape, parameters, multiply-adds."""
        return summarise(self)

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

    # --- parts ------------------------------------------------------------------------------------------------------

    def get_layer(self, name: str | None = None, index: int | None = None) -> Layer:
        """Return the layer of this name, or of this number in `layers`. Raises `InputError` where there is none."""
        if (name is None) == (index is None):
            raise InputError("get_layer takes a name or an index, one of them")
        if index is not None:
            if not -len(self.layers) <= index < len(self.layers):
                raise InputError(f"{self} has {len(self.layers)} layers, got index {index}")
            return self.layers[index]
        for layer in self.layers:
            if layer.name == name:
                return layer
        known = ", ".join(layer.name for layer in self.layers)
        raise InputError(f"{self} has no layer {name!r}; its layers are {known}")

    def adapt(self, x: Any) -> Any:
        """Give what the user gave as arrays of the shapes and types that the input layers declare. Raises `InputError`."""
        return self.cast_rows(self.fit_inputs(x))

    def fit_inputs(self, x: Any) -> Any:
        """Give what the user gave as arrays of the shapes that the input layers declare, in the structure of the inputs.

        An array is not copied, one on disk not read. Raises `InputError`.
        """
        if not self.shapes:
            self.build()
        return fit_inputs(x, self.inputs, self._input_layers, self)

    def cast_rows(self, inputs: Any, rows: slice = slice(None)) -> Any:
        """Give some rows of inputs that `fit_inputs` gave, in the types that the input layers declare. Raises `InputError`."""
        return cast_rows(inputs, rows, self.inputs, self._input_layers)

    @property
    def _input_layers(self) -> dict[Ref, InputLayer]:
        return {ref: cast(InputLayer, self.nodes[ref.node].layer) for ref in refs(self.inputs)}

    def __getstate__(self) -> dict[str, Any]:
        """Leave the fast form behind in a copy: it holds locks and buffers."""
        return self.__dict__ | {"_engine": None}


def _applications(layer: Layer) -> int:
    """Count how many layers one call of `layer` applies."""
    return layer.applications if isinstance(layer, Model) else 1 + sum(map(_applications, layer.children.values()))
