"""The comparison grid in a real JupyterLab: filled live, laid out anew, judged, frozen, and read without a kernel."""

from __future__ import annotations

import json
import re

import pytest
from playwright.sync_api import expect

from .photos import photograph

BOX = """%load_ext runware_nb
import os, runware_nb as rw
from runware_nb.sandbox import Sandbox
box = Sandbox(latency={latency}).start()
os.environ |= {{"RUNWARE_API_KEY": box.api_key, "RUNWARE_BASE_URL": box.http_url, "RUNWARE_WS_URL": box.ws_url}}"""
GRID = """g = rw.grid(prompt=["a red fox in the snow", "a city at night, rain"], model=["bfl-flux-1-dev", "runware:100@1"],
            seed=[1, 2, 3], size="256x256", name="Foxes {n}")
g"""
RAN = GRID + ".run()"


@pytest.fixture
def numbered(request):
    """Cells of this test alone: the cache would have those of another."""
    return lambda text, **more: text.replace("{n}", request.node.name).replace(
        "seed=[1, 2, 3]", f"seed={more.get('seed', [1, 2, 3])}"
    )


def opened(open_notebook, latency, *cells):
    notebook = open_notebook([BOX.format(latency=latency), *cells])
    notebook.run(0)
    return notebook


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_a_grid_fills_live_and_is_laid_out_anew(open_notebook, lab_page, numbered, theme):
    lab_page.theme(theme)
    notebook = opened(open_notebook, (0.3, 1.5), numbered(GRID), "await g\nprint(len(box.billed()))")
    notebook.run(1)
    grid = notebook.output(1)

    expect(grid.get_by_role("gridcell")).to_have_count(6)
    expect(grid.get_by_role("status")).to_contain_text(re.compile(r"0 of 12 · about \$"))
    grid.get_by_role("button", name="Run", exact=True).click()
    expect(grid.get_by_role("status")).to_contain_text("12 of 12")
    expect(grid.locator(".rw-spot img")).to_have_count(6)
    photograph(notebook.page, f"grid-{theme}")

    grid.get_by_label("rows", exact=True).select_option("prompt")
    expect(grid.get_by_role("rowheader")).to_have_count(2)
    expect(grid.get_by_role("rowheader").first).to_contain_text("a red fox")
    grid.get_by_role("button", name="Swap rows and columns").click()
    expect(grid.get_by_role("rowheader")).to_have_count(3)
    expect(grid.get_by_role("gridcell")).to_have_count(6)
    notebook.run(2)
    expect(notebook.output(2)).to_contain_text("12")
    assert notebook.errors == []


def test_keys_rate_pick_compare_and_leak_into_no_cell(open_notebook, numbered):
    notebook = opened(open_notebook, (0, 0.1), numbered(GRID, seed=[11, 12, 13]), "g.df.stars.sum()")
    notebook.run(1)
    grid, page = notebook.output(1), notebook.page
    grid.get_by_role("button", name="Run", exact=True).click()
    expect(grid.locator(".rw-spot img")).to_have_count(6)
    cells = notebook.cell_count()

    grid.get_by_role("gridcell").first.focus()
    page.keyboard.press("4")
    page.keyboard.press("Space")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("2")
    page.keyboard.press("Space")
    expect(grid.locator(".rw-spot-stars")).to_have_text(["★★★★", "★★"])
    expect(grid.locator(".rw-spot-pick")).to_have_text(["A", "B"])
    page.keyboard.press("c")
    dialog = page.get_by_role("dialog")
    expect(dialog).to_be_visible()
    photograph(notebook.page, "grid-compare")
    page.keyboard.press("b")
    page.keyboard.press("Escape")
    expect(dialog).to_have_count(0)
    page.keyboard.press("Enter")
    expect(dialog.get_by_role("button", name="1 of 5 stars")).to_be_visible()
    photograph(notebook.page, "grid-open")
    page.keyboard.press("Escape")
    for key in ("b", "x", "d", "d", "a"):
        page.keyboard.press(key)
    page.keyboard.press("?")
    expect(dialog).to_contain_text("go from cell to cell")
    page.keyboard.press("Escape")
    notebook.run(2)

    expect(notebook.output(2)).to_contain_text("6")
    assert notebook.cell_count() == cells
    assert notebook.errors == []


