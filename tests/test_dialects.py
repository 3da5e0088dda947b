"""Small models of many kinds that Kerases from 1.2.2 on wrote give their numbers; what is not known is refused by name."""

import re

import h5py
import pytest
from old_files import assert_answers, old_files

import core

#: What is refused, and what the error must say.
REFUSED = {
    "L_bn_renorm": "renorm=True of Keras 2",
    "L_lambda": "Lambda is refused: it holds Python bytecode",
    "op_einsum": "of which tensors the einsum is",
    "op_im_conv2d": "function 'compat.v1.nn.conv2d'",
    "op_im_gray": "function 'image.rgb_to_grayscale'",
    "op_im_lrn": "function 'nn.local_response_normalization'",
    "op_normalize": "function 'linalg.normalize'",
    "op_shape2": "function 'compat.v1.shape'",
    "tfidf_lost": "was adapted to data, and Keras keeps what it learned in no .h5 file",
    "bn2": "was written by Keras 1.x and is refused: mode=2",
    "deconvolution2d": "was written by Keras 1.x",
    "highway": "was written by Keras 1.x",
    "maxout": "was written by Keras 1.x",
    "merge_cos": "was written by Keras 1.x and is refused: mode='cos'",
    "seqmerge": "was written by Keras 1.x and is refused: it merges branches",
    "srelu": "was written by Keras 1.x",
}


@pytest.mark.parametrize("file", old_files("dialects/*.tar.xz"), ids=str)
def test_what_keras_wrote(file, tmp_path):
    path = file.put(tmp_path)
    if file.stem in REFUSED:
        with pytest.raises(core.KacaError, match=re.escape(REFUSED[file.stem])):
            core.load_model(path)
        return
    model = core.load_model(path)
    for actual in (model.forward(file.x), model.predict(file.x)):
        assert_answers(actual, file.y)


def test_theano_convolved_from_the_other_end(tmp_path):
    (file,) = (file for file in old_files("dialects/keras-2.2.4.tar.xz") if file.name == "cnn_tf.h5")
    path = file.put(tmp_path)
    with h5py.File(path, "r+") as root:
        root["model_weights"].attrs["backend"] = b"theano"
        kernels = [name for name in _datasets(root["model_weights"]) if root["model_weights"][name].ndim == 4]
        for name in kernels:
            root["model_weights"][name][...] = root["model_weights"][name][...][::-1, ::-1]
    assert kernels
    assert_answers(core.load_model(path).predict(file.x), file.y)


def _datasets(root):
    names = []
    root.visititems(lambda name, item: names.append(name) if isinstance(item, h5py.Dataset) else None)
    return names
