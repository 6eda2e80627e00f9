"""The button on a card, in a real JupyterLab: it opens the viewer, and leaves nothing in the notebook."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from playwright.sync_api import expect

from .photos import photograph

ROOT = Path(__file__).parents[2]
LOAD = "%load_ext runware_nb"
RUN = "%%runware image\n#| width: 512\n#| height: 384\na lighthouse, for the button {seed}"


@pytest.fixture
def carded(open_notebook, request):
    """Open a notebook with the card of a picture that only this test makes."""

    def open_one(*more):
        notebook = open_notebook([LOAD, RUN.format(seed=request.node.name), *more])
        notebook.run(0)
        notebook.run(1)
        return notebook

    return open_one


def button(notebook, index=1):
    return notebook.output(index).get_by_role("button", name="View")


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_the_button_of_a_card_opens_its_result_large_and_gives_the_focus_back(carded, lab_page, theme):
    lab_page.theme(theme)
    notebook, page = carded(), lab_page.page
    cells = notebook.cell_count()
    expect(button(notebook)).to_have_count(1)
    photograph(page, f"card-button-{theme}")

    button(notebook).focus()
    page.keyboard.press("Enter")
    dialog = page.get_by_role("dialog")
    expect(dialog.locator("img")).to_have_attribute("src", re.compile("/files/|^blob:"))
    photograph(page, f"card-viewer-{theme}")
    for key in ("b", "x", "d", "d"):
        page.keyboard.press(key)
    page.keyboard.press("Escape")

    expect(dialog).to_have_count(0)
    expect(button(notebook)).to_be_focused()
    assert notebook.cell_count() == cells
    assert notebook.errors == []


def test_a_card_that_is_shown_again_and_one_out_of_the_cache_have_it_too(carded):
    notebook = carded("_", "%load_ext runware_nb")
    notebook.run(1)
    notebook.run(1)
    expect(button(notebook)).to_have_count(1)

    button(notebook).click()

    expect(notebook.page.get_by_role("dialog").locator("img")).to_have_attribute("src", re.compile("/files/|^blob:"))
    notebook.page.keyboard.press("Escape")


def test_the_saved_notebook_knows_nothing_of_it(carded):
    notebook = carded()
    expect(button(notebook)).to_have_count(1)
    saved = json.dumps(notebook.save()["cells"])

    assert "widget" not in saved
    assert "rw-open" not in saved

    notebook.reopen(trusted=True)
    expect(notebook.output(1).locator("img")).to_have_count(1)
    expect(button(notebook)).to_have_count(0)


def test_a_file_that_is_gone_is_told_on_the_card(carded):
    notebook = carded("import pathlib\n[p.unlink() for p in pathlib.Path('runware_outputs').glob('*.*g*')]")
    expect(button(notebook)).to_have_count(1)
    notebook.run(2)

    button(notebook).click()

    expect(notebook.output(1).get_by_role("status")).to_contain_text("no file or text to view")
