"""Tallies: one line that tells how far a table is, redrawn in place."""

from __future__ import annotations

import sys
from typing import Any
from uuid import uuid4

from runware_nb.display import figures
from runware_nb.rows import Tally


def words(tally: Tally) -> str:
    """Say how far a table is: `3,200 of 10,000 rows · 41 failed · $1.23 of about $5.00 · 2 min left`."""
    facts = [f"{tally.done:,} of {tally.rows:,} rows"]
    facts += [f"{tally.failed:,} failed"] if tally.failed else []
    facts += [f"{figures.money(tally.usd)} of about {figures.money(tally.estimate)}{' (sandbox)' * tally.sandbox}"]
    if tally.done + tally.failed >= tally.rows:
        facts += [figures.seconds(tally.seconds)]
    elif tally.left is not None:
        facts += [f"about {figures.seconds(tally.left)} left"]
    facts += [figures.shortened(figures.printable(str(tally.problem)), 200)] if tally.problem else []
    return " · ".join(facts)


class TallyLine:
    """The line of one table, in the output of a cell; in a terminal on stderr, if somebody watches."""

    def __init__(self) -> None:
        self.tally: Tally | None = None
        self._identity = f"runware-{uuid4().hex}"
        self._told = ""

    def watch(self, tally: Tally) -> None:
        """Take a tally. It is drawn on the cell's own turn."""
        self.tally = tally

    def draw(self) -> None:
        """Draw the line, if it has changed."""
        if self.tally is None or (line := words(self.tally)) == self._told:
            return
        first, self._told = not self._told, line
        if _in_a_cell():
            _display(line, self._identity, first=first)
        elif sys.stderr.isatty():
            print(f"\r\x1b[K{line}", end="", file=sys.stderr)  # noqa: T201

    def finish(self) -> None:
        """Draw the last line."""
        self.draw()
        if self._told and not _in_a_cell() and sys.stderr.isatty():
            print(file=sys.stderr)  # noqa: T201


def _in_a_cell() -> bool:
    shell: Any = sys.modules["IPython"].get_ipython() if "IPython" in sys.modules else None
    return getattr(shell, "kernel", None) is not None


def _display(line: str, identity: str, *, first: bool) -> None:
    from IPython.display import display, update_display

    data = {"text/plain": line}
    if first:
        display(data, raw=True, display_id=identity)  # type: ignore[no-untyped-call]
    else:
        update_display(data, raw=True, display_id=identity)  # type: ignore[no-untyped-call]
