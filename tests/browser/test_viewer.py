"""The viewer in a real JupyterLab: pictures, films and texts, to look into and to compare, by keyboard and by hand."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from playwright.sync_api import expect

from .photos import photograph

ROOT = Path(__file__).parents[2]
AXE = ROOT / "node_modules" / "axe-core" / "axe.min.js"

IMPORTS = """import tempfile
from pathlib import Path
from tests.display.making import film, picture, result, task
"""
PICTURES = f"""{IMPORTS}
one = result(picture(Path("one.png"), (900, 600)))
other = result(picture(Path("other.png"), (900, 600), "RGBA"))"""
FILMS = f"""{IMPORTS}
item = {{"videoURL": "https://v.example/x.mp4", "videoUUID": "v"}}
one, other = (result(film(Path(name), (320, 240)), task("videoInference"), **item) for name in ("one.mp4", "other.mp4"))"""
TEXTS = f"""{IMPORTS}
one = result(None, task("textInference"), text="A quick brown fox jumps over the lazy dog.\\n\\nIt does so each day.")
other = result(None, task("textInference"), text="A quick red fox leaps over the lazy dog.\\n\\nIt does so every day.")"""
# About 6 MB, in a folder that the server does not show.
FAR = f"""{IMPORTS}
import os
from PIL import Image
path = Path(tempfile.mkdtemp()) / "noise.png"
Image.frombytes("RGB", (1600, 1250), os.urandom(1600 * 1250 * 3)).save(path)
one = result(path)"""
SAMPLES = """%load_ext runware_nb
import runware_nb as rw
run = await rw.image("a lighthouse at dusk", width=768, height=512, seed=[1, 2])
one, other = run"""
VIOLATIONS = """async element => {
    const { violations } = await axe.run(element);
    return violations.map(({ id, nodes }) => `${id}: ${nodes.map(node => node.html).join(' ')}`);
}"""


@pytest.fixture
def shown(open_notebook):
    """Open a notebook that makes something in its first cell and shows it by its second. No errors, in the end."""
    opened = []

    def open_one(make, show):
        notebook = open_notebook([make, show])
        opened.append(notebook)
        notebook.run_all()
        expect(viewer_of(notebook).first).to_be_visible()
        return notebook

    yield open_one
    assert [error for notebook in opened for error in notebook.errors] == []


@pytest.fixture
def wide(lab_page):
    """Make the window so many pixels wide, until the test is over."""
    size = lab_page.page.viewport_size
    yield lambda width: lab_page.page.set_viewport_size({"width": width, "height": 1000})
    lab_page.page.set_viewport_size(size)


def viewer_of(notebook):
    return notebook.output(1).locator(".runware-nb-viewer")


def views_of(place):
    """Find what holds the pictures or films, that of A first."""
    return place.locator(".rw-view")


def mode(notebook, name):
    viewer_of(notebook).get_by_role("radio", name=name).check()


def content(view):
    """Find what is zoomed and moved in a viewport."""
    return view.locator(".rw-content")


def press(page, keys):
    for key in keys.split():
        page.keyboard.press(key)


def stepped(view, video, key):
    """Press a key, and return the seconds that a film went."""
    before = video.evaluate("""video => {
        video.went = new Promise(done => video.addEventListener('seeked', done, { once: true }));
        return video.currentTime;
    }""")
    view.press(key)
    return video.evaluate("video => video.went.then(() => video.currentTime)") - before


def arrived(picture):
    """Wait until the original is there, and return its width."""
    expect(picture).to_have_attribute("src", re.compile("/files/|^blob:"), timeout=30_000)
    return picture.evaluate("async picture => { await picture.decode(); return picture.naturalWidth; }")


def test_the_original_comes_from_the_server(shown):
    picture = viewer_of(shown(PICTURES, "one.view()")).locator("img")

    assert arrived(picture) == 900
    assert "/files/one.png" in picture.get_attribute("src")


def test_an_original_that_no_server_shows_comes_through_the_kernel(shown):
    picture = viewer_of(shown(FAR, "one.view()")).locator("img")

    assert arrived(picture) == 1600
    assert picture.get_attribute("src").startswith("blob:")


def test_a_picture_is_zoomed_and_moved_by_keys(shown):
    notebook = shown(PICTURES, "one.view()")
    view = views_of(viewer_of(notebook))
    view.focus()

    press(notebook.page, "+ +")
    expect(content(view)).to_have_css("scale", "1.5625")
    press(notebook.page, "ArrowLeft")
    expect(content(view)).to_have_css("translate", re.compile("^10%"))
    press(notebook.page, "- 0")
    expect(content(view)).to_have_css("scale", "1")
    expect(content(view)).to_have_css("translate", re.compile("^0%"))


def test_one_pixel_of_a_picture_is_one_of_the_page_at_its_actual_size(shown):
    notebook = shown(PICTURES, "one.view()")
    picture = viewer_of(notebook).locator("img")
    arrived(picture)

    viewer_of(notebook).get_by_role("button", name="Actual size").click()

    expect(viewer_of(notebook).get_by_role("status").filter(has_text="100%")).to_be_visible()
    assert picture.bounding_box()["width"] == pytest.approx(900, abs=1)


@pytest.mark.parametrize("how", ["Enter", "click"])
def test_a_picture_opens_over_the_whole_window_and_closes_to_where_it_was(shown, how):
    notebook = shown(PICTURES, "one.view()")
    view, dialog = views_of(viewer_of(notebook)).first, viewer_of(notebook).locator("dialog")
    view.focus()

    view.click() if how == "click" else press(notebook.page, "Enter")
    expect(dialog).to_be_visible()
    expect(views_of(dialog)).to_be_focused()
    assert dialog.bounding_box()["width"] > 0.9 * notebook.page.viewport_size["width"]
    press(notebook.page, "Escape")

    expect(dialog).to_have_count(0)
    expect(view).to_be_focused()


def test_the_wheel_zooms_in_a_dialog_and_scrolls_in_a_notebook(shown):
    notebook = shown(PICTURES, "one.view()")
    view = views_of(viewer_of(notebook)).first
    view.hover()
    notebook.page.mouse.wheel(0, -100)
    view.press("Enter")
    large = views_of(viewer_of(notebook).locator("dialog"))

    large.hover()
    notebook.page.mouse.wheel(0, -100)

    expect(content(large)).to_have_css("scale", re.compile(r"1\.[1-9]"))
    expect(content(view)).to_have_css("scale", "none")


def test_dragging_moves_a_picture_and_opens_nothing(shown):
    notebook = shown(PICTURES, "one.view()")
    view = views_of(viewer_of(notebook))
    view.scroll_into_view_if_needed()
    box = view.bounding_box()

    notebook.page.mouse.move(box["x"] + 100, box["y"] + 100)
    notebook.page.mouse.down()
    notebook.page.mouse.move(box["x"] + 160, box["y"] + 120, steps=4)
    notebook.page.mouse.up()

    expect(content(view)).to_have_css("scale", "1")
    assert content(view).bounding_box()["x"] == pytest.approx(box["x"] + 60, abs=1)
    assert content(view).bounding_box()["y"] == pytest.approx(box["y"] + 20, abs=1)
    expect(viewer_of(notebook).locator("dialog")).to_have_count(0)


@pytest.mark.parametrize("place", ["viewer", "dialog", "tools", "comparison"])
def test_shortcuts_of_jupyterlab_do_nothing_in_it(shown, place):
    notebook = shown(PICTURES, "one.compare(other)" if place == "comparison" else "one.view()")
    before = notebook.cell_count()
    if place == "tools":
        viewer_of(notebook).get_by_role("button", name="Zoom in").click()
    elif place == "comparison":
        viewer_of(notebook).get_by_role("slider").focus()
    else:
        views_of(viewer_of(notebook)).first.focus()
    if place == "dialog":
        press(notebook.page, "Enter")
        viewer_of(notebook).get_by_role("heading").click()

    press(notebook.page, "b a x d d Shift+Enter")

    assert notebook.cell_count() == before


def test_a_film_goes_by_frames_at_its_own_rate(shown):
    notebook = shown(FILMS, "one.view()")
    viewer, video = viewer_of(notebook), viewer_of(notebook).locator("video")
    viewer.get_by_role("slider").fill("0.5")
    view = views_of(viewer)
    stepped(view, video, ".")

    assert stepped(view, video, ".") == pytest.approx(1 / 12, abs=0.005)
    assert stepped(view, video, ",") == pytest.approx(-1 / 12, abs=0.005)


def test_without_pyav_the_rate_of_a_film_is_learnt_from_the_frames_that_are_shown(shown):
    notebook = shown(FILMS, "import sys\nsys.modules['av'] = None\none.view()")
    viewer, video = viewer_of(notebook), viewer_of(notebook).locator("video")
    view = views_of(viewer)

    # It goes at the usual 25 frames a second until two of its own were seen.
    steps = (stepped(view, video, ".") for _ in range(20))

    assert any(step == pytest.approx(1 / 12, abs=0.005) for step in steps)


def test_enlarged_a_film_goes_on_from_where_it_was(shown):
    notebook = shown(FILMS, "one.view()")
    viewer = viewer_of(notebook)
    viewer.get_by_role("slider").fill("0.5")
    expect(viewer.locator("video")).to_have_js_property("currentTime", 0.5)

    viewer.get_by_role("button", name="Enlarge").click()

    expect(viewer.locator("dialog video")).to_have_js_property("currentTime", 0.5)


def test_two_films_share_one_play_head(shown):
    notebook = shown(FILMS, "one.compare(other)")
    videos = viewer_of(notebook).locator("video")

    viewer_of(notebook).get_by_role("slider", name="Time").fill("0.5")

    for video in videos.all():
        expect(video).to_have_js_property("currentTime", 0.5)
    viewer_of(notebook).get_by_role("button", name="Play").click()
    for video in videos.all():
        expect(video).to_have_js_property("ended", True)
    assert [video.evaluate("video => video.muted") for video in videos.all()] == [False, True]


def test_the_slider_is_moved_by_the_arrow_keys(shown):
    notebook = shown(PICTURES, "one.compare(other)")
    slider = viewer_of(notebook).get_by_role("slider")
    above = views_of(viewer_of(notebook)).nth(1)
    before = above.evaluate("element => getComputedStyle(element).clipPath")
    slider.focus()

    press(notebook.page, "ArrowRight ArrowRight ArrowRight")

    expect(slider).to_have_value("53")
    assert above.evaluate("element => getComputedStyle(element).clipPath") != before


def test_the_slider_is_dragged_by_its_line(shown):
    notebook = shown(PICTURES, "one.compare(other)")
    view = views_of(viewer_of(notebook)).first
    view.scroll_into_view_if_needed()
    box = view.bounding_box()
    middle, high = box["x"] + box["width"] / 2, box["y"] + 40

    notebook.page.mouse.move(middle, high)
    notebook.page.mouse.down()
    notebook.page.mouse.move(box["x"] + box["width"] / 4, high, steps=4)
    notebook.page.mouse.up()

    expect(viewer_of(notebook).get_by_role("slider")).to_have_value("25")
    expect(content(view)).to_have_css("translate", "none")


def test_pictures_are_zoomed_in_step(shown):
    notebook = shown(PICTURES, "one.compare(other)")
    mode(notebook, "Side by side")
    one, other = views_of(viewer_of(notebook)).all()
    one.focus()

    press(notebook.page, "+ + ArrowDown")

    for view in (one, other):
        expect(content(view)).to_have_css("scale", "1.5625")
        expect(content(view)).to_have_css("translate", "0% -10%")


@pytest.mark.parametrize(
    ("other", "words"), [("one", "Not one pixel differs."), ("other", r"Mean absolute difference \d+(\.\d)? of 255")]
)
def test_a_difference_is_told_as_a_number(shown, other, words):
    notebook = shown(PICTURES, f"one.compare({other})")

    mode(notebook, "Difference")

    expect(viewer_of(notebook).get_by_text(re.compile(words))).to_be_visible()


def test_the_difference_of_films_is_that_of_the_frames_on_screen(shown):
    notebook = shown(FILMS, "one.compare(other)")

    mode(notebook, "Difference")

    expect(viewer_of(notebook).get_by_text("Not one pixel differs.")).to_be_visible()


def test_where_motion_is_not_welcome_it_blinks_only_when_asked(shown, lab_page):
    lab_page.page.emulate_media(reduced_motion="reduce")
    notebook = shown(PICTURES, "one.compare(other)")
    mode(notebook, "Blink")
    expect(viewer_of(notebook).get_by_role("button", name="Play")).to_be_visible()
    expect(viewer_of(notebook).get_by_text("A is shown")).to_be_visible()

    viewer_of(notebook).get_by_role("button", name="Show the other").press("Enter")

    expect(viewer_of(notebook).get_by_text("B is shown")).to_be_visible()
    expect(views_of(viewer_of(notebook)).first).to_be_hidden()
    lab_page.page.emulate_media(reduced_motion="no-preference")


def test_texts_are_compared_by_words(shown):
    viewer = viewer_of(shown(TEXTS, "one.compare(other)"))

    expect(viewer.locator("del")).to_have_text(["brown", "jumps", "each"])
    expect(viewer.locator("ins")).to_have_text(["red", "leaps", "every"])


def test_a_stranger_who_opens_the_notebook_sees_the_preview_and_the_caption(shown):
    notebook = shown(PICTURES, "one.view()")
    arrived(viewer_of(notebook).locator("img"))

    notebook.reopen(trusted=False)

    expect(notebook.output(1).get_by_role("img", name="a red fox")).to_be_visible()
    expect(notebook.output(1)).to_contain_text("runware:101@1")
    notebook.errors.clear()  # what JupyterLab itself reports where there is no kernel


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize(("make", "show"), [(PICTURES, "one.view()"), (FILMS, "one.compare(other)"), (TEXTS, "one.compare(other)")])  # fmt: skip
def test_it_can_be_read_and_used_by_everyone(shown, lab_page, make, show, theme):
    notebook = shown(make, show)
    lab_page.theme(theme)

    lab_page.page.evaluate(AXE.read_text(encoding="utf-8"))

    assert viewer_of(notebook).evaluate(VIOLATIONS) == []


@pytest.mark.parametrize("width", [900, 1600])
def test_it_fits_into_narrow_and_wide_windows(shown, lab_page, wide, width):
    page = lab_page.page
    wide(width)
    notebook = shown(SAMPLES, "display(run.view(), one.compare(other))")
    expect(viewer_of(notebook)).to_have_count(2)
    single, pair = viewer_of(notebook).all()
    arrived(single.locator("img").first)

    for theme in ("light", "dark"):
        lab_page.theme(theme)
        expect(page.locator("#jupyterlab-splash")).to_have_count(0)
        for name, viewer in {"single": single, "compare": pair}.items():
            photograph(viewer, f"viewer-{name}-{width}-{theme}")
            assert viewer.evaluate("element => element.scrollWidth <= element.clientWidth")
        single.get_by_role("button", name="Enlarge").click()
        photograph(page, f"viewer-dialog-{width}-{theme}")
        page.keyboard.press("Escape")


@pytest.mark.parametrize("width", [900, 1600])
@pytest.mark.parametrize("make", [FILMS, TEXTS], ids=["films", "texts"])
def test_comparisons_fit_side_by_side(shown, wide, make, width, request):
    wide(width)
    notebook = shown(make, "one.compare(other)")

    mode(notebook, "Side by side")
    for button in viewer_of(notebook).get_by_role("button", name="One frame on").all()[:1]:
        button.click()

    photograph(viewer_of(notebook), f"viewer-{request.node.callspec.id}")
    assert viewer_of(notebook).evaluate("element => element.scrollWidth <= element.clientWidth")


def test_a_saved_notebook_shows_the_result_in_place_of_a_viewer_that_has_lost_its_kernel(shown):
    notebook = shown(PICTURES, "one.view()")
    arrived(viewer_of(notebook).locator("img"))

    notebook.reopen(trusted=True)

    expect(notebook.output(1).get_by_role("img", name="a red fox")).to_be_visible()
    expect(notebook.output(1)).not_to_contain_text("model not found")
    notebook.errors.clear()  # what JupyterLab itself reports where there is no kernel
