"""Layer by layer, a difference means something only beside the step that float32 takes at numbers of that size."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from core.experiment.report.folder import Run


@dataclass(frozen=True)
class LayerTrace:
    """Keras against Kaca after one layer; ``step`` is the distance from the layer's largest value to the next float32."""

    name: str
    kind: str
    shape: str
    largest_value: float
    max_abs_diff: float
    mean_abs_diff: float
    step: float

    @property
    def steps(self) -> float:
        """The largest difference in float32 steps."""
        return self.max_abs_diff / self.step


def layer_traces(run: Run) -> list[LayerTrace]:
    """Read trace.json; an empty list if the run has none."""
    return [
        LayerTrace(
            name=row.layer,
            kind=row.kind or "",
            shape=_shape(row.output_shape or ()),
            largest_value=row.largest_value or 0.0,
            max_abs_diff=row.max_abs_diff or 0.0,
            mean_abs_diff=row.mean_abs_diff or 0.0,
            step=_step(row.largest_value or 0.0),
        )
        for row in run.trace
    ]


def _step(value: float) -> float:
    """Return the gap between float32 numbers at this value; at 0 and for what is not a float32, that at 1."""
    is_normal = 0 < value <= float(np.finfo(np.float32).max)
    return float(np.spacing(np.float32(value if is_normal else 1.0)))


def _shape(shape: Sequence[int | None]) -> str:
    return " × ".join("n" if size is None else f"{size:,}" for size in shape)
