"""Uploads: files come in parts, are what they say, and lie where cells can name them."""

from __future__ import annotations

from pathlib import Path

import pytest

from runware_nb.errors import UsageError
from runware_nb.uploads import Uploads
from tests.display import making


@pytest.fixture
def uploads(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return Uploads(tmp_path / "out")


@pytest.fixture
def png(tmp_path):
    return making.picture(tmp_path / "fox.png").read_bytes()


def test_parts_become_a_file_named_by_its_content(uploads, png):
    half = len(png) // 2

    assert uploads.take("1", 0, len(png), "image", png[:half]) is None
    path = uploads.take("1", half, len(png), "image", png[half:])
    assert path.read_bytes() == png
    assert path.parent == Path("out/inputs")
    assert path.suffix == ".png"
    assert uploads.take("2", 0, len(png), "image", png) == path


@pytest.mark.parametrize(
    ("data", "medium", "words"),
    [
        (b"<html>hello</html>" * 50, "image", "a file of text, but a picture is wanted"),
        (b"MZ" + b"\0" * 600, "audio", "a sound is wanted"),
        (b"hello", "dataset", "a ZIP of a data set is wanted"),
    ],
)
def test_what_a_file_is_is_told_by_its_bytes(uploads, tmp_path, data, medium, words):
    with pytest.raises(UsageError, match=words):
        uploads.take("1", 0, len(data), medium, data)

    assert not (tmp_path / "out").exists()


def test_a_picture_is_no_video(uploads, png):
    with pytest.raises(UsageError, match="a file of image, but a video is wanted"):
        uploads.take("1", 0, len(png), "video", png)


@pytest.mark.parametrize(("offset", "total"), [(5, 100), (0, 0), (0, 60_000_000), (0, 2)])
def test_parts_out_of_order_or_of_nothing_or_too_much_are_refused(uploads, offset, total):
    with pytest.raises(UsageError):
        uploads.take("1", offset, total, "image", b"\x89PNG")


def test_only_a_few_come_at_once(uploads, png):
    for name in "1234":
        uploads.take(name, 0, len(png), "image", png[:900])

    with pytest.raises(UsageError, match="too many"):
        uploads.take("5", 0, len(png), "image", png[:900])
