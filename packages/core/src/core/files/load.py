"""`load_model`: open the file, build the graph its config describes, fill in the weights."""

from __future__ import annotations

from pathlib import Path

from core.errors import ModelFileError
from core.files.archive import Archive, open_archive
from core.files.config import build_model
from core.files.limits import reading
from core.files.weights import read_parameters
from core.model import Model
from core.precision import compute_in, floating


def load_model(path: str | Path, dtype: str | None = None) -> Model:
    """Open a model that Keras saved (``.keras``, whole-model ``.h5``) with NumPy alone.

    `dtype` ("float64", say) computes in that type instead of the file's own.
    The file is treated as a stranger's: no code of it runs, nothing is written, layers come from a closed list.
    Raises `ModelFileError` (broken or hostile), `UnsupportedLayerError`, `WeightMismatchError`; all are `KacaError`.
    """
    path = Path(path)
    precision = None if dtype is None else floating(dtype)
    with reading(path), open_archive(path) as archive:
        model = build_model(archive.config, archive.keras_version)
        if precision is not None:
            compute_in(model, precision)
        fill(model, archive)
    return model


def fill(model: Model, archive: Archive) -> None:
    """Give a model that was built the vocabularies and the parameters of its file."""
    _load_assets(model, archive)
    read_parameters(model, archive)
    model.list_as_keras()


def _load_assets(model: Model, archive: Archive) -> None:
    """Hand each layer its files (a vocabulary), which lie under ``assets/<path of the layer>/``."""
    for place, layer in model.walk():
        for name in layer.assets:
            read = archive.assets.get(f"assets/{place}/{name}")
            if read is not None:
                data = read()
                archive.budget.charge_lines(data.count(b"\n"))
                try:
                    layer.load_asset(name, data)
                except UnicodeDecodeError as error:
                    raise ModelFileError(f"{archive.path}: {name} of {layer} is not UTF-8 text: {error}") from error
