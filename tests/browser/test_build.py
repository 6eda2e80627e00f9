"""What `npm run build` made can be used where widgets are used."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from runware_nb.widgets.serving import CHUNKS

STATIC = Path(__file__).parents[2] / "runware_nb" / "static"
PAGES = {path.stem for path in (Path(__file__).parents[2] / "js" / "src" / "pages").iterdir()}
"""Scripts of exported pages, which stand in them: they are neither widgets nor chunks."""
IMPORT = """async source => {
    const url = URL.createObjectURL(new Blob([source], { type: 'text/javascript' }));
    return Object.keys(await import(url));
}"""


@pytest.fixture(scope="module")
def blank_page(browser):
    context = browser.new_context()
    yield context.new_page()
    context.close()


@pytest.mark.parametrize(
    "path", sorted(path for path in STATIC.glob("*.mjs") if path.stem not in PAGES), ids=lambda path: path.name
)
def test_it_is_imported_from_a_blob_address_as_widgets_and_chunks_are(blank_page, path):
    exported = blank_page.evaluate(IMPORT, path.read_text(encoding="utf-8"))

    assert exported if path.stem in CHUNKS else "default" in exported


def test_every_chunk_that_may_be_asked_for_is_built():
    assert {path.stem for path in STATIC.glob("*.mjs")} >= set(CHUNKS)


def test_the_front_end_is_built():
    manifest = json.loads((STATIC / "manifest.json").read_text(encoding="utf-8"))

    assert {path.name for path in STATIC.iterdir()} == {*manifest, "manifest.json"}
