"""`Model.save`: write a ``.keras`` archive that Keras opens again: config, weights and assets, whole or not at all."""

from __future__ import annotations

import json
import time
import zipfile
from datetime import datetime
from pathlib import Path

from core.errors import InputError
from core.files.atomic import destination, output
from core.files.serialization import serialize
from core.files.weights import planned_weights
from core.graph.network import Network

#: The version of Keras whose layout is written.
KERAS_VERSION = "3.15.1"


def save_model(model: Network, to: object) -> None:
    """Write `model` to a path, which must end in ``.keras``, or to an open file.

    Raises `InputError` where Keras has no words for it and where the path cannot be written.
    """
    target = destination(to)
    if isinstance(target, Path) and target.suffix != ".keras":
        raise InputError(
            f"a model is written as .keras, got {target.name!r} (save_weights writes .weights.h5 and .npz)"
        )
    config = json.dumps(serialize(model))
    metadata = {"keras_version": KERAS_VERSION, "date_saved": datetime.now().astimezone().strftime("%Y-%m-%d@%H:%M:%S")}
    weights = planned_weights(model, optimizer=True)
    with output(target) as file, zipfile.ZipFile(file, "w", zipfile.ZIP_STORED) as archive:
        archive.writestr("metadata.json", json.dumps(metadata))
        archive.writestr("config.json", config)
        member = zipfile.ZipInfo("model.weights.h5", time.localtime()[:6])
        member.file_size = weights.size  # known before, so that small files need no fields for large ones
        with archive.open(member, "w") as part:
            weights.write(part)
        for path, layer in model.walk():
            for name in layer.file_format.assets:
                if (data := layer.save_asset(name)) is not None:
                    for folder in (path, *(f"{path}/{again}" for again in layer.file_format.repeated_at)):
                        archive.writestr(f"assets/{folder}/{name}", data)
