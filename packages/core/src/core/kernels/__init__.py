"""The same work as `core.ops` on tiles and buffers, on all cores: products, convolutions, pooling. They know no model."""
