"""A grid of 10,000 cells in a real JupyterLab: what is off screen costs nothing, and what was on screen is let go."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

BOX = """%load_ext runware_nb
import runware_nb as rw
samples = await rw.image("a fox, one of many", seed=list(range(40)), model="bfl-flux-1-dev", size="128x128")"""
MANY = """g = rw.grid(prompt=[f"a fox {n}" for n in range(1_000)], seed=list(range(10)), model="bfl-flux-1-dev", size="128x128")
for cell in g.board.cells:
    cell.state, cell.results = "done", (samples[cell.id % 40],)
g.state = "done"
g"""
COUNT = """() => {
    const { createObjectURL, revokeObjectURL } = URL;
    window.held = new Set();
    URL.createObjectURL = blob => { const url = createObjectURL.call(URL, blob); held.add(url); return url; };
    URL.revokeObjectURL = url => { held.delete(url); revokeObjectURL.call(URL, url); };
    window.uncount = () => Object.assign(URL, { createObjectURL, revokeObjectURL });
}"""


@pytest.fixture
def large(open_notebook, lab_page):
    lab_page.page.evaluate(COUNT)
    notebook = open_notebook([BOX, MANY])
    notebook.run(0)
    notebook.run(1)
    grid = notebook.output(1).locator(".runware-nb-grid")
    expect(grid.locator(".rw-spot img").first).to_be_visible(timeout=60_000)
    yield grid
    lab_page.page.evaluate("() => window.uncount()")


def heap(page):
    """Bytes that scripts hold once garbage is collected."""
    devtools = page.context.new_cdp_session(page)
    devtools.send("HeapProfiler.collectGarbage")
    used = devtools.send("Runtime.getHeapUsage")["usedSize"]
    devtools.detach()
    return used


def turn(grid, pages, wait=200):
    """Scroll by so many pages, one after the other, and wait until the last has its pictures."""
    box = grid.get_by_role("grid")
    for _ in range(abs(pages)):
        box.evaluate("(box, by) => { box.scrollTop += by * box.clientHeight; }", 1 if pages > 0 else -1)
        grid.page.wait_for_timeout(wait)  # as long as a person looks at a page
    expect(grid.locator(".rw-spot img").first).to_be_visible()


def test_what_is_on_screen_is_in_the_document_and_no_more(large):
    turn(large, 3)

    assert large.evaluate("element => element.querySelectorAll('*').length") < 300
    expect(large.get_by_role("grid")).to_have_attribute("aria-rowcount", "1001")
    expect(large.get_by_role("status").first).to_contain_text("10,000 of 10,000")


def test_twenty_pages_down_and_up_leave_the_heap_as_it_was(large, lab_page):
    turn(large, 5)
    turn(large, -5)
    before = heap(lab_page.page)
    turn(large, 20)
    turn(large, -20)
    after = heap(lab_page.page)

    assert after < 1.5 * before
    assert lab_page.page.evaluate("() => window.held.size") <= 700  # 600 pictures, and what JupyterLab holds


def test_the_last_row_is_reached_by_keys_and_has_its_pictures(large, lab_page):
    large.get_by_role("gridcell").first.focus()
    large.get_by_role("grid").evaluate("box => { box.scrollTop = box.scrollHeight; }")
    expect(large.get_by_role("rowheader").filter(has_text="a fox 999")).to_be_visible()
    last = large.locator('[data-id="9990"]')
    last.click(modifiers=["Control"])
    lab_page.page.keyboard.press("ArrowUp")

    expect(last.locator("img")).to_be_visible()
    expect(large.locator('[data-id="9980"]')).to_be_focused()


def test_closed_it_lets_go_of_every_picture(large, lab_page):
    turn(large, 3)
    lab_page.command("notebook:clear-all-cell-outputs")
    expect(large).to_have_count(0)

    lab_page.page.wait_for_function("() => window.held.size < 20")
