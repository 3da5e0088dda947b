"""The convolutional LSTM: a video goes in, and the cell state is an image itself."""
