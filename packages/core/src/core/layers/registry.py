"""Which class a config's layer name means: a closed list, filled by the installed packages and by the user.

Nothing is ever imported because a file says so. A package names its layers by the entry point ``kaca.layers``, a mapping
from Keras' class names to classes, and the raw operations of a Functional model by ``kaca.operations``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import cache
from typing import TYPE_CHECKING, Any

from core.errors import UnsupportedLayerError
from core.layers.base import Layer

if TYPE_CHECKING:
    from importlib.metadata import EntryPoint

#: Layers that another package of Kaca brings, so that the error can say which one to install.
_HOMES = {
    "kaca-vision": (
        "Conv2D", "Conv3D", "Depthwise", "Separable", "ConvLSTM", "Random", "Resizing", "CenterCrop", "Rescaling", "MaxPooling2D",
        "AveragePooling2D", "GlobalMaxPooling2D", "GlobalAveragePooling2D", "ZeroPadding2D", "Cropping2D", "UpSampling2D",
    ),
    "kaca-text": (
        "Embedding", "TextVectorization", "SimpleRNN", "LSTM", "GRU", "RNN", "Bidirectional", "TimeDistributed", "Masking",
        "StackedRNNCells",
    ),
}  # fmt: skip

#: Refused for what they are, with the reason.
_REFUSED = {
    "Lambda": "it holds Python bytecode, which would run on this machine; replace it by layers or register your own",
    "TFSMLayer": "it loads a TensorFlow program from a path in the file",
    "TorchModuleWrapper": "it unpickles Python objects from the file",
    "JaxLayer": "it holds a program for JAX",
    "FlaxLayer": "it holds a program for JAX",
    "TFOpLambda": "it names a TensorFlow function, which is known in a Functional model of Keras 2 alone",
    "SlicingOpLambda": "it names a TensorFlow function, which is known in a Functional model of Keras 2 alone",
    "MelSpectrogram": "it is for sound, which no package of Kaca is for yet; compute the spectrogram before the network",
    "STFTSpectrogram": "it is for sound, which no package of Kaca is for yet; compute the spectrogram before the network",
    "InputSpec": "it is not a layer",
    "Layer": "it is the base of other layers and computes nothing itself",
    "Wrapper": "it is the base of other layers and computes nothing itself",
}

#: Where Keras keeps its raw operations; `ReLU` with options is one of them as a function, and a layer too.
_OPERATION_MODULES = ("keras.src.ops.", "keras.src.activations.")

_user_layers: dict[str, type[Layer]] = {}


def register_layer(layer: type[Layer], name: str | None = None) -> type[Layer]:
    """Make a layer of your own known to `load_model`, under its class name or Keras' ``"package>Name"``."""
    layer.file_format = replace(layer.file_format, registered_name=name or layer.__name__)
    _user_layers[name or layer.__name__] = layer
    return layer


def build_layer(config: Mapping[str, Any]) -> Layer:
    """Build the layer that ``{"module", "class_name", "config", "registered_name"}`` describes.

    Raises `UnsupportedLayerError` for a class that is not on the list, and for options that it cannot honour.
    """
    class_name, inner = config.get("class_name"), config.get("config")
    if (
        not isinstance(class_name, str)
        or not isinstance(inner, Mapping)
        or not all(isinstance(key, str) for key in inner)
    ):
        raise UnsupportedLayerError(f"a layer must have a class_name and a config, got {str(config)[:200]}")
    layer = class_of(config).from_config(inner)
    layer.kept = {key: config[key] for key in ("build_config", "compile_config") if config.get(key)}
    return layer


def class_of(config: Mapping[str, Any]) -> type[Layer]:
    """Find the class of a layer's whole description. HDF5 files of Keras 3 name no modules to tell operations by."""
    module, inner = config.get("module"), config.get("config", {})
    if "module" not in config and "trainable" not in inner and _installed("operations", config["class_name"]):
        module = _OPERATION_MODULES[0]  # a layer always says whether it is trainable, an operation never does
    return find_layer(config["class_name"], module, config.get("registered_name"))


def known_class(config: Mapping[str, Any]) -> type[Layer] | None:
    """Find the class of a description if it is that of a layer or operation of Keras; initialisers and the like are none."""
    name, inner, registered = config.get("class_name"), config.get("config"), config.get("registered_name")
    custom = isinstance(registered, str) and ">" in registered
    if custom or not isinstance(name, str) or not isinstance(inner, Mapping) or "name" not in inner:
        return None
    return class_of(config) if _installed("layers", name) or _installed("operations", name) else None


def installed_classes(kind: str) -> dict[str, type[Layer]]:
    """Return all classes of ``"layers"`` or ``"operations"`` that the installed packages bring, by Keras' name."""
    return {name: layer for point in _points(kind) for name, layer in point.load().items()}


@cache
def is_layer(class_name: str) -> bool:
    """Return whether a name is that of a layer or operation; initialisers, policies and the like have names too."""
    return class_name in _user_layers or bool(_installed("layers", class_name) or _installed("operations", class_name))


def find_layer(class_name: str, module: object = None, registered_name: object = None) -> type[Layer]:
    """Find the class for a name in a config. `module` tells Keras' layers and its raw operations apart."""
    for name in (registered_name, class_name):
        if isinstance(name, str) and name in _user_layers:
            return _user_layers[name]
    kind = "operations" if isinstance(module, str) and module.startswith(_OPERATION_MODULES) else "layers"
    custom = isinstance(registered_name, str) and ">" in registered_name and not registered_name.startswith("keras")
    found = None if custom else _installed(kind, class_name)
    if found is None:
        raise UnsupportedLayerError(
            f"operation {class_name} is not one that Kaca knows; write it as a layer of your own"
            if kind == "operations" and class_name not in _REFUSED
            else _refusal(class_name, registered_name if custom else None)
        )
    return found


def is_catalogued(layer: type[Layer]) -> bool:
    """Return whether a class comes from an installed package of Kaca, and not from a user."""
    return layer.__module__.partition(".")[0] in packages_with("layers")


@cache
def _points(kind: str) -> tuple[EntryPoint, ...]:
    """List the packages that bring layers or operations: found once, by reading what every installed package says of itself."""
    from importlib.metadata import entry_points  # noqa: PLC0415 - half as long to import as all of core

    return tuple(entry_points(group=f"kaca.{kind}"))


@cache
def packages_with(kind: str) -> dict[str, str]:
    """Return the modules that the installed packages name under ``kaca.<kind>``, by package; nothing of them is imported."""
    return {point.module.partition(".")[0]: point.module for point in _points(kind)}


@cache
def _installed(kind: str, class_name: str) -> type[Layer] | None:
    """Find a class in the installed packages; only the file that defines it is imported."""
    for point in _points(kind):
        table: Mapping[str, type[Layer]] = point.load()
        if class_name in table:
            return table[class_name]
    return None


def _refusal(class_name: str, registered_name: object) -> str:
    if class_name in _REFUSED:
        return f"layer {class_name} is refused: {_REFUSED[class_name]}"
    if registered_name:
        return f"layer {registered_name} is custom: write it as a core.Layer, then core.register_layer(cls, {registered_name!r})"
    for package, starts in _HOMES.items():
        if class_name.startswith(starts) and not _has(package):
            return f"layer {class_name} comes with {package}, which is not installed: pip install {package}"
    return f"layer {class_name} is not one that Kaca knows; if it is yours, give it to core.register_layer"


def _has(package: str) -> bool:
    return any(point.dist is not None and point.dist.name == package for point in _points("layers"))
