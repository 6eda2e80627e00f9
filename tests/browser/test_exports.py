"""What is left when the kernel is gone: exports and nbconvert's page, opened from the disk with the network cut."""

from __future__ import annotations

import json
import zipfile

import nbformat
import pytest
from nbconvert import HTMLExporter
from playwright.sync_api import expect

from .photos import photograph
from .test_grid import BOX

MAKE = """g = rw.grid(prompt=["a red fox", "a city at night"],
            model=["bfl-flux-1-dev", "lightricks:ltx@2.3", "runware:ace-step@v1.5-turbo", "tripo:v3.1@0", "minimax:m3@0"])
run = await g.run()
swept = await rw.image(["a <b>red</b> fox", "a city"], seed=[1, 2, 3], size=["256x256", "256x384"], name="Swept")
rw.export(swept, "swept.html")
rw.export(swept.where(seed=1, size="256x256", prompt="a city"), "one.html")
print(g.to_html("grid.html"), g.to_html("folder"), g.to_png("grid.png"), g.save("grid.zip"), rw.report(g, "Which is best?", "report.html"))"""
THOUSAND = """samples = await rw.image("a fox, one of many", seed=list(range(200)), size="512x512", max_cost="none")
g = rw.grid(prompt=[f"a fox {n}" for n in range(100)], seed=list(range(10)), model="bfl-flux-1-dev", size="512x512")
for cell in g.board.cells:
    cell.state, cell.results = "done", (samples[cell.id % 200],)
g.state = "done"
print(g.to_html("large.html"))"""
FROZEN = "display(g)\ng.freeze()"
VIEW = "run.where(model='tripo:v3.1@0')[0].view()"
WHOLE = "images => images.every(image => image.complete && image.naturalWidth > 0)"


@pytest.fixture(scope="module")
def left(lab_page, lab):
    """Make a grid, its exports and a notebook that shows it, a viewer too; return the folder and the notebook."""
    from .lab import notebook
    from .page import Notebook

    for name in ("grid.html", "grid.png", "grid.zip", "report.html", "swept.html", "one.html"):
        (lab.root / name).unlink(missing_ok=True)
    lab.write("exports.ipynb", notebook([BOX.format(latency=(0, 0.1)), MAKE, FROZEN, VIEW]))
    opened = Notebook(lab_page, "exports.ipynb")
    for number in range(4):
        opened.run(number)
    expect(opened.output(1)).to_contain_text("grid.zip", timeout=120_000)
    expect(opened.output(2).locator("td img").first).to_be_visible()
    expect(opened.output(3).locator(".runware-nb-viewer")).to_be_visible()
    saved = opened.save()
    opened.close()
    return lab.root, saved


@pytest.fixture
def offline(browser):
    """Open a file with the network cut. In the end there must have been no error and no request but for files."""
    context = browser.new_context(offline=True, viewport={"width": 1280, "height": 900})
    page = context.new_page()
    errors, requests = [], []
    page.on("console", lambda message: errors.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.on("request", lambda request: requests.append(request.url))

    def open_one(path):
        page.goto(path.as_uri())
        return page

    yield open_one
    context.close()
    assert errors == []
    assert [url[:100] for url in requests if not url.startswith(("file:", "data:"))] == []


def test_one_file_shows_the_grid(left, offline):
    page = offline(left[0] / "grid.html")

    expect(page.get_by_role("cell").locator("img")).to_have_count(8)
    assert page.locator("img").evaluate_all(WHOLE)
    expect(page.locator("main")).to_contain_text("10 of 10")
    photograph(page, "export-file")


def labels(page, role):
    """Return the values on an axis, as the first table of a page has them."""
    heads = page.locator("table").first.get_by_role(role)
    return [words.splitlines()[0] for words in heads.all_inner_texts()]


def test_any_two_axes_of_a_run_are_rows_and_columns_by_keyboard(left, offline):
    page = offline(left[0] / "swept.html")
    rows, cols = page.get_by_label("rows"), page.get_by_label("columns")
    assert (labels(page, "columnheader"), labels(page, "rowheader")) == (["256x256", "256x384"], ["1", "2", "3"])
    expect(page.locator("details:not([open]) > summary")).to_contain_text(["prompt: a city", "requests and responses"])
    figures = page.get_by_role("columnheader").first.inner_text().splitlines()[1]
    assert figures.startswith("Σ\u00a0$")

    rows.focus()
    page.keyboard.type("prompt")
    expect(page.get_by_role("rowheader").first).to_contain_text("a <b>red</b> fox")
    assert labels(page, "rowheader") == ["a <b>red</b> fox", "a city"]
    expect(page.locator("summary").first).to_have_text("seed: 1")
    expect(page.locator("summary")).to_have_count(4)
    assert page.locator("td img").evaluate_all(WHOLE)
    cells = page.locator("table").first.locator("td img")
    assert [image.get_attribute("title") for image in cells.all()] == [
        f"{prompt} · 1 · {size}" for prompt in ("a <b>red</b> fox", "a city") for size in ("256x256", "256x384")
    ]
    cols.select_option("prompt")
    assert labels(page, "columnheader") == ["a <b>red</b> fox", "a city"]
    assert labels(page, "rowheader") == ["256x256", "256x384"]
    assert rows.locator("option:checked").inner_text() == "size"
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)
        photograph(page, f"export-pivot-{scheme}", full_page=True)


