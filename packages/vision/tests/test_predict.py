"""``python -m vision.predict``: probabilities of image files, and one clear line for every mistake."""

import json

import keras
import numpy as np
import pytest
from compare import randomize
from light import run_light
from PIL import Image

from core import InputError
from vision import predict
from vision.images import ImageInput, read_image

LAYERS = keras.layers


def save_model(path, *, channels=3, rescaling=True, size=(12, 10), end=None):
    scaling = [LAYERS.Rescaling(1 / 255)] if rescaling else []
    last = end or [LAYERS.Dense(4, activation="softmax")]
    model = keras.Sequential(
        [keras.Input((*size, channels)), *scaling, LAYERS.Conv2D(3, 3), LAYERS.GlobalMaxPooling2D(), *last]
    )
    randomize(model, np.random.default_rng(0))
    model.save(path)
    return model


def save_image(path, *, mode="RGB", size=(10, 12), seed=0):
    channels = {"L": (), "RGB": (3,), "RGBA": (4,)}[mode]
    pixels = np.random.default_rng(seed).integers(0, 256, size=(size[1], size[0], *channels)).astype(np.uint8)
    Image.fromarray(pixels).save(path)
    return pixels


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("predict")
    save_model(folder / "model.keras")
    save_image(folder / "image.png")
    return folder


def run(capsys, *arguments):
    status = predict.main([str(argument) for argument in arguments])
    captured = capsys.readouterr()
    return status, captured.out, captured.err


def test_probabilities_are_those_of_keras(capsys, tmp_path):
    model = save_model(tmp_path / "model.keras")
    pictures = [save_image(tmp_path / f"{seed}.png", seed=seed) for seed in range(3)]
    paths = [tmp_path / f"{seed}.png" for seed in range(3)]
    status, out, err = run(capsys, tmp_path / "model.keras", *paths, "--json", "--top", 2)
    assert (status, err) == (0, "")
    expected = np.asarray(model(np.stack(pictures).astype(np.float32)))
    for entry, path, row in zip(json.loads(out), paths, expected, strict=True):
        best = np.argsort(-row)[:2]
        assert entry["image"] == str(path)
        assert [item["index"] for item in entry["top"]] == best.tolist()
        assert [item["class"] for item in entry["top"]] == [str(index) for index in best]
        np.testing.assert_allclose([item["probability"] for item in entry["top"]], row[best], rtol=0, atol=1e-6)


def test_names_come_from_the_training_or_from_a_file(capsys, folder, tmp_path):
    save_model(tmp_path / "model.keras")
    (tmp_path / "result.json").write_text(json.dumps({"classes": ["kucing", "anjing", "burung", "ikan"]}))
    (tmp_path / "names.txt").write_text("cat\ndog\nbird\nfish\n")
    _, out, _ = run(capsys, tmp_path / "model.keras", folder / "image.png", "--top", 4)
    assert sorted(line.split()[1] for line in out.splitlines()[1:]) == ["anjing", "burung", "ikan", "kucing"]
    _, out, _ = run(capsys, tmp_path / "model.keras", folder / "image.png", "--classes", tmp_path / "names.txt")
    assert out.splitlines()[0] == str(folder / "image.png")
    assert len(out.splitlines()) == 4
    assert {line.split()[1] for line in out.splitlines()[1:]} <= {"cat", "dog", "bird", "fish"}
    assert run(capsys, tmp_path / "model.keras", folder / "image.png", "--classes", "cat,dog, bird,fish")[1] == out
    (tmp_path / "result.json").write_text('{"classes": ["a"]}')
    _, out, err = run(capsys, tmp_path / "model.keras", folder / "image.png")
    assert "the model has 4 classes, got 1 names" in err
    assert out.splitlines()[1].split()[1].isdigit()


def test_a_model_without_scaling_is_given_what_the_user_says(capsys, folder, tmp_path):
    model = save_model(tmp_path / "model.keras", rescaling=False)
    pixels = np.asarray(Image.open(folder / "image.png"), dtype=np.float32)
    for arguments, factor in ((["--scale", "1/255"], np.float32(1 / 255)), ([], 1)):
        status, out, err = run(capsys, tmp_path / "model.keras", folder / "image.png", "--json", *arguments)
        assert status == 0
        assert ("--scale 1/255" in err) == (not arguments)
        probability = json.loads(out)[0]["top"][0]["probability"]
        expected = np.asarray(model((pixels * factor)[None])).max()
        np.testing.assert_allclose(probability, expected, rtol=0, atol=1e-6)


def test_a_single_unit_is_two_classes(capsys, folder, tmp_path):
    save_model(tmp_path / "model.keras", end=[LAYERS.Dense(1, activation="sigmoid")])
    _, out, _ = run(capsys, tmp_path / "model.keras", folder / "image.png", "--json")
    top = json.loads(out)[0]["top"]
    assert {entry["index"] for entry in top} == {0, 1}
    assert sum(entry["probability"] for entry in top) == pytest.approx(1, abs=1e-6)


def test_outputs_that_are_no_probabilities_are_noted(capsys, folder, tmp_path):
    save_model(tmp_path / "model.keras", end=[LAYERS.Dense(4)])
    status, _, err = run(capsys, tmp_path / "model.keras", folder / "image.png")
    assert status == 0
    assert "not probabilities" in err


