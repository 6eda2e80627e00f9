"""JupyterLab's page and the notebooks open in it, driven through its own commands."""

from __future__ import annotations

import copy
import json
from collections.abc import Mapping
from typing import Any, Literal
from urllib.parse import urlsplit

from playwright.sync_api import Locator, Page, Request

from .lab import Lab

# anywidget says this of a widget that took more than two seconds to load, and starts it all the same.
SLOW_START = "[anywidget] Failed to initialize model."
LOOPBACK = {"127.0.0.1", "localhost", "::1"}
THEMES = {"light": "JupyterLab Light", "dark": "JupyterLab Dark"}

OPEN = """async ([path, kernel]) => {
    const kernelPreference = kernel ? undefined : { shouldStart: false, canStart: false };
    const options = { path, factory: 'Notebook', kernelPreference };
    const panel = await window.jupyterapp.commands.execute('docmanager:open', options);
    await panel.context.ready;
    await panel.revealed;
    if (kernel) {
        await panel.sessionContext.ready;
        await panel.sessionContext.session.kernel.info;
    }
    window.notebookPanel = panel;
}"""
RUN = """([index, wait]) => {
    const notebook = window.notebookPanel.content;
    notebook.activeCellIndex = index;
    notebook.deselectAll();
    const done = window.jupyterapp.commands.execute('notebook:run-cell');
    return wait ? done.then(() => true) : true;
}"""
CLASSIC = """async kernel => {
    const panel = window.jupyterapp.shell.currentWidget;
    await panel.revealed;
    if (kernel) {
        await panel.sessionContext.ready;
        await panel.sessionContext.session.kernel.info;
    } else {
        await panel.sessionContext.shutdown();
    }
    window.notebookPanel = panel;
}"""
CLOSE = """async () => {
    const panel = window.notebookPanel;
    await panel.sessionContext.shutdown();
    panel.context.model.dirty = false;
    panel.close();
}"""


class LabPage:
    """The one page of JupyterLab that all tests share. Each notebook is opened in it.

    Attributes
    ----------
    page
        Playwright's page.
    errors
        What the console and the scripts reported as errors since the last notebook was opened.
    external
        Address of each request that left this machine, or tried to.
    """

    def __init__(self, page: Page, lab: Lab) -> None:
        self.page, self.lab = page, lab
        self.errors: list[str] = []
        self.external: list[str] = []
        page.set_default_timeout(20_000)
        listen(page, self.errors)
        page.on("websocket", lambda socket: self._see(socket.url))
        page.context.on("request", self._see_request)
        page.goto(lab.url)
        page.wait_for_function("() => window.jupyterapp")
        page.evaluate("() => window.jupyterapp.restored.then(() => true)")

    def command(self, name: str, **arguments: Any) -> None:
        """Execute one of JupyterLab's commands to its end."""
        script = "([name, args]) => window.jupyterapp.commands.execute(name, args).then(() => true)"
        self.page.evaluate(script, [name, arguments])

    def theme(self, name: Literal["light", "dark"]) -> None:
        """Switch the theme, and wait until it is drawn."""
        self.command("apputils:change-theme", theme=THEMES[name])
        light = json.dumps(str(name == "light").lower())
        self.page.wait_for_function(f"() => document.body.dataset.jpThemeLight === {light}")

    def _see_request(self, request: Request) -> None:
        self._see(request.url)

    def _see(self, url: str) -> None:
        parts = urlsplit(url)
        if parts.scheme not in ("data", "blob") and parts.hostname not in LOOPBACK:
            self.external.append(url)


