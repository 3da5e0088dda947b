"""The convolutional LSTM: a film goes in, and the memory is an image itself."""

from vision.layers.conv_lstm.layer import ConvLSTM1D, ConvLSTM2D, ConvLSTM3D

__all__ = ["ConvLSTM1D", "ConvLSTM2D", "ConvLSTM3D"]
