"""Keras' augmentation layers: they change images at random while a network trains, and hand them on when it predicts."""
