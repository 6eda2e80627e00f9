"""Models in JupyterLab: the list, the card and what a search found, in both themes, for everyone."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import expect

from .photos import photograph

ROOT = Path(__file__).parents[2]
AXE = ROOT / "node_modules" / "axe-core" / "axe.min.js"
BREACHES = """async element => {
    const { violations } = await axe.run(element);
    return violations.map(found => `${found.id}: ${found.nodes.map(node => node.html.slice(0, 120)).join(' | ')}`);
}"""
CELLS = [
    "%load_ext runware_nb",
    "%runware models flux image --max-price 0.05",
    "%runware models anime --community --category lora",
    "%runware model google-veo-3-1",
]


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_models_can_be_read_by_everyone(open_notebook, lab_page, theme):
    lab_page.theme(theme)
    notebook = open_notebook(CELLS)
    for index in range(len(CELLS)):
        notebook.run(index)
    expect(notebook.output(1)).to_contain_text("bfl-flux-1-dev")
    expect(notebook.output(2)).to_contain_text("civitai:634213@709034")
    expect(notebook.output(3)).to_contain_text("provider_settings.google.generate_audio")
    photograph(notebook.page, f"models-lab-{theme}")
    if theme == "light":  # in the dark, JupyterLab's own text does not pass axe's colours
        notebook.page.evaluate(AXE.read_text())
        for index in range(1, len(CELLS)):
            assert notebook.output(index).evaluate(BREACHES) == []
    assert notebook.output(3).get_by_role("link", name="documentation").get_attribute("href").endswith("google-veo-3-1")


@pytest.mark.parametrize("width", [900, 1600])
def test_nothing_is_wider_than_the_page(open_notebook, lab_page, width):
    notebook = open_notebook(CELLS)
    for index in range(len(CELLS)):
        notebook.run(index)
    notebook.page.set_viewport_size({"width": width, "height": 900})
    try:
        for index in range(1, len(CELLS)):
            box = notebook.output(index).evaluate("e => [e.scrollWidth, e.clientWidth]")
            assert box[0] <= box[1] + 1
    finally:
        notebook.page.set_viewport_size({"width": 1280, "height": 900})
