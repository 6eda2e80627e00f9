import base64

import pytest

from runware_nb.api.results import Asset
from runware_nb.display import waveforms
from runware_nb.display.players import Budget, player
from runware_nb.media import MEDIA

from .making import drawing, film, glb, picture, result, sound


@pytest.fixture(autouse=True)
def here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


def asset(medium, path):
    return Asset(medium, "x", path=path)


def test_a_picture_shows_a_preview_that_leads_to_the_file(tmp_path):
    it = player(asset("image", picture(tmp_path / "x.png")))

    assert it.src.startswith("data:image/webp;base64,")
    assert (it.href, it.width, it.height) == ("x.png", 640, 400)


def test_a_small_film_travels_inside_with_a_poster(tmp_path):
    it = player(asset("video", film(tmp_path / "x.mp4")))

    assert it.src.startswith("data:video/mp4;base64,")
    assert it.still.startswith("data:image/webp;base64,")


def test_a_large_film_is_linked_and_keeps_its_poster(tmp_path):
    path = film(tmp_path / "x.mp4")
    with path.open("ab") as file:
        file.write(b"\0\0\0\x08free" * (MEDIA["video"].embed_limit // 8))
    it = player(asset("video", path))

    assert it.src == "x.mp4"
    assert it.still


def test_files_beyond_the_budget_of_an_output_are_linked(tmp_path):
    path = sound(tmp_path / "x.wav")
    budget = Budget(path.stat().st_size)

    assert [player(asset("audio", path), budget=budget).src[:5] for _ in range(2)] == ["data:", "x.wav"]


def test_a_sound_shows_its_wave_and_length(tmp_path):
    it = player(asset("audio", sound(tmp_path / "x.wav", seconds=2)))

    assert it.still.startswith("data:image/png;base64,")
    assert (it.duration, it.about) == (2.0, ("8 kHz",))


def test_a_wave_grows_as_its_sound_does(tmp_path):
    levels = waveforms.sound_of(sound(tmp_path / "x.wav")).levels

    assert len(levels) == waveforms.BARS
    assert levels[5] < levels[45] < levels[90]


def test_a_compressed_sound_is_read_too(tmp_path):
    import av
    import numpy as np

    with av.open(str(tmp_path / "x.mp3"), "w") as box:
        stream = box.add_stream("mp3", rate=44100, layout="mono")
        tone = (10000 * np.sin(np.arange(44100) / 9)).astype("<i2")[None]
        frame = av.AudioFrame.from_ndarray(tone, format="s16", layout="mono")
        frame.sample_rate = 44100
        box.mux(stream.encode(frame))
        box.mux(stream.encode(None))

    assert waveforms.sound_of(tmp_path / "x.mp3").duration == pytest.approx(1.0, abs=0.1)


def test_a_drawing_is_only_ever_an_image(tmp_path):
    it = player(asset("vector", drawing(tmp_path / "x.svg", "<script>alert(1)</script>")))

    assert it.element == "img"
    assert it.src.startswith("data:image/svg+xml;base64,")
    assert it.href is None


def test_a_mesh_shows_a_still_and_its_triangles(tmp_path):
    (tmp_path / "x.glb").write_bytes(glb())
    it = player(asset("3d", tmp_path / "x.glb"))

    assert (it.element, it.about) == ("img", ("glb", "1 triangles"))


@pytest.mark.parametrize("medium", ["image", "vector", "video", "audio"])
def test_a_page_in_place_of_media_is_not_played(tmp_path, medium):
    path = tmp_path / "x.mp4"
    path.write_text("<!doctype html><script>alert(1)</script>")

    assert player(asset(medium, path)).src is None


@pytest.mark.parametrize("path", [None, "x.png", 7])
def test_what_is_no_file_gives_an_empty_player(path):
    assert player(asset("image", path)).element is None


def test_base64_that_was_not_kept_still_shows(tmp_path):
    data = base64.b64encode(picture(tmp_path / "y.png").read_bytes()).decode()
    it = player(result(imageBase64Data=data).asset)

    assert (it.element, it.width) == ("img", 640)
