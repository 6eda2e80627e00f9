import io
import struct
import zlib

import pytest
from PIL import Image

from runware_nb.display import previews

from .making import picture


def opened(data):
    return Image.open(io.BytesIO(data))


@pytest.mark.parametrize("name", ["x.jpg", "x.png", "x.webp", "x.tiff"])
def test_a_preview_is_a_small_webp(tmp_path, name):
    found = previews.preview(picture(tmp_path / name, (1600, 900)))

    assert (found.mime, found.width, found.height) == ("image/webp", 512, 288)
    assert (found.full_width, found.full_height) == (1600, 900)


def test_a_preview_of_noise_stays_below_its_cap(tmp_path):
    Image.effect_noise((1024, 1024), 200).convert("RGB").save(tmp_path / "x.png")

    assert len(previews.preview(tmp_path / "x.png").data) <= 60_000


def test_a_small_picture_is_not_blown_up(tmp_path):
    assert previews.preview(picture(tmp_path / "x.png", (20, 10))).width == 20


def test_paper_gets_jpeg_and_png_only_where_something_shows_through(tmp_path):
    opaque, clear = picture(tmp_path / "a.png"), picture(tmp_path / "b.png", mode="RGBA")

    assert previews.page_picture(opaque).mime == "image/jpeg"
    assert previews.page_picture(clear).mime == "image/png"


def test_a_preview_keeps_transparency(tmp_path):
    found = previews.preview(picture(tmp_path / "x.png", mode="RGBA"))

    assert found.see_through
    assert opened(found.data).mode == "RGBA"


def test_a_photo_stands_upright(tmp_path):
    exif = Image.Exif()
    exif[0x0112] = 6
    Image.new("RGB", (80, 40)).save(tmp_path / "x.jpg", exif=exif)
    found = previews.preview(tmp_path / "x.jpg")

    assert (found.width, found.height, found.full_width, found.full_height) == (40, 80, 40, 80)


def test_depth_of_16_bits_is_shown_from_darkest_to_brightest(tmp_path):
    image = Image.new("I;16", (4, 4), 1000)
    image.putpixel((0, 0), 3000)
    image.save(tmp_path / "x.png")
    low, high = opened(previews.preview(tmp_path / "x.png").data).convert("L").getextrema()

    assert low < 40
    assert high > 215


def bomb(width, height):
    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(b"\0" * 64)) + chunk(b"IEND", b"")
    )


@pytest.mark.parametrize("edge", [8_001, 13_300, 60_000])
def test_a_pixel_bomb_is_not_unfolded(tmp_path, edge):
    (tmp_path / "x.png").write_bytes(bomb(edge, edge))

    assert previews.preview(tmp_path / "x.png") is None


@pytest.mark.parametrize("data", [b"", b"\xff\xd8\xff", b"GIF89a", b"<svg/>", b"\x89PNG\r\n\x1a\n" + b"\0" * 99])
def test_what_is_no_picture_has_no_preview(tmp_path, data):
    (tmp_path / "x.png").write_bytes(data)

    assert previews.preview(tmp_path / "x.png") is None


def test_a_missing_file_has_no_preview(tmp_path):
    assert previews.preview(tmp_path / "none.png") is None


def test_a_file_that_changed_is_read_anew(tmp_path):
    before = previews.preview(picture(tmp_path / "x.png", (20, 10)))
    after = previews.preview(picture(tmp_path / "x.png", (300, 100)))

    assert (before.width, after.width) == (20, 300)
