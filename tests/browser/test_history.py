"""The history browser in a real JupyterLab: searched, sifted, selected, tagged, compared, made again, exported, read."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.compare import many

from .photos import photograph
from .test_media import LABS_OWN

ROOT = Path(__file__).parents[2]
AXE = ROOT / "node_modules" / "axe-core" / "axe.min.js"
VIOLATIONS = """async element => {
    const { violations } = await axe.run(element);
    return violations.map(({ id, nodes }) => `${id}: ${nodes.map(node => node.html).join(' ')}`);
}"""
START = """%load_ext runware_nb
import os, runware_nb as rw
os.environ["RUNWARE_NB_HOME"] = {home!r}
from runware_nb.sandbox import Sandbox
box = Sandbox(latency=(0, 0.1)).start()
os.environ |= {{"RUNWARE_API_KEY": box.api_key, "RUNWARE_BASE_URL": box.http_url, "RUNWARE_WS_URL": box.ws_url}}"""
MADE = """await rw.image(["a red fox in the snow", "a red hare <b>in</b> the snow", "a city at night"], size="256x256", name="Animals")
await rw.text("three words on foxes")
print("made")"""
BROWSE = "b = rw.history().browse()\nb"


@pytest.fixture
def past(open_notebook, tmp_path):
    """Open a notebook whose third cell shows the browser, over a ledger of its own. No errors, in the end."""
    opened = []

    def open_one(*cells, made=MADE, home=None):
        notebook = open_notebook([START.format(home=str(home or tmp_path / "home")), made, BROWSE, *cells])
        notebook.run(0)
        notebook.run(1)
        notebook.run(2)
        box = notebook.output(2).locator(".rw-past")
        expect(box).to_be_visible()
        opened.append(notebook)
        return notebook, box

    yield open_one
    # JupyterLab's own: it takes its splash away twice if the theme changes soon after the page is there.
    errors = [error for notebook in opened for error in notebook.errors if "removeChild" not in error]
    assert set(errors) <= LABS_OWN


@pytest.fixture(scope="session")
def hundred_thousand(tmp_path_factory):
    """A home whose ledger has 100,000 rows."""
    home = tmp_path_factory.mktemp("many")
    many.fill(home / "ledger.sqlite", home / "outputs", 100_000)
    return home


def rows(box):
    return box.locator(".rw-past-row")


def test_words_and_filters_find_rows_as_they_are_typed(past):
    notebook, box = past()
    expect(rows(box)).to_have_count(4)
    expect(box.locator(".rw-past-thumb img")).to_have_count(3)
    expect(box.get_by_role("status").first).to_contain_text("4 rows · play money $")
    photograph(notebook.page, "history")

    box.get_by_label("Search the prompts and parameters").press_sequentially("snow red")
    expect(rows(box)).to_have_count(2)
    expect(rows(box).filter(has_text="a red hare <b>in</b> the snow")).to_have_count(1)
    box.get_by_role("button", name="Clear filters").click()
    expect(rows(box)).to_have_count(4)
    expect(box.get_by_label("kind")).to_be_hidden()
    box.get_by_role("button", name="Filters", exact=True).click()
    box.get_by_label("kind").select_option("text")
    expect(rows(box)).to_have_count(1)
    box.get_by_label("state").select_option("failed")
    expect(box.get_by_text("Nothing fits these filters.")).to_be_visible()
    box.get_by_role("button", name="Filters · 2").click()
    expect(box.get_by_label("kind")).to_be_hidden()
    box.get_by_role("button", name="Filters · 2").click()
    box.get_by_role("button", name="Clear filters").click()
    expect(box.get_by_role("button", name="Filters", exact=True)).to_be_visible()
    box.get_by_label("money").select_option("live")
    expect(box.get_by_text("Nothing fits these filters.")).to_be_visible()


def test_keys_select_tag_rate_and_compare_and_leak_into_no_cell(past):
    notebook, box = past("print(sorted(b.selected.df.prompt), rw.history(tag='keep').df.stars.tolist())")
    page, cells = notebook.page, notebook.cell_count()
    expect(rows(box)).to_have_count(4)
    expect(box.locator(".rw-past-thumb img")).to_have_count(3)
    images = rows(box).filter(has=page.locator("img"))

    images.first.focus()
    page.keyboard.press("Space")
    page.keyboard.press("4")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Space")
    expect(box.get_by_text("2 selected")).to_be_visible()
    page.keyboard.press("t")
    dialog = page.get_by_role("dialog")
    expect(dialog.get_by_role("textbox")).to_be_focused()
    page.keyboard.type("keep, too dark")
    page.keyboard.press("Enter")
    expect(box.locator(".rw-past-tag")).to_have_count(4)
    page.keyboard.press("c")
    expect(dialog.locator(".rw-view")).to_have_count(2)
    photograph(notebook.page, "history-compare")
    page.keyboard.press("Escape")
    expect(dialog).to_have_count(0)
    page.keyboard.press("Enter")
    expect(dialog.locator(".rw-view")).to_have_count(1)
    page.keyboard.press("Escape")
    expect(dialog).to_have_count(0)
    images.first.focus()
    for key in ("b", "x", "d", "d", "a", "m"):
        page.keyboard.press(key)
    page.keyboard.press("?")
    expect(dialog).to_contain_text("go from row to row")
    page.keyboard.press("Escape")
    images.first.focus()
    page.keyboard.press("1")
    expect(box.get_by_role("img", name="1 of 5 stars")).to_have_count(2)
    notebook.run(3)
    expect(notebook.output(3)).to_contain_text("[1, 1]")
    box.get_by_role("button", name="Filters", exact=True).click()
    box.get_by_role("button", name="Starred").click()
    expect(rows(box)).to_have_count(2)
    images.first.focus()
    page.keyboard.press("Control+a")
    expect(box.get_by_text("2 selected")).to_be_visible()
    page.keyboard.press("t")
    dialog.get_by_role("button", name="Take away the tag keep").click()
    dialog.get_by_role("button", name="Keep", exact=True).click()
    expect(box.locator(".rw-past-tag")).to_have_count(2)
    page.keyboard.press("Escape")
    expect(box.get_by_text("0 selected")).to_be_visible()

    assert notebook.cell_count() == cells


def test_run_again_tells_the_price_first_and_costs_nothing_where_it_is_here(past):
    notebook, box = past("print('billed', len(box.billed()))")
    dialog = notebook.page.get_by_role("dialog")
    rows(box).filter(has_text="a city at night").click()
    box.get_by_role("button", name="Run again").click()
    expect(dialog.get_by_role("status")).to_have_text("All of it is here already: $0.")
    dialog.get_by_role("checkbox").check()
    expect(dialog.get_by_role("status")).to_contain_text("It would cost about $")
    photograph(notebook.page, "history-again")
    dialog.get_by_role("button", name="Not now").click()
    notebook.run(3)
    expect(notebook.output(3)).to_contain_text("billed 4")

    box.get_by_role("button", name="Run again").click()
    dialog.get_by_role("button", name="Run for $0.00").click()
    expect(box.locator(".rw-past-told")).to_contain_text("1 result · $0.00 · 1 from your folder")
    rows(box).filter(has_text="a city at night").click()
    box.get_by_role("button", name="Run again").click()
    dialog.get_by_role("checkbox").check()
    dialog.get_by_role("button", name=re.compile(r"Run for \$0\.00\d")).click()
    expect(rows(box)).to_have_count(5)
    notebook.run(3)
    expect(notebook.output(3)).to_contain_text("billed 5")


def test_an_export_lies_beside_the_notebook_and_a_path_is_told(past, lab):
    notebook, box = past()
    dialog, page = notebook.page.get_by_role("dialog"), notebook.page
    rows(box).filter(has_text="a red fox").click()
    rows(box).filter(has_text="a city").click(modifiers=["Control"])
    box.get_by_role("button", name="Export").click()
    dialog.get_by_label("File name").fill("../foxes")
    dialog.get_by_role("button", name="Write").click()
    expect(box.locator(".rw-past-told")).to_contain_text("is no name of a file")
    for ending in ("csv", "zip"):
        box.get_by_role("button", name="Export").click()
        dialog.get_by_label("File name").fill("foxes")
        dialog.get_by_label("Format").select_option(ending)
        dialog.get_by_role("button", name="Write").click()
        expect(box.locator(".rw-past-told")).to_contain_text(f"Written: foxes.{ending}")
    table = (lab.root / "foxes.csv").read_text(encoding="utf-8")
    assert "a red fox in the snow" in table
    assert "hare" not in table
    assert (lab.root / "foxes.zip").stat().st_size > 1_000

    rows(box).filter(has_text="a red fox").click()
    box.get_by_role("button", name="Path").click()
    shown = dialog.get_by_role("textbox")
    expect(shown).to_have_value(re.compile(r"/runware_outputs/.+\.\w+$"))
    assert Path(shown.input_value()).is_file()
    expect(dialog.get_by_role("link")).to_have_attribute("href", re.compile("/files/runware_outputs/"))
    page.keyboard.press("Escape")
    for name in ("foxes.csv", "foxes.zip"):
        (lab.root / name).unlink()


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_it_can_be_used_by_everyone(past, lab_page, theme):
    lab_page.theme(theme)
    notebook, box = past()
    page = notebook.page
    dialog = page.get_by_role("dialog")
    expect(box.locator(".rw-past-thumb img")).to_have_count(3)
    page.evaluate(AXE.read_text(encoding="utf-8"))
    rows(box).nth(1).click()
    page.keyboard.press("3")
    expect(box.get_by_role("img", name="3 of 5 stars")).to_be_visible()
    found = {"list": box.evaluate(VIOLATIONS)}
    photograph(notebook.page, f"history-{theme}")
    box.get_by_role("button", name="Filters", exact=True).press("Enter")
    box.get_by_label("kind").select_option("image")
    expect(box.get_by_role("button", name="Filters · 1")).to_have_attribute("aria-expanded", "true")
    expect(rows(box)).to_have_count(3)
    found["filters"] = box.evaluate(VIOLATIONS)
    photograph(notebook.page, f"history-filters-{theme}")
    rows(box).nth(1).click()
    for name, key in {"view": "Enter", "tag": "t", "again": "r", "export": "e", "path": "p", "keys": "?"}.items():
        page.keyboard.press(key)
        expect(dialog).to_be_visible()
        if name == "view":
            expect(dialog.locator("img").first).to_have_attribute("src", re.compile("/files/|^blob:"))
        photograph(page, f"history-{name}-{theme}")
        found[name] = dialog.evaluate(VIOLATIONS)
        page.keyboard.press("Escape")
        expect(dialog).to_have_count(0)
        rows(box).nth(1).focus()

    assert {name: problems for name, problems in found.items() if problems} == {}


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_nothing_made_yet_says_how_to_make_something(past, lab_page, theme):
    lab_page.theme(theme)
    notebook, box = past(made="print('nothing')")
    expect(box.get_by_text("Nothing was made yet.")).to_be_visible()
    expect(box.locator("code")).to_contain_text("%%runware image")
    notebook.page.evaluate(AXE.read_text(encoding="utf-8"))
    photograph(notebook.page, f"history-empty-{theme}")

    assert box.evaluate(VIOLATIONS) == []


DAMAGE = """import sqlite3
connection = sqlite3.connect(rw.history().ledger.path)
connection.execute("ALTER TABLE {0} RENAME TO {1}")
connection.close()
print("{1} is there")"""


def test_a_ledger_that_cannot_be_read_is_told_of_and_tried_again(past):
    notebook, box = past(DAMAGE.format("totals", "away"), DAMAGE.format("away", "totals"))
    expect(rows(box)).to_have_count(4)
    notebook.run(3)
    expect(notebook.output(3)).to_contain_text("away is there")
    box.get_by_role("button", name="Look again for new results").click()
    expect(box.get_by_role("alert")).to_contain_text("cannot be used: no such table")
    photograph(notebook.page, "history-error")
    notebook.page.evaluate(AXE.read_text(encoding="utf-8"))
    assert box.evaluate(VIOLATIONS) == []
    notebook.run(4)
    expect(notebook.output(4)).to_contain_text("totals is there")
    box.get_by_role("button", name="Try again").click()
    expect(box.get_by_role("alert")).to_have_count(0)
    expect(rows(box)).to_have_count(4)


def test_without_a_kernel_the_newest_rows_and_the_sums_are_read(past, lab_page):
    notebook, box = past()
    expect(rows(box)).to_have_count(4)
    assert "widget-view" not in json.dumps(notebook.save())
    for trusted in (False, True):
        notebook.reopen(trusted=trusted)
        table = notebook.output(2).locator("table")
        expect(table).to_contain_text("a red hare <b>in</b> the snow", timeout=20_000)
        expect(notebook.output(2)).to_contain_text("4 rows · play money $")
        notebook.frames(2)
        expect(notebook.output(2).locator(".rw-past")).to_have_count(0)  # the widget of the closed notebook lets it be


def test_frozen_it_is_a_static_table(past):
    notebook, box = past()
    box.get_by_label("Search the prompts and parameters").fill("city")
    expect(rows(box)).to_have_count(1)
    box.get_by_role("button", name="Freeze").click()
    expect(box).to_have_count(0)
    expect(notebook.output(2).locator("table")).to_contain_text("a city at night")
    expect(notebook.output(2).locator("table")).not_to_contain_text("fox")


@pytest.mark.parametrize("width", [900, 1600])
def test_a_hundred_thousand_rows_are_sought_and_scrolled_and_the_document_stays_small(
    past, lab_page, hundred_thousand, width
):
    before = lab_page.page.viewport_size
    lab_page.page.set_viewport_size({"width": width, "height": 1000})
    notebook, box = past(made="print('made before')", home=hundred_thousand)
    expect(box.get_by_role("status").first).to_contain_text("100,000 rows · spent $")
    expect(box.get_by_role("grid")).to_have_attribute("aria-rowcount", "100001")
    expect(rows(box).first).to_contain_text("number0 ")
    rows(box).first.click()
    notebook.page.keyboard.press("End")
    expect(box.locator('[data-row="99999"]')).to_be_focused()
    expect(box.locator('[data-row="99999"]')).to_contain_text("number99999 ")
    assert box.evaluate("element => element.querySelectorAll('*').length") < 600
    notebook.page.keyboard.press("Control+a")
    expect(box.get_by_text("100,000 selected")).to_be_visible()
    box.get_by_label("Search the prompts and parameters").fill("number77777")
    expect(rows(box)).to_have_count(1)
    expect(rows(box)).to_contain_text("number77777 ")
    box.get_by_role("button", name="Clear filters").click()
    expect(rows(box).first).to_contain_text("number0 ")
    for theme in ("light", "dark"):
        lab_page.theme(theme)
        expect(lab_page.page.locator("#jupyterlab-splash")).to_have_count(0)
        photograph(notebook.output(2).locator(".runware-nb-history"), f"history-{width}-{theme}")
        if width == 900:  # the filters are folded away there
            box.get_by_role("button", name="Filters", exact=True).click()
            photograph(notebook.output(2).locator(".runware-nb-history"), f"history-{width}-filters-{theme}")
            box.get_by_role("button", name="Filters", exact=True).click()

    assert box.evaluate("element => element.scrollWidth <= element.clientWidth")
    lab_page.page.set_viewport_size(before)
