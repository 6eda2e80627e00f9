"""Notebook 7, whose shell is not JupyterLab's: the grid fills and freezes there, the viewer opens, and it reads later."""

from __future__ import annotations

import json
import re

import pytest
from playwright.sync_api import expect

from .lab import notebook
from .page import LOOPBACK, Classic
from .photos import photograph
from .test_grid import BOX, GRID
from .test_heavy import MESHES


@pytest.fixture
def classic(browser, lab, request):
    """Open notebooks in Notebook 7. No request may leave this machine."""
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    asked = []
    context.on("request", lambda each: asked.append(each.url))
    stem = re.sub(r"\W+", "_", request.node.name)

    def open_one(*cells):
        lab.write(f"{stem}.ipynb", notebook([cell.replace("{n}", stem) for cell in cells]))
        return Classic(context.new_page(), lab, f"{stem}.ipynb")

    yield open_one
    context.close()
    hosts = {re.sub(r"^\w+://([^:/]*).*", r"\1", url) for url in asked if not url.startswith(("data:", "blob:"))}
    assert hosts <= LOOPBACK


def test_a_grid_fills_is_judged_and_frozen_and_reads_without_a_kernel(classic):
    opened = classic(BOX.format(latency=(0.2, 0.6)), GRID)
    opened.run(0)
    opened.run(1)
    grid, page = opened.output(1), opened.page
    grid.get_by_role("button", name="Run", exact=True).click()
    expect(grid.get_by_role("status").first).to_contain_text("12 of 12", timeout=30_000)
    expect(grid.locator(".rw-spot img")).to_have_count(6)
    grid.get_by_label("rows", exact=True).select_option("prompt")
    expect(grid.get_by_role("rowheader")).to_have_count(2)
    grid.get_by_role("gridcell").first.focus()
    for key in ("4", "b", "x", "Enter"):
        page.keyboard.press(key)
    expect(page.get_by_role("dialog").locator("img")).to_have_attribute("src", re.compile("/files/|^blob:"))
    photograph(page, "classic-open")
    page.keyboard.press("Escape")
    expect(grid.locator(".rw-spot-stars")).to_have_text("★★★★")
    photograph(page, "classic-grid")
    assert opened.cell_count() == 2

    grid.get_by_role("button", name="Freeze").click()
    expect(grid.locator("td img")).to_have_count(12)
    assert opened.errors == []
    assert "widget-view" not in json.dumps(opened.save())
    for trusted in (True, False):
        opened.reopen(trusted=trusted)
        expect(opened.output(1).locator("td img")).to_have_count(12)


def test_a_card_has_its_button_and_the_viewer_opens(classic):
    opened = classic("%load_ext runware_nb", "%%runware image\n#| size: 512x384\na lighthouse, {n}")
    opened.run(0)
    opened.run(1)
    opened.output(1).get_by_role("button", name="View").click()

    expect(opened.page.get_by_role("dialog").locator("img")).to_have_attribute("src", re.compile("/files/|^blob:"))
    opened.page.keyboard.press("Escape")
    assert opened.errors == []


def test_a_mesh_is_opened_by_what_comes_over_the_kernels_socket(classic):
    opened = classic(MESHES, "made('sphere-draco.glb').view()")
    opened.run(0)
    opened.run(1)
    viewer = opened.output(1)
    viewer.get_by_role("button", name="Open in 3D").click()

    expect(viewer.locator("canvas")).to_be_visible(timeout=30_000)
    expect(viewer).to_contain_text("528 triangles")
    assert opened.errors == []


def test_a_job_ends_in_its_own_cell_while_the_next_runs_and_a_cell_is_cancelled(classic):
    opened = classic(
        BOX.format(latency=(10, 11)),
        "%%runware video clip << --bg\n#| duration: 2\nwaves, {n}",
        "print('meanwhile', clip)",
        "%%runware image slow << --size 128x128\n#| sweep: {seed: [1, 2, 3]}\na fox, {n}",
    )
    for number in range(3):
        opened.run(number)
    expect(opened.output(2)).to_contain_text("0 of 1, running")
    expect(opened.output(1).locator("video")).to_be_visible(timeout=40_000)
    opened.run(3, wait=False)
    opened.output(3).get_by_role("button", name=re.compile("Cancel")).click()

    expect(opened.output(3)).to_contain_text("cancelled")
    expect(opened.output(3).get_by_role("button", name=re.compile("Cancel"))).to_have_count(0)
    assert opened.errors == []
