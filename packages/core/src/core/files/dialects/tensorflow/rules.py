"""Rules by which a call of a TensorFlow function becomes operations of Keras 3, for those that differ in more than names."""

from __future__ import annotations

from itertools import accumulate
from typing import Any

from core.errors import UnsupportedLayerError
from core.files.dialects.tensorflow.calls import Function, Given, Step, array, holds_tensor


def row(operation: str, *tensors: str, **options: str) -> Function:
    """Make the row of an operation: further `tensors` by TensorFlow's names, and its own options = TensorFlow's names."""

    def steps(given: Given) -> list[Step]:
        args = [array(given.first), *map(given.tensor, tensors)]
        named = {own: given.options.pop(theirs, None) for own, theirs in options.items()}
        return [Step(operation, args, {key: value for key, value in named.items() if value is not None})]

    return steps


def reduction(operation: str) -> Function:
    """Make the rule of a reduction over axes."""

    def steps(given: Given) -> list[Step]:
        axis = given.take("axis", given.take("reduction_indices"))
        keepdims = bool(given.take("keepdims", given.take("keep_dims", False)))
        return [Step(operation, [given.first], {"axis": axis, "keepdims": keepdims})]

    return steps


def place_of_extreme(operation: str) -> Function:
    """Make the rule of argmax and argmin, whose type TensorFlow chooses."""

    def steps(given: Given) -> list[Step]:
        axis = given.take("axis", given.take("dimension", 0))
        dtype = given.take("output_type", "int64")
        return [Step(operation, [given.first], {"axis": axis}), Step("Cast", [Step.BEFORE], {"dtype": dtype})]

    return steps


def get_item(given: Given) -> list[Step]:
    """Index with whole numbers, slices, an ellipsis and None."""
    spec = given.options.pop("slice_spec", None)
    parts = [_index(part) for part in spec] if isinstance(spec, list) else _index(spec)
    return [Step("GetItem", [given.first, parts])]


def _index(part: Any) -> Any:
    if isinstance(part, dict) and part.get("class_name") == "__ellipsis__":
        return {"class_name": "__ellipsis__", "config": {}}
    if isinstance(part, dict) and set(part) == {"start", "stop", "step"}:
        return {"class_name": "__slice__", "config": part}
    return part


def part(given: Given) -> list[Step]:
    """Take `size` numbers from `begin` on along each axis; -1 takes the rest."""
    begin, size = given.take("begin"), given.take("size")
    if not isinstance(begin, list) or not isinstance(size, list) or holds_tensor([begin, size]):
        raise UnsupportedLayerError(f"{given.title}: begin and size must be constants")
    bounds = [(start, None if count == -1 else start + count) for start, count in zip(begin, size, strict=True)]
    parts = [{"class_name": "__slice__", "config": {"start": start, "stop": stop}} for start, stop in bounds]
    return [Step("GetItem", [given.first, parts])]


def reshape(given: Given) -> list[Step]:
    """Write the numbers under another shape."""
    shape = given.take("shape")
    if not isinstance(shape, list) or not all(isinstance(size, int) for size in shape):
        raise UnsupportedLayerError(f"{given.title}: a shape of which more than one size is computed is not supported")
    return [Step("Reshape", [given.first], {"newshape": shape})]


def matmul(given: Given) -> list[Step]:
    """Multiply matrices, either of them transposed first."""
    turned = {name: bool(given.take(f"transpose_{name}", False)) for name in "ab"}
    for name in ("adjoint_a", "adjoint_b", "a_is_sparse", "b_is_sparse"):
        given.only(name, False)
    a, b = array(given.first), given.tensor("b")
    swap = {"axis1": -1, "axis2": -2}
    if turned["a"] and turned["b"]:  # a'b' = (ba)'
        return [Step("Matmul", [b, a]), Step("Swapaxes", [Step.BEFORE], swap)]
    if turned["a"]:
        return [Step("Swapaxes", [a], swap), Step("Matmul", [Step.BEFORE, b])]
    if turned["b"]:
        return [Step("Swapaxes", [b], swap), Step("Matmul", [a, Step.BEFORE])]
    return [Step("Matmul", [a, b])]


