"""How parameters start: Keras' initializers, drawn from the generator that is passed in.

A good start keeps the variance of what goes forward and back about the same from layer to layer, so the spread follows from
how many values an output sums (fan in) and how many outputs an input reaches (fan out).
Source: https://keras.io/api/layers/initializers/; Glorot and Bengio 2010; He et al. 2015, https://arxiv.org/abs/1502.01852;
Saxe et al. 2014, https://arxiv.org/abs/1312.6120
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from core.arrays import Array
from core.errors import InputError, UnsupportedLayerError
from core.layers.base import Layer
from core.layers.trainable import Parameter, named, parameters

#: The deviation of a normal distribution that was cut off at two deviations.
_CUT_DEVIATION = 0.87962566103423978

Initializer = Callable[..., Array]


def zeros(shape: tuple[int, ...], rng: np.random.Generator) -> Array:
    """Return zeros."""
    del rng
    return np.zeros(shape)


def ones(shape: tuple[int, ...], rng: np.random.Generator) -> Array:
    """Return ones."""
    del rng
    return np.ones(shape)


def constant(shape: tuple[int, ...], rng: np.random.Generator, value: float = 0.0) -> Array:
    """Return `value` everywhere."""
    del rng
    return np.full(shape, float(value))


def identity(shape: tuple[int, ...], rng: np.random.Generator, gain: float = 1.0) -> Array:
    """Return `gain` times the identity matrix."""
    del rng
    if len(shape) != 2:
        raise InputError(f"identity initializes matrices, got the shape {shape}")
    return gain * np.eye(*shape)


def random_uniform(
    shape: tuple[int, ...], rng: np.random.Generator, minval: float = -0.05, maxval: float = 0.05
) -> Array:
    """Draw evenly between `minval` and `maxval`."""
    return rng.uniform(minval, maxval, size=shape)


def random_normal(shape: tuple[int, ...], rng: np.random.Generator, mean: float = 0.0, stddev: float = 0.05) -> Array:
    """Draw from the normal distribution with `mean` and `stddev`."""
    return rng.normal(mean, stddev, size=shape)


def truncated_normal(
    shape: tuple[int, ...], rng: np.random.Generator, mean: float = 0.0, stddev: float = 0.05
) -> Array:
    """Draw from the normal distribution; what is further than two `stddev` from `mean` is drawn again."""
    drawn = rng.standard_normal(shape)
    while (outside := np.abs(drawn) > 2).any():
        drawn[outside] = rng.standard_normal(int(outside.sum()))
    return mean + stddev * drawn


def variance_scaling(
    shape: tuple[int, ...],
    rng: np.random.Generator,
    scale: float = 1.0,
    mode: str = "fan_in",
    distribution: str = "truncated_normal",
) -> Array:
    """Draw with the variance scale / n, n the fan in, the fan out or their mean (`mode`)."""
    fan_in, fan_out = fans(shape)
    counts = {"fan_in": fan_in, "fan_out": fan_out, "fan_avg": (fan_in + fan_out) / 2}
    if mode not in counts:
        raise InputError(f"mode must be one of {', '.join(counts)}, got {mode!r}")
    variance = scale / max(1.0, counts[mode])
    if distribution == "uniform":
        limit = math.sqrt(3 * variance)
        return rng.uniform(-limit, limit, size=shape)
    if distribution == "truncated_normal":
        return truncated_normal(shape, rng, stddev=math.sqrt(variance) / _CUT_DEVIATION)
    if distribution == "untruncated_normal":
        return rng.normal(0.0, math.sqrt(variance), size=shape)
    raise InputError(f"distribution must be uniform, truncated_normal or untruncated_normal, got {distribution!r}")


def orthogonal(shape: tuple[int, ...], rng: np.random.Generator, gain: float = 1.0) -> Array:
    """Return `gain` times a random matrix with orthonormal rows or columns, all axes but the last taken as one."""
    if len(shape) < 2:
        raise InputError(f"orthogonal initializes arrays of two axes or more, got the shape {shape}")
    rows, columns = math.prod(shape[:-1]), shape[-1]
    q, r = np.linalg.qr(rng.standard_normal((max(rows, columns), min(rows, columns))))
    q = q * np.sign(np.diag(r))  # makes the decomposition unique, and so the draw uniform
    return gain * (q.T if rows < columns else q).reshape(shape)


def fans(shape: tuple[int, ...]) -> tuple[int, int]:
    """Count what an output sums and what an input reaches: the cells of a kernel times its channels or filters."""
    if len(shape) < 2:
        return (shape[0], shape[0]) if shape else (1, 1)
    cells = math.prod(shape[:-2])
    return cells * shape[-2], cells * shape[-1]


def _scaled(scale: float, mode: str, distribution: str) -> Initializer:
    return lambda shape, rng: variance_scaling(shape, rng, scale, mode, distribution)


#: By the name that Keras gives them in configs.
INITIALIZERS: dict[str, Initializer] = {
    **{function.__name__: function for function in (zeros, ones, constant, identity, orthogonal, variance_scaling)},
    **{function.__name__: function for function in (random_uniform, random_normal, truncated_normal)},
    "uniform": random_uniform,
    "normal": random_normal,
}
for _author, _scale, _mode in (("glorot", 1, "fan_avg"), ("he", 2, "fan_in"), ("lecun", 1, "fan_in")):
    INITIALIZERS[f"{_author}_uniform"] = _scaled(_scale, _mode, "uniform")
    INITIALIZERS[f"{_author}_normal"] = _scaled(_scale, _mode, "truncated_normal")

#: What Keras' layers start with unless told, by the parameter's name; all else is drawn as `glorot_uniform`.
_DEFAULTS = {
    "recurrent_kernel": "orthogonal", "bias": "zeros", "embeddings": "uniform", "gamma": "ones", "beta": "zeros",
    "moving_mean": "zeros", "moving_variance": "ones", "alpha": "zeros", "concat_score_weight": "ones",
    "vector_u": {"class_name": "TruncatedNormal", "config": {"stddev": 0.02}},
}  # fmt: skip
_ONES = {"RMSNormalization": "scale", "Attention": "scale"}


def initialize(model: Layer, rng: np.random.Generator) -> None:
    """Give every parameter of a built model its first value, as its config says or as Keras does.

    Raises `UnsupportedLayerError` for an initializer that is not known, and `InputError` for options it does not take.
    """
    for parameter in parameters(model):
        parameter.layer.assign(parameter.name, _first_value(parameter, rng), copy=False)


def _first_value(parameter: Parameter, rng: np.random.Generator) -> Array:
    function, options = _find(parameter)
    try:
        value = function(parameter.shape, rng, **options)
    except TypeError as error:
        raise InputError(f"the initializer of {parameter} does not take {options}: {error}") from error
    forgets = any(layer.config.get("unit_forget_bias", True) for layer in parameter.around[:2])
    if parameter.name == "bias" and "f" in getattr(parameter.layer, "gate_names", ()) and forgets:
        units = len(value) // 4
        value[units : 2 * units] = 1.0  # at first an LSTM forgets little
    return value


def _find(parameter: Parameter) -> tuple[Initializer, dict[str, Any]]:
    given = parameter.option("initializer")
    if given is None:
        ones_too = _ONES.get(type(parameter.layer).__name__) == parameter.name
        given = "ones" if ones_too else _DEFAULTS.get(parameter.name, "glorot_uniform")
    name, config = named(given)
    options = {
        key: value for key, value in config.items() if key not in {"seed", "dtype", "name"} and value is not None
    }
    if name is None or name not in INITIALIZERS:
        raise UnsupportedLayerError(f"the initializer {given!r} of {parameter} is not one that Kaca knows")
    return INITIALIZERS[name], options
