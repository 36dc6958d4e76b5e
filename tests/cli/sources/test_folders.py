"""Folders of texts and of images, one sub-folder per class."""

from pathlib import PurePath

import numpy as np
import pytest
from PIL import Image

from softlearn.cli.sources import ReadOptions, SourceError, iter_source, read_source
from softlearn.features.pixels import pixels


def said(call, *args, **kwargs):
    """Return the one sentence of the SourceError that a call raises."""
    with pytest.raises(SourceError) as caught:
        call(*args, **kwargs)
    sentence = str(caught.value)
    assert sentence.endswith(".")
    return sentence


def fit(folder, **kwargs):
    return read_source(folder, None, need_target=True, **kwargs)


def put(folder, files):
    """Write texts (str), bytes, or images (arrays and Pillow's) under their names."""
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if isinstance(content, str):
            path.write_text(content, encoding="utf-8")
        elif isinstance(content, bytes):
            path.write_bytes(content)
        else:
            image = content if isinstance(content, Image.Image) else Image.fromarray(content)
            image.save(path)
    return folder


def grey(value=0, height=2, width=3):
    return np.full((height, width), value, dtype=np.uint8)


def colour(value=0, height=2, width=3):
    return np.full((height, width, 3), value, dtype=np.uint8)


# -- texts


def test_the_sub_folders_of_texts_are_the_classes(tmp_path):
    put(tmp_path, {"ham/1.txt": "good", "ham/2.txt": "fine", "spam/deep/101551": "buy é"})
    data = fit(tmp_path)
    assert data.kind == "text"
    assert list(data.X) == ["good", "fine", "buy é"]
    assert list(data.y) == ["ham", "ham", "spam"]
    assert list(data.ids) == ["ham/1.txt", "ham/2.txt", "spam/deep/101551"]
    assert (data.target, data.notes) == (None, ())


def test_a_flat_folder_can_be_predicted_but_not_trained_on(tmp_path):
    put(tmp_path, {"1.txt": "good", "2.txt": "bad"})
    data = read_source(tmp_path, None, need_target=False)
    assert (list(data.ids), data.y) == (["1.txt", "2.txt"], None)
    assert "has files but no sub-folders" in said(fit, tmp_path)


def test_folders_come_in_batches_of_files(tmp_path):
    put(tmp_path, {f"{i}.txt": str(i) for i in range(5)} | {"x.zip": b"PK"})
    batches = list(iter_source(tmp_path, None, 2))
    assert [list(batch.X) for batch in batches] == [["0", "1"], ["2", "3"], ["4"]]
    assert [len(batch.notes) for batch in batches] == [1, 0, 0]


def test_hidden_files_are_passed_over_and_others_counted(tmp_path):
    files = {"a/1.txt": "x", "b/1.txt": "y", "a/.DS_Store": b"\xff", ".git/x.txt": "x"}
    others = {"a/Thumbs.db": b"\xff", "b/old.zip": b"", "b/new.zip": b"", "README.md": "read me"}
    data = fit(put(tmp_path, files | others | {"c/.keep": "", ".venv/.x": ""}))
    assert list(data.ids) == ["a/1.txt", "b/1.txt"]
    assert data.notes == (
        "Ignored 1 file that is in no sub-folder of a class, such as 'README.md'.",
        "Ignored 2 files that are no texts, such as 'new.zip'.",
        "Ignored sub-folders without files of use: c.",
    )


def test_a_text_of_another_encoding_names_the_file_and_the_option(tmp_path):
    put(tmp_path, {"a/1.txt": "x", "b/2.txt": "one\ntwö".encode("latin-1")})
    sentence = said(fit, tmp_path)
    assert sentence.startswith(f"{tmp_path / 'b' / '2.txt'} is not UTF-8: byte 0xf6 in line 2")
    assert "--encoding latin-1" in sentence
    assert list(fit(tmp_path, options=ReadOptions(encoding="latin-1")).X) == ["x", "one\ntwö"]


def test_a_mark_before_a_text_is_no_part_of_it(tmp_path):
    put(tmp_path, {"a/1.txt": "x", "b/2.txt": "y".encode("utf-8-sig")})
    assert list(fit(tmp_path).X) == ["x", "y"]


def test_a_folder_without_texts_or_images_says_what_it_needs(tmp_path):
    assert "no text files" in said(fit, tmp_path)
    put(tmp_path, {"a/1.bin": b"x"})
    assert "one per class" in said(fit, tmp_path)


def test_one_sub_folder_is_one_class_only(tmp_path):
    assert "one class only (a, in all 1 rows)" in said(fit, put(tmp_path, {"a/1.txt": "x"}))


# -- images


