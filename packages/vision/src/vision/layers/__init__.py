"""The layers over images: convolution, pooling, borders, sizes, pixel ranges, augmentation."""

from vision.layers.augmentation.affine import RandomRotation, RandomShear, RandomTranslation, RandomZoom
from vision.layers.augmentation.color import (
    Equalization,
    RandomBrightness,
    RandomColorDegeneration,
    RandomColorJitter,
    RandomContrast,
    RandomGaussianBlur,
    RandomGrayscale,
    RandomHue,
    RandomInvert,
    RandomPosterization,
    RandomSaturation,
    RandomSharpness,
    Solarization,
)  # fmt: skip
from vision.layers.augmentation.geometry import (
    MaxNumBoundingBoxes,
    RandomCrop,
    RandomElasticTransform,
    RandomFlip,
    RandomPerspective,
)  # fmt: skip
from vision.layers.augmentation.mixing import AugMix, CutMix, MixUp, RandAugment, RandomErasing
from vision.layers.contrast import AutoContrast, ContrastLimitedAdaptiveHistogramEqualization
from vision.layers.conv_lstm import ConvLSTM1D, ConvLSTM2D, ConvLSTM3D
from vision.layers.convolution import Conv2D, Conv2DTranspose, Conv3D, Conv3DTranspose, DepthwiseConv2D, SeparableConv2D
from vision.layers.pooling import (
    AdaptiveAveragePooling2D,
    AdaptiveAveragePooling3D,
    AdaptiveMaxPooling2D,
    AdaptiveMaxPooling3D,
    AveragePooling2D,
    AveragePooling3D,
    GlobalAveragePooling2D,
    GlobalAveragePooling3D,
    GlobalMaxPooling2D,
    GlobalMaxPooling3D,
    MaxPooling2D,
    MaxPooling3D,
)  # fmt: skip
from vision.layers.rescaling import Rescaling
from vision.layers.reshaping import Cropping2D, Cropping3D, UpSampling2D, UpSampling3D, ZeroPadding2D, ZeroPadding3D
from vision.layers.residual import CustomScaleLayer, LayerScale, StochasticDepth
from vision.layers.resizing import CenterCrop, Resizing
from vision.layers.spatial_dropout import SpatialDropout2D, SpatialDropout3D

_ALL = (
    AdaptiveAveragePooling2D, AdaptiveAveragePooling3D, AdaptiveMaxPooling2D, AdaptiveMaxPooling3D, AugMix,
    AutoContrast, AveragePooling2D, AveragePooling3D, CenterCrop, ContrastLimitedAdaptiveHistogramEqualization, Conv2D,
    Conv2DTranspose, Conv3D, Conv3DTranspose, ConvLSTM1D, ConvLSTM2D, ConvLSTM3D, Cropping2D, Cropping3D,
    CustomScaleLayer, CutMix, DepthwiseConv2D, Equalization, GlobalAveragePooling2D, GlobalAveragePooling3D,
    GlobalMaxPooling2D, GlobalMaxPooling3D, LayerScale, MaxNumBoundingBoxes, MaxPooling2D, MaxPooling3D, MixUp,
    RandAugment, RandomBrightness, RandomColorDegeneration, RandomColorJitter, RandomContrast, RandomCrop,
    RandomElasticTransform, RandomErasing, RandomFlip, RandomGaussianBlur, RandomGrayscale, RandomHue, RandomInvert,
    RandomPerspective, RandomPosterization, RandomRotation, RandomSaturation, RandomSharpness, RandomShear,
    RandomTranslation, RandomZoom, Rescaling, Resizing, SeparableConv2D, Solarization, SpatialDropout2D,
    SpatialDropout3D, StochasticDepth, UpSampling2D, UpSampling3D, ZeroPadding2D, ZeroPadding3D,
)  # fmt: skip

#: What this package brings to `core.load_model`, by Keras' class name.
LAYERS = {layer.__name__: layer for layer in _ALL}

__all__ = [
    "LAYERS", "AdaptiveAveragePooling2D", "AdaptiveAveragePooling3D", "AdaptiveMaxPooling2D", "AdaptiveMaxPooling3D",
    "AugMix", "AutoContrast", "AveragePooling2D", "AveragePooling3D", "CenterCrop",
    "ContrastLimitedAdaptiveHistogramEqualization", "Conv2D", "Conv2DTranspose", "Conv3D", "Conv3DTranspose",
    "ConvLSTM1D", "ConvLSTM2D", "ConvLSTM3D", "Cropping2D", "Cropping3D", "CustomScaleLayer", "CutMix",
    "DepthwiseConv2D", "Equalization", "GlobalAveragePooling2D", "GlobalAveragePooling3D", "GlobalMaxPooling2D",
    "GlobalMaxPooling3D", "LayerScale", "MaxNumBoundingBoxes", "MaxPooling2D", "MaxPooling3D", "MixUp", "RandAugment",
    "RandomBrightness", "RandomColorDegeneration", "RandomColorJitter", "RandomContrast", "RandomCrop",
    "RandomElasticTransform", "RandomErasing", "RandomFlip", "RandomGaussianBlur", "RandomGrayscale", "RandomHue",
    "RandomInvert", "RandomPerspective", "RandomPosterization", "RandomRotation", "RandomSaturation", "RandomSharpness",
    "RandomShear", "RandomTranslation", "RandomZoom", "Rescaling", "Resizing", "SeparableConv2D", "Solarization",
    "SpatialDropout2D", "SpatialDropout3D", "StochasticDepth", "UpSampling2D", "UpSampling3D", "ZeroPadding2D",
    "ZeroPadding3D",
]  # fmt: skip
