"""The fast form of a model: what makes it fast is a kernel of its own, and the plain layers stay the definition.

`plan` turns the graph of layers into a few kernels, `program` binds them to buffers for tiles of one shape, `engine` keeps
both, and `predict` sends tiles through on threads. Each kernel tells in its own file why it is fast.
"""
