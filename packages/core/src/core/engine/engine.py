"""The engine runs a model in its fast form: rows are cut in tiles, and each tile runs through all layers while it is in
the cache, several tiles at once on threads.

It keeps the plan of the model and the programs that were bound, as long as the weights are the same.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, cast

from core.engine.plan import make_plan
from core.engine.program import OtherTensorError, Program
from core.engine.row_independence import rows_are_independent
from core.graph.forecast import Shaped, foresee
from core.graph.network import Network
from core.graph.nodes import Ref
from core.graph.shapes import follow_shapes
from core.kernels.kernel import Routine
from core.kernels.rows import PLAIN_ROWS, cut
from core.layers.context import PREDICTING
from core.nests import leaves

#: What the buffers of one tile may take. Measured on a network of 1 MiB a picture: the same speed from 8 to 16 MiB; with
#: less, threads wait for each other more often, with more, the caches of two cores of 1 MiB each overflow.
TILE_BYTES = 8 * 2**20
#: Rows that are worth more memory, since a call has its price however few they are (measured on MobileNetV2), and how much.
FEW_ROWS, FEW_ROWS_BYTES = 4, 32 * 2**20
#: The most rows of a tile: recurrent layers, whose buffers are small, gain nothing from more.
TILE_ROWS = 200
#: Shapes of tiles whose programs are kept.
KEPT_SHAPES = 4


class Engine:
    """The fast form of one model, with the weights that it has now. Several threads may use it at once."""

    def __init__(self, model: Network) -> None:
        self.model = model
        self.plan = make_plan(model)
        self._programs: dict[Shaped, list[Program]] = {}
        self._buffered: dict[Shaped, int] = {}
        #: Whether rows may be cut in tiles as one likes; otherwise a prediction takes exact batches, in their order.
        self.rows_are_independent = rows_are_independent(model)
        self._is_plain = not any(stage.kernel for stage in self.plan.stages)
        self._lock = threading.Lock()

    @property
    def is_current(self) -> bool:
        """Whether the model still has the weights and the limits that this form was made for."""
        return self.plan.is_current and self.plan.model.limits is self.model.limits

    def parts(self, rows: int, inputs: Any, batch_size: int | None, workers: int) -> list[slice]:
        """Cut `rows` like those of `inputs` in tiles."""
        least = [stage.kernel.least_rows for stage in self.plan.stages if isinstance(stage.kernel, Routine)]
        return list(cut(rows, self._tile_rows(inputs, batch_size), workers, max(least, default=1)))

    def _tile_rows(self, inputs: Any, most: int | None) -> int:
        """Return how many rows like those of `inputs` make a tile, `most` at most."""
        one = Shaped((1, *leaf.shape[1:]) for leaf in leaves(inputs))
        if self._is_plain or not self._fits(one):
            limit = self.model.limits.memory_bytes // max(1, foresee(self.model, one).memory.value)
            return min(most or PLAIN_ROWS, max(1, limit))
        with self._program(one) as program:
            each = max(1, program.workspace.bytes)
        rows = max(1, TILE_BYTES // each, min(FEW_ROWS, FEW_ROWS_BYTES // each))
        return min(most or TILE_ROWS, TILE_ROWS, rows)

    @contextmanager
    def run(self, inputs: Any) -> Iterator[Any]:
        """Run one tile of adapted inputs. The outputs are buffers of the engine: copy them inside the ``with``."""
        shapes = Shaped(leaf.shape for leaf in leaves(inputs))
        if not self._is_plain and all(map(all, shapes)) and self._fits(shapes):
            with self._program(shapes) as program:
                try:
                    outputs = program.run(inputs)
                except OtherTensorError:
                    self._is_plain = True
                else:
                    yield outputs
                    return
        yield self.model.run(inputs, context=PREDICTING)[0]

    def _fits(self, shapes: Shaped) -> bool:
        """Return whether the buffers of a tile, which are all there at the same time, keep within the model's limits."""
        sizes = foresee(self.plan.model, shapes).sizes
        if shapes not in self._buffered:
            if len(self._buffered) >= KEPT_SHAPES:
                self._buffered.clear()
            self._buffered[shapes] = sum(sizes.get(stage.result, 0) for stage in self.plan.stages)
        return self._buffered[shapes] <= self.model.limits.memory_bytes

    @contextmanager
    def _program(self, shapes: Shaped) -> Iterator[Program]:
        """Lend a program for tiles of these shapes, which nobody else uses at the same time."""
        with self._lock:
            waiting = self._programs.pop(shapes, [])
            self._programs[shapes] = waiting  # the shape used last stands last
            for old in list(self._programs)[:-KEPT_SHAPES]:
                del self._programs[old]
            program = waiting.pop() if waiting else None
        if program is None:
            found = follow_shapes(self.plan.model, shapes)
            sizes = cast(dict[Ref, tuple[int, ...]], found.of)  # of a tile all are known
            program = Program(self.plan, sizes)
        yield program
        with self._lock:
            if shapes in self._programs:
                self._programs[shapes].append(program)
