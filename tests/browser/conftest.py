"""Fixtures `lab`, `browser`, `lab_page` and `open_notebook`.

One JupyterLab and one page serve all tests: a notebook then opens in 1 to 2 s in place of 5 to 7.
"""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

from .lab import Lab, notebook, run_lab
from .page import LabPage, Notebook

HERE = Path(__file__).parent
SLOWER = float(os.environ.get("RUNWARE_SLOWER", "1"))
"""How many times slower than this machine the pages compute: so we find races, before a loaded machine does."""
PATIENCE = 20_000 * max(1, SLOWER / 2)
"""Milliseconds to wait for what is expected of a page. Playwright's own 5,000 are too few on a loaded machine."""
LIMIT = 300 * max(1, SLOWER / 2)
"""Seconds of a test: the first one starts JupyterLab, which takes a minute on a loaded machine."""
FAILED = pytest.StashKey[bool]()
FLAGS = [
    "--no-sandbox",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-quic",
    "--disable-sync",
    "--no-first-run",
    # 3D is drawn in software, where there is no graphics card.
    "--enable-unsafe-swiftshader",
    "--use-angle=swiftshader",
]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark these tests, and run them last.

    Playwright leaves its event loop marked as running in this thread, where no async test could run after it.
    """
    ours = [item for item in items if HERE in item.path.parents]
    for item in ours:
        item.add_marker(pytest.mark.browser)
        item.add_marker(pytest.mark.timeout(LIMIT))
    items.sort(key=lambda item: HERE in item.path.parents)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]) -> Iterator[None]:
    report = yield
    if call.when == "call":
        item.stash[FAILED] = report.failed
    return report


@pytest.fixture(scope="session")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    """JupyterLab, running, without a key."""
    with run_lab(tmp_path_factory.mktemp("jupyter")) as running:
        yield running


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Chromium: that of the variable CHROMIUM, else the one on PATH."""
    path = os.environ.get("CHROMIUM") or shutil.which("chromium") or "chromium"
    if not shutil.which(path):
        pytest.fail(f"no {path} here: `apt-get install chromium`, or set CHROMIUM to its path", pytrace=False)
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=path, args=FLAGS)
        chromium.on("context", lambda context: context.on("page", _slow_down))
        expect.set_options(timeout=PATIENCE)
        yield chromium
        chromium.close()


def _slow_down(page: Page) -> None:
    if SLOWER > 1:
        page.context.new_cdp_session(page).send("Emulation.setCPUThrottlingRate", {"rate": SLOWER})


@pytest.fixture(scope="session")
def lab_page(browser: Browser, lab: Lab) -> Iterator[LabPage]:
    """JupyterLab's page."""
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    yield LabPage(context.new_page(), lab)
    context.close()


@pytest.fixture
def open_notebook(
    lab_page: LabPage, lab: Lab, request: pytest.FixtureRequest, tmp_path: Path
) -> Iterator[Callable[..., Notebook]]:
    """Open notebooks: `open_notebook(["1 + 1"])`, or a whole notebook as a dict.

    After the test the theme is light again, and no request may have left this machine. A test that failed
    leaves `failed.png` in its `tmp_path`.
    """
    opened: list[Notebook] = []
    stem = re.sub(r"\W+", "_", request.node.name)[:60]

    def open_one(content: Sequence[str] | Mapping[str, Any], *, kernel: bool = True, trusted: bool = False) -> Notebook:
        name = f"{stem}_{len(opened)}.ipynb"
        lab.write(name, content if isinstance(content, Mapping) else notebook(content), trusted=trusted)
        opened.append(Notebook(lab_page, name, kernel=kernel))
        return opened[-1]

    yield open_one
    if request.node.stash.get(FAILED, False):
        lab_page.page.screenshot(path=tmp_path / "failed.png")
        print(f"screenshot: {tmp_path / 'failed.png'}")  # noqa: T201
    for each in opened:
        each.close()
    lab_page.theme("light")
    external, lab_page.external = lab_page.external, []
    assert external == []