def test_images_are_files_with_one_size_and_mode(tmp_path):
    data = fit(put(tmp_path, {"cat/1.png": grey(), "dog/1.PNG": grey(), "dog/note.txt": "x"}))
    assert data.kind == "image"
    assert list(data.X) == [str(tmp_path / "cat/1.png"), str(tmp_path / "dog/1.PNG")]
    assert data.layout == {"size": [2, 3], "mode": "L"}
    assert list(data.y) == ["cat", "dog"]
    assert data.notes == ("Ignored 1 file that is no images, such as 'note.txt'.",)


def test_images_of_other_sizes_and_modes_are_noted(tmp_path):
    files = {"a/1.png": colour(), "a/2.png": colour(height=5), "b/1.png": grey(), "b/2.png": grey()}
    data = fit(put(tmp_path, files))
    assert data.layout == {"size": [2, 3], "mode": "RGB"}
    assert data.notes == (
        "1 image of another size is resized to 3 x 2 pixels, like the rest.",
        "2 of 4 images are grey; they are read as colour images.",
    )


def test_large_images_are_reduced(tmp_path):
    data = fit(put(tmp_path, {f"{c}/1.png": grey(height=100, width=400) for c in "ab"}))
    assert data.layout["size"] == [32, 128]
    assert data.notes == ("Images are reduced to 128 x 32 pixels (most have 400 x 100).",)


def test_a_file_that_is_no_image_is_named(tmp_path):
    put(tmp_path, {"a/1.png": grey(), "b/1.png": b"no image"})
    assert str(tmp_path / "b/1.png") + " is damaged or is not an image" in said(fit, tmp_path)


def test_an_image_cut_off_is_named(tmp_path):
    noise = np.random.default_rng(0).integers(0, 255, (40, 40), dtype=np.uint8)
    path = put(tmp_path, {"1.png": noise}) / "1.png"
    path.write_bytes(path.read_bytes()[:600])
    assert str(path) in said(pixels, str(path), (40, 40), "L")
    assert "does not exist" in said(pixels, str(tmp_path / "gone.png"), (40, 40), "L")


def test_pixels_are_row_by_row_with_the_channels_side_by_side(tmp_path):
    image = np.arange(12, dtype=np.uint8).reshape(2, 2, 3)
    path = str(put(tmp_path, {"1.png": image}) / "1.png")
    row = pixels(path, (2, 2), "RGB")
    assert row.dtype == np.float32
    np.testing.assert_allclose(row, np.arange(12) / 255, rtol=1e-6)
    np.testing.assert_array_equal(pixels(image, (2, 2), "RGB"), row)


@pytest.mark.parametrize(
    "image",
    [
        Image.fromarray(grey(255)).convert("1"),
        Image.fromarray(np.full((2, 3), 65535, np.uint16)),
        Image.fromarray(np.full((2, 3), 65535, np.int32)),
        Image.fromarray(colour(255)).convert("RGBA"),
        Image.fromarray(grey(255)).convert("P"),
        Image.fromarray(colour(255)).convert("CMYK"),
        Image.fromarray(grey(255)).convert("LA"),
    ],
    ids=lambda image: image.mode,
)
@pytest.mark.parametrize("mode", ["L", "RGB"])
def test_white_is_one_in_every_mode(tmp_path, image, mode):
    suffix = "tif" if image.mode in ("CMYK", "I") else "png"
    path = put(tmp_path, {f"1.{suffix}": image}) / f"1.{suffix}"
    row = pixels(str(path), (2, 3), mode)
    assert row.shape == (6 * len(mode),)
    np.testing.assert_array_equal(row, 1.0)


def test_an_image_on_its_side_is_turned(tmp_path):
    exif = Image.Exif()
    exif[0x0112] = 6  # the camera was held upright
    image = np.zeros((2, 4), np.uint8)
    image[:, 0] = 255
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        Image.fromarray(image).save(tmp_path / name / "1.png", exif=exif)
    data = fit(tmp_path)
    assert data.layout["size"] == [4, 2]
    np.testing.assert_array_equal(pixels(data.X[0], (4, 2), "L"), [1, 1, 0, 0, 0, 0, 0, 0])


def test_reading_a_folder_takes_no_more_than_a_few_looks_at_each_file(tmp_path, monkeypatch):
    for i in range(200):
        file = tmp_path / "ab"[i % 2] / f"{i}.txt"
        file.parent.mkdir(exist_ok=True)
        file.write_text("words")
    hashes = []
    own = PurePath.__hash__
    monkeypatch.setattr(PurePath, "__hash__", lambda path: hashes.append(path) or own(path))
    read_source(tmp_path, None, need_target=True)
    assert len(hashes) < 20 * 200
