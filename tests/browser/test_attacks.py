"""A hostile API and hostile words in a real JupyterLab: every payload through every field, and nothing of it comes alive.

One notebook takes them all, run in Lab once. What it then shows is looked at live, reopened by its author (trusted), by a
stranger (not trusted), and as the page that nbconvert makes of it.
"""

from __future__ import annotations

import io
import json
import sys
from contextlib import contextmanager
from dataclasses import dataclass, field
from urllib.parse import urlsplit

import nbformat
import pytest
from nbconvert import HTMLExporter
from PIL import Image
from playwright.sync_api import expect

from tests.attacks.hosts import api
from tests.attacks.payloads import EVIL, PAYLOADS, RUN

from .lab import notebook as notebook_of
from .page import Notebook

SETUP = """%load_ext runware_nb
import os, sys
sys.path.insert(0, ROOT)
os.environ |= PLACE
from tests.attacks.payloads import PAYLOADS
import pandas as pd
import runware_nb as rw
from runware_nb.magics import runware_line
from IPython.display import display
pd.set_option("display.max_columns", None, "display.max_colwidth", None, "display.max_rows", None)
folder = "x'\\"><img src=x onerror=window.hacked=1> $x$ &amp;"
os.makedirs(folder, exist_ok=True)
os.chdir(folder)  # its name is in that of every file
def images(words):
    size = {"width": 512, "height": 512}
    return [{"taskType": "imageInference", "model": w.replace("\\ud800", "") + ":@", "positivePrompt": w, **size} for w in words]
def several(words):
    return [words[i : i + 12] for i in range(0, len(words), 12)]
def escaped(w):
    return w.replace("\\\\", "\\\\\\\\").replace('"', '\\\\"').replace("\\n", " ")
shell = get_ipython()
print("READY")"""
CELLS = {
    "setup": SETUP,
    "results": "for one in await rw.run(images(PAYLOADS), cache='off'):\n    display(one)",
    "runs": "runs = [await rw.run(images(ws), name=ws[0], cache='off') for ws in several(PAYLOADS)]\n"
    "for run in runs:\n    display(run)",
    "texts": "for w in PAYLOADS:\n    shell.run_cell_magic('runware', 'text --raw --name \"' + escaped(w) + '\"', w)",
    "cells": "for w in PAYLOADS[::5]:\n    shell.run_cell_magic('runware', 'image --raw --size 512x512', w)",
    "failures": "for ws in several(PAYLOADS):\n"
    "    display(await rw.run(images(['good', *('FAIL' + w for w in ws[:11])]), name=ws[0], cache='off'))",
    "errors": "for w in PAYLOADS:\n"
    "    for call in (rw.run(images(['FAIL' + w]), cache='off'), rw.image(w, model=w), rw.image(w, **{w: w})):\n"
    "        try:\n            await call\n        except Exception:\n            shell.showtraceback()",
    "lines": "for w in PAYLOADS:\n"
    "    for line, body in ((w, None), ('image ' + w, 'x'), ('image --file ' + w.split()[0], '')):\n"
    "        try:\n            runware_line(line, body)\n        except Exception:\n            shell.showtraceback()",
    "frame": "swept = await rw.ask('image', 'FRAME', negative=list(PAYLOADS[:60]))\nswept.df",
    "failed frame": "runs[1].df",
    "said": "print(runs[0], runs[0][0], [r.prompt for r in runs[0]])",
    "end": "print('THE END')",
}
END = list(CELLS).index("end")
# Everything that an attack could have made of what is drawn. Lab's own elements are no part of it.
LOOK = """root => {
    const bad = [];
    const tags = new Set(['SCRIPT', 'IFRAME', 'OBJECT', 'EMBED', 'FORM', 'INPUT', 'BASE', 'META', 'LINK', 'TEMPLATE', 'SVG',
        'MATH', 'BODY', 'SELECT', 'TEXTAREA', 'MARQUEE', 'USE', 'JP-BUTTON', 'X-Y', 'NOSCRIPT', 'MGLYPH', 'ISINDEX']);
    for (const node of root.querySelectorAll('.jp-OutputArea-output *')) {
        const tag = node.tagName.toUpperCase();
        const isTypeset = node.closest('mjx-container, .MathJax');
        if (tags.has(tag) && !isTypeset) bad.push(node.outerHTML.slice(0, 200));
        if (tag === 'STYLE' && !node.textContent.includes('.dataframe')) bad.push(node.outerHTML.slice(0, 200));
        for (const { name, value } of node.attributes) {
            const told = `${tag} ${name}=${value.slice(0, 100)}`;
            if (name.startsWith('on') || ['srcdoc', 'ping', 'action', 'formaction', 'background', 'autofocus'].includes(name))
                bad.push(told);
            if (name === 'style' && /url|@import|animation|fixed/i.test(value)) bad.push(told);
            if (['id', 'name'].includes(name) && /hacked|jupyterapp|document|cookie|getElementById/.test(value)) bad.push(told);
            if (name.startsWith('data-commandlinker')) bad.push(told);
            if (name === 'class' && /jp-mod-trusted/.test(value)) bad.push(told);
            if (['href', 'xlink:href'].includes(name) && !/^(https?:|mailto:|#)/.test(value) && !value.includes('runware_outputs'))
                bad.push(told);
            if (['src', 'poster'].includes(name) && !/^(data:(image|video|audio)[/]|blob:)/.test(value)) bad.push(told);
        }
    }
    return [...new Set(bad)].sort();
}"""
# A person moves the mouse over all of it, and goes through it with the keyboard.
TOUCH = """root => {
    for (const node of root.querySelectorAll('.jp-OutputArea-output *'))
        for (const name of ['mouseover', 'mouseenter', 'pointerover', 'focus', 'focusin', 'toggle', 'error', 'load', 'animationstart'])
            node.dispatchEvent(new Event(name, { bubbles: name !== 'focus' }));
    for (const node of root.querySelectorAll('.jp-OutputArea-output details')) node.open = true;
}"""
MINE = ("/static/", "/lab/", "/api/", "/files/", "/kernelspecs/", "/nbextensions/", "/voila/")


