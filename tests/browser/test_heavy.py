"""Meshes and sounds in a real JupyterLab: what reads them comes over the kernel's socket, and no request leaves."""

from __future__ import annotations

import itertools
import re
from pathlib import Path

import pytest
from playwright.sync_api import expect

from .photos import photograph
from .test_viewer import AXE, VIOLATIONS

ROOT = Path(__file__).parents[2]

MESHES = f"""from pathlib import Path
import shutil
from tests.display.making import result, task
from runware_nb.widgets.viewer import Viewer

DATA = Path({str(ROOT / "tests" / "data")!r})
OBJ = "v 0 0 0\\nv 1 0 0\\nv 0 1 0\\nv 0 0 1\\nf 1 2 3\\nf 1 2 4\\nf 1 3 4\\nf 2 3 4\\n"
CORNERS = ["0 0 0", "1 0 0", "0 1 0", "0 0 1"]
PLY = "ply\\nformat ascii 1.0\\nelement vertex 4\\nproperty float x\\nproperty float y\\nproperty float z\\n"
FACES = "element face 2\\nproperty list uchar int vertex_indices\\nend_header\\n"
STL = "solid s\\n" + "facet normal 0 0 1\\nouter loop\\nvertex 0 0 0\\nvertex 1 0 0\\nvertex 0 1 0\\nendloop\\nendfacet\\n" + "endsolid s\\n"
FBX = '''; FBX 7.3.0 project file
FBXHeaderExtension:  {{
    FBXHeaderVersion: 1003
    FBXVersion: 7300
}}
GlobalSettings:  {{
    Version: 1000
    Properties70:  {{
        P: "UpAxis", "int", "Integer", "",1
    }}
}}
Objects:  {{
    Geometry: 1001, "Geometry::", "Mesh" {{
        Vertices: *12 {{
            a: 0,0,0,1,0,0,0,1,0,0,0,1
        }}
        PolygonVertexIndex: *12 {{
            a: 0,1,-3,0,1,-4,0,2,-4,1,2,-4
        }}
        GeometryVersion: 124
    }}
    Model: 1002, "Model::Tetra", "Mesh" {{
        Version: 232
    }}
}}
Connections:  {{
    C: "OO",1001,1002
    C: "OO",1002,0
}}
'''

def made(name):
    path = Path(name)
    texts = {{"obj": OBJ, "stl": STL, "fbx": FBX.replace("    ", "\\t"), "ply": PLY + FACES + "\\n".join(CORNERS) + "\\n3 0 1 2\\n3 0 1 3\\n"}}
    texts["cloud.ply"] = PLY + "end_header\\n" + "\\n".join(CORNERS) + "\\n"
    if name.endswith(".glb"):
        shutil.copyfile(DATA / name, path)
    else:
        path.write_text(texts.get(name) or texts[path.suffix[1:]])
    item = {{"outputs": {{"files": [{{"url": f"https://x.example/{{name}}"}}]}}}}
    return result(path, task("3dInference"), **item)
"""


def opened(open_notebook, *cells):
    notebook = open_notebook([MESHES, *cells])
    notebook.run(0)
    for number in range(1, len(cells) + 1):
        notebook.run(number)
    return notebook


@pytest.mark.parametrize(
    ("name", "triangles"),
    [
        ("sphere-draco.glb", 528),
        ("sphere-meshopt.glb", 528),
        ("tetra.obj", 4),
        ("two.ply", 2),
        ("cloud.ply", 0),
        ("one.stl", 1),
        ("tetra.fbx", 4),
    ],
)
def test_a_mesh_of_each_format_is_opened_where_it_is_asked_for(open_notebook, name, triangles):
    notebook = opened(open_notebook, f"made({name!r}).view()")
    viewer = notebook.output(1)
    expect(viewer.locator("canvas")).to_have_count(0)
    viewer.get_by_role("button", name="Open in 3D").click()

    expect(viewer.locator("canvas")).to_be_visible(timeout=30_000)
    expect(viewer).to_contain_text(f"{triangles} triangles")
    assert notebook.errors == []


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_a_mesh_is_turned_by_keys_that_leak_into_no_cell(open_notebook, lab_page, theme):
    lab_page.theme(theme)
    notebook = opened(open_notebook, "made('sphere-draco.glb').view()")
    viewer, page = notebook.output(1), notebook.page
    cells = notebook.cell_count()
    viewer.locator(".rw-view").focus()
    page.keyboard.press("Enter")
    expect(viewer.locator("canvas")).to_be_visible(timeout=30_000)
    for key in ("ArrowLeft", "ArrowUp", "+", "b", "x", "0"):
        page.keyboard.press(key)
    viewer.get_by_role("button", name="Wireframe").click()
    photograph(page, f"mesh-{theme}")
    page.evaluate(AXE.read_text(encoding="utf-8"))

    assert viewer.locator(".runware-nb").evaluate(VIOLATIONS) == []
    assert notebook.cell_count() == cells
    assert notebook.errors == []


