"""The layers over images: convolution, pooling, borders, sizes, pixel ranges, augmentation."""

from typing import Any

from core.lazy import LazyNames

#: What this package brings to `core.load_model`, by Keras' class name: a row for each file with layers.
LAYERS = LazyNames(
    __name__,
    {
        "augmentation.affine": "RandomRotation RandomShear RandomTranslation RandomZoom",
        "augmentation.color": (
            "Equalization RandomBrightness RandomColorDegeneration RandomColorJitter "
            "RandomContrast RandomGaussianBlur RandomGrayscale RandomHue RandomInvert "
            "RandomPosterization RandomSaturation RandomSharpness Solarization"
        ),
        "augmentation.geometry": "MaxNumBoundingBoxes RandomCrop RandomElasticTransform RandomFlip RandomPerspective",
        "augmentation.mixing": "AugMix CutMix MixUp RandAugment RandomErasing",
        "contrast.adaptive_equalization": "ContrastLimitedAdaptiveHistogramEqualization",
        "contrast.auto_contrast": "AutoContrast",
        "conv_lstm.layer": "ConvLSTM1D ConvLSTM2D ConvLSTM3D",
        "convolution": "Conv2D Conv2DTranspose Conv3D Conv3DTranspose DepthwiseConv2D SeparableConv2D",
        "pooling": (
            "AdaptiveAveragePooling2D AdaptiveAveragePooling3D AdaptiveMaxPooling2D "
            "AdaptiveMaxPooling3D AveragePooling2D AveragePooling3D GlobalAveragePooling2D "
            "GlobalAveragePooling3D GlobalMaxPooling2D GlobalMaxPooling3D MaxPooling2D "
            "MaxPooling3D"
        ),
        "rescaling": "Rescaling",
        "reshaping": "Cropping2D Cropping3D UpSampling2D UpSampling3D ZeroPadding2D ZeroPadding3D",
        "residual": "CustomScaleLayer LayerScale StochasticDepth",
        "resizing.center_crop": "CenterCrop",
        "resizing.resizing": "Resizing",
        "spatial_dropout": "SpatialDropout2D SpatialDropout3D",
    },
)

__all__ = ["LAYERS", *LAYERS]  # noqa: PLE0604  # names of the table are strings


def __getattr__(name: str) -> Any:
    return LAYERS.attribute(name)
