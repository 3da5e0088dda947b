"""A checkpoint is believed in nothing: one that is damaged, of another network or of other data is refused by file and field."""

import json
import zipfile

import numpy as np
import pytest
from packing import members_of, pack

import core
from core.layers import BatchNormalization, Dense
from core.learning import SGD, Adam, EarlyStopping, ReduceLROnPlateau, RMSprop

RNG = np.random.default_rng(0)
X, Y = RNG.normal(size=(12, 3)).astype(np.float32), np.arange(12) % 2


def network(*, frozen=False, units=2):
    layers = [
        Dense(4, "relu", name="a", trainable=not frozen),
        BatchNormalization(name="n"),
        Dense(units, "softmax", name="b"),
    ]
    model = core.Sequential(layers, batch_shape=(None, 3))
    model.initialize(0)
    return model


def callbacks():
    return [EarlyStopping("loss", patience=9, restore_best_weights=True), ReduceLROnPlateau("loss")]


def train(path, model=None, epochs=4, **options):
    given = {"x": X, "y": Y, "callbacks": callbacks(), "optimizer": Adam(amsgrad=True)} | options
    return (model or network()).fit(**given, epochs=epochs, batch_size=4, checkpoint=path)


@pytest.fixture(scope="module")
def arrays(tmp_path_factory):
    path = tmp_path_factory.mktemp("checkpoint") / "good.npz"
    train(path, epochs=2)
    with np.load(path) as file:
        return {name: file[name] for name in file.files}


def text(arrays, **changes):
    about = json.loads(arrays["about"].tobytes()) | changes
    return {"about": np.frombuffer(json.dumps({k: v for k, v in about.items() if v != "gone"}).encode(), np.uint8)}


NOTHING = np.zeros(0, np.float32)
#: name: what takes the place of which arrays (None: left out), and what the error says
DAMAGE = {
    "no text": (lambda a: {"about": None}, "about"),
    "text that is no JSON": (lambda a: {"about": np.frombuffer(b"{", np.uint8)}, "JSON"),
    "text that is a list": (lambda a: {"about": np.frombuffer(b"[]", np.uint8)}, "JSON object"),
    "text nested deeply": (lambda a: {"about": np.frombuffer(b"[" * 100_000, np.uint8)}, "JSON"),
    "text of another type": (lambda a: {"about": np.zeros(3)}, "'about' is not text"),
    "text as the first version wrote it": (lambda a: {"about": np.array("{}")}, "about"),
    "another version": (lambda a: text(a, version=1), "'version'"),
    "no steps": (lambda a: text(a, iterations="gone"), "lacks the field 'iterations'"),
    "steps that are NaN": (lambda a: text(a, iterations=float("nan")), "'iterations' is 'nan'"),
    "negative steps": (lambda a: text(a, iterations=-1), "'iterations'"),
    "too many steps": (lambda a: text(a, iterations=2**70), "'iterations'"),
    "steps as text": (lambda a: text(a, iterations="6"), "'iterations'"),
    "no step at all": (lambda a: text(a, iterations=0), "'iterations'"),
    "a rate that is infinite": (lambda a: text(a, learning_rate=float("inf")), "'learning_rate'"),
    "ended as a number": (lambda a: text(a, ended=1), "'ended'"),
    "scores as a list": (lambda a: text(a, history=[]), "'history'"),
    "no scores": (lambda a: text(a, history={}), "'history'"),
    "scores of text": (lambda a: text(a, history={"loss": ["a"]}), "'history'"),
    "more accuracies than losses": (lambda a: text(a, history={"loss": [1.0], "accuracy": [1.0, 1.0]}), "'history'"),
    "settings as a list": (lambda a: text(a, settings=[]), "'settings'"),
    "a field more": (lambda a: text(a, more=1), "unknown fields"),
    "no parameter": (lambda a: {"parameter/0": None}, "lacks 'parameter/0'"),
    "no moving mean": (lambda a: {"parameter/4": None}, "lacks 'parameter/4'"),
    "a parameter of another shape": (lambda a: {"parameter/0": NOTHING}, "'parameter/0' must be float32 of shape"),
    "a parameter of another type": (lambda a: {"parameter/0": a["parameter/0"].astype(float)}, "'parameter/0'"),
    "no memory of the optimiser": (
        lambda a: dict.fromkeys(name for name in a if name.startswith("memory")), "lacks 'memory/0/momentum'",
    ),
    "half of that memory": (lambda a: {"memory/1/velocity": None}, "lacks 'memory/1/velocity'"),
    "no largest": (lambda a: {"memory/1/largest": None}, "lacks 'memory/1/largest'"),
    "memory of another shape": (lambda a: {"memory/0/momentum": NOTHING}, "'memory/0/momentum' must be"),
    "no state of a callback": (lambda a: {"callback/0/best": None}, "callback/0"),
    "a best that is a list": (lambda a: {"callback/0/best": np.zeros(3)}, "'best' must be a number"),
    "a best that is NaN": (lambda a: {"callback/0/best": np.array(np.nan)}, "'best' must be a number"),
    "a wait below 0": (lambda a: {"callback/1/wait": np.array(-1)}, "'wait' must be a count"),
    "best weights of another shape": (lambda a: {"callback/0/weights/0": NOTHING}, "callback/0"),
    "a best weight less": (lambda a: {"callback/0/weights/1": None}, "callback/0"),
    "a spare array": (lambda a: {"spare": np.zeros(9)}, "holds 'spare'"),
    "a spare parameter": (lambda a: {"parameter/99": NOTHING}, "holds 'parameter/99'"),
    "a spare callback": (lambda a: {"callback/7/best": np.array(1.0)}, "holds 'callback/7/best'"),
    "a spare state": (lambda a: {"callback/1/more": np.array(1.0)}, "callback/1"),
    "pickled objects": (lambda a: {"parameter/0": np.array([None, 1], dtype=object)}, "parameter/0"),
}  # fmt: skip