def test_votes_are_blind_and_end_when_every_pair_is_judged(open_notebook, numbered):
    cell = numbered(GRID, seed=[21])
    notebook = opened(open_notebook, (0, 0.1), cell, "[(v.winner, v.ms > 0) for v in g.opinions.votes]")
    notebook.run(1)
    grid, page = notebook.output(1), notebook.page
    grid.get_by_role("button", name="Run", exact=True).click()
    expect(grid.get_by_role("status")).to_contain_text("4 of 4")
    grid.get_by_role("button", name="Vote").click()
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text("0 of 2 pairs")
    expect(dialog.locator(".rw-view")).to_have_count(2)
    expect(dialog).not_to_contain_text("flux")
    photograph(notebook.page, "grid-vote")
    page.keyboard.press("1")
    expect(dialog).to_contain_text("1 of 2 pairs")
    page.keyboard.press("3")
    expect(dialog).to_contain_text("Every pair is judged")
    page.keyboard.press("z")
    expect(dialog).to_contain_text("1 of 2 pairs")
    page.keyboard.press("Escape")
    notebook.run(2)

    expect(notebook.output(2)).to_contain_text("[('left', True)]")


def test_a_grid_that_is_done_is_static_and_reads_without_a_kernel(open_notebook, lab_page, numbered):
    notebook = opened(open_notebook, (0, 0.1), numbered(RAN, seed=[31, 32]))
    notebook.run(1)
    sheet = notebook.output(1)
    expect(sheet.locator("td img")).to_have_count(8)
    saved = notebook.save()
    text = json.dumps(saved)
    assert "widget-view" not in text
    assert len(text) < 1_500_000

    for trusted in (False, True):
        notebook.reopen(trusted=trusted)
        expect(notebook.output(1).locator("td img")).to_have_count(8)
        expect(notebook.output(1)).to_contain_text("prompt: a red fox in the snow")


def test_a_stopped_grid_goes_on_and_a_click_is_heard_while_a_cell_is_busy(open_notebook, numbered):
    busy = "import time\nstart = time.time()\nwhile time.time() - start < 60 and g.state == 'running': pass\nprint(g.state)"
    notebook = opened(
        open_notebook, (12, 13), numbered(GRID, seed=[41, 42, 43]), busy, "await g\nprint(len(box.billed()))"
    )
    notebook.run(1)
    grid = notebook.output(1)
    grid.get_by_role("button", name="Run", exact=True).click()
    expect(grid.get_by_role("button", name="Stop")).to_be_visible()
    notebook.run(2, wait=False)
    grid.get_by_role("button", name="Stop").click()
    expect(notebook.output(2)).to_contain_text("stopped")
    grid.get_by_role("button", name="Run", exact=True).click()
    expect(grid.get_by_role("status")).to_contain_text("12 of 12", timeout=60_000)
    notebook.run(3)

    expect(notebook.output(3)).to_contain_text("12")


DEAF = """import ctypes, os
os.mkfifo("deaf")
print("deaf", flush=True)
print(end="", flush=True)  # the kernel may send what the first flush handed over after that has returned, before this
ctypes.PyDLL(None).open(b"deaf", os.O_RDONLY)  # holds the interpreter, so all its threads, until somebody writes
print("computed")"""


