"""The playground in a real JupyterLab: filled in, priced, run, copied, by hand and by keyboard alone."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from playwright.sync_api import expect

ROOT = Path(__file__).parents[2]
AXE = ROOT / "node_modules" / "axe-core" / "axe.min.js"
SCREENS = ROOT / "build" / "screenshots"
BOX = """%load_ext runware_nb
import os, runware_nb as rw
from runware_nb.sandbox import Sandbox
box = Sandbox(latency={latency}).start()
os.environ |= {{"RUNWARE_API_KEY": box.api_key, "RUNWARE_BASE_URL": box.http_url, "RUNWARE_WS_URL": box.ws_url}}"""
VIOLATIONS = """async element => {
    const { violations } = await axe.run(element);
    return violations.map(({ id, nodes }) => `${id}: ${nodes.map(node => node.html).join(' ')}`);
}"""


@pytest.fixture
def play(open_notebook, request):
    """Open a notebook whose second cell opens a playground; returns it and the output. No errors, in the end."""
    opened = []

    def open_one(cell, *more, latency=(0, 0.1)):
        notebook = open_notebook([BOX.format(latency=latency), cell.replace("{n}", request.node.name), *more])
        notebook.run(0)
        notebook.run(1)
        board = notebook.output(1).locator(".rw-play")
        expect(board.locator("[data-path]").first).to_be_visible()
        opened.append(notebook)
        return notebook, board

    yield open_one
    assert [error for notebook in opened for error in notebook.errors] == []


def screenshot(notebook, board, name):
    SCREENS.mkdir(parents=True, exist_ok=True)
    board.scroll_into_view_if_needed()
    notebook.page.screenshot(path=SCREENS / f"play-{name}.png")


def wide(notebook, width, height=1000):
    notebook.page.set_viewport_size({"width": width, "height": height})


def is_clean(notebook, board):
    notebook.page.add_script_tag(path=AXE)
    return board.evaluate(VIOLATIONS)


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("width", [900, 1600])
def test_from_form_to_result_and_again_for_nothing(play, lab_page, theme, width):
    lab_page.theme(theme)
    notebook, board = play('rw.playground(prompt="a red fox, {n}", size="256x256", seed=7)', "len(box.billed())")
    wide(notebook, width)
    expect(board.locator(".rw-estimate")).to_contain_text("About $")
    screenshot(notebook, board, f"image-{theme}-{width}-before")
    board.get_by_role("button", name=re.compile("^Run")).click()
    expect(board.locator(".rw-outcome-status")).to_contain_text(re.compile(r"1 result · \$"))
    expect(board.locator(".rw-outcome img").first).to_be_visible()
    screenshot(notebook, board, f"image-{theme}-{width}")
    expect(board.locator(".rw-estimate")).to_contain_text("Already here: $0")
    board.get_by_role("button", name=re.compile("^Run")).click()
    expect(board.locator(".rw-outcome-status")).to_contain_text("cached")
    notebook.run(2)
    screenshot(notebook, board, f"image-{theme}-{width}-cached")

    expect(notebook.output(2)).to_contain_text("1")
    assert is_clean(notebook, board) == []
