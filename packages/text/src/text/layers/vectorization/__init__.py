"""From sentences to numbers: standardize, split, look up, and give ids or bags of words, as TensorFlow does byte by byte."""
