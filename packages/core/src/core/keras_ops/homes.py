"""In which module of Keras each operation lives, for a file that Keras shall open again."""

from __future__ import annotations

_ELSEWHERE = {
    "keras.src.ops.core": """
        Cast ConvertToTensor SaturateCast StopGradient Unstack""",
    "keras.src.ops.nn": """
        BatchNorm Celu DepthToSpace DotProductAttention Elu Gelu Glu HardShrink HardSigmoid HardSilu HardTanh LayerNorm
        LeakyRelu LogSigmoid LogSoftmax Moments MultiHot Normalize OneHot RMSNorm Relu Relu6 Selu Sigmoid Silu SoftShrink
        Softmax Softplus Softsign SpaceToDepth SparsePlus SparseSigmoid Sparsemax Squareplus TanhShrink Threshold""",
    "keras.src.ops.math": "Erf Logsumexp Rsqrt TopK",
    "keras.src.ops.linalg": "Norm",
    "keras.src.activations.activations": "Mish ReLU",
}
_HOMES = {name: module for module, names in _ELSEWHERE.items() for name in names.split()}


def home_of(name: str) -> str:
    """Give the module of an operation: most are functions of arrays as NumPy has them."""
    return _HOMES.get(name, "keras.src.ops.numpy")
