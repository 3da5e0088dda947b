"""The layers that images and text share: dense, activation, normalization, merging, reshaping, attention."""

from typing import Any

from core.lazy import LazyNames

#: What this package brings to `core.load_model`, by Keras' class name: a row for each file with layers.
LAYERS = LazyNames(
    __name__,
    {
        "activations.activation": "Activation",
        "activations.elu": "ELU",
        "activations.leaky_relu": "LeakyReLU",
        "activations.prelu": "PReLU",
        "activations.relu": "ReLU",
        "activations.softmax": "Softmax",
        "attention.additive": "AdditiveAttention",
        "attention.dot_product": "Attention",
        "attention.grouped": "GroupQueryAttention GroupedQueryAttention",
        "attention.multi_head": "MultiHeadAttention",
        "convolution.locally_connected": "LocallyConnected1D LocallyConnected2D",
        "convolution.one_dimensional": "Conv1D Conv1DTranspose DepthwiseConv1D SeparableConv1D",
        "dense": "Dense",
        "einsum_dense": "EinsumDense",
        "input_layer": "InputLayer",
        "merging.concatenate": "Concatenate",
        "merging.dot": "Dot",
        "merging.elementwise": "Add Average Maximum Minimum Multiply Subtract",
        "normalization.batch": "BatchNormalization",
        "normalization.group": "GroupNormalization",
        "normalization.layer": "LayerNormalization",
        "normalization.root_mean_square": "RMSNormalization",
        "normalization.spectral": "SpectralNormalization",
        "normalization.unit": "UnitNormalization",
        "pipeline": "Pipeline",
        "pooling.one_dimensional": (
            "AdaptiveAveragePooling1D AdaptiveMaxPooling1D AveragePooling1D GlobalAveragePooling1D "
            "GlobalMaxPooling1D MaxPooling1D"
        ),
        "preprocessing.category_encoding": "CategoryEncoding",
        "preprocessing.discretization": "Discretization",
        "preprocessing.normalization": "Normalization",
        "regularization.activity": "ActivityRegularization",
        "regularization.alpha_dropout": "AlphaDropout",
        "regularization.dropout": "Dropout",
        "regularization.gaussian": "GaussianDropout GaussianNoise",
        "reshaping.flatten": "Flatten",
        "reshaping.identity": "Identity",
        "reshaping.one_dimensional": "Cropping1D UpSampling1D ZeroPadding1D",
        "reshaping.permute": "Permute",
        "reshaping.repeat_vector": "RepeatVector",
        "reshaping.reshape": "Reshape",
    },
)

__all__ = ["LAYERS", *LAYERS]  # noqa: PLE0604  # names of the table are strings


def __getattr__(name: str) -> Any:
    return LAYERS.attribute(name)
