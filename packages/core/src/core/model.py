"""A model is a graph of layers, run node by node; a Sequential model is the graph that is a line.

Running it is a pure function: nothing is kept between calls, so several threads may share one model.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from operator import itemgetter
from pathlib import Path
from typing import Any, cast

import numpy as np

from core.arrays import Array, Shape, known_size, show_shape
from core.backpropagation import run_and_back
from core.engine.engine import PLAIN_ROWS, Engine
from core.engine.predict import predict
from core.engine.progress import Progress, ProgressLine
from core.engine.rows import cut_exactly, whole
from core.errors import InputError, UnsupportedLayerError
from core.files.save import save_model
from core.files.weights import load_weights, save_weights
from core.gradients import Backward
from core.graph import Node, Ref, leaves, map_nest, refs
from core.input_layer import InputLayer
from core.inputs import cast_input, fit_input
from core.layer import Layer, numbered
from core.operation import Operation
from core.propagation import apply, mask_leaves
from core.summary import summarise

#: Models within models that are each called twice double the work at every level; real ones stay far below this.
MOST_APPLICATIONS = 20_000
#: The most numbers that a layer may make of one example, 16 GiB in float32; beyond that, the machine would be killed.
_LARGEST_EXAMPLE = 2**32
#: No array has a longer axis; layers that enlarge what others enlarged could ask for one.
_LARGEST_AXIS = 2**63 - 1


class Model(Layer):
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
        name: str = "model",
        **common: Any,
    ) -> None:
        super().__init__(name=name, **common)
        self.layers = list(layers)
        # Raw operations own no weights and are not counted when Keras names the layers in a file.
        counted = numbered(layer for layer in layers if not isinstance(layer, Operation))
        self.children = {f"layers/{key}": layer for key, layer in counted.items()}
        self.nodes = tuple(nodes)
        self.inputs = inputs
        self.outputs = outputs
        self.shapes: dict[Ref, Shape] = {}
        self._engine: Engine | None = None
        self._oversized = ""
        #: How many times a layer is applied in one pass, those of the models inside included.
        self.applications = sum(_applications(node.layer) for node in nodes)
        if self.applications > MOST_APPLICATIONS:
            raise UnsupportedLayerError(
                f"model {name!r} applies layers {self.applications:,} times in one pass, more than {MOST_APPLICATIONS:,}"
            )

    # --- shapes ---------------------------------------------------------------------------------------------------

    def build(self, *shapes: Any, **named_shapes: Any) -> None:
        """Follow the shapes through the graph, so that every layer declares its parameters."""
        self._follow_shapes(shapes, build=True)

    def compute_output_shape(self, *shapes: Any, **named_shapes: Any) -> Any:
        """Give the shape of each output, in the structure of the outputs."""
        found = self._follow_shapes(shapes, build=False)
        return map_nest(found.__getitem__, self.outputs)

    def multiply_adds(self, input_shape: Any) -> int | None:
        """Add up what the nodes need for one example."""
        counts = [self.node_cost(node) for node in self.nodes]
        return None if None in counts else sum(cast(list[int], counts))

    def follow_shapes(self, shapes: Sequence[Any]) -> dict[Ref, Any]:
        """Give the shape of every tensor of the graph for inputs of these shapes."""
        return self._follow_shapes(shapes, build=False)

    def node_shapes(self, node: Node) -> tuple[tuple[Any, ...], dict[str, Any]]:
        """Give the shapes of the tensors among a node's arguments."""
        return _shapes_of(node, self.shapes)

    def node_cost(self, node: Node) -> int | None:
        """Count the multiply-adds of one node for one example; None where a size is unknown."""
        args, kwargs = self.node_shapes(node)
        return 0 if node.is_input else node.layer.multiply_adds(*(args or kwargs.values()))

    def _follow_shapes(self, given: Sequence[Any], *, build: bool) -> dict[Ref, Shape]:
        shapes: dict[Ref, Shape] = {}
        outside = [shape for nest in given for shape in _shape_leaves(nest)]
        for ref in refs(self.inputs):
            shapes[ref] = outside.pop(0) if outside else cast(InputLayer, self.nodes[ref.node].layer).batch_shape
        for index, node in enumerate(self.nodes):
            if node.is_input:
                continue
            args, kwargs = _shapes_of(node, shapes)
            if node.layer.finds_masks and not args:
                raise UnsupportedLayerError(f"{node.layer} is called without its input")
            try:
                if build:
                    node.layer.build(*args, **kwargs)
                if isinstance(node.layer, Operation):
                    result = node.layer.follow(node.args, node.kwargs, shapes)
                else:
                    result = node.layer.compute_output_shape(*args, **kwargs)
            except (InputError, IndexError, TypeError, ValueError, ArithmeticError) as error:
                raise UnsupportedLayerError(f"{node.layer} cannot take an input of shape {args}: {error}") from error
            for output, shape in enumerate(_shape_leaves(result)):
                if not all(size is None or 0 <= size <= _LARGEST_AXIS for size in shape):
                    raise UnsupportedLayerError(
                        f"{node.layer} would give the shape {shape} for an input of shape {args}"
                    )
                shapes[Ref(index, output)] = shape
                if (known_size(shape[1:]) or 0) > _LARGEST_EXAMPLE:
                    self._oversized = f"{node.layer} makes {show_shape(shape)} numbers of one example"
        if build:
            self.shapes = shapes
        return shapes

    # --- running --------------------------------------------------------------------------------------------------

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
        if self._oversized:
            raise InputError(f"{self} cannot be run: {self._oversized}, more than any memory holds")
        values: dict[Ref, Any] = dict(zip(refs(self.inputs), leaves(inputs), strict=True))
        masks: dict[Ref, Any] = dict(zip(refs(self.inputs), mask_leaves(mask, len(values)), strict=True))
        last_use = self._last_use()
        for index, node in enumerate(self.nodes):
            if not node.is_input:
                try:
                    outputs, output_masks = apply(node, values, masks, context)
                except MemoryError as error:
                    raise InputError(f"{node.layer}: its output does not fit into memory: {error}") from error
                produced = list(leaves(outputs))
                for output, value in enumerate(produced):
                    values[Ref(index, output)] = value
                for output, value in enumerate(mask_leaves(output_masks, len(produced))):
                    masks[Ref(index, output)] = value
                if watch is not None:
                    watch(node, outputs)
            for ref in last_use.get(index, ()):
                values.pop(ref, None)
        return map_nest(values.__getitem__, self.outputs), map_nest(masks.get, self.outputs)

    def learn(self, *inputs: Any, **context: Any) -> tuple[Any, Backward]:
        """Compute the outputs as `forward` does in training, and give the way back: ``y, backward = model.learn(x)``.

        ``dx, gradients = backward(dy)``; `gradients` names every parameter by its layer: ``gradients[layer, "kernel"]``.
        ``training=False`` gives the way back through what a prediction computes.
        """
        x = inputs[0] if len(inputs) == 1 else list(inputs)
        outputs, _, backward = run_and_back(self, self.adapt(x), None, {"training": True} | context)
        return outputs, backward

    def initialise(self, seed: int | np.random.Generator = 0) -> None:
        """Give every parameter its first value, as Keras does; the shapes are worked out first where they are not yet."""
        from core.learning.initializers import initialise  # noqa: PLC0415  learning is built upon this module

        if not self.shapes:
            self.build()
        initialise(self, np.random.default_rng(seed))

    def fit(self, x: Any, y: Any, **options: Any) -> dict[str, list[float]]:
        """Train on x and y; return loss and accuracy, one value an epoch. The options are those of `core.learning.fit`."""
        from core.learning.fit import fit  # noqa: PLC0415  learning is built upon this module

        return fit(self, x, y, **options)

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

    def batches(self, x: Any, batch_size: int | None = None) -> Iterator[Any]:
        """Cut the input into batches of `batch_size` rows (32 where it is None, as in Keras)."""
        inputs = self.fit_inputs(x)
        for rows in cut_exactly(len(next(leaves(inputs))), whole(batch_size, "batch_size") or PLAIN_ROWS):
            yield map_nest(itemgetter(rows), inputs)

    def predict_proba(
        self,
        x: Any,
        batch_size: int | None = None,
        *,
        threads: int | None = None,
        progress: bool | Progress = False,
    ) -> Array:
        """Give the model's output for every row, (n, classes) float32: probabilities where it ends in a softmax.

        `x` is an array (one on disk is read part by part), several of them as for `forward`, or an iterator of batches.
        Tiles of rows run through the fast form on `threads` threads (all cores where it is None); a tile has at most
        `batch_size` rows. ``progress=True`` writes a line to the standard error; a function is called with the rows
        done and their number. Raises `InputError` for a model of several outputs.
        """
        line = ProgressLine() if progress is True else progress or None
        return predict(self, x, batch_size, threads, line)

    def predict(
        self,
        x: Any,
        batch_size: int | None = None,
        *,
        threads: int | None = None,
        progress: bool | Progress = False,
    ) -> Array:
        """Give the most probable class of every row, (n,) int64; for a single output unit, whether it exceeds 0.5.

        The arguments are those of `predict_proba`.
        """
        probabilities = self.predict_proba(x, batch_size, threads=threads, progress=progress)
        if probabilities.ndim == 2 and probabilities.shape[1] == 1:
            return (probabilities[:, 0] > 0.5).astype(np.int64)
        return np.argmax(probabilities, axis=-1)

    # --- looking and writing ----------------------------------------------------------------------------------------

    def summary(self) -> str:
        """Describe the model as text: layer, output shape, parameters, multiply-adds."""
        return summarise(self)

    def save(self, path: str | Path) -> None:
        """Write the whole model as ``.keras``, which Keras opens again."""
        save_model(self, Path(path))

    def save_weights(self, path: str | Path) -> None:
        """Write the parameters: ``.weights.h5`` in Keras' layout, or ``.npz``."""
        save_weights(self, Path(path))

    def load_weights(self, path: str | Path) -> None:
        """Read the parameters from ``.weights.h5`` or ``.npz``; every one must be there and fit."""
        load_weights(self, Path(path))

    # --- parts ------------------------------------------------------------------------------------------------------

    def adapt(self, x: Any) -> Any:
        """Give what the user gave as arrays of the shapes and types that the input layers declare. Raises `InputError`."""
        return self.cast_rows(self.fit_inputs(x))

    def fit_inputs(self, x: Any) -> Any:
        """Give what the user gave as arrays of the shapes that the input layers declare, in the structure of the inputs.

        An array is not copied, one on disk not read. Raises `InputError`.
        """
        wanted = [(ref, cast(InputLayer, self.nodes[ref.node].layer)) for ref in refs(self.inputs)]
        if isinstance(self.inputs, dict):
            if not isinstance(x, dict) or set(x) != set(self.inputs):
                raise InputError(f"{self} expects a dict of inputs with the keys {sorted(self.inputs)}")
            layers = dict(wanted)
            return {key: fit_input(x[key], layers[ref]) for key, ref in self.inputs.items()}
        if isinstance(self.inputs, Ref):
            x = x[0] if isinstance(x, list | tuple) and len(x) == 1 and isinstance(x[0], np.ndarray) else x
            return fit_input(x, wanted[0][1])
        if isinstance(x, dict):
            names = [layer.name for _, layer in wanted]
            if set(x) != set(names):
                raise InputError(f"{self} expects its inputs by the names {names}, got {sorted(map(str, x))}")
            x = [x[name] for name in names]
        if not isinstance(x, list | tuple) or len(x) != len(wanted):
            raise InputError(f"{self} expects {len(wanted)} inputs as a list, one array each")
        return [fit_input(value, layer) for value, (_, layer) in zip(x, wanted, strict=True)]

    def cast_rows(self, inputs: Any, rows: slice = slice(None)) -> Any:
        """Give some rows of inputs that `fit_inputs` gave, in the types that the input layers declare. Raises `InputError`."""
        if isinstance(inputs, dict):
            return {key: self._cast_one(ref, inputs[key], rows) for key, ref in self.inputs.items()}
        if isinstance(self.inputs, Ref):
            return self._cast_one(self.inputs, inputs, rows)
        return [self._cast_one(ref, value, rows) for ref, value in zip(self.inputs, inputs, strict=True)]

    def _cast_one(self, ref: Ref, array: Array, rows: slice) -> Array:
        return cast_input(array[rows], cast(InputLayer, self.nodes[ref.node].layer), rows.start or 0)

    def __getstate__(self) -> dict[str, Any]:
        """Leave the fast form behind in a copy: it holds locks and buffers."""
        return self.__dict__ | {"_engine": None}

    def _last_use(self) -> dict[int, list[Ref]]:
        """Say after which node each tensor is no longer needed, so that its memory can go."""
        needed = set(refs(self.outputs))
        last = {ref: index for index, node in enumerate(self.nodes) for ref in refs(node.args, node.kwargs)}
        by_node: dict[int, list[Ref]] = {}
        for ref, index in last.items():
            if ref not in needed:
                by_node.setdefault(index, []).append(ref)
        return by_node


def _applications(layer: Layer) -> int:
    """Count how many layers one call of `layer` applies."""
    return layer.applications if isinstance(layer, Model) else 1 + sum(map(_applications, layer.children.values()))


def _shapes_of(node: Node, shapes: dict[Ref, Shape]) -> tuple[tuple[Any, ...], dict[str, Any]]:
    def shape_of(leaf: Any) -> Any:
        return shapes[leaf] if isinstance(leaf, Ref) else leaf

    args = tuple(map_nest(shape_of, arg) for arg in node.args if any(True for _ in refs(arg)))
    kwargs = {
        key: map_nest(shape_of, value)
        for key, value in node.kwargs.items()
        if (key != "mask" and any(True for _ in refs(value))) or key in node.layer.shaping_arguments
    }
    return args, kwargs


def _shape_leaves(nest: Any) -> Iterator[Shape]:
    """Go through the shapes in nested lists, tuples and dicts of shapes."""
    if isinstance(nest, dict):
        for key in sorted(nest):
            yield from _shape_leaves(nest[key])
    elif isinstance(nest, tuple) and all(size is None or isinstance(size, int) for size in nest):
        yield nest
    elif isinstance(nest, list | tuple):
        for value in nest:
            yield from _shape_leaves(value)
