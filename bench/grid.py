"""What a grid of 10,000 cells costs a page: script time until it is drawn, size of the document, frames as it scrolls.

`python -m bench.grid [CELLS]` shows such a grid in JupyterLab in Chromium, scrolls it for five seconds, and prints
figures. Frames are those of this machine's software renderer: 60 a second at most.
"""

from __future__ import annotations

import shutil
import sys
import tempfile
import time
from pathlib import Path
from statistics import median
from typing import Any

from playwright.sync_api import CDPSession, Page, sync_playwright

from tests.browser.lab import notebook, run_lab
from tests.browser.page import LabPage, Notebook
from tests.browser.test_grid_large import BOX, MANY

SECONDS = 5
SCROLL = """(box, milliseconds) => new Promise(done => {
    const frames = [];
    const begin = performance.now();
    let last = begin;
    function frame(now) {
        frames.push(now - last);
        last = now;
        box.scrollTop += 40;
        now - begin < milliseconds ? requestAnimationFrame(frame) : done(frames.slice(1));
    }
    requestAnimationFrame(frame);
})"""


def metrics(devtools: CDPSession) -> dict[str, float]:
    """Return the page's counters: seconds of scripts, layout and style, bytes of heap."""
    return {m["name"]: m["value"] for m in devtools.send("Performance.getMetrics")["metrics"]}


def measure(page: Page, opened: Notebook) -> dict[str, str]:
    """Show the grid, scroll it, and return figures in words."""
    devtools = page.context.new_cdp_session(page)
    devtools.send("Performance.enable")
    opened.run(0)
    before, began = metrics(devtools), time.monotonic()
    opened.run(1)
    grid = opened.output(1).locator(".runware-nb-grid")
    grid.locator(".rw-spot").first.wait_for(timeout=120_000)
    shown, drawn = time.monotonic() - began, metrics(devtools)
    grid.locator(".rw-spot img").first.wait_for(timeout=120_000)
    pictured = time.monotonic() - began
    nodes = grid.evaluate("element => element.querySelectorAll('*').length")
    frames: list[float] = grid.get_by_role("grid").evaluate(SCROLL, SECONDS * 1000)

    def spent(name: str) -> float:
        return drawn[name] - before[name]

    return {
        "script time to the first cells": f"{spent('ScriptDuration') * 1000:.0f} ms, JupyterLab's own included",
        "layout and style": f"{(spent('LayoutDuration') + spent('RecalcStyleDuration')) * 1000:.0f} ms",
        "from Shift-Enter to the first cells": f"{shown:.1f} s, to the first picture {pictured:.1f} s",
        "elements of the grid": f"{nodes}",
        "frames while scrolling": f"{len(frames) / SECONDS:.0f} a second, median {median(frames):.0f} ms, "
        f"95 % within {sorted(frames)[int(0.95 * len(frames))]:.0f} ms",
        "heap of the page": f"{metrics(devtools)['JSHeapUsedSize'] / 1e6:.0f} MB",
    }


def main(cells: int) -> None:
    """Measure, and print."""
    code = MANY.replace("1_000", str(cells // 10))
    with tempfile.TemporaryDirectory() as home, run_lab(Path(home)) as lab, sync_playwright() as playwright:
        flags: list[Any] = ["--no-sandbox", "--enable-precise-memory-info"]
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=flags)
        lab_page = LabPage(browser.new_page(viewport={"width": 1280, "height": 900}), lab)
        lab.write("bench.ipynb", notebook([BOX, code]))
        for name, value in measure(lab_page.page, Notebook(lab_page, "bench.ipynb")).items():
            print(f"{name:36} {value}")
        browser.close()


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 10_000)
