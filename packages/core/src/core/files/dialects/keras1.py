"""The words of Keras 1: ``Convolution2D(nb_filter, nb_row, nb_col, border_mode)`` and the like become those of Keras 2.

What Keras 2 could not take over (`Highway`, `MaxoutDense`, other modes of `BatchNormalization`) is refused as written by
Keras 1. Source: the legacy interfaces of Keras 2.2 (keras/legacy/interfaces.py).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from core.errors import UnsupportedLayerError

#: Words that one of Keras 1's layers always says, and none of Keras 2.
_OF_KERAS1 = frozenset(
    {"border_mode", "dim_ordering", "W_regularizer", "nb_filter", "inner_activation", "bias", "consume_less", "mode", "p",
     "dropout_W", "stride", "pool_length", "subsample", "subsample_length", "filter_length", "init", "sigma", "length"}
)  # fmt: skip
#: Layers under names that Keras 2 did not have any more.
_LAYERS = {
    "AtrousConvolution1D": "Conv1D", "AtrousConv1D": "Conv1D", "AtrousConvolution2D": "Conv2D", "AtrousConv2D": "Conv2D",
    "TimeDistributedDense": "Dense",
}  # fmt: skip
#: Layers that no later version has.
_GONE = frozenset(
    {"Highway", "MaxoutDense", "SReLU", "ParametricSoftplus", "Deconvolution2D", "Graph", "Siamese", "AutoEncoder",
     "LambdaMerge", "MaskedLambda", "CRF"}
)  # fmt: skip
#: Options that changed their name and nothing else.
_RENAMED = {
    "nb_filter": "filters", "filter_length": "kernel_size", "subsample": "strides", "subsample_length": "strides",
    "border_mode": "padding", "dim_ordering": "data_format", "atrous_rate": "dilation_rate", "bias": "use_bias",
    "inner_activation": "recurrent_activation", "dropout_W": "dropout", "dropout_U": "recurrent_dropout", "p": "rate",
    "sigma": "stddev", "stride": "strides", "pool_length": "pool_size",
    "init": "kernel_initializer", "inner_init": "recurrent_initializer", "beta_init": "beta_initializer",
    "gamma_init": "gamma_initializer", "W_regularizer": "kernel_regularizer", "U_regularizer": "recurrent_regularizer",
    "b_regularizer": "bias_regularizer", "W_constraint": "kernel_constraint", "b_constraint": "bias_constraint",
}  # fmt: skip
#: Those that changed it otherwise in one layer.
_RENAMED_IN = {
    "Embedding": {"init": "embeddings_initializer", "W_regularizer": "embeddings_regularizer",
                  "W_constraint": "embeddings_constraint"},
    "BatchNormalization": {},
    "UpSampling1D": {"length": "size"},
    "PReLU": {"init": "alpha_initializer"},
}  # fmt: skip
#: The sizes of a kernel, one word each.
_SIZES = ("nb_row", "nb_col", "kernel_dim1", "kernel_dim2", "kernel_dim3")
#: Options that decide how Keras 1 computed, not what, or that the input shape says again.
_SAYS_NOTHING = ("consume_less", "input_dim", "input_length", "forget_bias_init", "output_shape_type")
_INITIALIZERS = {"uniform": "random_uniform", "normal": "random_normal", "zero": "zeros", "one": "ones"}
_DATA_FORMATS = {"tf": "channels_last", "th": "channels_first"}
#: Layers over images that said nothing of the order of axes, although it was that of the layers around them.
_WITHOUT_ORDER = ("ZeroPadding", "Cropping", "UpSampling")
_WITH_UNITS = ("Dense", "LSTM", "GRU", "SimpleRNN", "TimeDistributedDense")
_MERGES = {"sum": "Add", "mul": "Multiply", "concat": "Concatenate", "ave": "Average", "max": "Maximum", "dot": "Dot"}


def translate_keras1(config: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return a config whose layers of Keras 1 are put into the words of Keras 2; others stay as they are."""
    orders = {_DATA_FORMATS.get(str(inner.get("dim_ordering"))) for _, inner in _layers(config)} - {None}
    translated: Mapping[str, Any] = _translate(config, orders.pop() if len(orders) == 1 else None)
    return translated


def _layers(nest: Any) -> Iterator[tuple[str, dict[str, Any]]]:
    """Go through the layers anywhere in a nest: class name and options."""
    waiting = [nest]
    while waiting:
        item = waiting.pop()
        if isinstance(item, dict):
            if isinstance(item.get("class_name"), str) and isinstance(item.get("config"), dict):
                yield item["class_name"], item["config"]
            waiting.extend(item.values())
        elif isinstance(item, list):
            waiting.extend(item)


