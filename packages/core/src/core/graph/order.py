"""The order in which Keras lists the layers of a graph, and numbers them in files."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from core.graph.nodes import Node, refs
from core.layers.base import Layer


def in_order_of_keras(layers: Sequence[Layer], nodes: Sequence[Node], outputs: Any) -> list[Layer]:
    """Return `layers` in the order in which Keras lists, and numbers in files, those of a graph.

    The ones that are farthest from the outputs come first; among equals the one that a walk from the outputs, into the
    first argument first, meets first. Layers that no output depends on are not part of Keras' graph and come last.
    """
    met: dict[int, int] = {}
    finished: list[int] = []
    done: set[int] = set()
    for output in refs(outputs):
        _walk(nodes, output.node, met, finished, done)
    depth_of_node = dict.fromkeys(finished, 0)
    depth: dict[int, int] = {}
    for index in reversed(finished):
        key = id(nodes[index].layer)
        depth[key] = depth_of_node[index] = max(depth_of_node[index], depth.get(key, 0))
        for parent in _parents(nodes[index]):
            depth_of_node[parent] = max(depth_of_node[parent], depth[key] + 1)
    for node in nodes:
        if node.is_input and id(node.layer) not in depth:  # an input that nothing uses is listed all the same
            depth[id(node.layer)], met[id(node.layer)] = 0, -1
    unused = len(nodes) + 1
    return sorted(layers, key=lambda layer: (-depth.get(id(layer), -unused), met.get(id(layer), 0)))


def _walk(nodes: Sequence[Node], start: int, met: dict[int, int], finished: list[int], done: set[int]) -> None:
    """Go from a node to all that it depends on: note when each layer is met first, and the nodes as they are finished."""
    waiting: list[tuple[int, Iterator[int]]] = []

    def enter(index: int) -> None:
        if index not in done:
            done.add(index)
            met.setdefault(id(nodes[index].layer), len(met))
            waiting.append((index, _parents(nodes[index])))

    enter(start)
    while waiting:
        index, parents = waiting[-1]
        parent = next(parents, None)
        if parent is None:
            finished.append(index)
            waiting.pop()
        else:
            enter(parent)


def _parents(node: Node) -> Iterator[int]:
    return (ref.node for ref in refs(node.args, node.kwargs))
