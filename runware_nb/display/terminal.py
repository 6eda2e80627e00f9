"""The card of a run in a terminal: a progress bar while it goes on, where somebody watches, and lines when it ends."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from runware_nb import reprs
from runware_nb.api.runs import Run
from runware_nb.display import cards, figures
from runware_nb.display.quotes import QuoteView


class TerminalCard:
    """A run, told in a terminal. In a pipe or a file only its end is.

    Parameters
    ----------
    run
        The run as it is now.
    """

    def __init__(self, run: Run) -> None:
        self.run = run
        self._bar: Any = None
        self._task: Any = None

    def announce(self, plan: QuoteView) -> None:
        """Tell a plan, if somebody watches."""
        if sys.stderr.isatty():
            print(plan.plan, file=sys.stderr)  # noqa: T201

    def suggest(self, words: str) -> None:
        """Add a hint to the line of the bar: a terminal has no cells, so there is none."""

    def show(self) -> None:
        """Begin the bar, if somebody watches."""
        if not sys.stderr.isatty():
            return
        from rich.console import Console
        from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

        columns = TextColumn("{task.description}"), BarColumn(), TextColumn("{task.fields[told]}"), TimeElapsedColumn()
        self._bar = Progress(*columns, console=Console(stderr=True), transient=True)
        self._bar.start()
        self._task = self._bar.add_task(self.run.kinds, total=None, told="")
        self.update(self.run)

    def update(self, run: Run) -> None:
        """Move the bar."""
        self.run = run
        if self._bar is not None:
            ended = len(run.results) + len(run.problems)
            told = f"{len(run.results)} of {run.asked}" + (f" · {cards.total(run).words}" if run.results else "")
            self._bar.update(self._task, completed=ended, total=run.asked or None, told=told)

    def finish(self, run: Run | None = None) -> None:
        """Take the bar away, and tell what became of the run: a line, what went wrong, and where the files are."""
        self.run = run or self.run
        if self._bar is not None:
            self._bar.stop()
            self._bar = None
        self.publish()

    def publish(self) -> None:
        """Tell what became of the run."""
        print(reprs.mimebundle(self.run)[0]["text/plain"])  # noqa: T201  (a terminal has nothing else)
        for _, error in self.run.problems:
            print(figures.printable(f"  failed: {error}"))  # noqa: T201
        for result in self.run.results:
            if result.path is not None:
                print(f"  {_linked(str(result.path))}")  # noqa: T201
            for asset in result.assets:
                if asset.stored:
                    print(f"  copied to {figures.printable(asset.stored)}")  # noqa: T201


def _linked(path: str) -> str:
    """Make a path one that a terminal opens at a click, where there is one."""
    shown = figures.printable(path)
    if not sys.stdout.isatty():
        return shown
    return f"\x1b]8;;{Path(path).absolute().as_uri()}\x1b\\{shown}\x1b]8;;\x1b\\"
