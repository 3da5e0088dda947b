"""The calls of an older Functional: nests of ``[layer, call, output, keywords]``, put into the args and kwargs of Keras 3.

Keras 2 wrote the keywords of a call beside each tensor of its first argument; tensors among them are triples, constants
plain lists. A call of a nested model was counted from 1, because making the model was call 0.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from core.errors import UnsupportedLayerError
from core.files.dialects.masks import name_masks
from core.files.dialects.tensorflow.calls import array, tensor
from core.files.dialects.tensorflow.translate import is_function, translate_functions

#: What stands for the name of a layer where a tensor is a constant.
_CONSTANT = "_CONSTANT_VALUE"
_MODELS = ("Sequential", "Functional")
_RECURRENT = ("LSTM", "GRU", "SimpleRNN", "RNN", "Bidirectional", "ConvLSTM", "CuDNN")


def modernize_calls(model: dict[str, Any]) -> dict[str, Any]:
    """Return the config of a Functional model with its calls as Keras 3 writes them."""
    layers = [entry for entry in model.get("layers") or [] if isinstance(entry, dict)]
    if len(layers) != len(model.get("layers") or []):
        return model  # the model says what is wrong
    kinds = {str(entry.get("name")): str(entry.get("class_name")) for entry in layers}
    outputs = _shifted(model.get("output_layers"), kinds)
    renewed = translate_functions(name_masks([_with_calls(entry, kinds) for entry in layers]), outputs)
    return model | {"layers": renewed, "output_layers": outputs}


def _with_calls(entry: dict[str, Any], kinds: Mapping[str, str]) -> dict[str, Any]:
    """Return a layer of the model with its calls as Keras 3 writes them."""
    calls = entry.get("inbound_nodes")
    if not isinstance(calls, list):
        return entry
    wrapped = [calls] if _is_tensor(calls, kinds) else calls
    made = [_call(call, kinds, is_function(entry)) for call in wrapped]
    if _is_causal(entry):
        return _called_causally(entry, made)
    return entry | {"inbound_nodes": [_with_states(call) for call in made] if _is_recurrent(entry) else made}


def _is_causal(entry: Mapping[str, Any]) -> bool:
    """Return whether attention looks back only; it was an option of the layer until Keras 2.10, and of the call since."""
    config = entry.get("config")
    kind = entry.get("class_name") in {"Attention", "AdditiveAttention"}
    return kind and isinstance(config, Mapping) and config.get("causal") is True


def _called_causally(entry: dict[str, Any], calls: list[Any]) -> dict[str, Any]:
    options = {key: value for key, value in entry["config"].items() if key != "causal"}
    made = [call | {"kwargs": call["kwargs"] | {"use_causal_mask": True}} for call in calls]
    return entry | {"config": options, "inbound_nodes": made}


def _is_recurrent(entry: Mapping[str, Any]) -> bool:
    name, config = entry.get("class_name"), entry.get("config")
    constants = config.get("num_constants") if isinstance(config, Mapping) else None
    return isinstance(name, str) and name.startswith(_RECURRENT) and not constants


def _with_states(call: Any) -> Any:
    """Name the states that a recurrent layer starts with: Keras 2 listed them behind the input."""
    first, *more = call["args"]
    if not isinstance(first, list) or len(first) < 2 or more or call["kwargs"].get("initial_state") is not None:
        return call
    states = first[1] if len(first) == 2 else first[1:]
    return call | {"args": [first[0]], "kwargs": call["kwargs"] | {"initial_state": states}}


def _shifted(nest: Any, kinds: Mapping[str, str]) -> Any:
    """Count the calls of a nested Sequential among the outputs from 0; those of a Functional, Keras 3 shifts as well."""
    if isinstance(nest, dict):
        return {key: _shifted(value, kinds) for key, value in nest.items()}
    if not isinstance(nest, list):
        return nest
    if _is_tensor(nest, kinds):
        return [nest[0], nest[1] - (kinds.get(nest[0]) == "Sequential" and nest[1] > 0), *nest[2:]]
    return [_shifted(value, kinds) for value in nest]


def _call(call: Any, kinds: Mapping[str, str], keeps: bool) -> Any:
    """Return one call as ``{"args", "kwargs"}``; `keeps` where a list of one tensor stays a list."""
    if isinstance(call, dict) and "args" in call and "kwargs" in call:
        return call
    found: list[dict[str, Any]] = []
    first = _first(call, kinds, found)
    if isinstance(first, list) and len(first) == 1 and not keeps:
        first = first[0]
    keywords = found[0] if found else {}
    kwargs = {key: _keyword(value, kinds) for key, value in keywords.items() if keeps or value is not None}
    if not keeps:
        kwargs = {key: array(value) if _is_array(value) else value for key, value in kwargs.items()}
        if isinstance(kwargs.get("training"), bool):  # Keras 2 obeys it whatever the model runs with
            kwargs["training"] = {"class_name": "__always__", "config": {"value": kwargs["training"]}}
    return {"args": [first], "kwargs": kwargs}


def _first(nest: Any, kinds: Mapping[str, str], found: list[dict[str, Any]]) -> Any:
    """Return the first argument of a call; the keywords that stand beside its tensors are added to `found`."""
    if isinstance(nest, dict):
        return {key: _first(value, kinds, found) for key, value in nest.items()}
    if not isinstance(nest, list):
        raise UnsupportedLayerError(f"a call must list its tensors, got {str(nest)[:200]}")
    if _is_tensor(nest, kinds):
        if len(nest) == 4:
            if not isinstance(nest[3], dict):
                raise UnsupportedLayerError(f"the arguments of a call must be a dict, got {str(nest[3])[:200]}")
            found.append(nest[3])
        return array(nest[2]) if nest[0] == _CONSTANT else _tensor(nest, kinds)
    return [_first(value, kinds, found) for value in nest]


def _keyword(value: Any, kinds: Mapping[str, str]) -> Any:
    """Return the value of a keyword, with its tensors in the words of Keras 3."""
    if isinstance(value, dict):
        return {key: _keyword(item, kinds) for key, item in value.items()}
    if not isinstance(value, list):
        return value
    return _tensor(value, kinds) if _is_tensor(value, kinds) else [_keyword(item, kinds) for item in value]


def _is_tensor(nest: list[Any], kinds: Mapping[str, str]) -> bool:
    return (
        len(nest) in {3, 4}
        and isinstance(nest[0], str)
        and (nest[0] in kinds or nest[0] == _CONSTANT)
        and isinstance(nest[1], int)
    )


def _tensor(triple: list[Any], kinds: Mapping[str, str]) -> dict[str, Any]:
    name, call, output = triple[:3]
    return tensor(name, call - (kinds.get(name) in _MODELS and call > 0), output)


def _is_array(value: Any) -> bool:
    """Return whether a keyword holds nothing but numbers in lists: a constant mask or state."""
    if isinstance(value, list):
        return bool(value) and all(_is_array(item) or isinstance(item, int | float) for item in value)
    return False
