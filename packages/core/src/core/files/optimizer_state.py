"""What Keras' optimiser remembers before its first step: a file that is compiled holds it, or Keras warns of its absence.

Source: the `build` methods of https://github.com/keras-team/keras/tree/master/keras/src/optimizers
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from core.files.hdf5 import new_dataset
from core.files.hdf5_format.write import NewDataset, NewGroup
from core.layers.base import Layer
from core.layers.trainable import parameters

#: What an optimiser keeps of each parameter, in Keras' order: rounds over all parameters, each with its first values and,
#: where there is one, the option that asks for it. A value that is a name is that option's.
_ROUNDS: dict[str, tuple[tuple[tuple[float | str, ...], str | None], ...]] = {
    "SGD": (((0.0,), "momentum"),),
    "RMSprop": (((0.0,), None), ((0.0,), "momentum"), ((0.0,), "centered")),
    "Adam": (((0.0, 0.0), None), ((0.0,), "amsgrad")),
    "AdamW": (((0.0, 0.0), None), ((0.0,), "amsgrad")),
    "Nadam": (((0.0, 0.0), None),),
    "Adamax": (((0.0, 0.0), None),),
    "Adagrad": ((("initial_accumulator_value",), None),),
    "Adadelta": (((0.0, 0.0), None),),
    "Ftrl": ((("initial_accumulator_value", 0.0), None),),
    "Lion": (((0.0,), None),),
    "Lamb": (((0.0, 0.0), None),),
}
_BY_LOWER_NAME = {name.lower(): name for name in _ROUNDS}
_OF_ALL: tuple[tuple[tuple[float | str, ...], str | None], ...] = (
    ((0.0,), "use_ema"),
    ((0.0,), "gradient_accumulation_steps"),
)
_DEFAULTS = {"initial_accumulator_value": 0.1}


def fresh_state(model: Layer) -> NewGroup | None:
    """Return the arrays of the optimiser that the compile configuration of `model` names, before the first step.

    None where the model is not compiled, or its optimiser is one whose arrays are not known; Keras then warns.
    """
    optimizer = model.kept.get("compile_config", {}).get("optimizer")
    if isinstance(optimizer, str):  # compiled without options
        optimizer = {"class_name": _BY_LOWER_NAME.get(optimizer.lower()), "config": {}}
    name, options = (
        (optimizer.get("class_name"), optimizer.get("config")) if isinstance(optimizer, Mapping) else ("", {})
    )
    if name not in _ROUNDS or not isinstance(options, Mapping):
        return None
    learnt = [parameter for parameter in parameters(model) if parameter.trainable]
    arrays = [_constant(0, (), "int64")]
    if not isinstance(options.get("learning_rate"), Mapping):
        arrays.append(_constant(options.get("learning_rate", 0.01 if name == "SGD" else 0.001), (), "float32"))
    for values, option in (*_OF_ALL, *_ROUNDS[name]):
        if option is None or options.get(option):
            starts = [options.get(value, _DEFAULTS.get(value)) if isinstance(value, str) else value for value in values]
            arrays += [_constant(start, each.shape, each.layer.dtype.variable) for each in learnt for start in starts]
    if name == "Nadam":
        arrays.append(_constant(1, (), learnt[0].layer.dtype.variable if learnt else "float32"))
    return NewGroup({str(index): array for index, array in enumerate(arrays)}, {"name": str(options.get("name", name))})


def _constant(value: Any, shape: tuple[int, ...], dtype: str) -> NewDataset:
    array = np.broadcast_to(np.array(value, np.float32 if dtype == "bfloat16" else dtype), shape)  # takes no memory
    return new_dataset(array, dtype, lambda: array)
