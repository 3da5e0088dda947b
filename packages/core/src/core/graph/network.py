"""A network is a graph of layers, run node by node; a network inside a network is one of its layers.

Running it is a pure function: nothing is kept between calls, so several threads may share one network.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, cast

from numpy.random import Generator

from core.arrays import Shape
from core.errors import InputError, UnsupportedLayerError
from core.graph.backward import run_with_backward
from core.graph.forecast import forecast
from core.graph.forward import run
from core.graph.inputs import cast_rows, check_inputs
from core.graph.limits import Limits
from core.graph.names import name_layers
from core.graph.nodes import Graph, Node, Ref, refs
from core.graph.order import in_order_of_keras
from core.graph.refusals import refusing
from core.graph.shapes import Shapes, follow_shapes
from core.layers.base import Layer
from core.layers.calls import Arguments
from core.layers.context import PLAIN, Context
from core.layers.gradients import ArgumentGradients, Backward
from core.layers.input_layer import InputLayer
from core.layers.names import numbered
from core.layers.work import Work
from core.nests import map_nest

#: Networks within networks that are each called twice double the work at every level; real ones stay far below this.
MOST_APPLICATIONS = 20_000


class Network(Layer, Graph):
    """Layers, the nodes that apply them, and the tensors that go in and out.

    `nodes` are in the order in which they can be run. `inputs` and `outputs` are one `Ref`, or a list or dict of them,
    in the structure that `forward` takes and returns.
    """

    supports_masking = True

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
        self.limits = Limits()
        self.forecasts = {}
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
        counted = numbered(layer for layer in self.layers if layer.file_format.numbered)
        self.children = {f"layers/{key}": layer for key, layer in counted.items()}

    def list_as_keras(self) -> None:
        """List the layers in Keras' order, in this model and in those inside, whatever the order in their file was."""
        self.list_layers(in_order_of_keras(self.layers, self.nodes, self.outputs))
        for _, layer in self.walk():
            if isinstance(layer, Network) and layer is not self:
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
        """Return the shape of each output, in the structure of the outputs."""
        return map_nest(follow_shapes(self, shapes).of.__getitem__, self.outputs)

    def follow(self, args: tuple[Any, ...], kwargs: dict[str, Any], *, build: bool = False) -> Any:
        """Return the shapes of the outputs of a call of this network within another one."""
        if not args:
            raise UnsupportedLayerError(f"{self} is called without its input")
        return super().follow(args, kwargs, build=build)

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
            if isinstance(layer, Network):
                layer.limits = limits

    def node_cost(self, node: Node) -> int | None:
        """Count the multiply-adds of one node for one example; None where a size is unknown."""
        if node.is_input or not self.shapes:
            return 0 if node.is_input else None
        args, kwargs = node.layer.shapes_of_call(*self.symbols(node))
        return node.layer.multiply_adds(*(args or kwargs.values()))

    def symbols(self, node: Node) -> Arguments:
        """Return the arguments of a node with a `Symbol` of its shape for each tensor."""
        return self._shapes.arguments(node)

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
    def forward(  # type: ignore[override]  # it takes no tensors by name
        self, *inputs: Any, mask: Any = None, training: bool | None = None, rng: Generator | None = None
    ) -> Any:
        """Compute the outputs for a batch: ``model.forward(x, training=False)``, as Keras gives them.

        Several inputs come as a list or a dict, in the structure of the model. ``training=True`` makes dropout and
        batch normalisation behave as while learning and needs ``rng=numpy.random.default_rng(seed)``.
        """
        return self.run(self.adapt(_only(inputs)), mask, Context(training, rng))[0]

    def run(
        self,
        inputs: Any,
        mask: Any = None,
        context: Context = PLAIN,
        watch: Callable[[Node, Any], None] | None = None,
    ) -> tuple[Any, Any]:
        """Run the graph over adapted inputs; return its outputs and their masks. `watch` sees each node and its output."""
        return run(self, inputs, mask, context, watch)

    @refusing
    def backward_of(  # type: ignore[override]
        self, *inputs: Any, mask: Any = None, training: bool = True, rng: Generator | None = None
    ) -> tuple[Any, Backward]:
        """Do as `learn`, which see."""
        outputs, _, backward = run_with_backward(self, self.adapt(_only(inputs)), mask, Context(training, rng))
        return outputs, backward

    def apply(
        self, args: tuple[Any, ...], kwargs: dict[str, Any], masks: Mapping[str, Any], context: Context
    ) -> tuple[Any, Any]:
        """Run this network within another one: its own nodes find the masks of its outputs."""
        return self.run(_only(args), _mask_of(kwargs, masks), context)

    def apply_with_backward(
        self, args: tuple[Any, ...], kwargs: dict[str, Any], masks: Mapping[str, Any], context: Context
    ) -> tuple[Any, Any, Backward]:
        """Do as `apply`, and return the backward function."""
        outputs, output_masks, inner = run_with_backward(self, _only(args), _mask_of(kwargs, masks), context)

        def backward(dy: Any) -> tuple[ArgumentGradients, Any]:
            dx, gradients = inner(dy)
            return ArgumentGradients((dx,) if len(args) == 1 else tuple(dx), {}), gradients

        return outputs, output_masks, backward

    @refusing
    def activations(self, x: Any) -> dict[str, Any]:
        """Run the network and return the output of every layer by its name: ``{"conv2d": array, ...}``.

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
        """Return what the user gave as arrays of the shapes and types that the input layers declare. Raises `InputError`."""
        return self.cast_rows(self.check_inputs(x))

    def check_inputs(self, x: Any) -> Any:
        """Return what the user gave as arrays of the shapes that the input layers declare, in the structure of the inputs.

        An array is not copied, one on disk not read. Raises `InputError`.
        """
        if not self.shapes:
            self.build()
        return check_inputs(x, self.inputs, self._input_layers, self)

    def cast_rows(self, inputs: Any, rows: slice = slice(None)) -> Any:
        """Return some rows of what `check_inputs` gave, in the types that the input layers declare. Raises `InputError`."""
        return cast_rows(inputs, rows, self.inputs, self._input_layers)

    @property
    def _input_layers(self) -> dict[Ref, InputLayer]:
        return {ref: cast(InputLayer, self.nodes[ref.node].layer) for ref in refs(self.inputs)}


def _only(arguments: tuple[Any, ...]) -> Any:
    """Return the inputs that a call was given: one nest, or the list of several arguments."""
    return arguments[0] if len(arguments) == 1 else list(arguments)


def _mask_of(kwargs: dict[str, Any], masks: Mapping[str, Any]) -> Any:
    """Return the masks of the inputs: those that a call names, else those that travel with the tensors."""
    given = kwargs.get("mask")
    return next(iter(masks.values()), None) if given is None else given


def _applications(layer: Layer) -> int:
    """Count how many layers one call of `layer` applies."""
    return layer.applications if isinstance(layer, Network) else 1 + sum(map(_applications, layer.children.values()))