def test_mistakes_are_one_line(capsys, folder, tmp_path):
    (tmp_path / "broken.keras").write_bytes((folder / "model.keras").read_bytes()[:2000])
    (tmp_path / "broken.png").write_bytes((folder / "image.png").read_bytes()[:100])
    (tmp_path / "text.png").write_text("no image")
    (tmp_path / "names.txt").write_text("one\ntwo\n")
    model, image = folder / "model.keras", folder / "image.png"
    rows = [
        ([model, tmp_path / "absent.png"], "absent.png: there is no such image"),
        ([model, tmp_path], "not a readable PNG or JPEG image"),
        ([model, tmp_path / "broken.png"], "broken.png: not a readable PNG or JPEG image"),
        ([model, image, tmp_path / "text.png"], "text.png: not a readable PNG or JPEG image"),
        ([tmp_path / "broken.keras", image], "broken.keras"),
        ([tmp_path / "absent.keras", image], "absent.keras"),
        ([model, image, "--classes", tmp_path / "names.txt"], "the model has 4 classes, got 2 names"),
        ([model, image, "--classes", tmp_path / "absent.txt"], "absent.txt: cannot be read as text"),
        ([model, image, "--classes", "a,b,c,a"], "a name of its own"),
    ]
    for arguments, message in rows:
        status, out, err = run(capsys, *arguments)
        assert (status, out) == (2, "")
        assert err.startswith("error: ")
        assert len(err.splitlines()) == 1
        assert message in err


@pytest.mark.parametrize(
    "arguments",
    [["model.keras"], ["model.keras", "a.png", "--top", "0"], ["model.keras", "a.png", "--scale", "0"],
     ["model.keras", "a.png", "--scale", "1/0"], ["model.keras", "a.png", "--scal", "x/y"]],
)  # fmt: skip
def test_wrong_arguments_end_with_status_2(arguments, capsys):
    with pytest.raises(SystemExit) as ended:
        predict.main(arguments)
    assert ended.value.code == 2
    assert "error: " in capsys.readouterr().err


def test_the_command_needs_no_tensorflow(folder):
    run_predict = "runpy.run_module('vision.predict', run_name='__main__')"
    assert "image.png" in run_light(run_predict, folder / "model.keras", folder / "image.png")


# --- reading images -------------------------------------------------------------------------------------------------

RGB = ImageInput(None, None, 3)


def test_images_are_resized_to_the_model(tmp_path):
    save_image(tmp_path / "image.jpg", size=(30, 20))
    assert read_image(tmp_path / "image.jpg", ImageInput(12, 10, 3)).shape == (12, 10, 3)
    assert read_image(tmp_path / "image.jpg", RGB).shape == (20, 30, 3)
    assert read_image(tmp_path / "image.jpg", ImageInput(12, None, 3, channels_first=True)).shape == (3, 12, 30)


@pytest.mark.parametrize("mode", ["L", "RGB", "RGBA"])
@pytest.mark.parametrize("channels", [1, 3, 4])
def test_colours_become_what_the_model_takes(mode, channels, tmp_path):
    pixels = save_image(tmp_path / "image.png", mode=mode)
    read = read_image(tmp_path / "image.png", ImageInput(None, None, channels))
    assert read.shape == (12, 10, channels)
    assert read.dtype == np.float32
    if pixels.ndim == 3 and pixels.shape[-1] >= channels > 1:
        np.testing.assert_array_equal(read, pixels[..., :channels])
    if mode == "L" and channels >= 3:
        np.testing.assert_array_equal(read[..., 0], pixels)
        np.testing.assert_array_equal(read[..., 2], pixels)


def test_sixteen_bits_become_eight(tmp_path):
    pixels = np.array([[0, 257, 65535], [32896, 128, 200]], dtype=np.uint16)
    Image.fromarray(pixels).save(tmp_path / "deep.png")
    read = read_image(tmp_path / "deep.png", ImageInput(None, None, 1))[..., 0]
    np.testing.assert_array_equal(read, [[0, 1, 255], [128, 0, 1]])


def test_a_photograph_is_turned_upright(tmp_path):
    image = Image.fromarray(np.zeros((20, 30, 3), dtype=np.uint8))
    exif = image.getexif()
    exif[0x0112] = 6  # Orientation: turned by a quarter
    image.save(tmp_path / "turned.jpg", exif=exif)
    assert read_image(tmp_path / "turned.jpg", RGB).shape == (30, 20, 3)


def test_a_huge_image_is_refused(tmp_path, monkeypatch):
    save_image(tmp_path / "image.png")
    for limit in (100, 10):  # Pillow warns above its limit and raises above twice of it
        monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", limit)
        with pytest.raises(InputError, match="too large"):
            read_image(tmp_path / "image.png", RGB)


@pytest.mark.parametrize(
    ("shape", "expected"),
    [
        ((None, 32, 30, 3), ImageInput(32, 30, 3)),
        ((None, None, None, 1), ImageInput(None, None, 1)),
        ((None, 3, 32, 30), ImageInput(32, 30, 3, channels_first=True)),
    ],
)
def test_what_the_input_says(shape, expected):
    assert ImageInput.from_shape(shape) == expected


def test_other_inputs_are_no_images():
    with pytest.raises(InputError, match=r"the model takes \(None, 32, 32, 7\)"):
        ImageInput.from_shape((None, 32, 32, 7))
