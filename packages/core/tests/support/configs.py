"""Configs of models written by hand, as files hold them, and processes of their own that open such files."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

Config = dict[str, Any]


def entry(class_name: Any, module: str | None = "keras.layers", **options: Any) -> Config:
    """Return the config of a layer."""
    return {"module": module, "class_name": class_name, "config": {"name": "evil"} | options}


def operated(class_name: str, **options: Any) -> Config:
    """Return the config of a raw operation."""
    return entry(class_name, "keras.src.ops.numpy", **options)


def tensor(name: str, call: int = 0) -> Config:
    """Return the output of a call of a layer."""
    return {"class_name": "__keras_tensor__", "config": {"keras_history": [name, call, 0]}}


def node(*arguments: Any) -> Config:
    """Return one call of a layer."""
    return {"args": list(arguments), "kwargs": {}}


def called(name: str, layer: Config, *arguments: Any) -> Config:
    """Return a layer of a graph, under a name of its own, that is called once, or not at all without arguments."""
    named = {**layer, "config": {**layer["config"], "name": name}, "name": name}
    return named | {"inbound_nodes": [node(*arguments)] if arguments else []}


def graph(*layers: Config, shape: tuple[int | None, ...] = (None, 4), output: Any = None, **options: Any) -> Config:
    """Return a Functional model of the input "in" and of layers, the last of which is the output unless another is named."""
    first = called("in", entry("InputLayer", batch_shape=list(shape), **options))
    config = {
        "name": "graph",
        "layers": [first, *layers],
        "input_layers": ["in", 0, 0],
        "output_layers": output or [layers[-1]["name"], 0, 0],
    }
    return {"module": "keras", "class_name": "Functional", "config": config}


def line(*layers: Any, shape: tuple[int | None, ...] = (None, 4), **options: Any) -> Config:
    """Return a Sequential model of an input and of layers."""
    first = entry("InputLayer", batch_shape=list(shape), **options)
    return entry("Sequential", "keras", layers=[first, *layers])


def outcomes(script: str, *arguments: object, **options: Any) -> list[Any]:
    """Run a script of this folder in a process of its own; return what it printed, a JSON object a line."""
    command = [sys.executable, str(Path(__file__).parent / script), *map(str, arguments)]
    done = subprocess.run(command, capture_output=True, text=True, check=True, **options)
    return [json.loads(shown) for shown in done.stdout.splitlines()]
