"""Five modalities in a real JupyterLab: on screen, playing, in both themes, and again with no kernel."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from .contrast import contrast

CELLS = {
    "load": "%load_ext runware_nb",
    "image": "%%runware image hero << --size 512x384\na lighthouse at dusk",
    "video": "%%runware video\n#| duration: 2\nwaves roll in",
    "audio": "%%runware audio\n#| duration: 30\na calm sea",
    "mesh": "%%runware 3d\na brass bell",
    "text": "%%runware text\nSay hello.",
}
AT = {name: number for number, name in enumerate(CELLS)}
SLOW = """%load_ext runware_nb
import os
from runware_nb.sandbox import Sandbox
box = Sandbox(latency=(60, 60)).start()
os.environ |= {"RUNWARE_API_KEY": box.api_key, "RUNWARE_BASE_URL": box.http_url, "RUNWARE_WS_URL": box.ws_url}"""
# What JupyterLab 4.6 itself reports for any notebook that is opened without a kernel.
LABS_OWN = {"Cannot read properties of null (reading 'kernel')"}
PLAYS = """async element => {
    element.muted = true;
    await element.play();
    await new Promise(done => element.addEventListener('timeupdate', () => element.currentTime > 0 && done()));
    return element.duration;
}"""


@pytest.fixture(params=["light", "dark"])
def theme(request):
    return request.param


@pytest.fixture
def made(open_notebook, lab_page):
    """Open a notebook with a cell of each modality, all run."""
    notebook = open_notebook(list(CELLS.values()))
    notebook.run_all()
    expect(notebook.output(AT["text"])).to_contain_text("SANDBOX answer")
    return notebook


def pixels(picture):
    picture.scroll_into_view_if_needed()
    expect(picture).to_be_visible()
    return picture.evaluate("element => [element.complete, element.naturalWidth]")


def assert_all_there(notebook):
    assert pixels(notebook.output(AT["image"]).locator("img").first) == [True, 512]
    assert notebook.output(AT["video"]).locator("video").evaluate(PLAYS) == pytest.approx(2, abs=0.3)
    assert notebook.output(AT["audio"]).locator("audio").evaluate(PLAYS) == pytest.approx(15, abs=0.5)
    complete, width = pixels(notebook.output(AT["mesh"]).locator("img").first)
    assert complete
    assert width > 200
    expect(notebook.output(AT["text"])).to_contain_text("You asked: “Say hello.”")


def test_every_modality_is_on_screen_and_plays(made, lab_page, theme):
    lab_page.theme(theme)

    assert_all_there(made)
    assert made.errors == []


def test_every_card_says_what_it_is(made):
    for name, facts in {
        "image": ["runware:101@1", "512\u00d7384", "seed", "sandbox"],
        "video": ["lightricks:ltx@2.3", "0:02", "sandbox"],
        "audio": ["runware:ace-step@v1.5-turbo", "0:15", "sandbox"],
        "mesh": ["tripo:v3.1@0", "triangles", "sandbox"],
        "text": ["minimax:m3@0", "sandbox"],
    }.items():
        for fact in facts:
            expect(made.output(AT[name])).to_contain_text(re.compile(re.escape(fact), re.IGNORECASE))


def test_words_are_legible_in_both_themes(made, lab_page, theme):
    lab_page.theme(theme)
    name = made.output(AT["image"]).get_by_text("runware:101@1").first
    page = lab_page.page.locator("body")
    colour = "() => getComputedStyle(document.querySelector('.jp-Notebook')).backgroundColor"
    name.evaluate("(element, colour) => element.style.setProperty('background-color', colour)", page.evaluate(colour))

    assert contrast(name, "color", "background-color") >= 4.5


@pytest.mark.parametrize("trusted", [True, False], ids=["trusted", "untrusted"])
def test_a_saved_notebook_reads_without_a_kernel(made, trusted):
    made.reopen(kernel=False, trusted=trusted)

    assert_all_there(made)
    assert set(made.errors) <= LABS_OWN


def test_what_comes_from_outside_is_text(open_notebook, lab_page):
    payload = "<img src=x onerror=window.hacked=1><script>window.hacked=1</script>[x](javascript:alert(1))"
    notebook = open_notebook(
        [CELLS["load"], f"%%runware image --size 128x128\n{payload}", f"%%runware text\n{payload}"]
    )
    notebook.run_all()

    for number in (1, 2):
        expect(notebook.output(number)).to_contain_text("sandbox", ignore_case=True)
        expect(notebook.output(number).locator("script, img[src=x], a[href^=javascript]")).to_have_count(0)
    assert lab_page.page.evaluate("() => window.hacked") is None


def test_the_cancel_button_ends_the_cell_and_goes_away(open_notebook):
    notebook = open_notebook([SLOW, "%%runware image hero << --size 128x128\na fox", "print(len(hero), 'results')"])
    notebook.run(0)
    notebook.run(1, wait=False)

    notebook.output(1).get_by_role("button", name="Cancel").click()
    notebook.run(2)

    expect(notebook.output(2)).to_contain_text("0 results")
    expect(notebook.output(1).get_by_role("button", name="Cancel")).to_have_count(0)


def test_the_stop_button_ends_the_cell_in_one_line(open_notebook):
    notebook = open_notebook([SLOW, "%%runware image --size 128x128\na fox"])
    notebook.run(0)
    notebook.run(1, wait=False)
    expect(notebook.output(1)).to_contain_text("running")

    notebook.interrupt()

    expect(notebook.output(1)).to_contain_text("Interrupted: stopped waiting; 0 of 1 results are here.")


def test_a_mistake_is_one_line_on_the_page(open_notebook):
    notebook = open_notebook([CELLS["load"], "%%runware imgae\na fox"])
    notebook.run(0)
    notebook.run(1)

    expect(notebook.output(1)).to_have_text(re.compile(r"UnknownName: there is no kind 'imgae'\. Did you mean image\?"))
