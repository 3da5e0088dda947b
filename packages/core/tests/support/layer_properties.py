"""What holds for every layer, checked on every row of a table: the same numbers as Keras, and the same gradients."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from functools import partial
from typing import Any

import numpy as np
import pytest
from compare import TOLERANCE, assert_close, check_fast, check_keras_predictions, check_saved_again, kernels_of
from compare_gradients import check_slopes, check_tape
from rows import Row, flatten, map_nest, opened

import core


def check_forward(row: Row, dtype: str) -> None:
    """Compare with Keras, whole and row by row."""
    case = opened(row, dtype)
    tolerance = row.tolerance(dtype, TOLERANCE[dtype])
    assert_close(case.ours.forward(case.x), case.y, tolerance)
    for shape, leaf in zip(_shapes(case.ours.output_shape), flatten(case.y), strict=True):
        # Keras announces other shapes than it gives for GLU, and for some attention weights.
        assert shape == (None, *leaf.shape[1:]) or shape in _shapes(case.theirs.output_shape)
    layers = zip(case.ours.layers, case.theirs.layers, strict=False)
    vocabularies = [pair for pair in layers if hasattr(pair[0], "get_vocabulary")]
    for ours, theirs in vocabularies:
        assert [str(word) for word in ours.get_vocabulary()] == [str(word) for word in theirs.get_vocabulary()]
    assert vocabularies or case.ours.count_parameters() == case.theirs.count_params()
    if "rows" not in row.without:
        parts = [
            case.ours.forward(map_nest(lambda leaf, at=at: leaf[at : at + 1], case.x))
            for at in range(len(flatten(case.x)[0]))
        ]
        assert_close(map_nest(lambda *each: np.concatenate(each), *parts), case.y, tolerance)


def _shapes(nest: Any) -> list[tuple[int | None, ...]]:
    """List the shapes in a nest of them."""
    if isinstance(nest, tuple) and all(size is None or isinstance(size, int) for size in nest):
        return [nest]
    return [shape for one in nest for shape in _shapes(one)]


def check_file(row: Row) -> None:
    """Save the opened model again: Keras gives the same numbers from that file, and Kaca finds the same config."""
    for dtype in ("float32", "float64"):
        if dtype not in row.without:
            case = opened(row, dtype)
            check_saved_again(
                case.ours, case.x, case.y, {type(layer).__name__: type(layer) for layer in case.theirs.layers}
            )


def check_fast_form(row: Row) -> None:
    """Hold the fast form to the plain one, whatever the tiles and threads; it consists of the kernels that the row names."""
    case = opened(row, "float32")
    check_fast(case.ours, case.x, tolerance=row.tolerance("fast form", TOLERANCE["float32"]))
    if row.kernels is not None:
        assert kernels_of(case.ours) == list(row.kernels)
    if "predictions" not in row.without:
        check_keras_predictions(case.theirs, case.ours, case.x, row.tolerance("float32", TOLERANCE["float32"]))


def check_gradient_tape(row: Row) -> None:
    """Compare the gradients of inputs and parameters with those of TensorFlow, in float64."""
    case = opened(row, "float64")
    check_tape(case.theirs, case.ours, case.x, tolerance=row.tolerance("GradientTape", 1e-10))


def check_differences(row: Row) -> None:
    """Hold the gradients against the slope of our own forward pass, in float64; what is drawn at random is drawn again."""
    case = opened(row, "float64")
    rng = np.random.default_rng(1)
    dy = map_nest(lambda leaf: rng.normal(size=leaf.shape), case.ours.forward(case.x))
    check_slopes(case.ours, case.x, dy, rng=lambda: np.random.default_rng(11))


CHECKS: dict[str, Callable[[Row], None]] = {
    **{dtype: partial(check_forward, dtype=dtype) for dtype in TOLERANCE},
    "file": check_file,
    "fast form": check_fast_form,
    "GradientTape": check_gradient_tape,
    "differences": check_differences,
}


def every_property(rows: Iterable[Row]) -> pytest.MarkDecorator:
    """Call a test with `row` and `check` for every property of every row, one row after the other."""
    cases = [
        pytest.param(row, check, id=f"{row}-{name}")
        for row in rows
        for name, check in CHECKS.items()
        if name not in row.without
    ]
    return pytest.mark.parametrize(("row", "check"), cases)


def missing(layers: Mapping[str, type[core.Layer]], rows: Iterable[Row]) -> set[str]:
    """Return which of a package's layers no row is about; a layer may have several names."""
    covered = {layers[name] for row in rows for name in row.layer_names if name in layers}
    return {name for name, layer in layers.items() if layer not in covered}
