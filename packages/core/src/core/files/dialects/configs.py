"""The config of an older model in the words of Keras 3.

One file for each part: the options of layers, those of Keras 1, the line of a Sequential, the calls of a Functional, and
the TensorFlow functions that Keras 2 wrote as layers.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from core.files.dialects.calls import modernize_calls
from core.files.dialects.compiling import compile_config_of
from core.files.dialects.keras1 import translate_keras1
from core.files.dialects.line import line_of
from core.files.dialects.options import modernize_options

#: What Keras 2 called a Functional model; before 2.3 it was a Model.
_FUNCTIONAL = ("Model", "Functional")


def modernize_config(config: Mapping[str, Any]) -> Mapping[str, Any]:
    """Put the config of a model of Keras 1 or 2 into the words of Keras 3."""
    compiling = compile_config_of(config.get("compile_config"))
    rest = {key: value for key, value in config.items() if key != "compile_config"}
    modern: dict[str, Any] = _modernize(translate_keras1(rest))
    return modern if compiling is None else modern | {"compile_config": compiling}


def _modernize(entry: Any) -> Any:
    """Put a Keras 2 config into the words of Keras 3, wherever in the nest it stands."""
    if isinstance(entry, list):
        return [_modernize(item) for item in entry]
    if not isinstance(entry, dict):
        return entry
    if entry.get("class_name") == "Sequential" and "config" in entry:
        entry = entry | {"config": line_of(entry)}
    # Keras 2 said otherwise how a layer is built, and Keras 3 finds it out by itself.
    entry = {key: _modernize(value) for key, value in entry.items() if key != "build_config"}
    class_name, inner = entry.get("class_name"), entry.get("config")
    if not isinstance(class_name, str) or not isinstance(inner, dict):
        return entry
    if class_name in _FUNCTIONAL:
        return entry | {"class_name": "Functional", "config": modernize_calls(inner)}
    return modernize_options(class_name, entry)
