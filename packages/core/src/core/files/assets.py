"""Files beside the weights: a vocabulary lies under ``assets/<path of the layer>/``."""

from __future__ import annotations

from core.errors import ModelFileError
from core.files.archive import Archive
from core.layers.base import Layer


def load_assets(model: Layer, archive: Archive) -> None:
    """Hand each layer its files."""
    for path, layer in model.walk():
        for name in layer.assets:
            read = archive.assets.get(f"assets/{path}/{name}")
            if read is not None:
                data = read()
                archive.budget.charge_lines(data.count(b"\n"))
                try:
                    layer.load_asset(name, data)
                except UnicodeDecodeError as error:
                    raise ModelFileError(f"{archive.path}: {name} of {layer} is not UTF-8 text: {error}") from error
