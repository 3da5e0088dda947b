"""`load_model`: open the file, build the graph its config describes, fill in the weights."""

from __future__ import annotations

from core.errors import ModelFileError
from core.files import dialects
from core.files.archive import open_archive
from core.files.config import build_network
from core.files.foreign import refuse_folder
from core.files.hdf5_format import Group
from core.files.json_file import read_alone
from core.files.load_weights import fill, load_weights
from core.files.source import Readable, Source, reading
from core.graph.limits import Limits
from core.graph.network import Network
from core.graph.precision import compute_in, floating
from core.models.model import Model
from core.models.sequential import Sequential


def load_model(
    path: Readable, dtype: str | None = None, *, weights: Readable | None = None, limits: Limits | None = None
) -> Model:
    """Open a model that Keras saved (``.keras``, whole-model ``.h5``) with NumPy alone.

    `path` may also be the bytes of a file, or a file opened in mode ``"rb"``. An architecture (`model.to_json()`, a
    ``config.json``) needs `weights`: whatever `Model.load_weights` reads. `dtype` ("float64", say) computes in that type
    instead of the file's own. `limits` bound what a pass through the model may cost (see `core.Limits`); by default they
    follow this machine.
    The file is treated as a stranger's: no code of it runs, nothing is written, layers come from a closed list.
    Raises `ModelFileError` (broken or hostile), `UnsupportedLayerError`, `WeightMismatchError`; all are `KacaError`.
    """
    source = Source(path)
    precision = None if dtype is None else floating(dtype)
    with reading(source):
        refuse_folder(source)
        architecture = read_alone(source)
        if architecture is None:
            with open_archive(source) as archive:
                model = _whole(build_network(archive.config, archive.keras_version))
                if isinstance(model, Sequential) and model.is_open and isinstance(archive.weights, Group):
                    shape = dialects.shape_from_weights(model.layers, archive.weights)
                    if shape is not None:
                        model.declare_input(shape)
                if precision is not None:
                    compute_in(model, precision)
                fill(model, archive)
        else:
            if "class_name" not in architecture:
                raise ModelFileError(f"{source}: JSON without a class_name: write model.to_json(), not get_config()")
            if weights is None:
                raise ModelFileError(
                    f"{source}: holds an architecture alone: load_model(..., weights='w.h5') reads its weights"
                )
            model = _whole(build_network(architecture, dialects.version_of(architecture)))
            if precision is not None:
                compute_in(model, precision)
    if weights is not None:
        load_weights(model, weights)
    if limits is not None:
        model.limit(limits)
    model.list_as_keras()  # after the weights, which a file numbers in the order that its config lists the layers in
    return model


def _whole(network: Network) -> Model:
    """Return a network that a file describes as the model it is."""
    assert isinstance(network, Model), f"the registry names {type(network).__name__} as a model"
    return network