def test_a_click_that_a_busy_kernel_cannot_hear_is_told_of_and_done_later(open_notebook, numbered, lab):
    notebook = opened(open_notebook, (0, 0.1), numbered(GRID, seed=[51]), DEAF)
    notebook.run(1)
    grid = notebook.output(1)
    expect(grid.get_by_role("gridcell").first).to_be_visible()
    (lab.root / "deaf").unlink(missing_ok=True)
    notebook.run(2, wait=False)
    expect(notebook.output(2)).to_contain_text("deaf")
    grid.get_by_role("button", name="Run", exact=True).click()

    expect(grid.get_by_text("has not heard this yet")).to_be_visible()
    (lab.root / "deaf").write_bytes(b"")
    expect(notebook.output(2)).to_contain_text("computed", timeout=20_000)
    expect(grid.get_by_role("status").first).to_contain_text("4 of 4", timeout=20_000)
    expect(grid.get_by_text("has not heard this yet")).to_have_count(0)


TYPESET = """box => {
    const control = document.createElement('p');
    control.textContent = '$x^2$';
    box.closest('.jp-OutputArea-output').append(control);
    window.notebookPanel.content.rendermime.latexTypesetter.typeset(control.parentElement);
}"""


def test_prices_are_not_typeset_as_mathematics(open_notebook, numbered):
    notebook = opened(open_notebook, (0, 0.1), numbered(GRID, seed=[61, 62]))
    notebook.run(1)
    grid = notebook.output(1).locator(".runware-nb")
    expect(grid).to_contain_text(re.compile(r"\$.*\$"))
    grid.evaluate(TYPESET)

    expect(notebook.output(1).locator("mjx-container")).to_have_count(1)
    expect(grid.locator("mjx-container")).to_have_count(0)
    grid.evaluate("box => box.classList.remove('mathjax_ignore', 'tex2jax_ignore')")
    grid.evaluate(TYPESET)
    expect(grid.locator("mjx-container")).not_to_have_count(0)  # it would be


def test_failed_cells_are_found_retried_and_an_extended_axis_appears(open_notebook, numbered):
    code = 'from runware_nb.sandbox import Fault\nbox.inject(Fault("failed-in-data", "job", code="inferenceError", times=2))\n'
    notebook = opened(
        open_notebook, (0, 0.1), code + numbered(GRID, seed=[61, 62]), "g.extend(seed=[63])", "print(len(box.billed()))"
    )
    notebook.run(1)
    grid = notebook.output(1)
    grid.get_by_role("button", name="Run", exact=True).click()
    expect(grid.get_by_role("status").first).to_contain_text("6 of 8 · 2 failed")
    grid.get_by_label("show", exact=True).select_option("failed")
    expect(grid.locator(".rw-spot-failed").first).to_contain_text("inferenceError")
    grid.get_by_label("show", exact=True).select_option("all")
    grid.get_by_role("button", name="Retry failed").click()
    expect(grid.get_by_role("status").first).to_contain_text("8 of 8")
    notebook.run(2)
    expect(grid.get_by_role("columnheader").filter(has_text="63")).to_be_visible()
    grid.get_by_role("button", name="Run", exact=True).click()
    expect(grid.get_by_role("status").first).to_contain_text("12 of 12")
    notebook.run(3)

    expect(notebook.output(3)).to_contain_text("12")
    assert notebook.errors == []


def test_paused_it_sends_nothing_more_and_goes_on(open_notebook, numbered):
    many = numbered(GRID, seed=list(range(100, 160)))
    notebook = opened(open_notebook, (0.5, 1), many, "await g\nprint(len(box.billed()))")
    notebook.run(1)
    grid = notebook.output(1)
    grid.get_by_role("button", name="Run", exact=True).click()
    grid.get_by_role("button", name="Pause").click()
    expect(grid.get_by_role("button", name="Go on")).to_be_visible()
    expect(grid.get_by_role("status").first).to_contain_text(re.compile("^200 of 240 · 40 waiting"), timeout=60_000)
    grid.get_by_role("button", name="Go on").click()
    expect(grid.get_by_role("status").first).to_contain_text("240 of 240", timeout=60_000)
    notebook.run(2)

    expect(notebook.output(2)).to_contain_text("240")
