"""A layer is a function of its input with named parameters, and nothing else: it keeps no state between calls.

A subclass writes the equation in `call`, says in `build` which parameters it has, and in `compute_output_shape` what
comes out. Names, order and shapes of options and parameters are Keras' own, so that loading is assignment.
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import cache
from typing import Any, ClassVar, Self

import numpy as np

from core.arrays import Array, known_size, show_shape
from core.checks import refuse_endless
from core.dtypes import DTypePolicy, policy
from core.errors import InputError, UnsupportedLayerError, WeightMismatchError
from core.kernels.kernel import Step
from core.layers.gradients import Backward, Gradient, Gradients
from core.layers.weight_lists import get_weights, set_weights
from core.layers.work import Work, numbers_in, rows_of
from core.ops.bfloat16 import rounded

#: Options that matter only while a network learns: they stay in `config` and never change the forward pass.
_LEARNING_SUFFIXES = ("_initializer", "_regularizer", "_constraint")
#: Names are shown in tables, each as wide as the longest; Keras makes them of a few words.
_LONGEST_NAME = 1_000
#: The most axes that an array of NumPy has.
_MOST_AXES = 64
#: What `call` may ask for beside its inputs.
_CONTEXT = frozenset({"mask", "training", "rng"})


#: The arguments of a function or class; looked up once, because a network makes thousands of the same few layers.
signature: Callable[[Any], inspect.Signature] = cache(inspect.signature)


def snake_case(name: str) -> str:
    """Write a class name as Keras writes layer names: ``SimpleRNN`` -> ``simple_rnn``, ``PReLU`` -> ``p_re_lu``."""
    name = re.sub(r"\W+", "", name)
    name = re.sub(r"(.)([A-Z][a-z]+)", r"\1_\2", name)
    return re.sub(r"([a-z])([A-Z])", r"\1_\2", name).lower()


def _argument_names(function: Any) -> tuple[str, ...]:
    """Name the arguments of a method, apart from `self` and collected keywords."""
    parameters = inspect.signature(function).parameters.values()
    return tuple(p.name for p in parameters if p.name != "self" and p.kind is not p.VAR_KEYWORD)


def numbered(layers: Iterable[Layer]) -> dict[str, Layer]:
    """Name the members of a list of layers as Keras does in files: ``dense``, ``dense_1``, ... counted per class."""
    counts: dict[str, int] = {}
    named: dict[str, Layer] = {}
    for layer in layers:
        kind = snake_case(type(layer).__name__)
        counts[kind] = counts.get(kind, -1) + 1
        named[f"{kind}_{counts[kind]}" if counts[kind] else kind] = layer
    return named


class Layer:
    """The common part of every layer: options, parameters, and the checked entry point `forward`.

    `parameters` maps each name to its array, in Keras' order; a parameter is also an attribute (``layer.kernel``).
    `children` maps names to layers inside this one (the cell of an RNN, the halves of a Bidirectional).
    """

    #: True where a mask passes through to the output (or `compute_mask` makes one); otherwise it ends here.
    supports_masking: ClassVar[bool] = False
    #: True for a model inside a model, which finds the masks of its outputs itself while it runs.
    finds_masks: ClassVar[bool] = False
    #: The arguments of `call` that carry tensors and context; found from its signature.
    call_arguments: ClassVar[tuple[str, ...]] = ()
    #: Those of `call_and_back`.
    learning_arguments: ClassVar[tuple[str, ...]] = ()
    #: Parameters that follow the data (statistics), not the gradient.
    statistics: ClassVar[frozenset[str]] = frozenset()
    #: False where the input keeps its own type (token ids, strings).
    autocast: bool = True

    #: True where training spreads the rows over threads of its own, so that BLAS should have none.
    has_threads: ClassVar[bool] = False

    #: The type that a model which begins with this layer takes, where it is not the one that the layer computes in.
    input_dtype: str | None = None

    #: Constants among the arguments of a call that decide what comes out; `compute_output_shape` receives them too.
    shaping_arguments: ClassVar[tuple[str, ...]] = ()
    #: Files beside the weights that this layer is made whole by (a vocabulary); each is handed to `load_asset`.
    assets: ClassVar[tuple[str, ...]] = ()

    #: Parameters that Keras files hold under their name, all others under their number.
    named_in_files: ClassVar[frozenset[str]] = frozenset()
    #: Paths inside this layer where Keras writes (and asks for) its parameters and assets once more.
    written_again: ClassVar[tuple[str, ...]] = ()

    #: Where Keras keeps the class of this name.
    home: ClassVar[str] = "keras.layers"
    #: The name that Keras writes into files, where it is not that of the class.
    written_name: ClassVar[str | None] = None
    #: Why no Keras 3 has a layer that computes the same, so that files cannot hold it; None where one has.
    unwritable: ClassVar[str | None] = None
    #: Options that are read from older files and that Keras 3 does not take.
    not_written: ClassVar[frozenset[str]] = frozenset()
    #: The name under which a user registered this class, as Keras writes it: ``package>Name``.
    registered_name: ClassVar[str | None] = None

    config: dict[str, Any]

    def __new__(cls, *args: Any, **kwargs: Any) -> Self:
        """Remember the options as they were given, so that a layer can be written down again."""
        layer = super().__new__(cls)
        names = list(signature(cls.__init__).parameters)[1:]
        layer.config = dict(zip(names, args, strict=False)) | kwargs
        return layer

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        if "call" in cls.__dict__ and "call_and_back" not in cls.__dict__:
            cls.call_and_back = Layer.call_and_back  # type: ignore[method-assign]  # the way back of another equation
        cls.call_arguments = _argument_names(cls.call)
        cls.learning_arguments = _argument_names(cls.call_and_back)

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
        self.parameters: dict[str, Array] = {}
        self.parameter_shapes: dict[str, tuple[int, ...]] = {}
        self.children: dict[str, Layer] = {}
        self._expected: tuple[int | None, dict[int, int]] | None = None

    def __getattr__(self, name: str) -> Array:
        """Find a parameter by its name: ``layer.kernel``."""
        shapes = self.__dict__.get("parameter_shapes", {})
        if name not in shapes:
            raise AttributeError(f"{type(self).__name__} has no attribute {name!r}")
        parameters: dict[str, Array] = self.__dict__["parameters"]
        if name not in parameters:
            raise WeightMismatchError(
                f"{self} has no value for its parameter {name!r} yet: load its weights, or call initialise of its model"
            )
        return parameters[name]

    def __repr__(self) -> str:
        return f"{type(self).__name__} {self.name!r}"

    @property
    def mirrors(self) -> dict[str, tuple[Layer, str]]:
        """The parameters that are those of a layer inside: by name, that layer and its name for it."""
        return {}

    @classmethod
    def from_config(cls, config: Mapping[str, Any]) -> Self:
        """Build the layer that a Keras config describes; an unknown or impossible option is an error."""
        named = f"{cls.__name__} {config.get('name', '')!r}"
        try:
            if cls.registered_name is None:
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
        """Give the shape that comes out for inputs of these shapes."""
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
        return any(
            one in {0, *(-rank for rank in ranks)} for one in (axis if isinstance(axis, list | tuple) else [axis])
        )

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

    def declare(self, name: str, shape: tuple[int | None, ...]) -> None:
        """Say that this layer has a parameter `name` of `shape`."""
        if any(size is None or size < 0 for size in shape):
            raise UnsupportedLayerError(
                f"{self}: {name!r} would have the shape {show_shape(shape)}; the input leaves it open"
            )
        self.parameter_shapes[name] = tuple(int(size) for size in shape if size is not None)

    def expect(self, *, rank: int | None = None, axes: Mapping[int, int | None] | None = None) -> None:
        """Say what an input must look like: its number of axes, and the sizes of some of them."""
        self._expected = (rank, {axis: size for axis, size in (axes or {}).items() if size is not None})

    # --- parameters -----------------------------------------------------------------------------------------------

    def get_weights(self) -> list[Array]:
        """Return copies of all parameters in Keras' order: those of this layer, then those of the layers inside."""
        return get_weights(self)

    def set_weights(self, weights: Sequence[Any]) -> None:
        """Set all parameters, or none, in the order of `get_weights`. Raises `WeightMismatchError`."""
        set_weights(self, weights)

    def check_parameter(self, name: str, value: Array) -> None:
        """Raise `WeightMismatchError` unless `value` can be the parameter `name`."""
        if name not in self.parameter_shapes:
            raise WeightMismatchError(
                f"{self} has no parameter {name!r}; it has {', '.join(self.parameter_shapes) or 'none'}"
            )
        expected = self.parameter_shapes[name]
        if tuple(value.shape) != expected:
            raise WeightMismatchError(f"{self}: parameter {name!r} has the shape {expected}, got {tuple(value.shape)}")
        if value.dtype.kind not in "fiub":
            raise WeightMismatchError(f"{self}: parameter {name!r} must hold numbers, got {value.dtype}")

    def assign(self, name: str, value: Array) -> None:
        """Set the parameter `name`; its shape must be the declared one. Raises `WeightMismatchError`."""
        self.check_parameter(name, value)
        value = value.astype(self.dtype.variable_dtype, copy=False)
        self.parameters[name] = rounded(value) if self.dtype.variable == "bfloat16" else value

    def file_key(self, name: str) -> str:
        """Give the key of the parameter `name` in Keras' files: its number, or its name where Keras keeps that."""
        return name if name in self.named_in_files else str(list(self.parameter_shapes).index(name))

    def stored(self, name: str) -> Array:
        """Return the value that files hold of the parameter `name`."""
        if name not in self.parameters:
            raise WeightMismatchError(
                f"{self} has no value for its parameter {name!r} yet: load its weights, or call initialise of its model"
            )
        return self.parameters[name]

    def load_asset(self, name: str, data: bytes) -> None:
        """Take the content of one of `assets`."""
        raise NotImplementedError

    def save_asset(self, name: str) -> bytes | None:
        """Give the content of one of `assets`, or None where this layer needs no such file."""
        raise NotImplementedError

    def walk(self, prefix: str = "") -> Iterator[tuple[str, Layer]]:
        """Go through this layer and all inside it, with the path to each: ``""``, ``"forward_layer/cell"``, ..."""
        yield prefix, self
        for name, child in self.children.items():
            yield from child.walk(f"{prefix}/{name}" if prefix else name)

    def count_parameters(self) -> int:
        """Count the numbers in all parameters, those of the children included."""
        return sum(known_size(shape) or 0 for _, layer in self.walk() for shape in layer.parameter_shapes.values())

    def fast(self) -> Step | None:
        """Give the fast form of this layer at inference, in float32, or None: it stays as it is. See `core.engine`."""
        return None

    # --- the function -----------------------------------------------------------------------------------------------

    def __call__(self, *inputs: Any, **context: Any) -> Any:
        """Do what `forward` does, as in Keras: ``layer(x, training=False)``."""
        return self.forward(*inputs, **context)

    def forward(self, *inputs: Any, **context: Any) -> Any:
        """Check and cast the inputs, then apply `call`. `mask`, `training` and `rng` reach the layers that use them."""
        if inputs and isinstance(inputs[0], np.ndarray):
            self.check_input(inputs[0])
        asked = {name: value for name, value in context.items() if name not in _CONTEXT or name in self.call_arguments}
        with np.errstate(
            over="ignore", invalid="ignore", divide="ignore"
        ):  # as Keras: infinities are values, no events
            outputs = self.call(*(self._cast(value) for value in inputs), **asked)
            return rounded(outputs) if self.dtype.rounds else outputs

    def call(self, *inputs: Any, **context: Any) -> Any:
        """Compute the output: the equation of the layer."""
        raise NotImplementedError

    def learn(self, *inputs: Any, **context: Any) -> tuple[Any, Backward]:
        """Do as `forward` does in training, and give the way back too: ``y, backward = layer.learn(x)``.

        ``dx, gradients = backward(dy)``: from the gradient of y to that of x, and ``gradients[layer, "kernel"]``. What the
        way back needs lives in `backward` alone. ``training=False`` gives the way back through what a prediction computes.
        A `call_and_back` with an argument `want_inputs` hears whether anybody asks for dx, and may give None instead.
        Raises `UnsupportedLayerError` where a layer's way back is not known.
        """
        if inputs and isinstance(inputs[0], np.ndarray):
            self.check_input(inputs[0])
        context = {"training": True} | context
        asked = {
            name: value for name, value in context.items() if name not in _CONTEXT or name in self.learning_arguments
        }
        with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
            y, backward = self.call_and_back(*(self._cast(value) for value in inputs), **asked)
        return y, backward

    def call_and_back(self, *inputs: Any, **context: Any) -> tuple[Any, Backward]:
        """Compute what `call` computes, and the function that carries the gradient back."""
        raise UnsupportedLayerError(
            f"{self}: the way back through a {type(self).__name__} is not known, so no layer before it can learn; "
            "give it a method call_and_back, or let it stand before all layers with parameters"
        )

    def gradients(self, **named: Gradient) -> Gradients:
        """Name the gradients of this layer's own parameters: ``self.gradients(kernel=..., bias=...)``."""
        return {(self, name): gradient for name, gradient in named.items()}

    def run(self, inputs: Any, mask: Any = None, **context: Any) -> tuple[Any, Any]:
        """Compute the output and its mask together; only where `finds_masks`."""
        raise NotImplementedError

    def compute_mask(self, inputs: Any, mask: Any) -> Any:
        """Give the mask of the output; called only where `supports_masking`."""
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

    def computing(self, name: str) -> Array:
        """Give a parameter in the type this layer computes in (mixed policies keep it in another)."""
        parameter: Array = getattr(self, name)
        parameter = parameter.astype(self.dtype.compute_dtype, copy=False)
        return rounded(parameter) if self.dtype.rounds else parameter
