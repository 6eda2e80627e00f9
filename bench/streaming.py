"""How soon a streamed word is on the screen, and what that costs the page: JupyterLab in Chromium, five answers.

`python -m bench.streaming` compares when the sandbox sent each word with when the page showed it, by the clock of
this machine, which both read; then it has a thousand words come in eight seconds, as quick models write, and asks
Chromium how long it was busy with them. Figures are medians of five; for the first word, the slowest too.
"""

from __future__ import annotations

import json
import shutil
import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from typing import Any

from playwright.sync_api import CDPSession, sync_playwright

from tests.browser.lab import notebook, run_lab
from tests.browser.page import LabPage, Notebook

ROUNDS = 5
BOX = """%load_ext runware_nb
import json, os, time
from runware_nb.sandbox import Sandbox, streams
box = Sandbox(latency=(0.2, 4.0)).start()
os.environ |= {"RUNWARE_API_KEY": box.api_key, "RUNWARE_BASE_URL": box.http_url, "RUNWARE_WS_URL": box.ws_url}
sent, event = [], streams._event
def noted(told):
    if any(c.isalnum() for c in (told.get("delta") or {}).get("text", "")):
        sent.append(time.time())
    return event(told)
streams._event = noted"""
ASK = "%%runware text --fresh\nTell me of lighthouses."
TOLD = "print(json.dumps(sent)); sent.clear()"
LONG = """streams._PACE, short = 0.0077, streams._deltas
streams._deltas = lambda result: (list(short(result)) * 1000)[:1000]"""
# Words of the answer are counted, in what can be read: marks of markdown are words that were sent, and are none here.
# Behind the answer stands a caret while it is written; once that is gone, the whole of it is there.
WATCH = """area => {
    window.seen = [];
    let isWritten = false;
    const words = element => (element?.innerText.match(/\\S*[\\p{L}\\p{N}]\\S*/gu) ?? []).length;
    const count = () => {
        const written = area.querySelector('[title="still writing"]')?.parentElement;
        isWritten ||= written !== undefined;
        const reasoned = written?.querySelector('[title="reasoning"]');
        const seen = written ? words(written) - words(reasoned) : isWritten ? Infinity : 0;
        if (seen !== (window.seen.at(-1)?.[1] ?? 0)) window.seen.push([Date.now() / 1000, seen]);
    };
    window.watching?.disconnect();
    window.watching = new MutationObserver(count);
    window.watching.observe(area, { childList: true, subtree: true, characterData: true });
}"""


@dataclass
class Figures:
    """What was measured: seconds, but for `rates`, which are updates of the page a second."""

    firsts: list[float] = field(default_factory=list)
    lags: list[float] = field(default_factory=list)
    rates: list[float] = field(default_factory=list)
    busy: list[float] = field(default_factory=list)

    def told(self) -> dict[str, float]:
        """Return medians, in milliseconds and seconds."""
        return {
            "first_ms": 1000 * median(self.firsts),
            "first_slowest_ms": 1000 * max(self.firsts),
            "word_ms": 1000 * median(self.lags),
            "word_p95_ms": 1000 * sorted(self.lags)[int(0.95 * len(self.lags))],
            "updates_a_second": median(self.rates),
            "busy_s": median(self.busy),
        }


def watched(opened: Notebook, found: Figures) -> None:
    """Stream one answer, and note when its words were seen."""
    opened.output(1).evaluate(WATCH)
    opened.run(1)
    seen: list[list[float]] = opened.page.evaluate("window.watching.disconnect(), window.seen")
    opened.run(2)
    sent = json.loads(opened.output(2).inner_text())
    lags = [next(at for at, words in seen if words > place) - when for place, when in enumerate(sent)]
    found.firsts.append(lags[0])
    found.lags += lags
    found.rates.append(len(seen) / (seen[-1][0] - sent[0]))


def busy(opened: Notebook, devtools: CDPSession) -> float:
    """Stream one long answer, and return the seconds of CPU that the page's main thread took meanwhile."""

    def worked() -> float:
        metrics = {m["name"]: m["value"] for m in devtools.send("Performance.getMetrics")["metrics"]}
        return float(metrics["TaskDuration"])

    before = worked()
    opened.run(1)
    return worked() - before


def measured() -> Figures:
    """Open JupyterLab, and measure."""
    found = Figures()
    with tempfile.TemporaryDirectory() as home, run_lab(Path(home)) as lab, sync_playwright() as playwright:
        flags: list[Any] = ["--no-sandbox"]
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=flags)
        lab_page = LabPage(browser.new_page(viewport={"width": 1280, "height": 900}), lab)
        lab.write("bench.ipynb", notebook([BOX, ASK, TOLD, LONG]))
        opened = Notebook(lab_page, "bench.ipynb")
        devtools = opened.page.context.new_cdp_session(opened.page)
        devtools.send("Performance.enable", {"timeDomain": "threadTicks"})
        for cell in (0, 1, 2):
            opened.run(cell)
        for _ in range(ROUNDS):
            watched(opened, found)
        opened.run(3)
        found.busy = [busy(opened, devtools) for _ in range(ROUNDS)]
        browser.close()
    return found


def main() -> None:
    """Measure, print, and write down where `goals.py` finds it."""
    told = measured().told()
    print(f"first word on the screen     median {told['first_ms']:.0f} ms, slowest {told['first_slowest_ms']:.0f} ms")
    print(f"each word on the screen      median {told['word_ms']:.0f} ms, 95 % within {told['word_p95_ms']:.0f} ms")
    print(f"updates of the page          {told['updates_a_second']:.0f} a second")
    print(f"busy with 1,000 words        {told['busy_s']:.1f} s of CPU of the page's main thread")
    place = Path("build/bench/streaming.json")
    place.parent.mkdir(parents=True, exist_ok=True)
    place.write_text(json.dumps(told, indent=1))


if __name__ == "__main__":
    main()
