"""Augmentations that mix several images, or apply several others one after the other."""

from __future__ import annotations

from vision.layers.augmentation.base import Augmentation


class MixUp(Augmentation):
    """Adds up pairs of images, each with a weight. Zhang et al. 2017, https://arxiv.org/abs/1710.09412."""

    options = ("alpha",)
    casts = False


class CutMix(Augmentation):
    """Puts a piece of one image into another. Yun et al. 2019, https://arxiv.org/abs/1905.04899."""

    options = ("factor",)


class RandomErasing(Augmentation):
    """Covers a piece of each image. Zhong et al. 2017, https://arxiv.org/abs/1708.04896."""

    options = ("factor", "scale", "fill_value", "value_range")


class AugMix(Augmentation):
    """Mixes images with chains of augmentations of themselves. Hendrycks et al. 2019, https://arxiv.org/abs/1912.02781."""

    options = ("value_range", "num_chains", "chain_depth", "factor", "alpha", "all_ops", "interpolation")


class RandAugment(Augmentation):
    """Applies a few augmentations of equal strength. Cubuk et al. 2019, https://arxiv.org/abs/1909.13719."""

    options = ("value_range", "num_ops", "factor", "interpolation")
