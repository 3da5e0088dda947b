"""What only files need to know of a class of layers: how Keras writes it, and what it leaves out."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class FileFormat:
    """How Keras writes the layers of a class. A class says only what differs from most.

    module: where Keras keeps the class.
    name: the class name that Keras writes, where it is not that of our class.
    registered_name: the name under which a user registered the class, as Keras writes it: ``package>Name``.
    unwritable: why no layer of Keras 3 computes the same, so that files cannot hold it.
    omitted: options of every layer that Keras does not take here.
    named_parameters: parameters that files hold under their name; all others stand under their number.
    repeated_at: paths inside the layer where Keras writes (and asks for) its parameters and assets once more.
    assets: files beside the weights that make the layer whole (a vocabulary); each is handed to `Layer.load_asset`.
    numbered: whether the layer counts when Keras numbers those of a model; raw operations do not.
    """

    module: str = "keras.layers"
    name: str | None = None
    registered_name: str | None = None
    unwritable: str | None = None
    omitted: frozenset[str] = frozenset()
    named_parameters: frozenset[str] = frozenset()
    repeated_at: tuple[str, ...] = ()
    assets: tuple[str, ...] = ()
    numbered: bool = True
