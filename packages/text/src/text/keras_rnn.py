"""The network that is trained: words become ids, ids become vectors, a recurrent network reads them, two dense layers decide.

With the defaults::

    sentence -> vectorize (100 ids) -> embedding 128 -> lstm 64 -> dropout .5 of dense 32 -> dense 3

Several recurrent layers have dropout .3 between them. Sentences are padded with zeros at their end; with ``mask_zero`` the
recurrent layers skip the padding, so the last state is that of the last word (without it, that of the last of a hundred steps).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import keras
import numpy as np

from core.arrays import Array
from core.experiment.task import KerasModels
from text.options import ModelOptions

CELLS = {"simple_rnn": keras.layers.SimpleRNN, "lstm": keras.layers.LSTM, "gru": keras.layers.GRU}


def build_rnn(*, options: ModelOptions, texts: Array, classes: int) -> KerasModels:
    """Build the untrained network; its vocabulary is that of `texts` (n,), the training split.

    What is trained takes ids (n, length); what is saved takes sentences (n,) and shares every weight. Both give
    probabilities (n, classes).
    """
    vectorizer = keras.layers.TextVectorization(
        max_tokens=options.max_tokens, output_sequence_length=options.sequence_length, name="vectorize"
    )
    vectorizer.adapt(_plain(texts), batch_size=len(texts))
    functions = list(_functions(options, classes, vectorizer.vocabulary_size()))
    sentence = keras.Input((), dtype="string", name="sentence")
    ids = keras.Input((options.sequence_length,), dtype="int64", name="ids")
    saved = _model(sentence, [vectorizer, *functions], name="rnn")
    trained = _model(ids, functions, name="rnn_of_ids")

    def encode(sentences: Array) -> Array:
        return np.asarray(keras.ops.convert_to_numpy(vectorizer(_plain(sentences))))

    return KerasModels(saved=saved, trained=trained, encode=encode)


def _model(start: Any, functions: Sequence[Callable[[Any], Any]], name: str) -> keras.Model:
    """Put layers in a line. An operation among them makes it a graph, for Sequential holds layers alone."""
    if all(isinstance(function, keras.layers.Layer) for function in functions):
        return keras.Sequential([start, *functions], name=name)
    x = start
    for function in functions:
        x = function(x)
    return keras.Model(start, x, name=name)


def _functions(options: ModelOptions, classes: int, vocabulary: int) -> Iterator[Callable[[Any], Any]]:
    """Yield layers, and an operation without weights among them, from token ids to probabilities."""
    yield keras.layers.Embedding(vocabulary, options.embedding_dim, mask_zero=options.mask_zero, name="embedding")
    if options.embedding_dropout > 0:
        yield keras.layers.SpatialDropout1D(options.embedding_dropout, name="embedding_dropout")
    for number in range(1, options.layers + 1):
        is_last = number == options.layers
        yield _recurrent(options, f"{options.cell}_{number}", sequences=not is_last or options.pooling != "last")
        if not is_last and options.dropout > 0:
            yield keras.layers.Dropout(options.dropout, name=f"dropout_{number}")
    if options.pooling == "average":
        yield keras.layers.GlobalAveragePooling1D(name="average_over_time")
    if options.pooling == "max":
        yield _max_over_time
    yield keras.layers.Dense(options.dense_units, activation="relu", name="dense")
    if options.dense_dropout > 0:
        yield keras.layers.Dropout(options.dense_dropout, name="dense_dropout")
    yield keras.layers.Dense(classes, activation="softmax", name="probabilities")


def _recurrent(options: ModelOptions, name: str, *, sequences: bool) -> keras.layers.Layer:
    layer = CELLS[options.cell](
        options.units, return_sequences=sequences, recurrent_dropout=options.recurrent_dropout, name=name
    )
    if options.bidirectional:
        layer = keras.layers.Bidirectional(layer, name=f"bidirectional_{name}")
    # Compiling a loop of a hundred steps with XLA takes longer than it saves in a few hundred training steps on a CPU.
    layer.supports_jit = False
    return layer


def _max_over_time(states: Any) -> Any:
    """Maximum over all steps, masked or not: in the padding the last word's output is repeated, which leaves it as it is.

    An operation, because Keras' layer for it warns that it takes no mask.
    """
    return keras.ops.max(states, axis=1)


def _plain(sentences: Array) -> Any:
    """Keras takes tensors of strings, not NumPy's arrays of objects."""
    return keras.ops.convert_to_tensor(sentences.tolist(), dtype="string")