def test_a_mesh_that_wants_other_files_is_refused_in_one_line(open_notebook):
    remote = """import json
Path("remote.gltf").write_text(json.dumps({"asset": {"version": "2.0"}, "scene": 0, "scenes": [{"nodes": [0]}],
    "nodes": [{"mesh": 0}], "meshes": [{"primitives": [{"attributes": {"POSITION": 0}}]}],
    "accessors": [{"bufferView": 0, "componentType": 5126, "count": 3, "type": "VEC3"}],
    "bufferViews": [{"buffer": 0, "byteLength": 36}],
    "buffers": [{"uri": "https://evil.example/mesh.bin", "byteLength": 36}]}))
result(Path("remote.gltf"), task("3dInference"), outputs={"files": [{"url": "https://x.example/remote.gltf"}]}).view()"""
    notebook = opened(open_notebook, remote)
    viewer = notebook.output(1)
    viewer.get_by_role("button", name="Open in 3D").click()

    expect(viewer.get_by_role("status").first).to_contain_text("wants other files")


def test_at_most_four_meshes_are_live_and_the_others_show_their_last_frame(open_notebook):
    notebook = opened(open_notebook, *["made('sphere-meshopt.glb').view()"] * 5)
    for number in range(1, 6):
        viewer = notebook.output(number)
        viewer.scroll_into_view_if_needed()
        viewer.get_by_role("button", name="Open in 3D").click()
        expect(viewer.locator("canvas")).to_have_count(1, timeout=30_000)

    expect(notebook.root.locator("canvas")).to_have_count(4)
    expect(notebook.output(1).locator("canvas")).to_have_count(0)
    expect(notebook.output(1).locator("img.rw-media")).to_have_attribute("src", re.compile("^data:image/webp"))
    notebook.output(1).get_by_role("button", name="Open in 3D").click()
    expect(notebook.output(1).locator("canvas")).to_have_count(1)
    expect(notebook.output(2).locator("canvas")).to_have_count(0)
    assert notebook.errors == []


def pictures(page, element):
    """Look at an element again and again: a busy machine draws late."""
    return (page.screenshot(clip=element.bounding_box()) for _ in range(50))


def at_rest(page, element):
    """Return a picture of an element once it moves no more."""
    return next(one for one, other in itertools.pairwise(pictures(page, element)) if one == other)


def test_two_meshes_share_a_camera(open_notebook):
    made = "made('sphere-draco.glb').compare(made('sphere-meshopt.glb'))"
    notebook = opened(open_notebook, made)
    viewer, page = notebook.output(1), notebook.page
    stages = viewer.locator(".rw-stage")
    expect(stages).to_have_count(2)
    for stage in stages.all():
        stage.get_by_role("button", name="Open in 3D").click()
        expect(stage.locator("canvas")).to_be_visible(timeout=30_000)
    right = viewer.locator("canvas").nth(1)
    right.scroll_into_view_if_needed()
    before = at_rest(page, right)
    viewer.locator(".rw-view").first.focus()
    for key in ("ArrowLeft", "ArrowLeft", "ArrowUp", "+"):
        page.keyboard.press(key)

    assert any(picture != before for picture in pictures(page, right))
    assert notebook.errors == []


SOUND = """import wave, math, struct
with wave.open("tone.wav", "wb") as file:
    file.setnchannels(1); file.setsampwidth(2); file.setframerate(8000)
    loud = [abs(math.sin(n / 5000)) * math.sin(n / 3) * 20000 for n in range(8000 * 8)]
    file.writeframes(b"".join(struct.pack("<h", int(v)) for v in loud))
result(Path("tone.wav"), task("audioInference"), audioURL="https://a.example/tone.wav").view()"""


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_a_sound_plays_seeks_and_repeats_a_part_by_keys_and_mouse(open_notebook, lab_page, theme):
    lab_page.theme(theme)
    notebook = opened(open_notebook, SOUND)
    viewer, page = notebook.output(1), notebook.page
    view = viewer.locator(".rw-view")
    expect(view.locator("img")).to_be_visible()
    view.focus()
    expect(view.locator("div[part], wave, div").first).to_be_visible()
    page.wait_for_function("() => document.querySelector('.rw-wave > div')?.shadowRoot?.querySelector('canvas')")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowRight")
    expect(viewer).to_contain_text("0:02 / 0:08")
    box = view.bounding_box()
    page.mouse.move(box["x"] + 0.5 * box["width"], box["y"] + 0.5 * box["height"])
    page.mouse.down()
    page.mouse.move(box["x"] + 0.75 * box["width"], box["y"] + 0.5 * box["height"], steps=5)
    page.mouse.up()
    expect(viewer).to_contain_text("0:04 / 0:08")
    photograph(page, f"sound-{theme}")
    page.evaluate(AXE.read_text(encoding="utf-8"))
    assert viewer.locator(".runware-nb").evaluate(VIOLATIONS) == []
    page.keyboard.press("Space")
    expect(viewer.get_by_role("button", name="Pause")).to_be_visible()
    page.keyboard.press("Space")
    page.keyboard.press("Escape")

    assert notebook.errors == []
