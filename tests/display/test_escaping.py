"""Attacks on every field of every drawing. What comes out is parsed as a browser would, and held to a list."""

from dataclasses import replace
from html.parser import HTMLParser

import pytest

from runware_nb import errors, reprs
from runware_nb.api.runs import Accepted, Delta, Refused
from runware_nb.display.live import live_html

from .making import picture, result, run, task

CORPUS = [
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "' onmouseover='alert(1)",
    "</details></div><svg onload=alert(1)>",
    "javascript:alert(1)",
    "[x](javascript:alert(1))",
    "<a href=javascript:alert(1)>x</a>",
    "{{ 'zx' * 4 }}{% include 'x' %}",
    "&lt;script&gt;alert(1)&lt;/script&gt;",
    "<!-- --><iframe srcdoc='<script>alert(1)</script>'>",
    "url(javascript:alert(1));background:red",
]
ELEMENTS = {
    "div", "span", "a", "img", "video", "audio", "details", "summary", "table", "tr", "td", "th", "pre", "code", "p",
    "tbody", "thead", "ul", "ol", "li", "strong", "em", "h1", "h2", "blockquote", "br",
}  # fmt: skip
ATTRIBUTES = {
    "class", "style", "title", "href", "target", "rel", "src", "alt", "poster", "controls", "playsinline", "preload",
    "data-runware",
}  # fmt: skip


class Page(HTMLParser):
    def __init__(self, page):
        super().__init__()
        self.found = []
        self.feed(page)
        self.close()

    def handle_starttag(self, tag, attrs):
        self.found.append((tag, dict(attrs)))


def assert_harmless(page):
    for tag, attributes in Page(page).found:
        assert tag in ELEMENTS
        assert set(attributes) <= ATTRIBUTES
        for name in ("href", "src", "poster"):
            address = attributes.get(name, "https://")
            assert address.startswith(("https://", "http://", "data:image/webp;", "runware_outputs/"))
        assert "alert" not in attributes.get("style", "")
    assert "zxzxzxzx" not in page


def attacked(words, path):
    asked = task(positivePrompt=words, model=words, settings={words: words}, webhookURL=words, **{"x" + words: [words]})
    item = {
        "imageURL": words, "seed": 1, words: words, "structuredData": {words: words}, "detections": [{words: words}],
        "reasoningContent": words, "finishReason": words, "usage": {words: words}, "outputs": {words: words},
    }  # fmt: skip
    made = result(path, asked, **item)
    return made.keeping((replace(made.assets[0], problem=words), replace(made.assets[0], path=None, url=words)))


@pytest.fixture
def kept(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "runware_outputs").mkdir()
    return picture(tmp_path / "runware_outputs" / "x<img src=x onerror=alert(1)>.png", (8, 8))


@pytest.mark.parametrize("words", CORPUS)
def test_no_field_of_a_result_becomes_markup(words, kept):
    assert_harmless(reprs.mimebundle(attacked(words, kept))[0]["text/html"])


@pytest.mark.parametrize("words", CORPUS)
def test_no_field_of_a_text_becomes_markup(words):
    assert_harmless(reprs.mimebundle(result(asked=task("textInference"), text=words))[0]["text/html"])


@pytest.mark.parametrize("words", CORPUS)
def test_no_field_of_a_run_becomes_markup(words, kept):
    made = attacked(words, kept)
    bad, slow = task(positivePrompt=words), task(positivePrompt=words)
    error = errors.ApiError(words, code=words, documentation=words)
    page = run(made, tasks=(bad, slow), name=words).after(Refused(bad.task_uuid, error))

    assert_harmless(reprs.mimebundle(page)[0]["text/html"])


@pytest.mark.parametrize("words", CORPUS)
def test_no_field_of_the_live_card_becomes_markup(words, kept):
    bad, slow = task(positivePrompt=words), task("textInference", positivePrompt=words)
    page = run(attacked(words, kept), tasks=(bad, slow), name=words)
    for event in (
        Refused(bad.task_uuid, errors.ApiError(words, code=words)),
        Accepted(slow.task_uuid),
        Delta(slow.task_uuid, words),
    ):
        page = page.after(event)

    assert_harmless(live_html(page))
