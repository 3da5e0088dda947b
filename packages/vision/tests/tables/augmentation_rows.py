"""Rows of augmentation at inference, where images stay as they are, and of its relatives that act at inference too."""

import keras
import numpy as np
from rows import Row

LAYERS = keras.layers
PIXELS = np.random.default_rng(0).integers(0, 256, size=(2, 8, 9, 3))
PARTS = np.random.default_rng(0).uniform(size=(2, 8, 9, 3))
EQUALIZATION = LAYERS.ContrastLimitedAdaptiveHistogramEqualization

IDENTITIES = [
    (LAYERS.AugMix, {}),
    (LAYERS.CutMix, {"factor": 0.5}),
    (LAYERS.MaxNumBoundingBoxes, {"max_number": 3}),
    (LAYERS.MixUp, {"alpha": 0.4}),
    (LAYERS.RandAugment, {"num_ops": 1}),
    (LAYERS.RandomBrightness, {"factor": 0.2}),
    (LAYERS.RandomColorDegeneration, {"factor": 0.2}),
    (LAYERS.RandomColorJitter, {"brightness_factor": 0.2, "hue_factor": 0.1}),
    (LAYERS.RandomContrast, {"factor": 0.2}),
    (LAYERS.RandomCrop, {"height": 8, "width": 9}),
    (LAYERS.RandomElasticTransform, {}),
    (LAYERS.RandomErasing, {"scale": 0.1}),
    (LAYERS.RandomFlip, {"mode": "horizontal"}),
    (LAYERS.RandomGaussianBlur, {"kernel_size": 3}),
    (LAYERS.RandomGrayscale, {"factor": 0.3}),
    (LAYERS.RandomHue, {"factor": 0.2}),
    (LAYERS.RandomInvert, {}),
    (LAYERS.RandomPerspective, {"scale": 0.5}),
    (LAYERS.RandomPosterization, {"factor": 4}),
    (LAYERS.RandomRotation, {"factor": 0.1, "fill_mode": "nearest"}),
    (LAYERS.RandomSaturation, {"factor": 0.2}),
    (LAYERS.RandomSharpness, {"factor": 0.2}),
    (LAYERS.RandomShear, {"x_factor": 0.2}),
    (LAYERS.RandomTranslation, {"height_factor": 0.1, "width_factor": 0.2}),
    (LAYERS.RandomZoom, {"height_factor": 0.1, "fill_value": 0.5}),
    (LAYERS.Solarization, {"addition_factor": 0.2}),
]
CONTRASTS = [
    (LAYERS.AutoContrast, {}, PIXELS),
    (LAYERS.AutoContrast, {"value_range": (0, 1)}, PARTS),
    (EQUALIZATION, {}, PIXELS),
    (EQUALIZATION, {"tile_grid_size": (3, 2), "clip_limit": 1.5}, PIXELS),
    (EQUALIZATION, {"clip_limit": 0, "tile_grid_size": (4, 3), "data_format": "channels_first"}, PIXELS),
    (EQUALIZATION, {"value_range": (0.0, 1.0), "tile_grid_size": (2, 2)}, PARTS),
]

TRAINED = dict.fromkeys(("GradientTape", "differences"), "in training it draws at random")
WITHOUT = {
    LAYERS.RandomShear: {"file": "Keras refuses the factors as it writes them itself"},
    LAYERS.MixUp: {"predictions": "Keras' predict gives float32 for images of whole numbers, its call does not"},
}
ROWS = [
    *(
        Row(layer, options, PIXELS.astype(dtype), without=TRAINED | WITHOUT.get(layer, {}))
        for layer, options in IDENTITIES
        for dtype in ("uint8", "int32", float)
    ),
    *(
        Row(layer, options, x.astype(dtype), without=TRAINED)
        for layer, options, x in CONTRASTS
        for dtype in ("uint8", float)
    ),
]
