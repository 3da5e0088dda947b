"""TensorFlow functions and nodes that Keras 2 wrote as layers, in the operations of Keras 3."""
