"""A model as text: one line a layer, with what comes out, how many parameters it has and what it costs."""

from __future__ import annotations

from core.arrays import show_shape
from core.graph.network import Network
from core.graph.nodes import Ref
from core.printable import printable

_HEADER = ("Layer", "Output shape", "Parameters", "Multiply-adds")


def summarize(model: Network) -> str:
    """Return a table; multiply-adds are for one example, '?' where its size is not fixed."""
    rows = [_HEADER]
    total: int | None = 0
    for index, node in enumerate(model.nodes):
        layer = node.layer
        cost = model.node_cost(node)
        total = None if total is None or cost is None else total + cost
        shape = model.shapes.get(Ref(index))
        rows.append(
            (
                printable(f"{layer.name} ({type(layer).__name__})"),
                show_shape(shape) if shape else "?",
                f"{layer.count_parameters():,}",
                "?" if cost is None else f"{cost:,}",
            )
        )
    rows.append(("Total", "", f"{model.count_parameters():,}", "?" if total is None else f"{total:,}"))
    widths = [max(len(row[column]) for row in rows) for column in range(len(_HEADER))]
    lines = [printable(f"Model: {model.name}"), _rule(widths)]
    for number, row in enumerate(rows):
        lines.append(
            "  ".join(_place(cell, width, column) for column, (cell, width) in enumerate(zip(row, widths, strict=True)))
        )
        if number in {0, len(rows) - 2}:
            lines.append(_rule(widths))
    return "\n".join(line.rstrip() for line in lines)


def _rule(widths: list[int]) -> str:
    return "-" * (sum(widths) + 2 * (len(widths) - 1))


def _place(cell: str, width: int, column: int) -> str:
    return cell.ljust(width) if column < 2 else cell.rjust(width)