@dataclass
class Seen:
    """What came of showing a page: what came alive, and what was asked for."""

    hacked: object = None
    bad: list[str] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)
    text: str = ""
    typeset: int = 0


@contextmanager
def watching(page):
    """Note each request that a page makes for something to show, and each dialog."""
    asked = []

    def see(request):
        parts = urlsplit(request.url)
        ours = parts.hostname == "127.0.0.1" and (parts.path.startswith(MINE) or parts.path == "/lab")
        shown = request.resource_type in {
            "image",
            "media",
            "script",
            "stylesheet",
            "font",
            "document",
            "ping",
            "object",
        }
        stray = shown and parts.path.startswith("/files/") and "runware_outputs" not in parts.path
        if parts.scheme not in {"data", "blob"} and (not ours or stray):
            asked.append(request.url)

    def refuse(dialog):
        asked.append(f"dialog {dialog.message}")
        dialog.dismiss()

    page.context.on("request", see)
    page.on("dialog", refuse)
    yield asked
    page.context.remove_listener("request", see)
    page.remove_listener("dialog", refuse)


def look(root, asked):
    """Look at what is drawn, touch all of it, and look again."""
    page = root.page
    bad = root.evaluate(LOOK)
    root.evaluate(TOUCH)
    page.evaluate("() => new Promise(done => requestAnimationFrame(() => setTimeout(done, 100)))")
    bad += root.evaluate(LOOK)
    typeset = root.locator(".jp-OutputArea-output mjx-container:not(.dataframe *)").count()
    return Seen(page.evaluate("() => window.hacked"), bad, list(asked), root.inner_text(), typeset)


def answer(task):
    """Answer with what was asked, in every field there is."""
    if task["taskType"] == "textInference":
        words = task["messages"][-1]["content"]
        return {"text": words, "reasoningContent": words, "finishReason": words, "cost": 0.1, "usage": {words: words}}
    words = task["positivePrompt"]
    if words.startswith("FAIL"):
        words = words[4:]
        told = {"code": words, "message": words, "parameter": words, "documentation": words, "allowedValues": [words]}
        return {"errors": [told]}
    url = words if len(words) % 2 and words not in {"good", "FRAME"} else f"{PLACE[0]}/x.png"
    told = {words: words, "structuredData": {words: words, "a": [words]}, "detections": [{words: words}]}
    return {"imageURL": url, "cost": 0.1, "reasoningContent": words, "outputs": {words: {words: words}}, **told}


