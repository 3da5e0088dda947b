"""What is in a model file, and what of it would be refused: ``python -m core.inspect FILE [--json]``.

Nothing of the file is believed or run: the layers are those that its config names, each with whether Kaca opens it.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from core.arrays import show_shape
from core.errors import KacaError
from core.files.archive import open_archive
from core.files.config import build_model, modernise
from core.files.limits import reading
from core.files.load import load_model
from core.graph import Ref
from core.model import Model
from core.registry import build_layer


def inspect(path: Path) -> dict[str, Any]:
    """Describe a file: format, Keras version, layers (each opened or refused, with the reason), and whether it opens."""
    found: dict[str, Any] = {"file": str(path), "opens": False, "why_not": None, "layers": []}
    try:
        with reading(path), open_archive(path) as archive:
            found |= {
                "format": "hdf5" if archive.legacy else "keras",
                "keras_version": archive.keras_version,
                "bytes": archive.size,
            }
            config = modernise(archive.config, archive.keras_version)
            found["layers"] = [_judge(entry) for entry in _entries(config)]
            found |= _measure(build_model(archive.config, archive.keras_version))
        load_model(path)
        found["opens"] = True
    except KacaError as error:
        found["why_not"] = f"{type(error).__name__}: {error}"
    return found


def _entries(config: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """Go through the layers that a model's config lists, those of models within it included."""
    inner = config.get("config")
    layers = inner.get("layers") if isinstance(inner, Mapping) else None
    for entry in layers if isinstance(layers, list) else []:
        if isinstance(entry, Mapping):
            yield entry
            yield from _entries(entry)


def _judge(entry: Mapping[str, Any]) -> dict[str, Any]:
    """Say of one layer whether it would be opened, and why not."""
    inner = entry.get("config")
    name = inner.get("name") if isinstance(inner, Mapping) else None
    judged = {"name": str(name or entry.get("name")), "class": str(entry.get("class_name")), "refused": None}
    try:
        build_layer(entry)
    except KacaError as error:
        judged["refused"] = str(error)
    return judged


def _measure(model: Model) -> dict[str, Any]:
    """Give the size of a model that could be built."""
    rows = []
    for index, node in enumerate(model.nodes):
        cost = 0 if node.is_input else node.layer.multiply_adds(*model.node_shapes(node)[0])
        shape = model.shapes.get(Ref(index))
        rows.append(
            {
                "name": node.layer.name,
                "class": type(node.layer).__name__,
                "output_shape": show_shape(shape) if shape else None,
                "parameters": node.layer.count_parameters(),
                "multiply_adds": cost,
                "refused": None,
            }
        )
    return {"layers": rows, "parameters": model.count_parameters(), "summary": model.summary()}


def main(arguments: Sequence[str] | None = None) -> int:
    """Print what is in the files; 0 if all of them open, else 1."""
    parser = argparse.ArgumentParser(prog="python -m core.inspect", description="Say what is in a Keras model file.")
    parser.add_argument("file", type=Path, nargs="+", help="a .keras or whole-model .h5 file")
    parser.add_argument("--json", action="store_true", help="print one JSON object a file")
    options = parser.parse_args(arguments)
    results = [inspect(path) for path in options.file]
    for found in results:
        sys.stdout.write((json.dumps(found) if options.json else _text(found)) + "\n")
    return 0 if all(found["opens"] for found in results) else 1


def _text(found: Mapping[str, Any]) -> str:
    lines = [f"File: {found['file']}"]
    if "format" in found:
        lines.append(f"Format: {found['format']}, saved by Keras {found['keras_version']}, {found['bytes']:,} bytes")
    lines += (
        [found["summary"]]
        if "summary" in found
        else [f"  {layer['name']} ({layer['class']})" for layer in found["layers"]]
    )
    lines += [f"Refused: {layer['name']}: {layer['refused']}" for layer in found["layers"] if layer["refused"]]
    lines.append("Opens: yes" if found["opens"] else f"Opens: no. {found['why_not']}")
    return "\n".join(lines)


if __name__ == "__main__":
    sys.exit(main())