def test_laid_out_by_the_axes_it_came_with_a_page_says_what_it_said(left, offline):
    page = offline(left[0] / "swept.html")
    before = page.locator("table").all_inner_texts()
    page.get_by_label("rows").select_option("prompt")
    assert page.locator("table").all_inner_texts() != before
    page.get_by_label("rows").select_option("seed")

    assert page.locator("table").all_inner_texts() == before


def test_a_run_that_varies_nothing_is_a_page_as_well(left, offline):
    page = offline(left[0] / "one.html")

    expect(page.locator("img")).to_have_count(1)
    assert page.locator("img").evaluate_all(WHOLE)
    expect(page.get_by_label("rows")).to_have_count(0)
    photograph(page, "export-run")


def test_without_its_script_a_page_is_as_it_was_written(left, browser):
    context = browser.new_context(offline=True, java_script_enabled=False)
    page = context.new_page()
    page.goto((left[0] / "swept.html").as_uri())

    expect(page.get_by_role("rowheader")).to_contain_text(["1", "2", "3"])
    context.close()


def test_a_folder_shows_it_too_and_every_original_lies_in_it(left, offline):
    page = offline(left[0] / "folder" / "index.html")
    links = page.locator("main a").evaluate_all("links => links.map(link => link.href)")

    assert page.locator("img").evaluate_all(WHOLE)
    assert len(links) == 8
    for link in links:
        assert (left[0] / "folder" / "media" / link.rpartition("/")[2]).is_file()


def test_dark_readers_have_it_dark(left, offline):
    page = offline(left[0] / "grid.html")
    page.emulate_media(color_scheme="dark")
    photograph(page, "export-file-dark")

    assert page.evaluate("() => getComputedStyle(document.documentElement).colorScheme") == "light dark"


def test_the_contact_sheet_is_a_picture(left, offline):
    page = offline(left[0] / "grid.png")

    assert page.locator("img").evaluate("image => image.naturalWidth") > 1_000
    photograph(page, "export-png")


def test_the_parcel_tells_of_its_results_and_holds_their_files(left):
    with zipfile.ZipFile(left[0] / "grid.zip") as parcel:
        names = set(parcel.namelist()) - {"run.json"}
        told = json.loads(parcel.read("run.json"))

    assert len(told["results"]) == 10
    assert {name for result in told["results"] for name in (file["path"] for file in result["files"])} == names
    assert len(names) == 8


def test_the_page_of_nbconvert_shows_the_frozen_grid_and_the_viewer_as_a_card(left, offline):
    root, saved = left
    mine = HTMLExporter(mathjax_url="", mermaid_js_url="", require_js_url="", jquery_url="", widget_renderer_url="")
    html, _ = mine.from_notebook_node(nbformat.reads(json.dumps(saved), as_version=4))
    (root / "exports.html").write_text(html, encoding="utf-8")
    page = offline(root / "exports.html")

    assert page.locator("img").evaluate_all(WHOLE)
    expect(page.get_by_role("cell").locator("img")).to_have_count(8)
    expect(page.locator("main")).to_contain_text("tripo:v3.1@0")
    assert "model not found" not in page.content()
    photograph(page, "export-nbconvert", full_page=True)


def test_a_page_of_a_thousand_pictures_is_below_15_megabytes_and_opens(open_notebook, lab, offline):
    many = open_notebook([BOX.format(latency=(0, 0.1)), THOUSAND])
    many.run(0)
    many.run(1)
    expect(many.output(1)).to_contain_text("large.html", timeout=110_000)
    page = offline(lab.root / "large.html")

    assert (lab.root / "large.html").stat().st_size < 15_000_000
    expect(page.get_by_role("cell").locator("img")).to_have_count(1_000)
    assert page.locator("img").evaluate_all(WHOLE)
    assert page.locator("img").evaluate_all("images => new Set(images.map(image => image.src)).size") == 200


def test_a_report_opens_too_and_its_samples_are_laid_out_anew(left, lab, offline):
    page = offline(lab.root / "report.html")

    expect(page.get_by_role("heading", level=1)).to_have_text("Which is best?")
    assert page.locator("img").evaluate_all(WHOLE)
    photograph(page, "export-report", full_page=True)
    grid = page.locator("[data-runware=grid]")
    expect(grid.get_by_role("rowheader")).to_contain_text(["a red fox", "a city at night"])
    page.get_by_label("rows").select_option("model")
    expect(grid.get_by_role("columnheader")).to_contain_text(["a red fox", "a city at night"])
    assert page.locator("img").evaluate_all(WHOLE)


def test_the_saved_notebook_has_no_widget(left):
    assert "widget-view" not in json.dumps(left[1])