PLACE = [""]


def picture():
    out = io.BytesIO()
    Image.new("RGB", (32, 32), "teal").save(out, "PNG")
    return out.getvalue()


@pytest.fixture(scope="module")
def made(lab, lab_page):
    """Run the notebook in Lab, against the hostile API. Gives what was seen meanwhile, and what was saved."""
    with api(answer, media=picture()) as host, watching(lab_page.page) as asked:
        PLACE[0] = host.origin
        place = {**host.environment, "RUNWARE_API_KEY": "canary-3f9b1c7de2a84065"}
        setup = SETUP.replace("ROOT", repr(sys.path[0])).replace("PLACE", json.dumps(place))
        lab.write("attacks.ipynb", notebook_of([setup, *list(CELLS.values())[1:]]))
        opened = Notebook(lab_page, "attacks.ipynb")
        for index in range(len(CELLS)):
            opened.run(index)
        expect(opened.output(END)).to_contain_text("THE END")
        seen = look(opened.root.locator(".jp-Notebook"), asked)
        saved = opened.save()
        opened.close()
    yield seen, saved
    lab_page.external.clear()


def assert_harmless(seen):
    assert seen.hacked is None
    assert seen.bad == []
    assert seen.asked == []


def outputs(saved, name):
    return json.dumps(saved["cells"][list(CELLS).index(name)]["outputs"])


def test_there_are_enough_payloads():
    assert len(set(PAYLOADS)) >= 60
    assert all(RUN in w or EVIL in w or "{" in w or "hacked" in w or "command" in w for w in PAYLOADS)


@pytest.mark.parametrize("name", [n for n in CELLS if n not in {"setup", "end"}])
def test_every_surface_shows_the_payloads(made, name):
    assert outputs(made[1], name).count("hacked") >= 10


def test_nothing_comes_alive_while_it_is_made(made, lab_page):
    assert_harmless(made[0])
    assert lab_page.external == []


@pytest.mark.parametrize("trusted", [True, False], ids=["trusted", "untrusted"])
def test_nothing_comes_alive_in_a_saved_notebook(made, open_notebook, lab_page, trusted):
    with watching(lab_page.page) as asked:
        again = open_notebook(made[1], kernel=False, trusted=trusted)
        expect(again.output(END)).to_contain_text("THE END")

        assert_harmless(look(again.root.locator(".jp-Notebook"), asked))


def test_words_between_dollars_are_no_mathematics(made):
    assert made[0].typeset == 0


def exported(content, tmp_path, browser):
    """Open what nbconvert makes of a notebook, with its own scripts left out."""
    page_of = HTMLExporter(mathjax_url="", mermaid_js_url="", require_js_url="", jquery_url="", widget_renderer_url="")
    path = tmp_path / "page.html"
    path.write_text(page_of.from_notebook_node(nbformat.reads(json.dumps(content), as_version=4))[0], encoding="utf-8")
    page = browser.new_page()
    with watching(page) as asked:
        page.goto(path.as_uri())
        page.wait_for_load_state("load")
        seen = look(page.locator("main"), [])
        seen.asked = [a for a in asked if a != path.as_uri()]
    page.close()
    return seen


def test_nothing_comes_alive_in_the_page_of_nbconvert(made, browser, tmp_path):
    seen = exported(made[1], tmp_path, browser)

    assert "THE END" in seen.text
    assert_harmless(seen)


NAIVE = "from IPython.display import HTML, Markdown, display\nfor one in (HTML, Markdown):\n    display(one(WORDS))"


@pytest.mark.parametrize("words", [PAYLOADS[9], PAYLOADS[1], f"<img src={EVIL}/control.png>"])
def test_the_looking_sees_what_does_come_alive(open_notebook, lab_page, browser, tmp_path, words):
    with watching(lab_page.page) as asked:
        notebook = open_notebook([NAIVE.replace("WORDS", repr(words)), "print('THE END')"])
        notebook.run_all()
        expect(notebook.output(1)).to_contain_text("THE END")
        live = look(notebook.root.locator(".jp-Notebook"), asked)
    saved = notebook.save()
    lab_page.page.evaluate("() => { delete window.hacked }")
    lab_page.external.clear()

    assert live.bad
    assert live.hacked or live.asked
    page = exported(saved, tmp_path, browser)
    assert page.hacked or page.asked