@pytest.mark.parametrize("name", DAMAGE)
def test_what_is_damaged_is_refused_by_file_and_field(tmp_path, arrays, name):
    change, message = DAMAGE[name]
    path = tmp_path / "bad.npz"
    changed = arrays | change(arrays)
    np.savez(path, **{key: value for key, value in changed.items() if value is not None})
    model = network()
    before = model.get_weights()
    with pytest.raises(core.ModelFileError, match=message) as caught:
        train(path, model)
    assert str(path) in str(caught.value)
    assert all(np.array_equal(one, other) for one, other in zip(before, model.get_weights(), strict=True))


BYTES = {
    "empty": lambda good: b"",
    "cut": lambda good: good[:-100],
    "cut in the middle": lambda good: good[: len(good) // 2],
    "noise": lambda good: b"PK\x03\x04" + bytes(range(256)) * 4,
    "a bit flipped": lambda good: good[:200] + bytes([good[200] ^ 8]) + good[201:],
}


@pytest.mark.parametrize("name", BYTES)
def test_broken_bytes_are_refused(tmp_path, arrays, name):
    path = tmp_path / "bad.npz"
    np.savez(path, **arrays)
    path.write_bytes(BYTES[name](path.read_bytes()))
    with pytest.raises(core.ModelFileError, match=r"bad\.npz"):
        train(path)


@pytest.mark.parametrize("method", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_members_packed_otherwise_are_refused(tmp_path, arrays, method):
    path = tmp_path / "bad.npz"
    np.savez(tmp_path / "good.npz", **arrays)
    pack(path, members_of(tmp_path / "good.npz"), method)
    with pytest.raises(core.ModelFileError, match=r"bad\.npz"):
        train(path)


def test_a_small_file_does_not_grow(tmp_path, arrays):
    """What a callback remembers may be of any size, but not beyond what the file is."""
    np.savez_compressed(tmp_path / "bad.npz", **arrays, **{"callback/1/more": np.zeros(2**27, np.uint8)})
    with pytest.raises(core.ModelFileError, match=r"bad\.npz"):
        train(tmp_path / "bad.npz")


#: Other trainings, and the setting that tells.
OTHERS = {
    "data": ({"x": X + 1}, "data"),
    "targets": ({"y": 1 - Y}, "data"),
    "weights": ({"sample_weight": np.ones(12)}, "data"),
    "validation": ({"validation_data": (X, Y)}, "metrics|validation"),
    "rows": ({"x": X[:8], "y": Y[:8]}, "steps|data"),
    "loss": ({"loss": "mse", "y": np.eye(2)[Y]}, "loss"),
    "seed": ({"seed": 1}, "seed"),
    "shuffle": ({"shuffle": False}, "shuffle"),
    "optimizer": ({"optimizer": RMSprop()}, "optimizer"),
    "rate": ({"optimizer": Adam(0.5, amsgrad=True)}, "optimizer"),
    "callbacks": ({"callbacks": []}, "callbacks"),
    "frozen": ({"model": "frozen"}, "parameters"),
    "units": ({"model": "units"}, "parameters"),
    "augmented": ({"augment": lambda x, rng: x}, "augment"),
}


@pytest.mark.parametrize("name", OTHERS)
def test_a_checkpoint_of_another_training_is_refused(tmp_path, arrays, name):
    np.savez(tmp_path / "good.npz", **arrays)
    options, setting = dict(OTHERS[name][0]), OTHERS[name][1]
    kind = options.pop("model", None)
    model = network(frozen=kind == "frozen", units=3 if kind == "units" else 2)
    with pytest.raises(core.InputError, match=f"belongs to another training: its ({setting}) is"):
        train(tmp_path / "good.npz", model, **options)


@pytest.mark.parametrize(
    "optimizer", [lambda: Adam(amsgrad=True), lambda: SGD(0.1), lambda: RMSprop(momentum=0.9, centered=True)]
)
def test_what_was_saved_goes_on(tmp_path, optimizer):
    one, other = network(), network()
    expected = train(None, one, epochs=5, optimizer=optimizer())
    train(tmp_path / "c.npz", epochs=2, optimizer=optimizer())
    found = train(tmp_path / "c.npz", other, epochs=5, optimizer=optimizer())
    assert found == expected
    assert found.epoch == [0, 1, 2, 3, 4]
    assert all(np.array_equal(a, b) for a, b in zip(one.get_weights(), other.get_weights(), strict=True))


def test_a_killed_writer_leaves_the_checkpoint_before(tmp_path, monkeypatch):
    path = tmp_path / "c.npz"
    train(path, epochs=1)
    before = path.read_bytes()

    def killed(file, **arrays):
        file.write(b"half")
        raise KeyboardInterrupt

    monkeypatch.setattr(np, "savez", killed)
    with pytest.raises(KeyboardInterrupt):
        train(path, epochs=2)
    assert path.read_bytes() == before


@pytest.mark.parametrize("where", ["missing/c.npz", ".", 3])
def test_a_checkpoint_that_cannot_be_written_is_found_before_the_first_step(tmp_path, where):
    model = network()
    before = model.get_weights()
    with pytest.raises(core.InputError, match="checkpoint"):
        train(tmp_path / where if isinstance(where, str) else where, model)
    assert all(np.array_equal(one, other) for one, other in zip(before, model.get_weights(), strict=True))


def test_batches_that_come_once_have_no_checkpoint(tmp_path):
    with pytest.raises(core.InputError, match="checkpoint needs data"):
        network().fit(iter([(X, Y)]), checkpoint=tmp_path / "c.npz")