def _translate(nest: Any, order: str | None) -> Any:
    if isinstance(nest, list):
        return [_translate(item, order) for item in nest]
    if not isinstance(nest, dict):
        return nest
    nest = {key: _translate(value, order) for key, value in nest.items()}
    class_name, options = nest.get("class_name"), nest.get("config")
    if not isinstance(class_name, str):
        return nest
    if class_name in _GONE:
        raise _refused(class_name, options)
    if not isinstance(options, dict):
        return nest
    if class_name == "Merge":
        return nest | _merge(options)
    if _is_of_keras1(class_name, options):
        class_name, options = _LAYERS.get(class_name, class_name), _options(class_name, options)
    if order and class_name.startswith(_WITHOUT_ORDER) and not class_name.endswith("1D"):
        options = {"data_format": order} | options
    return nest | {"class_name": class_name, "config": options}


def _is_of_keras1(class_name: str, options: dict[str, Any]) -> bool:
    words = _OF_KERAS1 & set(options)
    return bool(words) and "layers" not in options and class_name not in {"Lambda", "VarianceScaling", "GlorotUniform"}


def _refused(class_name: str, options: Any, why: str = "no later Keras has it") -> UnsupportedLayerError:
    name = options.get("name", "") if isinstance(options, dict) else ""
    return UnsupportedLayerError(f"layer {class_name} {name!r} was written by Keras 1.x and is refused: {why}")


def _options(class_name: str, options: dict[str, Any]) -> dict[str, Any]:
    """Return the options of one layer in the words of Keras 2."""
    if class_name == "BatchNormalization" and options.get("mode", 0) != 0:
        raise _refused(class_name, options, f"mode={options['mode']} normalises each batch or sample by itself")
    if options.get("border_mode") == "full":
        raise _refused(class_name, options, 'border_mode="full" is not supported')
    own = _RENAMED_IN.get(class_name, {})
    new = {own.get(key, _RENAMED.get(key, key)): value for key, value in options.items()}
    if "output_dim" in new and class_name in _WITH_UNITS:
        new["units"] = new.pop("output_dim")
    sizes = [new[word] for word in _SIZES if word in new]
    if sizes:
        new["kernel_size"] = sizes
    if class_name.startswith("ZeroPadding"):
        new["padding"] = _padding(new.get("padding"))
    ignored: tuple[str, ...] = (*_SIZES, "mode", "dropout") if class_name in _RENAMED_IN else _SIZES
    if class_name != "Embedding":
        ignored += _SAYS_NOTHING
    return {key: _value(key, value) for key, value in new.items() if key not in ignored}


def _value(option: str, value: Any) -> Any:
    """Return the value of an option as Keras 2 wrote it."""
    if option == "data_format":
        return _DATA_FORMATS.get(str(value), value)
    if option.endswith("_initializer"):
        return _INITIALIZERS.get(value, value) if isinstance(value, str) else value
    if option.endswith("_regularizer"):
        return _regularizer(value)
    return _constraint(value) if option.endswith("_constraint") else value


def _padding(value: Any) -> Any:
    """Return the borders of a ZeroPadding2D, which Keras 1 also wrote as four numbers or by their sides."""
    if isinstance(value, dict):
        return [
            [value.get(side, 0) for side in ends] for ends in (("top_pad", "bottom_pad"), ("left_pad", "right_pad"))
        ]
    return [value[:2], value[2:]] if isinstance(value, list) and len(value) == 4 else value


def _regularizer(value: Any) -> Any:
    if not isinstance(value, dict) or "class_name" in value:
        return value
    return {"class_name": "L1L2", "config": {"l1": value.get("l1", 0.0), "l2": value.get("l2", 0.0)}}


def _constraint(value: Any) -> Any:
    if not isinstance(value, dict) or "class_name" in value or not isinstance(value.get("name"), str):
        return value
    rest = {key: item for key, item in value.items() if key not in {"name", "m"}}
    return {"class_name": value["name"], "config": rest | ({"max_value": value["m"]} if "m" in value else {})}


def _merge(options: dict[str, Any]) -> dict[str, Any]:
    """Return the layer of Keras 2 that merges as a `Merge` of Keras 1 did."""
    mode = options.get("mode")
    if "layers" in options:
        raise _refused("Merge", options, "it merges branches of its own; build the model with a Functional")
    if mode not in _MERGES or options.get("mode_type", "raw") != "raw":
        raise _refused("Merge", options, f"mode={str(mode)[:80]!r} is not one of {', '.join(_MERGES)}")
    common = {key: options[key] for key in ("name", "trainable") if key in options}
    own = {"concat": {"axis": options.get("concat_axis", -1)}, "dot": {"axes": options.get("dot_axes", -1)}}
    return {"class_name": _MERGES[mode], "config": common | own.get(mode, {})}
