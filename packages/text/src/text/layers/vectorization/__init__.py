"""From sentences to numbers: standardise, split, look up, and give ids or bags of words, as TensorFlow does byte by byte."""
