"""The results as a picture: for each network, the time for a row over the size of the batch, everybody a line."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import matplotlib

from bench.contenders import NAMES
from bench.timing import Timing


def draw(timings: Sequence[Timing], path: Path) -> None:
    """Write the picture as PNG."""
    matplotlib.use("Agg")
    from matplotlib import pyplot as plt  # noqa: PLC0415  the backend must be chosen first

    networks = list(dict.fromkeys(timing.network for timing in timings))
    columns = min(4, len(networks))
    lines = -(-len(networks) // columns)
    figure, axes = plt.subplots(lines, columns, figsize=(3.4 * columns, 3 * lines), squeeze=False, layout="constrained")
    for axis, network in zip(axes.flat, networks, strict=False):
        own = [timing for timing in timings if timing.network == network]
        for name in NAMES:
            points = [
                (timing.rows, timing.seconds[name] / timing.rows * 1e3) for timing in own if name in timing.seconds
            ]
            if points:
                axis.loglog(*zip(*points, strict=True), marker="o", markersize=3, label=name)
        axis.set_title(network)
        axis.set_xlabel("rows at once")
        axis.set_ylabel("ms a row")
    for axis in axes.flat[len(networks) :]:
        axis.set_visible(False)
    axes.flat[0].legend(fontsize="x-small")
    figure.savefig(path, dpi=110)
    plt.close(figure)
