"""How soon a streamed word is on the screen, and what that costs the page: JupyterLab in Chromium, five answers.

`python -m bench.streaming` compares when the sandbox sent each word with when the page showed it, by the clock of
this machine, which both read. Figures are medians, and the slowest of five for the first word.
"""

from __future__ import annotations

import json
import shutil
import tempfile
from pathlib import Path
from statistics import median
from typing import Any

from playwright.sync_api import sync_playwright

from tests.browser.lab import notebook, run_lab
from tests.browser.page import LabPage, Notebook

ROUNDS = 5
BOX = """%load_ext runware_nb
import json, os, time
from runware_nb.sandbox import Sandbox, streams
box = Sandbox().start()
os.environ |= {"RUNWARE_API_KEY": box.api_key, "RUNWARE_BASE_URL": box.http_url, "RUNWARE_WS_URL": box.ws_url}
sent, event = [], streams._event
def noted(told):
    if any(c.isalnum() for c in (told.get("delta") or {}).get("text", "")):
        sent.append(time.time())
    return event(told)
streams._event = noted"""
TOLD = "print(json.dumps(sent)); sent.clear()"
# Words are counted in what can be read: marks of markdown are words that were sent, and are none here.
WATCH = """area => {
    window.seen = [];
    const count = () => {
        const words = (area.innerText.match(/\\S*[\\p{L}\\p{N}]\\S*/gu) ?? []).length;
        window.seen.push([Date.now() / 1000, words]);
    };
    new MutationObserver(count).observe(area, { childList: true, subtree: true, characterData: true });
}"""


def measure(opened: Notebook) -> tuple[float, list[float], float]:
    """Stream one answer: seconds to its first word, and to each, and updates a second."""
    opened.output(1).evaluate(WATCH)
    opened.run(1)
    seen: list[list[float]] = opened.page.evaluate("window.seen")
    opened.run(2)
    sent = json.loads(opened.output(2).inner_text())
    whole = seen[-1][1]
    # What is on the card besides the answer is there from the start, or comes at the end.
    begun = [[when, words] for when, words in seen if when >= sent[0]]
    other = min(words for _, words in begun)
    lags = []
    for place, when in enumerate(sent):
        shown = next((at for at, words in begun if words - other >= min(place + 1, whole - other)), None)
        if shown is not None:
            lags.append(shown - when)
    seconds = seen[-1][0] - sent[0]
    return lags[0], lags, len(begun) / seconds


def main() -> None:
    """Measure, and print."""
    firsts, lags, rates = [], [], []
    with tempfile.TemporaryDirectory() as home, run_lab(Path(home)) as lab, sync_playwright() as playwright:
        flags: list[Any] = ["--no-sandbox"]
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=flags)
        lab_page = LabPage(browser.new_page(viewport={"width": 1280, "height": 900}), lab)
        lab.write("bench.ipynb", notebook([BOX, "%%runware text --fresh\nTell me of lighthouses.", TOLD]))
        opened = Notebook(lab_page, "bench.ipynb")
        opened.run(0)
        opened.run(1)
        opened.run(2)
        for _ in range(ROUNDS):
            first, each, rate = measure(opened)
            firsts.append(first)
            lags += each
            rates.append(rate)
        browser.close()
    print(f"first word on the screen     median {median(firsts) * 1000:.0f} ms, slowest {max(firsts) * 1000:.0f} ms")
    late = sorted(lags)[int(0.95 * len(lags))]
    print(f"each word on the screen      median {median(lags) * 1000:.0f} ms, 95 % within {late * 1000:.0f} ms")
    print(f"updates of the page          {median(rates):.0f} a second")


if __name__ == "__main__":
    main()
