"""Small models of many kinds that Kerases from 1.2.2 on wrote give their numbers; what is not known is refused by name.

Each archive holds ``NAME.h5`` or ``NAME.keras`` beside ``NAME.npz``: inputs x0, x1, ... (xd_KEY for a dict) and what
`predict` gave: y, a list yl0, yl1, ... or a dict yd_KEY.
"""

import io
import re
import tarfile
from pathlib import Path

import h5py
import numpy as np
import pytest

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


def _models():
    for archive in sorted((Path(__file__).parent / "dialects").glob("*.tar.xz")):
        with tarfile.open(archive) as members:
            files = {member.name: members.extractfile(member).read() for member in members}
        for name in sorted(files):
            if not name.endswith(".npz"):
                answers = files[f"{name.rpartition('.')[0]}.npz"]
                yield pytest.param(name, files[name], answers, id=f"{archive.name.split('.tar')[0]}-{name}")


def _part(arrays, kind):
    """Collect the arrays of one kind: a dict, a list, or one array."""
    named = {key.removeprefix(f"{kind}d_"): arrays[key] for key in arrays if key.startswith(f"{kind}d_")}
    listed = [arrays[key] for key in sorted(arrays, key=len) if re.fullmatch(rf"{kind}l?\d+", key)]
    return named or listed or arrays[kind]


@pytest.mark.parametrize(("name", "file", "answers"), list(_models()))
def test_what_keras_wrote(name, file, answers, tmp_path):
    path = tmp_path / name
    path.write_bytes(file)
    kind = name.rpartition(".")[0]
    if kind in REFUSED:
        with pytest.raises(core.KacaError, match=re.escape(REFUSED[kind])):
            core.load_model(path)
        return
    with np.load(io.BytesIO(answers)) as arrays:
        x, expected = _part(arrays, "x"), _part(arrays, "y")
    model = core.load_model(path)
    for actual in (model.forward(x), model.predict(x)):
        _check(actual, expected)


def _check(actual, expected):
    assert type(actual) is type(expected)
    pairs = [(actual[key], expected[key]) for key in expected] if isinstance(expected, dict) else None
    pairs = pairs or (list(zip(actual, expected, strict=True)) if isinstance(expected, list) else [(actual, expected)])
    for ours, theirs in pairs:
        assert ours.shape == theirs.shape
        largest = max(1.0, float(np.abs(theirs.astype(np.float64)).max(initial=0.0)))
        np.testing.assert_allclose(ours, theirs, rtol=0, atol=1e-6 * largest)


def test_theano_convolved_from_the_other_end(tmp_path):
    with tarfile.open(Path(__file__).parent / "dialects" / "keras-2.2.4.tar.xz") as members:
        for name in ("cnn_tf.h5", "cnn_tf.npz"):
            (tmp_path / name).write_bytes(members.extractfile(name).read())
    with h5py.File(tmp_path / "cnn_tf.h5", "r+") as root:
        root["model_weights"].attrs["backend"] = b"theano"
        kernels = [name for name in _datasets(root["model_weights"]) if root["model_weights"][name].ndim == 4]
        for name in kernels:
            root["model_weights"][name][...] = root["model_weights"][name][...][::-1, ::-1]
    assert kernels
    with np.load(tmp_path / "cnn_tf.npz") as answers:
        _check(core.load_model(tmp_path / "cnn_tf.h5").predict(answers["x0"]), answers["y"])


def _datasets(root):
    names = []
    root.visititems(lambda name, item: names.append(name) if isinstance(item, h5py.Dataset) else None)
    return names
