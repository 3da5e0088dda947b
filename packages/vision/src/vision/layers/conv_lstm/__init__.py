"""The convolutional LSTM: a film goes in, and the memory is an image itself."""
