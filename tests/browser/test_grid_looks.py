"""The grid for everyone: by axe-core, in both themes, in narrow and wide windows, and with all media at once."""

from __future__ import annotations

import ast
import re

import pytest
from playwright.sync_api import expect

from .photos import photograph
from .test_grid import BOX
from .test_viewer import AXE, VIOLATIONS

MIXED = """from runware_nb.sandbox import Fault
box.inject(Fault("failed-in-data", "job", code="inferenceError", times=1))
g = rw.grid(prompt=["{n}: a red fox in the snow, seen from very far away on a hill, with a long label that wraps", "a city"],
            model=["bfl-flux-1-dev", "lightricks:ltx@2.3", "runware:ace-step@v1.5-turbo", "tripo:v3.1@0", "minimax:m3@0"])
await g.run()"""
FAILED = "print([c.task.task_type for c in g.board.cells if c.state == 'failed'])"
PAIRS = """g = rw.grid(prompt=["{n}: a red fox", "a city at night"], model=["bfl-flux-1-dev", "runware:100@1"], seed=[1, 2, 3], size="512x384")
await g.run()"""


@pytest.fixture
def grid_of(open_notebook, request):
    """Open a notebook with a grid that has ended and is shown again: so it stays live."""

    def open_one(code, *more):
        notebook = open_notebook([BOX.format(latency=(0, 0.1)), code.replace("{n}", request.node.name), "g", *more])
        notebook.run(0)
        notebook.run(1)
        notebook.run(2)
        grid = notebook.output(2).locator(".runware-nb-grid")
        expect(grid.get_by_role("gridcell").first).to_be_visible(timeout=60_000)
        return notebook, grid

    return open_one


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_all_media_stand_in_one_grid_that_everyone_can_use(grid_of, lab_page, theme):
    lab_page.theme(theme)
    notebook, grid = grid_of(MIXED, FAILED)
    page = notebook.page
    notebook.run(3)
    (failed,) = ast.literal_eval(notebook.output(3).inner_text())
    page.evaluate(AXE.read_text(encoding="utf-8"))
    expect(grid.locator(".rw-spot-failed")).to_have_count(1)
    expect(grid.locator(".rw-spot img")).to_have_count(8 if failed == "textInference" else 7)  # texts have none
    photograph(page, f"grid-media-{theme}")

    assert grid.evaluate(VIOLATIONS) == []
    assert notebook.errors == []


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_what_opens_over_a_grid_can_be_used_by_everyone(grid_of, lab_page, theme):
    lab_page.theme(theme)
    notebook, grid = grid_of(PAIRS)
    page = notebook.page
    page.evaluate(AXE.read_text(encoding="utf-8"))
    found = {"grid": grid.evaluate(VIOLATIONS)}
    grid.get_by_role("gridcell").first.focus()
    for key in ("Space", "ArrowRight", "Space"):
        page.keyboard.press(key)
    dialog = page.get_by_role("dialog")
    for name, key in {"compare": "c", "open": "Enter", "vote": "v", "keys": "?", "thoughts": "n"}.items():
        page.keyboard.press(key)
        expect(dialog).to_be_visible()
        if name in {"compare", "open", "vote"}:
            expect(dialog.locator("img").first).to_have_attribute("src", re.compile("/files/|^blob:"))
        photograph(page, f"grid-{name}-{theme}")
        found[name] = dialog.evaluate(VIOLATIONS)
        page.keyboard.press("Escape")
        expect(dialog).to_have_count(0)

    assert {name: problems for name, problems in found.items() if problems} == {}


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_the_static_sheet_can_be_read_by_everyone(open_notebook, lab_page, request, theme):
    lab_page.theme(theme)
    notebook = open_notebook(
        [BOX.format(latency=(0, 0.1)), MIXED.replace("{n}", request.node.name).replace("await g.run()", "g.run()\ng")]
    )
    notebook.run(0)
    notebook.run(1)
    sheet = notebook.output(1)
    expect(sheet.locator("td img").first).to_be_visible(timeout=60_000)
    notebook.page.evaluate(AXE.read_text(encoding="utf-8"))
    photograph(notebook.page, f"sheet-{theme}")

    assert sheet.evaluate(VIOLATIONS) == []


@pytest.mark.parametrize("width", [900, 1600])
def test_it_fits_into_narrow_and_wide_windows(grid_of, lab_page, width):
    size = lab_page.page.viewport_size
    lab_page.page.set_viewport_size({"width": width, "height": 1000})
    grid = grid_of(PAIRS)[1]
    expect(grid.locator(".rw-spot img")).to_have_count(6)
    for theme in ("light", "dark"):
        lab_page.theme(theme)
        expect(lab_page.page.locator("#jupyterlab-splash")).to_have_count(0)
        photograph(grid, f"grid-{width}-{theme}")

    assert grid.evaluate("element => element.scrollWidth <= element.clientWidth")
    lab_page.page.set_viewport_size(size)


def test_where_motion_is_not_welcome_nothing_moves_while_it_runs(open_notebook, lab_page, request):
    lab_page.page.emulate_media(reduced_motion="reduce")
    notebook = open_notebook(
        [BOX.format(latency=(2, 3)), PAIRS.replace("{n}", request.node.name).replace("await g.run()", "g.run()\ng")]
    )
    notebook.run(0)
    notebook.run(1)
    expect(notebook.output(1).locator("[data-state=running]").first).to_be_visible()

    moving = "() => document.getAnimations().filter(a => a.effect.target?.closest('.runware-nb')).length"
    assert lab_page.page.evaluate(moving) == 0
    lab_page.page.emulate_media(reduced_motion="no-preference")