class Notebook:
    """One open notebook.

    Parameters
    ----------
    lab_page
        The page to open it in.
    name
        File name, in the folder of the Lab.
    kernel
        Whether it has one. Without, it shows what was saved.
    """

    def __init__(self, lab_page: LabPage, name: str, *, kernel: bool = True) -> None:
        self.lab_page, self.name = lab_page, name
        self.page = lab_page.page
        self.errors = lab_page.errors
        self.errors.clear()
        self.page.evaluate(OPEN, [name, kernel])
        self.root = self.page.locator(".jp-NotebookPanel:not(.lm-mod-hidden)")

    def run(self, index: int, *, wait: bool = True) -> None:
        """Run a cell. Without `wait`, return while it runs."""
        self.page.evaluate(RUN, [index, wait])

    def run_all(self) -> None:
        self.lab_page.command("notebook:run-all-cells")

    def interrupt(self) -> None:
        """Press the stop button."""
        self.page.evaluate("() => window.notebookPanel.sessionContext.session.kernel.interrupt()")

    def cell(self, index: int) -> Locator:
        return self.root.locator(f'.jp-Cell[data-windowed-list-index="{index}"]')

    def output(self, index: int) -> Locator:
        """All outputs of a cell, as they are drawn."""
        return self.cell(index).locator(".jp-Cell-outputArea")

    def focus_cell(self, index: int) -> None:
        """Put the keyboard on a cell, in command mode."""
        script = """index => {
            const notebook = window.notebookPanel.content;
            notebook.activeCellIndex = index;
            notebook.mode = 'command';
            notebook.activate();
        }"""
        self.page.evaluate(script, index)

    def frames(self, count: int) -> None:
        """Let the page draw so often: what a change of the page sets off has happened then."""
        script = (
            "count => new Promise(done => { const on = () => count-- ? requestAnimationFrame(on) : done(); on(); })"
        )
        self.page.evaluate(script, count)

    def cell_count(self) -> int:
        count: int = self.page.evaluate("() => window.notebookPanel.content.widgets.length")
        return count

    def save(self) -> dict[str, Any]:
        """Save, and return what is then in the file."""
        self.page.evaluate("() => window.notebookPanel.context.save()")
        saved: dict[str, Any] = json.loads((self.lab_page.lab.root / self.name).read_text(encoding="utf-8"))
        return saved

    def reopen(self, *, kernel: bool = False, trusted: bool = True) -> None:
        """Save, close and open again, as the author does (trusted) or a stranger (not trusted)."""
        saved = self.save()
        self.close()
        self.name = f"again_{self.name}"
        self.lab_page.lab.write(self.name, unsigned(saved, trusted=trusted), trusted=trusted)
        self.__init__(self.lab_page, self.name, kernel=kernel)  # type: ignore[misc]

    def close(self) -> None:
        """Close without saving, and end the kernel."""
        self.page.evaluate(CLOSE)


class Classic(Notebook):
    """A notebook in the page of Notebook 7, which shows one, and has a shell of its own around it.

    Parameters
    ----------
    page
        A page of its own.
    lab
        The server, which serves both shells.
    name
        File name, in the folder of the server.
    """

    def __init__(self, page: Page, lab: Lab, name: str, *, kernel: bool = True) -> None:
        self.page, self.lab, self.name, self.errors = page, lab, name, []
        page.set_default_timeout(20_000)
        listen(page, self.errors)
        self._open(kernel=kernel)

    def _open(self, *, kernel: bool) -> None:
        self.page.goto(f"{self.lab.base}/notebooks/{self.name}?token={self.lab.token}")
        self.page.wait_for_function("() => window.jupyterapp?.shell?.currentWidget?.context?.isReady")
        self.page.evaluate(CLASSIC, kernel)
        self.root = self.page.locator(".jp-NotebookPanel")
        self.errors.clear()  # what Notebook 7.6 itself reports as it opens: it looks for settings of JupyterLab's

    def save(self) -> dict[str, Any]:
        self.page.evaluate("() => window.notebookPanel.context.save()")
        saved: dict[str, Any] = json.loads((self.lab.root / self.name).read_text(encoding="utf-8"))
        return saved

    def reopen(self, *, kernel: bool = False, trusted: bool = True) -> None:
        saved = self.save()
        self.page.evaluate("() => window.notebookPanel.sessionContext.shutdown()")
        self.name = f"again_{self.name}"
        self.lab.write(self.name, unsigned(saved, trusted=trusted), trusted=trusted)
        self._open(kernel=kernel)


def listen(page: Page, errors: list[str]) -> None:
    """Write down what a page's console and scripts report as errors, from now on."""

    def hear(text: str) -> None:
        if SLOW_START not in text:
            errors.append(text)

    page.on("console", lambda message: hear(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: hear(str(error)))


def unsigned(saved: Mapping[str, Any], *, trusted: bool) -> dict[str, Any]:
    """Copy a notebook, so that its signature does not hold for it unless it is signed again."""
    again = copy.deepcopy(dict(saved))
    again["metadata"]["trusted_in_test"] = trusted
    return again
