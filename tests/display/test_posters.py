import io
import json
import time

import numpy as np
import pytest
from PIL import Image

from runware_nb.display import meshes, posters
from runware_nb.display.glb import BadMesh, Mesh

from .making import BLOB, film, glb, picture, scene


def test_a_poster_is_the_first_frame_that_shows_something(tmp_path):
    poster = posters.video_poster(film(tmp_path / "x.mp4"))
    dark, bright = Image.open(io.BytesIO(poster.page)).convert("L").getextrema()

    assert bright - dark > 100
    assert (poster.width, poster.height, poster.duration) == (64, 48, pytest.approx(1.0, abs=0.1))


@pytest.mark.parametrize("data", [b"", b"#EXTM3U\nfile:///etc/passwd", b"\0\0\0\x18ftypmp42" + b"\0" * 99])
def test_what_is_no_film_has_no_poster(tmp_path, data):
    (tmp_path / "x.mp4").write_bytes(data)

    assert posters.video_poster(tmp_path / "x.mp4") is None


def test_a_mesh_is_drawn_in_its_colour_on_a_clear_ground():
    pixels = np.asarray(meshes.drawn(Mesh.read(glb())))
    body = pixels[pixels[..., 3] == 255][:, :3].mean(axis=0)

    assert pixels[0, 0, 3] == 0
    assert body[2] > 2 * body[0]


def test_a_mesh_fills_most_of_its_still():
    solid = np.asarray(meshes.drawn(Mesh.read(glb())))[..., 3] > 0
    rows, columns = np.flatnonzero(solid.any(axis=1)), np.flatnonzero(solid.any(axis=0))

    assert max(np.ptp(rows), np.ptp(columns)) == pytest.approx(0.9 * meshes.EDGE, abs=8)


def test_a_node_places_its_mesh():
    moved = scene(nodes=[{"children": [1], "scale": [2, 2, 2]}, {"mesh": 0, "translation": [1, 0, 0]}])
    about = json.loads(json.dumps(moved))

    assert Mesh.read(glb(about)).positions[:, 0].tolist() == [0, 4, 2]


def test_a_mesh_wears_its_texture(tmp_path):
    red = io.BytesIO()
    Image.new("RGB", (8, 8), (255, 0, 0)).save(red, "PNG")
    places = np.array([[0, 0], [1, 0], [0.5, 1]], "<f4").tobytes()
    about = scene(
        images=[{"bufferView": 3}],
        textures=[{"source": 0}],
        materials=[{"pbrMetallicRoughness": {"baseColorTexture": {"index": 0}}}],
    )
    about["meshes"][0]["primitives"][0]["attributes"]["TEXCOORD_0"] = 2
    about["accessors"].append({"bufferView": 2, "componentType": 5126, "count": 3, "type": "VEC2"})
    about["bufferViews"] += [
        {"byteOffset": 48, "byteLength": 24},
        {"byteOffset": 72, "byteLength": len(red.getvalue())},
    ]
    pixels = np.asarray(meshes.drawn(Mesh.read(glb(about, BLOB + places + red.getvalue()))))
    body = pixels[pixels[..., 3] == 255][:, :3].mean(axis=0)

    assert body[0] > 100
    assert max(body[1], body[2]) < 40


def primitive(**fields):
    return scene(meshes=[{"primitives": [{"attributes": {"POSITION": 0}, "indices": 1, **fields}]}])


def accessor(**fields):
    about = scene()
    about["accessors"][0].update(fields)
    return about


HOSTILE = {
    "draco": glb(primitive(extensions={"KHR_draco_mesh_compression": {}})),
    "huge count": glb(accessor(count=2**31)),
    "count beyond the file": glb(accessor(count=4)),
    "negative offset": glb(accessor(byteOffset=-4)),
    "no buffer view": glb(scene(accessors=[{"componentType": 5126, "count": 10**9, "type": "VEC3"}] * 2)),
    "text for a count": glb(accessor(count="3")),
    "a loop of nodes": glb(scene(nodes=[{"mesh": 0, "children": [0]}])),
    "a tree of nodes": glb(scene(nodes=[{"children": [0] * 5_000}])),
    "many parts": glb(scene(meshes=[{"primitives": [{"attributes": {"POSITION": 0}}] * 50_000}])),
    "index out of range": glb(blob=BLOB[:36] + b"\xff" * 12),
    "not numbers": glb(blob=b"\0\0\xc0\x7f" * 9 + BLOB[36:]),
    "external buffer": glb(scene(bufferViews=[{"buffer": 1, "byteLength": 36}, {"buffer": 0, "byteLength": 12}])),
    "deep JSON": b"glTF\2\0\0\0\0\0\0\0" + (200_000).to_bytes(4, "little") + b"JSON" + b"[" * 200_000,
    "cut off": glb()[:40],
    "empty": b"",
    "no triangles": glb(scene(nodes=[])),
    "a point": glb(blob=b"\0" * 36 + BLOB[36:]),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_mesh_gets_the_plain_cube_and_quickly(tmp_path, name):
    (tmp_path / "x.glb").write_bytes(HOSTILE[name])
    start = time.thread_time()
    poster = posters.mesh_poster(tmp_path / "x.glb")

    assert poster.note
    assert poster.triangles is None
    assert time.thread_time() - start < 5


def test_a_mesh_that_is_too_much_work_is_refused():
    corners = np.random.default_rng(1).random((60_000, 3))
    zeros = np.zeros((60_000, 3))
    tangle = Mesh(corners, zeros, zeros, zeros[:, :2], np.arange(60_000).reshape(-1, 3), (), np.full(20_000, -1))

    with pytest.raises(BadMesh, match="too large"):
        meshes.drawn(tangle)


def test_a_missing_mesh_gets_the_plain_cube(tmp_path):
    assert posters.mesh_poster(tmp_path / "none.glb").note == "not drawn"


def test_a_picture_is_no_film(tmp_path):
    assert posters.video_poster(picture(tmp_path / "x.png")) is None
