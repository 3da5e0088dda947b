"""A program is a plan for tiles of one shape: every buffer in its place, every call with its arguments set."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from functools import partial
from typing import Any, TypeAlias

import numpy as np

from core.arrays import Array
from core.engine.plan import Plan, Stage
from core.graph.forecast import foresee, foresee_rest
from core.graph.forward import apply, mask_leaves, outputs_of
from core.graph.nodes import Node, Ref, refs
from core.graph.refusals import FOREIGN, refusal
from core.kernels.kernel import Routine
from core.kernels.threads import calling_numpy
from core.kernels.workspace import Workspace
from core.layers.context import PREDICTING
from core.nests import leaves, map_nest

#: The tensors of one run and their masks, by the name of the tensor.
Values: TypeAlias = dict[Ref, Any]
Action: TypeAlias = Callable[[Values, Values], None]


class OtherTensorError(Exception):
    """A tensor came out in another type or shape than the kernels after it are bound to: the plain model has to run."""


class Program:
    """Runs tiles of one shape, one at a time. The outputs are its own buffers: copy them before the next run."""

    def __init__(self, plan: Plan, shapes: dict[Ref, tuple[int, ...]]) -> None:
        self.model = model = plan.model
        self.workspace = Workspace()
        self.actions: list[Action] = []
        self._shapes = shapes
        self._buffers: dict[Ref, Array] = {}
        self._uses = Counter(ref for node in model.nodes for ref in refs(node.args, node.kwargs))
        self._uses += Counter(refs(model.outputs))
        self._buffered_inputs: set[Ref] = set()
        self._readers = {ref: stage for stage in plan.stages for ref in stage.sources}
        self._stages = plan.stages
        self._index = {id(node): index for index, node in enumerate(model.nodes)}
        for stage in plan.stages:
            try:
                self.actions.append(_freely(stage) if _runs_freely(stage) else self._bind(stage))
            except FOREIGN as error:
                raise refusal(stage.nodes[0].layer, (), error) from error

    def run(self, inputs: Any) -> Any:
        """Run one tile through all stages."""
        values: Values = dict(zip(refs(self.model.inputs), leaves(inputs), strict=True))
        masks: Values = {}
        waiting = foresee(self.model, inputs).open
        with calling_numpy():
            for stage, action in zip(self._stages, self.actions, strict=True):
                try:
                    if waiting and (first := self._index[id(stage.nodes[0])]) in waiting:
                        waiting = foresee_rest(self.model, first, values)
                    action(values, masks)
                except FOREIGN as error:
                    raise refusal(stage.nodes[0].layer, [*map(values.get, stage.sources)], error) from error
        return outputs_of(values, self.model)

    def _bind(self, stage: Stage) -> Action:
        """Give a kernel its buffers and gather its calls."""
        kernel, result = stage.kernel, stage.result
        assert kernel is not None
        calls: list[Callable[[], Any]] = []
        fetched: list[tuple[Ref, Array]] = []
        sources = [self._source(ref, stage, fetched, calls) for ref in stage.sources]
        target = kernel.view(sources[0], self._shapes[result])
        if target is None:
            target = self._target(result)
            calls += kernel.bind(sources, target, self.workspace)
        self._buffers[result] = target
        return partial(_run_bound, stage, fetched, calls, target)

    def _source(
        self, ref: Ref, stage: Stage, fetched: list[tuple[Ref, Array]], calls: list[Callable[[], Any]]
    ) -> Array:
        """Find the buffer that a kernel reads: where it was written, or a copy in the input buffer of the kernel."""
        buffer = self._buffers.get(ref)
        if buffer is not None and ref in self._buffered_inputs:
            return buffer
        place = _input_buffer(stage, self._shapes[ref], self.workspace)
        if buffer is None:
            outside = self.workspace.keep(self._shapes[ref]) if place is None else place
            fetched.append((ref, outside))
            return outside
        if place is None:
            return buffer
        calls.append(partial(np.copyto, place, buffer))
        return place

    def _target(self, ref: Ref) -> Array:
        """Find a buffer for a result: the input buffer of its only reader, or anywhere."""
        shape, reader = self._shapes[ref], self._readers.get(ref)
        if (
            self._uses[ref] == 1
            and reader is not None
            and (place := _input_buffer(reader, shape, self.workspace)) is not None
        ):
            self._buffered_inputs.add(ref)
            return place
        return self.workspace.keep(shape)


def _input_buffer(stage: Stage, shape: tuple[int, ...], workspace: Workspace) -> Array | None:
    """Return the array where the stage wants its only input, if it is one that minds."""
    return stage.kernel.input_buffer(shape, workspace) if stage.kernel is not None and len(stage.sources) == 1 else None


def _run_bound(
    stage: Stage, fetched: list[tuple[Ref, Array]], calls: list[Callable[[], Any]], target: Array, values: Values, masks: Values
) -> None:  # fmt: skip
    for ref, buffer in fetched:
        if values[ref].dtype != np.float32 or values[ref].shape != buffer.shape:
            raise OtherTensorError
        np.copyto(buffer, values[ref])
    for call in calls:
        call()
    values[stage.result] = target
    if masks:
        _follow_masks(stage, values, masks)


def _freely(stage: Stage) -> Action:
    return partial(_run_routine if isinstance(stage.kernel, Routine) else _run_plain, stage)


def _run_routine(stage: Stage, values: Values, masks: Values) -> None:
    """Run a kernel that looks at the data; a mask among the arguments of the call goes before one that travels."""
    assert isinstance(stage.kernel, Routine)
    given = [mask for node in stage.nodes if (mask := _given_mask(node, values)) is not None]
    x = values[stage.sources[0]]
    values[stage.result] = stage.kernel.run(x, given[-1] if given else masks.get(stage.sources[0]))
    _follow_masks(stage, values, masks)


def _run_plain(stage: Stage, values: Values, masks: Values) -> None:
    """Apply the one node of a stage without a kernel."""
    outputs, output_masks = apply(stage.nodes[0], values, masks, PREDICTING)
    produced = list(leaves(outputs))
    for output, (value, mask) in enumerate(zip(produced, mask_leaves(output_masks, len(produced)), strict=True)):
        values[Ref(stage.result.node, output)] = value
        if mask is not None:
            masks[Ref(stage.result.node, output)] = mask


def _given_mask(node: Node, values: Values) -> Any:
    """Return the mask among the arguments of a call, a tensor or a constant; None where there is none."""
    return map_nest(lambda leaf: values[leaf] if isinstance(leaf, Ref) else leaf, node.kwargs.get("mask"))


def _follow_masks(stage: Stage, values: Values, masks: Values) -> None:
    """Let every layer of the stage say what becomes of the mask. Only the first one of them may ask for the values."""
    found = [masks.get(ref) for ref in stage.sources]
    mask: Any = found[0] if len(found) == 1 else found
    x: Any = values.get(stage.sources[0])
    for node in stage.nodes:
        given = _given_mask(node, values)
        mask = mask if given is None else given
        mask = node.layer.compute_mask(x, mask) if node.layer.supports_masking else None
        x = None
    if mask is not None:
        masks[stage.result] = mask


def _runs_freely(stage: Stage) -> bool:
    return stage.kernel is None or isinstance(stage.kernel, Routine)
