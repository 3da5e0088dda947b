"""Weights as older versions of Keras kept them: by layer, under other names, in another order and another form."""