def einsum(given: Given) -> list[Step]:
    """Sum products as an equation says; TFOpLambda wrote the equation alone, so that the tensors are lost."""
    if not isinstance(given.first, list):
        raise UnsupportedLayerError(f"{given.title} is refused: the file does not say of which tensors the einsum is")
    return [Step("Einsum", given.first, {"subscripts": given.take("equation")})]


def split(given: Given) -> list[Step]:
    """Cut in equal parts, or in parts of the given sizes."""
    parts = given.take("num_or_size_splits")
    given.take("num")
    if isinstance(parts, list):
        if not all(isinstance(size, int) and size >= 0 for size in parts):
            raise UnsupportedLayerError(f"{given.title}: sizes that are computed are not supported")
        parts = list(accumulate(parts))[:-1]
    return [Step("Split", [given.first], {"indices_or_sections": parts, "axis": given.take("axis", 0)})]


def pad(given: Given) -> list[Step]:
    """Put borders around."""
    mode = str(given.take("mode", "CONSTANT")).lower()
    value = given.options.pop("constant_values", None)
    args = [given.first] if mode != "constant" else [given.first, 0 if value is None else value]
    options = {"pad_width": given.take("paddings"), "mode": mode}
    return [Step("Pad", args[:1], options | ({"constant_values": args[1]} if len(args) == 2 else {}))]


def gather(given: Given) -> list[Step]:
    """Take positions along an axis."""
    given.only("validate_indices", True, False)
    given.only("batch_dims", 0)
    return [Step("Take", [array(given.first), given.tensor("indices")], {"axis": given.take("axis", 0)})]


def one_hot(given: Given) -> list[Step]:
    """Turn class numbers into rows of zeros and a one."""
    given.only("on_value", 1, True)
    given.only("off_value", 0, False)
    options = {"num_classes": given.take("depth"), "axis": given.take("axis", -1)}
    return [Step("OneHot", [given.first], options | {"dtype": given.take("dtype", "float32")})]


def cumulated(operation: str) -> Function:
    """Make the rule of a running sum or product."""

    def steps(given: Given) -> list[Step]:
        given.only("exclusive", False)
        given.only("reverse", False)
        return [Step(operation, [given.first], {"axis": given.take("axis", 0)})]

    return steps


def sort(operation: str) -> Function:
    """Make the rule of sorting in ascending order."""

    def steps(given: Given) -> list[Step]:
        given.only("direction", "ASCENDING")
        given.only("stable", True, False)
        return [Step(operation, [given.first], {"axis": given.take("axis", -1)})]

    return steps


def clip(given: Given) -> list[Step]:
    """Bound by two numbers or tensors."""
    low, high = given.tensor("clip_value_min"), given.tensor("clip_value_max")
    if isinstance(low, int | float) and isinstance(high, int | float):
        return [Step("Clip", [given.first], {"x_min": low, "x_max": high})]
    return [Step("Minimum", [array(given.first), high]), Step("Maximum", [Step.BEFORE, low])]


def squared_difference(given: Given) -> list[Step]:
    """Compute (x - y)^2."""
    return [Step("Subtract", [array(given.first), given.tensor("y")]), Step("Square", [Step.BEFORE])]


def transpose(given: Given) -> list[Step]:
    """Put the axes in another order."""
    given.only("conjugate", False)
    return [Step("Transpose", [given.first], {"axes": given.take("perm")})]


def like(operation: str) -> Function:
    """Make the rule of an array of one value in the shape of another."""

    def steps(given: Given) -> list[Step]:
        given.only("optimize", True)
        return [Step(operation, [given.first], {"dtype": given.take("dtype")})]

    return steps


def top_k(given: Given) -> list[Step]:
    """Take the k largest numbers of each row, and their positions."""
    given.only("sorted", True)
    given.only("index_type", "int32")
    return [Step("TopK", [given.first], {"k": given.take("k", 1)})]
