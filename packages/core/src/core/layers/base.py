"""A layer is a function of its input with named parameters, and nothing else: it keeps no state between calls.

A subclass writes the equation once, in `call_with_backward`, together with the function that carries the gradient back; one
that only predicts writes `call`. `build` says which parameters it has, `compute_output_shape` what comes out. Names, order
and shapes of options and parameters are Keras' own, so that loading is assignment.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from functools import wraps
from typing import Any, ClassVar, Self

import numpy as np
from numpy.random import Generator

from core.arrays import Array
from core.checks import refuse_endless
from core.dtypes import DTypePolicy, policy
from core.errors import InputError, UnsupportedLayerError
from core.layers.calls import Calls
from core.layers.gradients import Backward, Gradient, Gradients, computed
from core.layers.names import argument_names, signature, snake_case
from core.layers.parameters import Parameters
from core.layers.work import Work, numbers_in, rows_of
from core.ops.bfloat16 import rounded

#: Options that matter only while a network learns: they stay in `config` and never change the forward pass.
_LEARNING_SUFFIXES = ("_initializer", "_regularizer", "_constraint")
#: Names are shown in tables, each as wide as the longest; Keras makes them of a few words.
_LONGEST_NAME = 1_000
#: The most axes that an array of NumPy has.
_MOST_AXES = 64


class Layer(Calls, Parameters):
    """The common part of every layer: options, parameters, and the checked entry points `forward` and `learn`."""

    #: False where the input keeps its own type (token ids, strings).
    autocast: bool = True
    #: The type that a model which begins with this layer takes, where it is not the one that the layer computes in.
    input_dtype: str | None = None
    #: The arguments of `call_with_backward`.
    _backward_arguments: ClassVar[tuple[str, ...]] = ()

    config: dict[str, Any]

    def __new__(cls, *args: Any, **kwargs: Any) -> Self:
        """Remember the options as they were given, so that a layer can be written down again."""
        layer = super().__new__(cls)
        names = list(signature(cls.__init__).parameters)[1:]
        layer.config = dict(zip(names, args, strict=False)) | kwargs
        return layer

    def __init_subclass__(cls, **kwargs: Any) -> None:
        """Keep both forms of the equation together: a class that writes one of them does not inherit the other."""
        super().__init_subclass__(**kwargs)
        own = cls.__dict__
        if "call" in own and "call_with_backward" not in own:
            cls.call_with_backward = Layer.call_with_backward  # type: ignore[method-assign]
        elif "call_with_backward" in own and "call" not in own:
            cls.call = _without_backward(own["call_with_backward"])  # type: ignore[method-assign]
        cls._backward_arguments = argument_names(cls.call_with_backward)
        cls.call_arguments = argument_names(cls.call)

    def __init__(
        self,
        *,
        name: str | None = None,
        trainable: bool = True,
        dtype: object = None,
        autocast: bool = True,
        **others: Any,
    ) -> None:
        unknown = [option for option in others if not option.endswith(_LEARNING_SUFFIXES)]
        if unknown:
            raise InputError(f"option {unknown[0]}={others[unknown[0]]!r} is not one that Kaca knows")
        if name is not None and (not isinstance(name, str) or len(name) > _LONGEST_NAME):
            raise InputError(f"name must be text of at most {_LONGEST_NAME} characters, got {name!r}")
        if name is not None and ".." in re.split(r"[/\\\\]", name):
            raise InputError(f"name must not lead out of its folder, got {name!r}")
        self.name = name or snake_case(type(self).__name__)
        #: Whether the name was given, or stands in a model already; a model may choose another one else.
        self.is_named = bool(name)
        #: What a file says of building and compiling this layer, to be written again as it was.
        self.kept: dict[str, Any] = {}
        self.trainable = trainable
        self.autocast = self.autocast and autocast
        self.dtype: DTypePolicy = policy(dtype)
        self.parameters = {}
        self.parameter_shapes = {}
        self.children = {}
        self._expected: tuple[int | None, dict[int, int]] | None = None

    def __repr__(self) -> str:
        return f"{type(self).__name__} {self.name!r}"

    @classmethod
    def from_config(cls, config: Mapping[str, Any]) -> Self:
        """Build the layer that a Keras config describes; an unknown or impossible option is an error."""
        named = f"{cls.__name__} {config.get('name', '')!r}"
        try:
            if cls.file_format.registered_name is None:
                refuse_endless(config)
            signature(cls).bind(**config)
            return cls(**config)
        except TypeError as error:
            raise UnsupportedLayerError(f"{named}: its config does not fit the layer: {error}") from error
        except InputError as error:
            raise UnsupportedLayerError(f"{named}: {error}") from error

    def get_config(self) -> dict[str, Any]:
        """Return the options that describe this layer, in Keras' words; a layer among them describes itself in turn."""
        return {"name": self.name} | self.config | {"name": self.name, "trainable": self.trainable}

    def written_call(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> tuple[tuple[Any, ...], dict[str, Any]]:
        """Return the arguments of a call in the form in which Keras 3 takes them."""
        return args, kwargs

    # --- shapes ---------------------------------------------------------------------------------------------------

    def build(self, *shapes: Any, **named_shapes: Any) -> None:
        """Declare the parameters that inputs of these shapes ask for, and build the children."""

    def compute_output_shape(self, *shapes: Any, **named_shapes: Any) -> Any:
        """Return the shape that comes out for inputs of these shapes."""
        del named_shapes
        return shapes[0]

    def mixes_rows(self, *shapes: Any) -> bool:
        """Return whether a row of the output may depend on other rows of the batch, on their number, or on earlier calls.

        Then a model predicts in exact batches, as Keras does. This rule serves layers whose `axis`, where they have one,
        says along which axes of inputs of these shapes (none where they are not known) they work. A layer of your own
        counts as mixing rows unless its class overrides this method.
        """
        axis = getattr(self, "axis", ())
        ranks = [len(shape) for shape in shapes] or [_MOST_AXES]
        axes = axis if isinstance(axis, list | tuple) else [axis]
        return any(one in {0, *(-rank for rank in ranks)} for one in axes)

    def multiply_adds(self, *shapes: Any) -> int | None:
        """Count the multiplications (each with its addition) for one example; None where a size is unknown."""
        del shapes
        return 0

    def work(self, *shapes: Any, **named_shapes: Any) -> Work:
        """Return what one call costs for inputs of these shapes, all of whose sizes are known.

        A layer that needs more inside than another tensor like its output says so here; see `core.Limits`.
        """
        given = [*shapes, *named_shapes.values()]
        made = numbers_in(self.compute_output_shape(*shapes, **named_shapes))
        adds = self.multiply_adds(*(shapes or given)) or 0
        return Work(rows_of(given) * adds + numbers_in(given) + made, made * self.number_bytes)

    @property
    def number_bytes(self) -> int:
        """How many bytes a number of the output takes; texts are objects of their own."""
        return 8 if self.dtype.compute == "string" or not self.autocast else self.dtype.compute_dtype.itemsize

    def expect(self, *, rank: int | None = None, axes: Mapping[int, int | None] | None = None) -> None:
        """Say what an input must look like: its number of axes, and the sizes of some of them."""
        self._expected = (rank, {axis: size for axis, size in (axes or {}).items() if size is not None})

    # --- the function -----------------------------------------------------------------------------------------------

    def __call__(
        self, *inputs: Any, mask: Any = None, training: bool | None = None, rng: Generator | None = None, **named: Any
    ) -> Any:
        """Do what `forward` does, as in Keras: ``layer(x, training=False)``."""
        return self.forward(*inputs, mask=mask, training=training, rng=rng, **named)

    def forward(
        self, *inputs: Any, mask: Any = None, training: bool | None = None, rng: Generator | None = None, **named: Any
    ) -> Any:
        """Check and cast the inputs, then apply `call`. `mask`, `training` and `rng` reach the layers that use them.

        `named` are further tensors and options, as ``initial_state`` of a recurrent layer.
        """
        named |= self._asked(self.call_arguments, inputs, mask, training, rng)
        with np.errstate(over="ignore", invalid="ignore", divide="ignore"):  # as Keras: infinities are values
            outputs = self.call(*map(self._cast, inputs), **named)
            return rounded(outputs) if self.dtype.rounds else outputs

    def learn(
        self, *inputs: Any, mask: Any = None, training: bool = True, rng: Generator | None = None, **named: Any
    ) -> tuple[Any, Backward]:
        """Do as `forward` does in training, and return the backward function too: ``y, backward = layer.learn(x)``.

        ``dx, gradients = backward(dy)``: from the gradient of y to that of x, and ``gradients[layer, "kernel"]``. What it
        needs lives in `backward` alone. ``training=False`` goes back through what a prediction computes.
        Raises `UnsupportedLayerError` where the gradient of a layer is not known.
        """
        y, inner = self.backward_of(*inputs, mask=mask, training=training, rng=rng, **named)

        def backward(dy: Any) -> tuple[Any, Gradients]:
            dx, gradients = inner(dy)
            return computed(dx), gradients

        return y, backward

    def backward_of(
        self, *inputs: Any, mask: Any = None, training: bool = True, rng: Generator | None = None, **named: Any
    ) -> tuple[Any, Backward]:
        """Do as `learn`; the gradient of the inputs may be left for later, see `core.layers.gradients.Deferred`."""
        named |= self._asked(self._backward_arguments, inputs, mask, training, rng)
        with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
            outputs, backward = self.call_with_backward(*map(self._cast, inputs), **named)
            return rounded(outputs) if self.dtype.rounds else outputs, backward

    def _asked(
        self, arguments: Sequence[str], inputs: Sequence[Any], mask: Any, training: bool | None, rng: Any
    ) -> dict[str, Any]:
        """Check the first input, and return what the equation with these arguments asks for beside its inputs."""
        if inputs and isinstance(inputs[0], np.ndarray):
            self.check_input(inputs[0])
        given = {"mask": mask, "rng": rng} | ({} if training is None else {"training": training})
        return {name: value for name, value in given.items() if name in arguments}

    def call(self, *inputs: Any, **context: Any) -> Any:
        """Compute the output: the equation of the layer."""
        raise NotImplementedError(f"{type(self).__name__} has neither `call` nor `call_with_backward`")

    def call_with_backward(self, *inputs: Any, **context: Any) -> tuple[Any, Backward]:
        """Compute the output, and return with it the function that carries the gradient back."""
        raise UnsupportedLayerError(
            f"{self}: the gradient of a {type(self).__name__} is not known, so no layer before it can learn; "
            "give it a method call_with_backward, or let it stand before all layers with parameters"
        )

    def gradients(self, **named: Array | Gradient) -> Gradients:
        """Name the gradients of this layer's own parameters: ``self.gradients(kernel=..., bias=...)``."""
        return {(self, name): gradient for name, gradient in named.items()}

    def generator(self, rng: Generator | None) -> Generator:
        """Return the generator to draw from. Raises `InputError` where nobody gave one."""
        if rng is None:
            raise InputError(f"{self} draws at random in training: pass rng=numpy.random.default_rng(seed) to forward")
        return rng

    def compute_mask(self, inputs: Any, mask: Any) -> Any:
        """Return the mask of the output; called only where `supports_masking`."""
        del inputs
        return mask

    def check_input(self, x: Array) -> None:
        """Raise `InputError` unless `x` has the axes that this layer was built for."""
        if self._expected is None:
            return
        rank, axes = self._expected
        if rank is not None and x.ndim != rank:
            raise InputError(f"{self} expects an input with {rank} axes, the batch included, got the shape {x.shape}")
        for axis, size in axes.items():
            if not -x.ndim <= axis < x.ndim or x.shape[axis] != size:
                raise InputError(
                    f"{self} expects an input with {size} values along axis {axis}, got the shape {x.shape}"
                )

    def _cast(self, value: Any) -> Any:
        """Cast floating-point inputs to the type this layer computes in."""
        if isinstance(value, list | tuple):
            return type(value)(self._cast(item) for item in value)
        if self.autocast and isinstance(value, np.ndarray) and value.dtype.kind == "f":
            value = value.astype(self.dtype.compute_dtype, copy=False)
            return rounded(value) if self.dtype.rounds else value
        return value


def _without_backward(equation: Callable[..., tuple[Any, Backward]]) -> Callable[..., Any]:
    """Return the method that computes what `equation` computes, and drops the function that it returns with it.

    An equation that would keep much for that function, such as a loop, has an argument `wants_backward`, which is False here.
    """
    unwanted = {"wants_backward": False} if "wants_backward" in argument_names(equation) else {}

    @wraps(equation)
    def call(self: Layer, *inputs: Any, **context: Any) -> Any:
        return equation(self, *inputs, **context, **unwanted)[0]

    return call
