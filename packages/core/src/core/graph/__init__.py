"""A network is a graph: nodes that apply layers to tensors, run forward and backward, with the shapes and the cost of each."""
