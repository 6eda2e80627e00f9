"""The viewer's Python half, without a front end."""

from __future__ import annotations

import dataclasses
import json

import pytest

from runware_nb.errors import UsageError
from runware_nb.widgets.sources import blind, encodings, source
from runware_nb.widgets.viewer import Viewer
from tests.display import making

KEYS = {
    "key", "medium", "mime", "bytes", "alt", "poster", "text", "peaks",
    "duration", "frame_rate", "width", "height", "extension", "encodings", "facts",
}  # fmt: skip
AUDIO = {"audioURL": "https://a.example/x.wav", "audioUUID": "a", "cost": 0.01}
MESH = {"outputs": {"files": [{"url": "https://m.example/x.glb", "uuid": "m"}]}, "cost": 0.1}
TEXT = {"text": "Hello & <b>goodbye</b>", "cost": 0.0004}


@pytest.fixture
def picture(tmp_path):
    return making.result(making.picture(tmp_path / "fox.png"))


@pytest.fixture
def mesh(tmp_path):
    path = tmp_path / "bell.glb"
    path.write_bytes(making.glb())
    return making.result(path, making.task("3dInference"), **MESH)


def text():
    return making.result(None, making.task("textInference"), **TEXT)


def test_a_source_is_json_with_the_fields_of_its_type_and_no_path(picture, tmp_path):
    told = source(picture, "7")

    assert set(told) == KEYS
    assert str(tmp_path) not in json.dumps(told)
    assert (told["key"], told["medium"], told["mime"], told["extension"]) == ("7", "image", "image/png", "png")
    assert (told["width"], told["height"]) == (640, 400)
    assert told["bytes"] == picture.path.stat().st_size
    assert told["poster"].startswith("data:image/webp;base64,")
    assert told["alt"] == "a red fox"


def test_facts_are_in_words(picture):
    facts = dict(map(tuple, source(picture, "0")["facts"]))

    assert facts["model"] == "runware:101@1"
    assert facts["size"] == "640\u00d7400"
    assert facts["seed"] == "42"
    assert facts["cost"] == "$0.0013"
    assert facts["time"] == "1.8 s"


def test_a_blind_source_tells_nothing_of_its_maker(picture):
    told = blind(source(picture, "0"))

    assert {name for name, _ in told["facts"]} <= {"prompt", "size", "length"}
    assert "runware:101" not in json.dumps(told)


def test_sound_comes_with_its_peaks(tmp_path):
    made = making.result(making.sound(tmp_path / "sea.wav"), making.task("audioInference"), **AUDIO)

    told = source(made, "0")

    assert told["duration"] == pytest.approx(1)
    assert len(told["peaks"]) > 50
    assert max(told["peaks"]) == 1
    assert min(told["peaks"]) >= 0


def test_a_film_comes_with_a_poster_its_size_and_its_frame_rate(tmp_path):
    item = {"videoURL": "https://v.example/x.mp4", "videoUUID": "v"}
    made = making.result(making.film(tmp_path / "sea.mp4"), making.task("videoInference"), **item)

    told = source(made, "0")

    assert told["poster"].startswith("data:image/webp")
    assert (told["width"], told["height"]) == (64, 48)
    assert told["duration"] == pytest.approx(1, abs=0.1)
    assert told["frame_rate"] == 12


def test_a_mesh_comes_with_a_poster_and_what_must_be_decoded(mesh):
    told = source(mesh, "0")

    assert told["medium"] == "3d"
    assert told["poster"].startswith("data:image/webp")
    assert told["encodings"] == []


@pytest.mark.parametrize(
    ("used", "found"),
    [
        (["KHR_draco_mesh_compression", "KHR_materials_unlit"], {"draco"}),
        (["EXT_meshopt_compression", "EXT_texture_webp"], {"meshopt", "webp"}),
        ("KHR_draco_mesh_compression", set()),
        ([{}, None], set()),
    ],
)
def test_what_a_mesh_must_be_decoded_from_is_in_its_header(tmp_path, used, found):
    path = tmp_path / "bell.glb"
    path.write_bytes(making.glb(making.scene(extensionsUsed=used)))

    assert encodings(path) == found


@pytest.mark.parametrize("data", [b"", b"glTF", b"glTF" + b"\xff" * 40, b"v 0 0 0\n" * 9, making.glb()[:30]])
def test_a_broken_mesh_needs_no_decoder(tmp_path, data):
    path = tmp_path / "bell.glb"
    path.write_bytes(data)

    assert encodings(path) == set()


def test_a_text_is_its_own_source():
    told = source(text(), "0")

    assert (told["medium"], told["text"], told["bytes"]) == ("text", TEXT["text"], 0)


def test_lone_surrogates_do_not_stop_the_kernels_message():
    made = making.result(None, making.task(positivePrompt="\ud800"), text="\udfff")

    json.dumps(source(made, "0"), ensure_ascii=False).encode()


def test_what_is_flagged_has_no_poster(tmp_path):
    made = making.result(making.picture(tmp_path / "x.png"), **making.IMAGE, NSFWContent=True)

    assert source(made, "0")["poster"] == ""


def test_every_file_of_a_result_can_be_viewed(tmp_path):
    mask = {"maskImageURL": "https://im.example/m.png", "maskImageUUID": "m"}
    made = making.result(making.picture(tmp_path / "fox.png"), **making.IMAGE, **mask)
    second = dataclasses.replace(made.assets[1], path=making.picture(tmp_path / "mask.png", (64, 64)))
    made = dataclasses.replace(made, assets=(made.assets[0], second))

    viewer = made.view()

    assert [s["key"] for s in viewer.sources] == ["0", "1"]
    assert viewer.sources[1]["width"] == 64


def test_the_results_of_a_run_are_viewed_one_at_a_time(picture):
    viewer = making.run(picture, text()).view()

    assert viewer.mode == "single"
    assert [s["medium"] for s in viewer.sources] == ["image", "text"]


def test_two_results_are_compared_by_their_first_files(picture):
    viewer = picture.compare(text())

    assert viewer.mode == "compare"
    assert len(viewer.sources) == 2


def test_comparing_takes_two(picture):
    with pytest.raises(UsageError, match="comparing takes two results, and these are 3"):
        Viewer([picture] * 3, compare=True)


def test_with_nothing_to_show_one_line_says_so():
    with pytest.raises(UsageError, match="no file or text to view"):
        making.result().view()


def test_its_fallback_shows_the_preview_and_the_caption(picture):
    data, _ = picture.view()._repr_mimebundle_()

    assert "data:image/webp;base64," in data["text/html"]
    assert "a red fox" in data["text/html"]
    assert data["text/plain"] == "<Viewer of image>"


def test_the_fallback_of_a_mesh_is_its_poster_as_the_page_drew_it_last(mesh):
    viewer = mesh.view()
    drawn = "data:image/webp;base64,UklGRhAAAABXRUJQVlA4IA=="
    assert 'src="data:image/webp' in viewer.fallback()

    viewer._handle_custom_msg({"kind": "poster", "key": "0", "picture": drawn}, [])

    assert drawn in viewer.fallback()


def test_text_in_its_fallback_is_escaped():
    assert "<b>goodbye" not in text().view().fallback()


def test_its_state_is_small(picture):
    state = picture.view().get_state()

    assert len(json.dumps([state["sources"], state["mode"]])) < 100_000
