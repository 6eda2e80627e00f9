"""How long JupyterLab takes to open a saved notebook of 100 images, beside the same notebook without its outputs.

`python -m bench.opening`, after `python bench/keeping.py notebook` has made it. Each is opened in turn as by a link, in
a new page of Chromium, by JupyterLab as it is installed: from the navigation until all cells are there, and an image is
drawn where there is one; and, beyond the goal, until all of them are.
"""

from __future__ import annotations

import copy
import json
import shutil
import tempfile
from pathlib import Path
from statistics import median
from typing import Any

from playwright.sync_api import sync_playwright

from tests.browser.lab import QUIET, run_lab

ROUNDS = 9
HUNDRED = Path("build/bench/hundred.ipynb")
SHOWN = """async images => {
    const frame = () => new Promise(requestAnimationFrame);
    const panel = () => window.jupyterapp?.shell.currentWidget;
    const shown = () => [...document.querySelectorAll('.jp-OutputArea-output img')];
    const until = async holds => { while (!holds()) await frame(); };
    await until(() => panel()?.content?.widgets?.length >= 11 && shown().length >= Math.min(images, 1));
    await Promise.all(shown().slice(0, 1).map(image => image.decode()));
    await frame();
    const first = performance.now();
    await until(() => shown().length >= images);
    await Promise.all(shown().map(image => image.decode()));
    await frame();
    return [first, performance.now()];
}"""


def measured() -> dict[str, list[tuple[float, float]]]:
    """Open both in turn: milliseconds until the first image, and until all, are drawn."""
    full: dict[str, Any] = json.loads(HUNDRED.read_text())
    bare = copy.deepcopy(full)
    for cell in bare["cells"]:
        cell["outputs"] = []
    books = {"full": (full, 100), "bare": (bare, 0)}
    times: dict[str, list[tuple[float, float]]] = {name: [] for name in books}
    with tempfile.TemporaryDirectory() as home, run_lab(Path(home), QUIET) as lab, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
        for name, (book, _) in books.items():
            lab.write(f"{name}.ipynb", book, trusted=True)
        for _ in range(ROUNDS + 1):
            for name, (_, images) in books.items():
                page = browser.new_page(viewport={"width": 1280, "height": 900})
                page.goto(f"{lab.base}/lab/tree/{name}.ipynb?token={lab.token}&reset=")
                times[name].append(page.evaluate(SHOWN, images))
                page.close()
        browser.close()
    return {name: taken[1:] for name, taken in times.items()}  # the first reads JupyterLab itself from the disk


def main() -> None:
    """Measure, print, and write down where `goals.py` finds it."""
    told = measured()
    bare = median(first for first, _ in told["bare"])
    first, whole = (median(each[place] for each in told["full"]) for place in (0, 1))
    print(f"no image {bare:.0f} ms, first of 100 {first:.0f} ms ({first / bare:.2f}), all {whole:.0f} ms")
    place = Path("build/bench/opening.json")
    place.parent.mkdir(parents=True, exist_ok=True)
    place.write_text(
        json.dumps({"first": [one / bare for one, _ in told["full"]], "all": whole / bare, "bare_ms": bare})
    )


if __name__ == "__main__":
    main()
