"""What is in a model file, and what of it would be refused: ``python -m core.inspect FILE [--json]``.

Nothing of the file is believed or run: the layers are those that its config names, each with whether Kaca opens it; a file
of weights alone shows its arrays.
"""

from __future__ import annotations

import argparse
import io
import math
import sys
import warnings
from collections.abc import Iterator, Mapping, Sequence
from itertools import islice
from pathlib import Path
from typing import Any

from core.arrays import show_shape
from core.errors import KacaError
from core.experiment.command.frame import run_command
from core.experiment.command.output import write_json, write_line
from core.files import dialects
from core.files.archive import open_archive
from core.files.config import build_network, entries, listed
from core.files.contents import weights_alone
from core.files.json_file import read_alone
from core.files.load_weights import fill
from core.files.source import Readable, Source, reading
from core.graph.network import Network
from core.graph.nodes import Ref
from core.graph.summary import summarize
from core.layers.registry import build_layer
from core.printable import printable


def inspect(path: Readable) -> dict[str, Any]:
    """Describe a file: format, Keras version, layers (each opened or refused, with the reason), and whether it opens.

    `path` may also be the bytes of a file, or a file opened in mode ``"rb"``.
    """
    source = Source(path)
    found: dict[str, Any] = {"file": str(source), "opens": False, "why_not": None, "warnings": [], "layers": []}
    try:
        with reading(source):
            if alone := weights_alone(source):
                return found | _describe_arrays(*alone)
            if described := read_alone(source):
                return found | _describe_architecture(source, described)
        with reading(source), open_archive(source) as archive:
            found |= {
                "format": "hdf5" if archive.by_layer else "keras",
                "keras_version": archive.keras_version,
                "bytes": archive.size,
            }
            try:
                model = build_network(archive.config, archive.keras_version)
            except KacaError:
                found["layers"] = [
                    _judge(entry) for entry in _few(dialects.modernize(archive.config, archive.keras_version))
                ]
                raise
            found |= _measure(model)
            with warnings.catch_warnings(record=True) as caught:
                warnings.simplefilter("always")
                fill(model, archive)
        found["warnings"] = [str(warning.message) for warning in caught]
        found["opens"] = True
    except KacaError as error:
        found["why_not"] = f"{type(error).__name__}: {error}"
    return found


def _describe_architecture(source: Source, config: Mapping[str, Any]) -> dict[str, Any]:
    """Describe a JSON file: an architecture, or the list of the files that weights were cut into."""
    with source.open() as file:
        about = {"format": "json", "keras_version": None, "bytes": file.seek(0, io.SEEK_END)}
    if "weight_map" in config:
        return about | {"why_not": "it lists the files of weights alone: open their model, then call its load_weights"}
    if "class_name" not in config:
        return about | {"why_not": "it is JSON, but neither an architecture of Keras nor a list of weights"}
    version = dialects.version_of(config)
    about |= {"keras_version": version, "why_not": "it holds an architecture alone: load_model(..., weights=...)"}
    try:
        return about | _measure(build_network(config, version))
    except KacaError as error:
        layers = [_judge(entry) for entry in _few(dialects.modernize(config, version))]
        return about | {"layers": layers, "why_not": f"{type(error).__name__}: {error}"}


def _describe_arrays(kind: str, size: int, arrays: Sequence[Any]) -> dict[str, Any]:
    return {
        "format": kind,
        "keras_version": None,
        "bytes": size,
        "arrays": [array._asdict() for array in arrays],
        "parameters": sum(math.prod(array.shape) for array in arrays if array.refused is None),
        "why_not": "these are weights alone: open the model that they belong to, then call its load_weights",
    }


def _few(config: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """Go through the layers of a model that was refused, as many as a person might read."""
    return islice(entries(config), 5_000)


def _judge(entry: Mapping[str, Any]) -> dict[str, Any]:
    """Return whether one layer would be opened, and why not; a model within is judged by its layers."""
    inner = entry.get("config")
    name = inner.get("name") if isinstance(inner, Mapping) else None
    judged = {"name": str(name or entry.get("name")), "class": str(entry.get("class_name")), "refused": None}
    try:
        if not listed(entry):
            with reading(Path(judged["name"] or "")):
                build_layer(entry)
    except KacaError as error:
        judged["refused"] = str(error)
    return judged


def _measure(model: Network) -> dict[str, Any]:
    """Return the size of a model that could be built."""
    rows = []
    for index, node in enumerate(model.nodes):
        cost = model.node_cost(node)
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
    costs = [row["multiply_adds"] for row in rows]
    return {
        "layers": rows,
        "parameters": model.count_parameters(),
        "multiply_adds": None if None in costs else sum(costs),
        "summary": summarize(model),
    }


def main(arguments: Sequence[str] | None = None) -> int:
    """Print what is in the files; 0 if all of them open, else 1."""
    parser = argparse.ArgumentParser(prog="python -m core.inspect", description="Say what is in a Keras model file.")
    parser.add_argument("file", type=Path, nargs="+", help="a .keras or whole-model .h5 file, or one of weights")
    parser.add_argument("--json", action="store_true", help="print one JSON object a file")
    options = parser.parse_args(arguments)
    return run_command(lambda: _show(options.file, options.json))


def _show(files: Sequence[Path], as_json: bool) -> int:
    results = [inspect(path) for path in files]
    for found in results:
        if as_json:
            write_json(found)
        else:
            write_line(printable(_text(found), keep="\n"))
    return 0 if all(found["opens"] for found in results) else 1


def _text(found: Mapping[str, Any]) -> str:
    lines = [f"File: {printable(found['file'])}"]
    if "format" in found:
        by = f", saved by Keras {printable(str(found['keras_version']))}" if found["keras_version"] else ""
        lines.append(f"Format: {found['format']}{by}, {found['bytes']:,} bytes")
    if "arrays" in found:
        rows = [
            (printable(array["path"]), array["refused"] or show_shape(array["shape"]), array["dtype"])
            for array in found["arrays"]
        ]
        widths = [max((len(row[column]) for row in rows), default=0) for column in range(2)]
        lines += [f"  {row[0].ljust(widths[0])}  {row[1].ljust(widths[1])}  {row[2]}".rstrip() for row in rows]
        lines.append(f"Numbers: {found['parameters']:,} in {len(rows)} arrays")
    elif "summary" in found:
        lines.append(found["summary"])
    else:
        lines += [f"  {printable(layer['name'])} ({printable(layer['class'])})" for layer in found["layers"]]
    lines += [
        printable(f"Refused: {layer['name']}: {layer['refused']}") for layer in found["layers"] if layer["refused"]
    ]
    lines += [printable(f"Warning: {warning}") for warning in found["warnings"]]
    lines.append("Opens: yes" if found["opens"] else printable(f"Opens: no. {found['why_not']}"))
    return "\n".join(lines)


if __name__ == "__main__":
    sys.exit(main())
