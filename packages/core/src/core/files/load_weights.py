"""`load_weights`: the parameters of a model that exists, from any file of Keras that holds them, all of them or none."""

from __future__ import annotations

import io
from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np

from core.errors import ModelFileError
from core.files import dialects, hdf5
from core.files.archive import Archive, is_hdf5, is_zip, open_archive
from core.files.assignment import Assignment, all_or_nothing, assign_all, warn_of_nan
from core.files.budget import ALWAYS_ALLOWED, LARGEST_GROWTH, Budget
from core.files.foreign import describe_weights, refuse_folder
from core.files.hdf5_format import Group, open_root
from core.files.json_file import is_json, read_json
from core.files.npz import Npz, holds_arrays
from core.files.numbered_weights import index_numbered, read_named, read_numbered
from core.files.shards import open_shards
from core.files.source import Readable, Source, reading
from core.graph.network import Network
from core.layers.base import Layer


def load_weights(model: Network, given: Readable) -> None:
    """Read the parameters of a model that exists; a failure leaves it as it was.

    `given` holds weights alone (``.weights.h5``, ``.npz``, Keras 1 and 2's ``.h5``, ``.weights.json``) or a whole model.
    """
    source = Source(given)
    refuse_folder(source)
    with reading(source), all_or_nothing(model):
        if _is_whole_zip(source):
            with open_archive(source) as archive:
                fill(model, archive)
            return
        with _open(model, source) as assignments:
            assign_all(list(assignments))
    warn_of_nan(model)


def fill(model: Network, archive: Archive) -> None:
    """Fill a model with the vocabularies and the parameters of an open archive."""
    _load_assets(model, archive)
    _refuse_more_than(model, archive.size)
    if isinstance(archive.weights, Npz):
        found = read_named(model, archive.weights)
    elif archive.by_layer:
        found = dialects.read_by_layer(model.layers, archive.weights, whole=True)
    else:
        found = read_numbered(model, index_numbered(archive.weights))
    assign_all(list(found))
    warn_of_nan(model)


def _load_assets(model: Layer, archive: Archive) -> None:
    """Load into each layer its files beside the weights: a vocabulary lies under ``assets/<path of the layer>/``."""
    for path, layer in model.walk():
        for name in layer.file_format.assets:
            read = archive.assets.get(f"assets/{path}/{name}")
            if read is not None:
                data = read()
                archive.budget.charge_lines(data.count(b"\n"))
                try:
                    layer.load_asset(name, data)
                except UnicodeDecodeError as error:
                    raise ModelFileError(f"{archive.path}: {name} of {layer} is not UTF-8 text: {error}") from error


def _is_whole_zip(source: Source) -> bool:
    with source.open() as file:
        return is_zip(file) and not holds_arrays(file)


@contextmanager
def _open(model: Network, source: Source) -> Iterator[Iterator[Assignment]]:
    """Open a file of weights and find what each of its arrays is; yield what is to be assigned."""
    with source.open() as file:
        budget, size = Budget.of(file), file.seek(0, io.SEEK_END)
        if is_zip(file):
            _refuse_more_than(model, size)
            yield read_named(model, Npz(file, budget))
        elif is_hdf5(file):
            _refuse_more_than(model, size)
            yield _read_hdf5(model, open_root(file, budget))
        elif is_json(file):
            described = read_json(file, source.name)
            if "weight_map" not in described:
                raise ModelFileError(
                    f"{source}: holds an architecture, no weights: core.load_model({source.name!r}, weights=...)"
                )
            with open_shards(source, described) as (total, arrays):
                _refuse_more_than(model, total)
                yield read_numbered(model, arrays)
        else:
            raise ModelFileError(f"{source}: {describe_weights(source, file)}")


def _read_hdf5(model: Network, root: Group) -> Iterator[Assignment]:
    if dialects.is_by_layer(root):
        return dialects.read_by_layer(model.layers, root, whole=False)
    if "model_weights" in root and ("model_config" in root.attrs or "layers" not in root):
        return dialects.read_by_layer(model.layers, hdf5.descend(root, "model_weights"), whole=False)
    return read_numbered(model, index_numbered(root))


def _refuse_more_than(model: Network, size: int) -> None:
    """Raise `ModelFileError` if the config asks for more numbers than a file of `size` bytes can hold."""
    wanted = sum(
        int(np.prod(shape, dtype=object)) * layer.dtype.variable_dtype.itemsize
        for _, layer in model.walk()
        for shape in layer.parameter_shapes.values()
    )
    if wanted > LARGEST_GROWTH * size + ALWAYS_ALLOWED:
        raise ModelFileError(f"the config asks for {wanted:,} bytes of parameters, the file has only {size:,}")
