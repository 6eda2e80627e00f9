"""Models on a page: all that is known of one, which catalogue a list is of, and nothing from outside that is not text."""

from __future__ import annotations

import io
from dataclasses import replace

import pytest
from PIL import Image

from runware_nb import display, reprs
from runware_nb.catalog import Models, bundled
from runware_nb.catalog.community import Community, read
from runware_nb.catalog.news import UNTOLD
from runware_nb.display.models import Card, Sides

assert display  # registers the drawings
HOSTILE = "<script>alert(1)</script>\x1b[31m$5 & $6"


@pytest.fixture
def flux():
    return bundled().get("bfl-flux-1-dev")


def bundle(drawn):
    data, _ = reprs.mimebundle(drawn)
    return data["text/plain"], data["text/html"]


def picture():
    out = io.BytesIO()
    Image.new("RGB", (2000, 1000), "teal").save(out, "PNG")
    return out.getvalue()


def test_a_card_tells_capabilities_parameters_prices_and_where_the_docs_are(flux):
    for told in bundle(flux):
        for words in (
            "runware:101@1", "io:text-to-image", "LoRA", "128 to 2048; in steps of 64", "integer, required",
            "0 to 1; default 0.8", "$0.0038 per image", "https://runware.ai/docs/models/bfl-flux-1-dev", "snapshot",
        ):  # fmt: skip
            assert words in told


def test_parts_of_parameters_are_told_one_by_one():
    plain, _ = bundle(bundled().get("klingai-video-3-0-standard"))

    assert "provider_settings.klingai.sound" in plain
    assert "inputs.frame_images" in plain


def test_a_cover_is_shrunk_and_put_into_the_page(flux):
    _, html = bundle(Card(flux, picture()))

    assert 'src="data:image/webp;base64,' in html
    assert 'alt="cover of Bfl Flux 1 Dev"' in html
    assert len(html) < 60_000


@pytest.mark.parametrize("data", [b"", b"<html>", b"\x89PNG\r\n\x1a\n broken", picture()[:200]], ids=repr)
def test_what_is_no_picture_is_no_cover(flux, data):
    assert "<img" not in bundle(Card(flux, data))[1]


def test_a_status_that_is_not_of_most_is_told(flux):
    old = replace(flux, facts=replace(UNTOLD, status="deprecated"))

    assert all("deprecated" in told for told in bundle(old))


def test_what_the_services_tell_is_text(flux):
    facts = replace(UNTOLD, name=HOSTILE, headline=HOSTILE, capabilities=(HOSTILE,), released=HOSTILE, status=HOSTILE)
    prices = [{"configuration": HOSTILE, "usd": 1.0, "unit": HOSTILE}]
    row = {"air": f"a:b@{HOSTILE}", "name": HOSTILE, "positiveTriggerWords": HOSTILE, "provider": HOSTILE}
    found = read({"results": [row], "totalResults": 1}, HOSTILE)
    for drawn in (replace(flux, facts=facts, creator=HOSTILE, prices=prices), found, Sides(Models()("flux"), found)):
        plain, html = bundle(drawn)

        assert "<script" not in html
        assert "\x1b" not in plain
        assert "mathjax_ignore" in html


def test_a_list_says_which_catalogue_it_is_of_and_how_many_there_are_more():
    plain, html = bundle(Models())

    assert "363 models: the snapshot of the package" in plain
    assert "and 323 more" in html


def test_both_lists_stand_beside_each_other():
    found = read({"results": [{"air": "civitai:1@2", "name": "Ink", "category": "lora"}], "totalResults": 40}, "ink")
    plain, html = bundle(Sides(Models()("anime"), found))

    assert plain.index("Curated") < plain.index("Found by the API") < plain.index("civitai:1@2")
    assert "1 of 40 that the API found" in html


@pytest.mark.parametrize(
    "answer", [{}, {"results": 5}, {"results": [None, 5, {}, {"air": 5}, {"air": "none"}]}], ids=str
)
def test_answers_that_are_none_find_nothing(answer):
    found = read(answer, "ink")

    assert found == Community((), 0, "ink")
    assert "found nothing for 'ink'" in bundle(found)[0]
